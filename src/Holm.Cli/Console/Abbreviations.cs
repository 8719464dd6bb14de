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
            if (below.Count == 0 || Pick(words[i], [.. below.Select(v => (v.Name, v.Own))]) is not { } name)
                break;
            (whole[i], verb) = (name, below.Find(v => v.Name == name)!);
        }
        return whole;
    }

    /// <summary>The word that is meant: the very word, or the only one that begins so among the console's own, then among all.</summary>
    /// <exception cref="UsageError">It could be several.</exception>
    public static string? Pick(string word, IReadOnlyList<(string Name, bool Own)> all)
    {
        if (word.Length == 0)
            return null;
        var found = all.Where(w => w.Name.StartsWith(word, StringComparison.Ordinal)).ToList();
        if (found.Exists(w => w.Name == word))
            return word;
        var own = found.Where(w => w.Own).ToList();
        found = own.Count > 0 ? own : found;
        return found.Count switch
        {
            0 => null,
            1 => found[0].Name,
            _ => throw new UsageError($"'{word}' could be {string.Join(", ", found.SkipLast(1).Select(w => w.Name))} or {found[^1].Name}"),
        };
    }
}
