using System.CommandLine;
using System.CommandLine.Completions;

namespace Holm.Cli.Help;

/// <summary>A word that may be typed, and what it is.</summary>
/// <param name="Word">The whole word.</param>
/// <param name="Help">A phrase; empty for names.</param>
internal sealed record Offer(string Word, string Help);

/// <summary>What may stand at the end of a half-typed command line. Walks the command tree word by word; never fails.</summary>
internal static class Offers
{
    /// <summary>Words that begin as the last one does.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="words">What was typed after <c>holm</c>; the last word is being typed.</param>
    public static IEnumerable<Offer> For(Verb root, IReadOnlyList<string> words)
    {
        words = Joined(words);
        var typed = words.Count > 0 ? words[^1] : "";
        var (verb, given, option) = Walk(root, words.SkipLast(1));
        var offers = option is not null ? Labels(option.GetCompletions(CompletionContext.Empty))
            : given is null ? []
            : typed.StartsWith('-') ? Options(root, verb)
            : Here(verb, given);
        return offers.Where(o => o.Word == LiveNames.Files || o.Word.StartsWith(typed, StringComparison.Ordinal))
            .DistinctBy(o => o.Word).OrderBy(o => o.Word, StringComparer.Ordinal);
    }

    /// <summary>The argument or the option's value that the last word is; null: it is a verb or an option.</summary>
    public static Offer? Argument(Verb root, IReadOnlyList<string> words)
    {
        var (verb, given, option) = Walk(root, words.SkipLast(1));
        return option is not null ? new(option.HelpName ?? option.Name, option.Description ?? "")
            : given is not null && ArgumentAt(verb, given.Count) is { } argument ? new(argument.Name, argument.Description ?? "")
            : null;
    }

    /// <summary>True when the line may end before the last word.</summary>
    public static bool MayEnd(Verb root, IReadOnlyList<string> words)
    {
        var (verb, given, option) = Walk(root, words.SkipLast(1));
        return option is null && verb.Run is not null
            && verb.Arguments.Count(a => a.Arity.MinimumNumberOfValues > 0) <= (given?.Count ?? int.MaxValue);
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

    private static IEnumerable<Offer> Options(Verb root, Verb verb) =>
        verb.Options.Concat(root.Options.Where(o => o.Recursive)).Where(o => !o.Hidden).Select(o => new Offer(o.Name, o.Description ?? ""));

    private static IEnumerable<Offer> Here(Verb verb, List<string> given)
    {
        LiveNames.Remember(given);
        // A name or key that stands there already is not offered again.
        var there = given.Select(w => w.Split('=')[0]).ToList();
        return
        [
            .. given.Count == 0 ? HelpText.Verbs(verb).Select(v => new Offer(v.Name, v.Description ?? "")) : [],
            .. Labels(ArgumentAt(verb, given.Count)?.GetCompletions(CompletionContext.Empty) ?? []).Where(o => !there.Contains(o.Word)),
        ];
    }

    private static Argument? ArgumentAt(Verb verb, int position) => verb.Arguments.ElementAtOrDefault(position)
        ?? verb.Arguments.LastOrDefault(a => a.Arity.MaximumNumberOfValues > 1);

    private static IEnumerable<Offer> Labels(IEnumerable<CompletionItem> items) => items.Select(i => new Offer(i.Label, i.Detail ?? ""));

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
