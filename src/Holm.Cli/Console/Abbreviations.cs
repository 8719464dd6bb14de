using Holm.Cli.Help;

namespace Holm.Cli.Console;

/// <summary>Short forms of words: <c>sh</c> is <c>show</c> where nothing else begins so.</summary>
internal static class Abbreviations
{
    /// <summary>Spells out the verbs of a line; what follows them stays as it is.</summary>
    /// <exception cref="UsageError">A word could be several verbs.</exception>
    public static string[] Expand(Verb root, IReadOnlyList<string> words)
    {
        string[] whole = [.. words];
        var verb = root;
        for (var i = 0; i < words.Count && !words[i].StartsWith('-'); i++)
        {
            var below = HelpText.Verbs(verb).ToList();
            var own = below.Where(v => v.Own).Select(v => v.Name);
            if (below.Count == 0 || Pick(words[i], [.. below.Select(v => v.Name)], [.. own]) is not { } name)
                break;
            (whole[i], verb) = (name, below.Find(v => v.Name == name)!);
        }
        return whole;
    }

    /// <summary>The word that is meant: the very word, or the only one that begins so among the console's own, then among all.</summary>
    /// <exception cref="UsageError">It could be several.</exception>
    public static string? Pick(string word, IReadOnlyList<string> all, IReadOnlyList<string> own)
    {
        if (word.Length == 0 || all.Contains(word))
            return word.Length == 0 ? null : word;
        var found = own.Where(w => w.StartsWith(word, StringComparison.Ordinal)).ToList();
        if (found.Count == 0)
            found = [.. all.Where(w => w.StartsWith(word, StringComparison.Ordinal))];
        return found.Count switch
        {
            0 => null,
            1 => found[0],
            _ => throw new UsageError($"'{word}' could be {string.Join(", ", found.SkipLast(1))} or {found[^1]}"),
        };
    }
}
