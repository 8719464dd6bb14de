using Holm.Config.Language;
using Holm.Contract;

namespace Holm.Config;

/// <summary>
/// Reads what <see cref="ConfigText"/> writes and people paste, line by line by the table of <see cref="Lines"/>. One object of it reads
/// one text.
/// </summary>
internal sealed class ConfigReader
{
    private readonly List<string> _problems = [];
    private Draft _draft;
    private Document _before;
    private int _begins;
    private bool _spoiled;
    private int _skip;
    private string? _owner;

    private ConfigReader(Document onto) => (_draft, _before) = (new Draft { Document = onto }, onto);

    /// <summary>Reads it whole.</summary>
    /// <exception cref="Refusal">400, with the number of the first line that is wrong.</exception>
    public static Document Read(string text)
    {
        var (document, problems) = Salvage(text);
        return problems is [var first, ..] ? throw new Refusal(400, first) : document;
    }

    /// <summary>Reads what can be read: an object with a wrong line is left out whole, and the problems are told.</summary>
    public static (Document Document, IReadOnlyList<string> Problems) Salvage(string text)
    {
        var reader = new ConfigReader(new Document());
        reader.ReadAll(text);
        var sound = new SoundPart(reader._draft.Document);
        return (sound.Document, [.. reader._problems, .. sound.Problems.Select(p => $"configuration: {p}")]);
    }

    /// <summary>Adds the objects of a text to a document. How they fit together is not looked at.</summary>
    /// <exception cref="Refusal">400, with the number of the first line that is wrong.</exception>
    public static Document ReadOnto(Document document, string text)
    {
        var reader = new ConfigReader(document);
        reader.ReadAll(text);
        return reader._problems is [var first, ..] ? throw new Refusal(400, first) : reader._draft.Document;
    }

    private void ReadAll(string text)
    {
        var lines = text.Split('\n');
        for (var number = 1; number <= lines.Length; number++)
        {
            IReadOnlyList<string> words = [];
            try
            {
                words = Words.Split(lines[number - 1]);
                if (words.Count > 0)
                    ReadLine(words, number);
            }
            catch (Exception e) when (e is FormatException or Refusal)
            {
                Problem(number, e.Message);
                // What is wrong with the whole of an object is found at its end, which is one nevertheless.
                if (words is ["end"] && _draft.Path.Count > 0)
                    _draft = _draft.Leave();
            }
            if (_spoiled && _draft.Path.Count == 0)
                LeaveOut();
        }
        if (_draft.Path.Count == 0 && _skip == 0)
            return;
        Problem(_begins, "the block that begins here has no end");
        LeaveOut();
    }

    private void Problem(int line, string message)
    {
        _problems.Add($"configuration line {line}: {message}");
        _spoiled = true;
    }

    private void ReadLine(IReadOnlyList<string> words, int number)
    {
        if (_skip > 0)
            _skip += words is ["end"] ? -1 : words is ["inet", "dhcp"] ? 1 : 0;
        else if (_draft.Path.Count == 0)
            Begin(words, number);
        else
            _draft = Lines.Apply(_draft, words, abbreviate: false);
    }

    private void Begin(IReadOnlyList<string> words, int number)
    {
        (_before, _begins, _spoiled, _owner) = (_draft.Document, number, false, null);
        // Should it be refused, its lines are not read.
        _skip = words[0] is "app" or "profile" or "network" or "pool" or "iface" ? 1 : 0;
        if (words is ["app", var name, _] && _before.Instances.ContainsKey(name))
            throw new FormatException($"app {name} is there already");
        _draft = Lines.Apply(_draft, words, abbreviate: false);
        _owner = _draft.Place is { Kind: PlaceKind.Iface, App: var app } ? app : null;
        _skip = 0;
    }

    /// <summary>The object in which something was wrong is left out: the app whose interface it is, if it is one.</summary>
    private void LeaveOut()
    {
        _draft = _draft with { Document = _owner is null ? _before : _before.WithoutInstance(_owner), Path = [] };
        _spoiled = false;
    }
}
