using System.Collections.Immutable;

namespace Holm.Config.Language;

/// <summary>What a person wrote in the places of a line's placeholders, and which of its words.</summary>
public sealed class Arguments
{
    private readonly ImmutableDictionary<string, ImmutableList<string>> _values;
    private readonly ImmutableList<string> _words;

    private Arguments(ImmutableDictionary<string, ImmutableList<string>> values, ImmutableList<string> words) =>
        (_values, _words) = (values, words);

    /// <summary>None yet.</summary>
    public static Arguments None { get; } = new(ImmutableDictionary<string, ImmutableList<string>>.Empty, []);

    /// <summary>The value of a placeholder; null: left out.</summary>
    public string? this[string key] => _values.GetValueOrDefault(key)?[0];

    /// <summary>The value of a placeholder that cannot be left out.</summary>
    public string Of(string key) => _values[key][0];

    /// <summary>All values of a placeholder that may be repeated; empty: left out.</summary>
    public IReadOnlyList<string> All(string key) => _values.GetValueOrDefault(key, []);

    /// <summary>True when the line's word was written.</summary>
    public bool Has(string word) => _words.Contains(word);

    /// <summary>The line's words that were written, in full, in order.</summary>
    public IReadOnlyList<string> Words => _words;

    internal Arguments With(string word) => new(_values, _words.Add(word));

    internal Arguments With(string key, string value) =>
        new(_values.SetItem(key, _values.GetValueOrDefault(key, []).Add(value)), _words);
}
