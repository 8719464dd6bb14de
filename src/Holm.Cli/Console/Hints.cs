using Holm.Cli.Help;
using Holm.Cli.Wire;
using Holm.Config.Language;
using Holm.Linux;

namespace Holm.Cli.Console;

/// <summary>What may stand at the cursor.</summary>
/// <param name="Text">A word; or, when it is no word, what stands for one: <c>NAME</c>.</param>
/// <param name="Help">A phrase; empty for names.</param>
/// <param name="IsWord">True when it can be put in.</param>
internal sealed record Hint(string Text, string Help, bool IsWord);

/// <summary>Help and completion of the console: for the words of the top level and for the lines of the configuration.</summary>
internal static class Hints
{
    private static readonly Hint Enter = new("<cr>", "the line can end here", IsWord: false);

    /// <summary>What may stand in place of the last word of a line.</summary>
    /// <param name="candidate">What is being configured; null: nothing.</param>
    /// <param name="node">Knows the names there are; asked in haste.</param>
    /// <param name="line">The line up to the cursor.</param>
    public static IReadOnlyList<Hint> For(Candidate? candidate, Node node, HalfLine line)
    {
        try
        {
            return LiveNames.With(node, () => candidate is null ? Exec(node, line.All) : Configure(candidate.Draft, node, line.All));
        }
        catch (UsageError)
        {
            // A word before the cursor could be several.
            return [];
        }
    }

    /// <summary>The verbs of the top level, or one verb.</summary>
    public static string Help(Verb root, IReadOnlyList<string> path)
    {
        var verb = root;
        foreach (var word in path)
            verb = verb.Subcommands.OfType<Verb>().FirstOrDefault(v => v.Name == word) ?? throw new UsageError(WrongLine.NoVerb(word));
        return verb == root
            ? Columns([.. HelpText.Verbs(root).Select(v => new Offer(v.Name, v.Description ?? ""))])
            : HelpText.Render(verb, string.Join(' ', path));
    }

    /// <summary>The lines of a place.</summary>
    public static string Help(Place place) => Columns([.. SessionForm.At(place).Select(f => new Offer(f.Syntax, f.Help))]);

    /// <summary>Words on the left, what they mean on the right.</summary>
    public static string Columns(IReadOnlyList<Offer> rows)
    {
        var width = rows.Max(r => r.Help.Length > 0 ? r.Word.Length : 0);
        return string.Join('\n', rows.Select(r => $"  {(r.Help.Length > 0 ? $"{r.Word.PadRight(width)}  {r.Help}" : r.Word)}"));
    }

    private static List<Hint> Exec(Node node, string[] words)
    {
        string[] whole = [.. Abbreviations.Expand(Session.Words, words[..^1]), words[^1]];
        switch (whole)
        {
            case ["configure", .. var line] when line.Length > 0:
                return Configure(new Candidate(node).Draft, node, line);
            case ["repeat", var number, .. var line] when line.Length > 0 && int.TryParse(number, out _):
                return Exec(node, line);
            case ["repeat" or "help", .. var line] when line.Length > 0:
                return Exec(node, line);
        }
        var offers = Offers.For(Session.Words, whole).Select(o => new Hint(o.Word, o.Help, IsWord: true)).ToList();
        if (Offers.Argument(Session.Words, whole) is { } argument && Unsaid(words[^1], offers))
            offers.Add(new Hint(argument.Word, argument.Help, IsWord: false));
        return words[^1].Length == 0 && words.Length > 1 && Offers.MayEnd(Session.Words, whole) ? [.. offers, Enter] : offers;
    }

    private static List<Hint> Configure(Draft draft, Node node, string[] words)
    {
        if (words is ["do", .. var command] && command.Length > 0)
            return Exec(node, command);
        if (words is ["sh" or "sho" or "show", _, ..])
            return Exec(node, ["show", .. words[1..]]);
        var after = SessionForm.After(draft.Place, words[..^1]);
        var hints = new List<Hint>();
        foreach (var next in after.Next.Where(n => n.Placeholder is null))
            if (next.Text.StartsWith(words[^1], StringComparison.Ordinal))
                hints.Add(new Hint(next.Text, next.Help, IsWord: true));
        foreach (var placeholder in after.Next.Select(n => n.Placeholder).OfType<Placeholder>())
            hints.AddRange(Names(draft, node, placeholder).Distinct().Order(StringComparer.Ordinal)
                .Where(n => n == LiveNames.Files || n.StartsWith(words[^1], StringComparison.Ordinal))
                .Select(n => new Hint(n, "", IsWord: true)));
        if (Unsaid(words[^1], hints))
            hints.AddRange(after.Next.Where(n => n.Placeholder is not null).Select(n => new Hint(n.Text, n.Help, IsWord: false)));
        return words[^1].Length == 0 && words.Length > 1 && after.Complete is not null ? [.. hints, Enter] : hints;
    }

    private static IEnumerable<string> Names(Draft draft, Node node, Placeholder placeholder) => draft.Offers(placeholder).Concat(
        placeholder.Kind switch
        {
            Kind.Image => LiveNames.Images(node),
            Kind.Port => HostInterfaces.Ports(),
            Kind.Bridge => HostInterfaces.Bridges(),
            Kind.HostPath => LiveNames.AnyFile(node),
            _ => [],
        });

    // What a name stands for is said where none has been begun, or where none begins so.
    private static bool Unsaid(string typed, IReadOnlyList<Hint> hints) => typed.Length == 0 || hints.All(h => h.Text == LiveNames.Files);
}
