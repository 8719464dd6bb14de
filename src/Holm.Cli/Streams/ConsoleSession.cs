using System.Runtime.InteropServices;
using Holm.Cli.Wire;
using Holm.Contract;
using Holm.Linux.Terminals;

namespace Holm.Cli.Streams;

/// <summary>
/// A person at an app's console. Main waits for the first of: the way out was typed, the node closed the console, the connection broke,
/// a signal came, the output is gone. On each of these ways the terminal gets its modes back before anything is printed.
/// </summary>
internal static class ConsoleSession
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private abstract record Ending
    {
        public sealed record Detached : Ending;

        public sealed record Closed : Ending;

        public sealed record Lost : Ending;

        public sealed record OutputGone : Ending;

        public sealed record Signalled(int Number) : Ending;
    }

    /// <summary>Attaches; gives the exit code.</summary>
    public static int Run(Caller caller, string name, EscapeKeys keys, ConsolePost request)
    {
        var size = Terminal.Size(caller.Screen.Output);
        var answer = caller.Node.Send("POST", $"{Names.Instance(name)}/console",
            request with { Width = size.Columns, Height = size.Rows }, ContractJson.Default.ConsolePost);
        using var opened = new Opened(caller.Node, answer, $"attach to {name}");
        caller.Screen.Note(keys.Banner);
        var ending = Talk(caller, opened, keys, request.ReadOnly);
        return ending switch
        {
            Ending.Detached => Leave(caller, opened),
            Ending.Signalled { Number: var number } => Leave(caller, opened) + ExitCodes.Signalled + number,
            Ending.OutputGone => ExitCodes.Signalled + 13,
            Ending.Closed => Closed(caller, opened, name),
            _ => throw new Unreachable(caller.Node.Socket, $"the connection broke while attached to {name}; the app itself is not touched, "
                + "attach again once the daemon runs (systemctl status holmd)"),
        };
    }

    private static Ending Talk(Caller caller, Opened opened, EscapeKeys keys, bool readOnly)
    {
        var ended = new TaskCompletionSource<Ending>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var raw = Terminal.Is(caller.Input) ? new RawMode(caller.Input) : null;
        using var watch = new Watch()
            .On(number => ended.TrySetResult(new Ending.Signalled(number)),
                PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT)
            .On(_ => raw?.Enter(), PosixSignal.SIGCONT)
            .Resizes(caller.Screen.Output, opened.Control);
        Watch.Write(opened["0"], caller.Screen.Output, caller.Screen.Complain, how => ended.TrySetResult(how switch
        {
            ChannelEnd.Closed => new Ending.Closed(),
            ChannelEnd.Lost => new Ending.Lost(),
            _ => new Ending.OutputGone(),
        }));
        Watch.Read(caller.Input, typed =>
        {
            List<byte> send = [];
            if (keys.Feed(typed.Span, send))
                ended.TrySetResult(new Ending.Detached());
            return send.Count == 0 || readOnly || opened["0"].Send(send.ToArray());
        },
        () =>
        {
            // The end of a pipe only ends the typing; the end of a terminal is its hangup.
            if (raw is not null)
                ended.TrySetResult(new Ending.Signalled(1));
        });
        return ended.Task.GetAwaiter().GetResult();
    }

    private static int Leave(Caller caller, Opened opened)
    {
        opened.Control.Close();
        if (Terminal.Is(caller.Screen.Output))
            caller.Screen.Note("");
        return ExitCodes.Ok;
    }

    private static int Closed(Caller caller, Opened opened, string name)
    {
        // The node waits for this goodbye before it says how it ended.
        opened.Control.Close();
        var operation = opened.End(Farewell);
        if (Json.Number(operation, "status_code") == (int)StatusCode.Failure)
            throw new Refusal(400, Json.Text(operation, "err"));
        caller.Screen.Complain($"the console of {name} has closed");
        return ExitCodes.Ok;
    }
}
