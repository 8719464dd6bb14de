using Holm.Cli.Help;
using Holm.Config.Language;

namespace Holm.Cli.Console;

/// <summary>The console in words and tables, for the man page; the tables are made from what the console itself goes by.</summary>
internal static class ConsoleGuide
{
    /// <summary>How it is used.</summary>
    public static IReadOnlyList<string> Paragraphs { get; } =
    [
        "holm without a verb is a console as routers have it. At a terminal it asks for line after line. All verbs can be written there, "
            + "without holm before them, and the words below. A word can be cut short where only one begins so: copy run start.",
        "configure begins a configuration: a copy that lines are written into, each checked at once. leave (or Ctrl-Z) applies all of it "
            + "or nothing, abort forgets it, end goes one level up; where configure was given a line, end from its place leads out and "
            + "applies as well. What somebody else changed meanwhile is never overwritten: leave then names it. Whatever cuts the session "
            + "off before that, nothing is applied. What is applied is kept over a restart of the device by copy running-config "
            + "startup-config.",
        "Tab completes words and names, ? tells what may follow at the cursor, arrow keys and Ctrl-R bring back earlier lines. Ctrl-C "
            + "drops the line, Ctrl-D on an empty one goes up or out. Earlier lines are kept in memory only.",
        "When standard input is a file or a pipe its lines are one session; empty lines and what follows # mean nothing. The first line "
            + "that is wrong ends it, with the number of the line and its exit code; with --keep-going the others are taken all the same. "
            + "What holm show running-config prints can be given after configure.",
    ];

    /// <summary>Words of the console and lines of each place of the configuration.</summary>
    public static IEnumerable<Table> Tables
    {
        get
        {
            var verbs = HelpText.Verbs(Tree.Build()).Select(v => v.Name).ToList();
            yield return new("Words that only the console has", [
                .. from verb in HelpText.Verbs(Session.Words)
                   where !verbs.Contains(verb.Name)
                   let words = verb.Arguments.Select(a => $"[{a.Name}]").Prepend(verb.Name)
                   select new Offer(string.Join(' ', words), verb.Description ?? "")]);
            foreach (var kind in Enum.GetValues<PlaceKind>())
                yield return new(Title(kind), [
                    .. from form in SessionForm.At(new Place(kind, ""))
                       where form is Line || kind == PlaceKind.Config
                       select new Offer(form.Syntax, form.Help)]);
        }
    }

    /// <summary>Lines and what they mean.</summary>
    /// <param name="Title">Above them.</param>
    /// <param name="Lines">The lines.</param>
    internal sealed record Table(string Title, IReadOnlyList<Offer> Lines);

    private static string Title(PlaceKind kind) => kind switch
    {
        PlaceKind.Config => "Lines of the configuration",
        PlaceKind.App => "Lines in an app",
        PlaceKind.Profile => "Lines in a profile",
        PlaceKind.Network => "Lines in a network",
        PlaceKind.Pool => "Lines in a storage pool",
        PlaceKind.Iface => "Lines in an interface",
        _ => "Lines after inet dhcp",
    };
}
