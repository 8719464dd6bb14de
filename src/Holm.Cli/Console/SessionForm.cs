using Holm.Config.Language;

namespace Holm.Cli.Console;

/// <summary>A line that speaks of the session and not of what is configured.</summary>
internal sealed class SessionForm(string syntax, string help) : Form(syntax, help)
{
    /// <summary>Shows the place.</summary>
    public static readonly SessionForm ShowLine = new(
        "show [WHAT:text...]", "show what is configured here, or what show shows at the top level");

    /// <summary>Goes up; inside a place the language has this line itself.</summary>
    public static readonly SessionForm EndLine = new("end", "apply what was configured, and go to the top level");

    /// <summary>Applies.</summary>
    public static readonly SessionForm LeaveLine = new("leave", "apply what was configured, and go to the top level");

    /// <summary>Forgets.</summary>
    public static readonly SessionForm AbortLine = new("abort", "forget what was configured, and go to the top level");

    /// <summary>Runs a command of the top level.</summary>
    public static readonly SessionForm DoLine = new("do LINE:text...", "run a command of the top level");

    /// <summary>Lists lines.</summary>
    public static readonly SessionForm HelpLine = new("help", "list the lines that can be written here");

    /// <summary>All lines that may stand in a place: of the language and of the session.</summary>
    public static IReadOnlyList<Form> At(Place place) =>
    [
        .. Lines.At(place), ShowLine, .. place.Kind == PlaceKind.Config ? (Form[])[EndLine] : [], LeaveLine, AbortLine, DoLine, HelpLine,
    ];

    /// <summary>Reads a line of a place.</summary>
    public static Match<Form> Read(Place place, IReadOnlyList<string> words) =>
        Matcher.Read(At(place), Preferred(words), abbreviate: true, place.ToString());

    /// <summary>How a line may go on.</summary>
    public static Continuation<Form> After(Place place, IReadOnlyList<string> words) =>
        Matcher.After(At(place), Preferred(words), abbreviate: true, place.ToString());

    // WeOS takes sh for show, though share begins so, too.
    private static IReadOnlyList<string> Preferred(IReadOnlyList<string> words) =>
        words is ["s" or "sh", ..] ? [IsShare(words) ? "share" : "show", .. words.Skip(1)] : words;

    private static bool IsShare(IReadOnlyList<string> words) =>
        words.Count > 1 && ((string[])["veth", "port", "path"]).Any(kind => kind.StartsWith(words[1], StringComparison.Ordinal));
}
