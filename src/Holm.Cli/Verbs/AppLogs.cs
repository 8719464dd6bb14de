using System.CommandLine;
using System.Text;
using Holm.Cli.Output;
using Holm.Linux.Terminals;

namespace Holm.Cli.Verbs;

/// <summary><c>holm app logs NAME</c></summary>
internal static class AppLogs
{
    private static readonly Argument<string> Name = Parts.App();
    private static readonly Option<bool> Engine = Parts.Switch("--engine", "LXC's own log of the last start, in place of the console");
    private static readonly Option<bool> Raw = Parts.Switch("--raw", "let control characters through to the terminal");
    private static readonly Option<bool> Clear = Parts.Switch("--clear", "forget what the console has said so far");

    public static Verb Build() => new("logs", "show what an app said on its console", Name, Engine, Raw, Clear)
    {
        More = "The node keeps the last part of each console in RAM, never on flash. On a terminal, control characters are made visible; "
            + "into a file or pipe go the bytes as they are.",
        Examples = ["holm app logs web", "holm app logs web --engine"],
        Run = Run,
    };

    private static int Run(ParseResult line, Caller caller)
    {
        var app = Names.Instance(line.GetRequiredValue(Name));
        if (line.GetValue(Clear))
        {
            caller.Finish(caller.Node.Ask("DELETE", $"{app}/console"), "clearing the console log");
            return ExitCodes.Ok;
        }
        var visible = !line.GetValue(Raw) && Terminal.Is(caller.Screen.Output);
        using var kept = new MemoryStream();
        caller.Node.Download(line.GetValue(Engine) ? $"{app}/logs/lxc.log" : $"{app}/console", piece =>
        {
            if (visible)
                kept.Write(piece.Span);
            else
                Screen.Write(caller.Screen.Output, piece.Span);
        });
        if (visible && kept.Length > 0)
            caller.Screen.Line(Visible.Lines(Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length)).TrimEnd('\n'));
        return ExitCodes.Ok;
    }
}
