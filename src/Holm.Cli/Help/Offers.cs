using System.CommandLine;
using System.CommandLine.Completions;

namespace Holm.Cli.Help;

/// <summary>What may stand at the end of a half-typed command line. Walks the command tree word by word; never fails.</summary>
internal static class Offers
{
    /// <summary>Words that begin as the last one does.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="words">What was typed after <c>holm</c>; the last word is being typed.</param>
    public static IEnumerable<string> For(Verb root, IReadOnlyList<string> words)
    {
        words = Joined(words);
        var typed = words.Count > 0 ? words[^1] : "";
        var (verb, given, option) = Walk(root, words.SkipLast(1));
        var offers = option is not null ? option.GetCompletions(CompletionContext.Empty).Select(c => c.Label)
            : given is null ? []
            : typed.StartsWith('-') ? Options(root, verb)
            : Here(verb, given);
        return offers.Where(o => o == LiveNames.Files || o.StartsWith(typed, StringComparison.Ordinal))
            .Distinct().Order(StringComparer.Ordinal);
    }

    /// <summary>Where the last word stands: below which verb, after which arguments (null: after --), or as which option's value.</summary>
    private static (Verb Verb, List<string>? Given, Option? Option) Walk(Verb root, IEnumerable<string> words)
    {
        var (verb, given) = (root, new List<string>());
        Option? waiting = null;
        foreach (var word in words)
            if (waiting is not null)
                waiting = null;
            else if (word == "--")
                return (verb, null, null);
            else if (word.StartsWith('-'))
                waiting = verb.Options.FirstOrDefault(o => (o.Name == word || o.Aliases.Contains(word)) && o is not Option<bool>);
            else if (given.Count == 0 && verb.Subcommands.OfType<Verb>().FirstOrDefault(v => v.Name == word) is { } below)
                verb = below;
            else
                given.Add(word);
        return (verb, given, waiting);
    }

    private static IEnumerable<string> Options(Verb root, Verb verb) =>
        verb.Options.Concat(root.Options.Where(o => o.Recursive)).Where(o => !o.Hidden).Select(o => o.Name);

    private static IEnumerable<string> Here(Verb verb, List<string> given)
    {
        if (given.Count == 0 && verb.Subcommands.Count > 0)
            return HelpText.Verbs(verb).Select(v => v.Name);
        var argument = verb.Arguments.ElementAtOrDefault(given.Count)
            ?? verb.Arguments.LastOrDefault(a => a.Arity.MaximumNumberOfValues > 1);
        LiveNames.Remember(given);
        // A name or key that stands there already is not offered again.
        return argument?.GetCompletions(CompletionContext.Empty).Select(c => c.Label).Except(given.Select(w => w.Split('=')[0])) ?? [];
    }

    /// <summary>bash takes <c>KEY=VALUE</c> for three words.</summary>
    private static List<string> Joined(IReadOnlyList<string> words)
    {
        var joined = new List<string>();
        for (var i = 0; i < words.Count; i++)
            if (words[i] == "=" && joined.Count > 0)
                joined[^1] += "=" + (i + 1 < words.Count ? words[++i] : "");
            else
                joined.Add(words[i]);
        return joined;
    }
}
