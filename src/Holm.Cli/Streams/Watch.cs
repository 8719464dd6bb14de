using System.Globalization;
using System.Runtime.InteropServices;
using Holm.Cli.Output;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Terminals;

namespace Holm.Cli.Streams;

/// <summary>Registered signal handlers of one session, taken back together.</summary>
internal sealed class Watch : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>Calls <paramref name="act"/> with the number of each of these signals, in place of what they do by themselves.</summary>
    public Watch On(Action<int> act, params ReadOnlySpan<PosixSignal> signals)
    {
        foreach (var signal in signals)
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                act(Number(context.Signal));
            }));
        return this;
    }

    /// <summary>Reports each new size of the terminal.</summary>
    public Watch Resizes(Fd terminal, Channel control) => On(_ =>
    {
        var size = Terminal.Size(terminal);
        control.Send(new ControlMessage { Command = "window-resize", Args = Size(size) });
    }, PosixSignal.SIGWINCH);

    /// <inheritdoc/>
    public void Dispose() => _registrations.ForEach(r => r.Dispose());

    /// <summary>Starts a thread that reads <paramref name="input"/> until its end; it ends with the program.</summary>
    /// <param name="input">Where from.</param>
    /// <param name="take">Gets what was read; false stops.</param>
    /// <param name="end">Called at the end of the input.</param>
    public static void Read(Fd input, Func<ReadOnlyMemory<byte>, bool> take, Action end) => new Thread(() =>
    {
        var buffer = new byte[32 * 1024];
        while (true)
        {
            var count = input.TryRead(buffer);
            if (count == -Errnos.EAGAIN)
            {
                Poll.Readable(input);
                continue;
            }
            if (count <= 0)
            {
                end();
                return;
            }
            if (!take(buffer.AsMemory(0, count)))
                return;
        }
    })
    { IsBackground = true, Name = "input" }.Start();

    /// <summary>Starts a thread that writes a channel's stream to a descriptor; <paramref name="end"/> hears how it ended.</summary>
    /// <param name="channel">Where from.</param>
    /// <param name="output">Where to.</param>
    /// <param name="complain">Gets a sentence when the output cannot be written, for example to a full disk.</param>
    /// <param name="end">Gets the end of the channel; null when the output takes no more.</param>
    public static void Write(Channel channel, Fd output, Action<string> complain, Action<ChannelEnd?> end) => new Thread(() =>
    {
        ChannelEnd? how = null;
        try
        {
            how = channel.Drain(bytes => Screen.Write(output, bytes));
        }
        catch (OutputGone)
        {
            // Told by null.
        }
        catch (LinuxException e)
        {
            complain(e.Message);
        }
        end(how);
    })
    { IsBackground = true, Name = "output" }.Start();

    private static Dictionary<string, string> Size(WindowSize size) => new()
    {
        ["width"] = size.Columns.ToString(CultureInfo.InvariantCulture),
        ["height"] = size.Rows.ToString(CultureInfo.InvariantCulture),
    };

    // PosixSignal's own names are negative; raw numbers stay as they are. signal(7).
    private static int Number(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGQUIT => 3,
        PosixSignal.SIGTERM => 15,
        PosixSignal.SIGCONT => 18,
        PosixSignal.SIGWINCH => 28,
        _ => (int)signal,
    };
}
