using System.CommandLine;
using Holm.Cli.Streams;
using Holm.Linux.Terminals;

namespace Holm.Cli.Verbs;

/// <summary><c>holm exec NAME -- CMD…</c></summary>
internal static class Exec
{
    private static readonly Argument<string> Name = Parts.App();
    private static readonly Argument<string[]> Words = Parts.Some("COMMAND", "the program and its arguments, after --");
    private static readonly Option<string?> User = Parts.Value("--user", "UID", "user id inside (standard: 0)");
    private static readonly Option<string?> Group = Parts.Value("--group", "GID", "group id inside (standard: 0)");
    private static readonly Option<string?> Cwd = Parts.Value("--cwd", "PATH", "folder inside to start in (standard: /root)");
    private static readonly Option<string[]> Env = Parts.Values("--env", "NAME=VALUE", "a variable; may be given several times");
    private static readonly Option<bool> Tty = Parts.Switch("--tty", "give it a terminal even when standard input or output is none", "-t");
    private static readonly Option<bool> NoTty = Parts.Switch("--no-tty", "give it no terminal", "-T");

    public static Verb Build() => new("exec", "run a command in a running app", Name, Words, User, Group, Cwd, Env, Tty, NoTty)
    {
        More = "Ends with the command's own exit code; output and errors stay apart. When both standard input and output are terminals the "
            + "command gets a terminal that follows the size of this one. Otherwise INT, TERM, HUP, QUIT, USR1 and USR2 are passed on "
            + "to it; "
            + "a third Ctrl-C ends the command and this program. No shell is involved unless the command is one.",
        Examples = ["holm exec web -- ps", "holm exec web --user 1000 --env A=b -- sh -c 'echo $A'",
            "tar c data | holm exec web -- tar x -C /srv"],
        Run = Run,
    };

    private static int Run(ParseResult line, Caller caller)
    {
        var both = Terminal.Is(caller.Input) && Terminal.Is(caller.Screen.Output);
        var interactive = line.GetValue(Tty) || (both && !line.GetValue(NoTty));
        var environment = Names.Pairs(line.GetValue(Env) ?? []);
        if (interactive && caller.Environment("TERM") is { Length: > 0 } term)
            environment.TryAdd("TERM", term);
        return ExecSession.Run(caller, line.GetRequiredValue(Name), new()
        {
            Command = [.. line.GetRequiredValue(Words)],
            WaitForWebsocket = true,
            Interactive = interactive,
            Environment = environment,
            User = (uint)Parts.Number(line.GetValue(User), "--user", 0, 0, int.MaxValue),
            Group = (uint)Parts.Number(line.GetValue(Group), "--group", 0, 0, int.MaxValue),
            Cwd = line.GetValue(Cwd) ?? "",
        });
    }
}
