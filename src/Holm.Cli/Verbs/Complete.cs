using System.CommandLine;
using Holm.Cli.Help;
using Holm.Cli.Output;

namespace Holm.Cli.Verbs;

/// <summary><c>holm complete -- WORD…</c>, hidden: what the completion scripts call. Prints a line per offer for the last word.</summary>
internal static class Complete
{
    private static readonly Argument<string[]> Words = Parts.Some("WORD", "the words after holm; the last may be empty", least: 0);

    public static Verb Build() => new("complete", "print what could be typed here", Words)
    {
        Hidden = true,
        Run = (line, caller) =>
        {
            var (tree, words) = ((Verb)line.RootCommandResult.Command, line.GetValue(Words) ?? []);
            var offers = LiveNames.With(caller.Node.Hasty(), () => Offers.For(tree, words).Select(offer => offer.Word));
            if (offers.Count > 0)
                caller.Screen.Line(string.Join('\n', offers.Select(Visible.Line)));
            return ExitCodes.Ok;
        },
    };
}
