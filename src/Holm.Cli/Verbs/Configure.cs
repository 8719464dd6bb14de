using System.CommandLine;
using Holm.Cli.Console;

namespace Holm.Cli.Verbs;

/// <summary><c>holm configure LINE</c></summary>
internal static class Configure
{
    private static readonly Argument<string[]> Line = Parts.Some("LINE", "a line of the configuration; ';' begins the next", least: 0);
    private static readonly Option<bool> Save = Parts.Switch("--save", "save it as well, for the next start of the device");

    public static Verb Build() => new("configure", "change the configuration, and apply it at once", Line, Save)
    {
        Own = true,
        More = "In the console, configure alone begins a configuration that leave applies whole, and configure with a line enters the "
            + "place that the line makes or names. holm < FILE does so with the lines of a file. Everything else that the language can say "
            + "tells ? or help there.",
        Examples =
        [
            "holm configure app foo netbox",
            "holm configure app foo netbox ';' no enable ';' cmd /bin/sh",
            "holm configure no app foo --save",
        ],
        Run = (line, caller) =>
        {
            var words = line.GetValue(Line) ?? [];
            if (words.Length == 0)
                throw new UsageError("LINE is missing; holm alone begins the console, where configure can stand alone");
            new Session(caller, new NoSeat()).ConfigureAtOnce(words);
            return line.GetValue(Save) ? Copy.Save(caller) : ExitCodes.Ok;
        },
    };
}
