using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Holm.Cli.Wire;
using Holm.Contract;
using Holm.Linux.Terminals;

namespace Holm.Cli.Streams;

/// <summary>
/// A command inside an app, with this program's own standard streams: three apart, or one terminal. Main waits until the output streams
/// have ended, then reads the exit status, which was asked for at the start. A broken control channel makes the node kill the command.
/// </summary>
internal static class ExecSession
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(30);
    private static readonly byte[] EndOfInput = [4, 4];

    /// <summary>Runs; gives the command's own exit code.</summary>
    /// <exception cref="Refusal">The command was not run.</exception>
    public static int Run(Caller caller, string name, ExecPost request)
    {
        if (request.Interactive)
        {
            var size = Terminal.Size(caller.Screen.Output);
            request = request with { Width = size.Columns, Height = size.Rows };
        }
        var answer = caller.Node.Ask("POST", $"{Names.Instance(name)}/exec", Body(request));
        using var opened = new Opened(caller.Node, answer, $"run {request.Command[0]} in {name}");
        var interrupted = request.Interactive ? Interactive(caller, opened) : Plain(caller, opened);
        return interrupted ?? Outcome(caller, opened.End(Farewell), name);
    }

    /// <summary>Three streams. Gives an exit code when the command is to be left alone, null when it has ended.</summary>
    private static int? Plain(Caller caller, Opened opened)
    {
        var ended = new TaskCompletionSource<int?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var open = 2;
        var interrupts = 0;
        using var watch = new Watch().On(number =>
        {
            // Who presses Ctrl-C three times wants out, whatever the command makes of it.
            if (number == 2 && Interlocked.Increment(ref interrupts) == 3)
                ended.TrySetResult(ExitCodes.Signalled + number);
            else if (!opened.Control.Send(new ControlMessage { Command = "signal", Signal = number }))
                ended.TrySetResult(null);
        }, PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT, (PosixSignal)10, (PosixSignal)12);
        Watch.Write(opened["1"], caller.Screen.Output, caller.Screen.Complain, End);
        Watch.Write(opened["2"], caller.Screen.Error, caller.Screen.Complain, End);
        Watch.Read(caller.Input, opened["0"].Send, () => opened["0"].SendEnd());
        return ended.Task.GetAwaiter().GetResult();

        void End(ChannelEnd? how)
        {
            if (how is null)
                ended.TrySetResult(ExitCodes.Signalled + 13);
            else if (Interlocked.Decrement(ref open) == 0)
                ended.TrySetResult(null);
        }
    }

    /// <summary>One terminal.</summary>
    private static int? Interactive(Caller caller, Opened opened)
    {
        var ended = new TaskCompletionSource<int?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var raw = Terminal.Is(caller.Input) ? new RawMode(caller.Input) : null;
        using var watch = new Watch()
            .On(number => ended.TrySetResult(ExitCodes.Signalled + number),
                PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT)
            .On(_ => raw?.Enter(), PosixSignal.SIGCONT)
            .Resizes(caller.Screen.Output, opened.Control);
        Watch.Write(opened["0"], caller.Screen.Output, caller.Screen.Complain,
            how => ended.TrySetResult(how is null ? ExitCodes.Signalled + 13 : null));
        var newLine = true;
        Watch.Read(caller.Input, typed =>
        {
            newLine = typed.Span[^1] == '\n';
            return opened["0"].Send(typed);
        },
        () =>
        {
            if (raw is not null)
                ended.TrySetResult(ExitCodes.Signalled + 1);
            else
                // A terminal has no end of input but ^D, at the start of a line; elsewhere it only sends the line so far. termios(3), VEOF.
                opened["0"].Send(newLine ? EndOfInput[..1] : EndOfInput);
        });
        return ended.Task.GetAwaiter().GetResult();
    }

    private static int Outcome(Caller caller, JsonElement operation, string name)
    {
        var code = Json.Number(Json.Member(operation, "metadata"), "return") is { } number and >= 0 and <= 255 ? number : -1;
        var error = Json.Text(operation, "err");
        if (error.Length == 0 && code >= 0)
            return code;
        var why = error.Length > 0 ? error : $"run a command in {name}: the node did not say how it ended";
        if (code is not (126 or 127))
            throw new Refusal(400, why);
        caller.Screen.Complain(why);
        return code;
    }

    /// <summary>The request as JSON, written by hand for the reason that <see cref="Json"/> gives.</summary>
    private static byte[] Body(ExecPost request)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartArray("command");
            foreach (var word in request.Command)
                json.WriteStringValue(word);
            json.WriteEndArray();
            json.WriteBoolean("wait-for-websocket", request.WaitForWebsocket);
            json.WriteBoolean("interactive", request.Interactive);
            json.WriteStartObject("environment");
            foreach (var (variable, value) in request.Environment ?? [])
                json.WriteString(variable, value);
            json.WriteEndObject();
            json.WriteNumber("width", request.Width);
            json.WriteNumber("height", request.Height);
            json.WriteBoolean("record-output", request.RecordOutput);
            json.WriteNumber("user", request.User);
            json.WriteNumber("group", request.Group);
            json.WriteString("cwd", request.Cwd);
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }
}
