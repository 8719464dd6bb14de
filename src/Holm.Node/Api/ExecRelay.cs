using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Processes;
using Holm.Node.Engines;

namespace Holm.Node.Api;

/// <summary>Joins the streams of a command to websockets, as LXD's clients know them.</summary>
/// <remarks>
/// <code>
///   socket 0        → stdin (or terminal)      binary frames; an empty text frame is the end of input
///   socket 1, 2     ← stdout, stderr           binary frames; an empty text frame is the end of output
///   socket control  → signals, sizes           text frames of JSON; when it closes first, the command is killed
/// </code>
/// A socket that is slow holds the command up, as a slow terminal does; nothing is buffered beyond one read.
/// The end: the command exits, control is closed, what stands in the pipes is sent, the sockets are closed.
/// </remarks>
internal sealed class ExecRelay(ExecSession session, SocketSet sockets) : IDisposable
{
    private const int BufferBytes = 32 * 1024, LongestControl = 4096;

    private static readonly TimeSpan GoodbyeDeadline = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _over = new();
    private readonly InputGate _input = new();
    private readonly List<Task> _receivers = [];

    /// <summary>Relays until the command has ended and all its output is sent; returns its exit status.</summary>
    public async Task<int> Run()
    {
        _receivers.Add(PumpInput(sockets["0"]!));
        _receivers.Add(WatchControl());
        List<Task> outputs = session.Terminal is { } terminal
            ? [PumpOutput(terminal, sockets["0"]!)]
            : [PumpOutput(session.Stdout!, sockets["1"]!), PumpOutput(session.Stderr!, sockets["2"]!)];
        // A client that hangs up outputs is noticed only by reading from them.
        if (session.Terminal is null)
            _receivers.AddRange([WatchOutput(sockets["1"]!), WatchOutput(sockets["2"]!)]);

        var status = await session.Exit.ConfigureAwait(false);
        await _input.Close().ConfigureAwait(false);
        await Sockets.Close(sockets["control"]).ConfigureAwait(false);
        await Task.WhenAll(outputs).ConfigureAwait(false);
        foreach (var name in sockets.Secrets.Keys)
            await Sockets.Close(sockets[name]).ConfigureAwait(false);
        return status;
    }

    /// <summary>
    /// Waits a little for the clients' goodbyes: a receive that is broken off breaks the connection, and what it still carries.
    /// </summary>
    public async Task Linger()
    {
        _over.CancelAfter(GoodbyeDeadline);
        await Task.WhenAll(_receivers).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _over.Dispose();
        _input.Dispose();
    }

    private async Task PumpInput(WebSocket socket)
    {
        var buffer = new byte[BufferBytes];
        while (await Sockets.Receive(socket, buffer,
            _over.Token).ConfigureAwait(false) is { MessageType: not WebSocketMessageType.Close } got)
        {
            if (got.MessageType == WebSocketMessageType.Text && got is { Count: 0, EndOfMessage: true })
                await EndInput().ConfigureAwait(false);
            else
                await _input.Write(ct => Give(buffer.AsMemory(0, got.Count), ct)).ConfigureAwait(false);
        }
        await EndInput().ConfigureAwait(false);
    }

    /// <summary>What comes after the end of input, or after the command closed it, is dropped.</summary>
    private async Task<bool> Give(ReadOnlyMemory<byte> bytes, CancellationToken ct) =>
        (session.Terminal ?? session.Stdin) is { IsClosed: false } target && await FdStream.Write(target, bytes, ct).ConfigureAwait(false);

    /// <summary>A pipe ends by closing it; a terminal has no end but its hang-up.</summary>
    private Task<bool> EndInput() => _input.Write(_ =>
    {
        session.Stdin?.Dispose();
        return Task.FromResult(true);
    });

    private async Task PumpOutput(Fd source, WebSocket socket)
    {
        await FdStream.Pump(source, session.Exit, async bytes =>
        {
            try
            {
                await Sockets.Send(socket, bytes, WebSocketMessageType.Binary, null, _over.Token).ConfigureAwait(false);
                return true;
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException or InvalidOperationException)
            {
                LostOutput();
                return false;
            }
        }).ConfigureAwait(false);
        if (session.Terminal is null)
            await Sockets.SendEnd(socket).ConfigureAwait(false);
    }

    private async Task WatchOutput(WebSocket socket)
    {
        var nothing = new byte[256];
        while (await Sockets.Receive(socket, nothing, _over.Token).ConfigureAwait(false) is { MessageType: not WebSocketMessageType.Close })
        {
        }
        LostOutput();
    }

    private void LostOutput()
    {
        if (sockets["control"] is null && !session.Exit.IsCompleted)
            session.Signal(Signals.SIGKILL);
    }

    private async Task WatchControl()
    {
        // It may join late, or never: old clients have none.
        while (sockets["control"] is null)
        {
            if (await Task.WhenAny(session.Exit, sockets.Joining("control")).ConfigureAwait(false) == session.Exit)
                return;
        }
        var socket = sockets["control"]!;
        var buffer = new byte[LongestControl];
        var length = 0;
        while (await Sockets.Receive(socket, buffer.AsMemory(length), _over.Token).ConfigureAwait(false) is { } got
            && got.MessageType != WebSocketMessageType.Close && length + got.Count < LongestControl)
        {
            length += got.Count;
            if (!got.EndOfMessage)
                continue;
            Obey(buffer.AsSpan(0, length));
            length = 0;
        }
        if (!session.Exit.IsCompleted)
            session.Signal(Signals.SIGKILL);
    }

    private void Obey(ReadOnlySpan<byte> frame)
    {
        if (Control.Size(frame) is var (width, height))
            session.Resize(width, height);
        else if (Control.Signal(frame) is { } signal)
            session.Signal(signal);
    }
}

/// <summary>Reads frames of a control websocket; a frame that makes no sense says nothing.</summary>
internal static class Control
{
    /// <summary>Columns and rows of a <c>window-resize</c>, else null.</summary>
    public static (int Width, int Height)? Size(ReadOnlySpan<byte> frame) =>
        Read(frame) is { Command: "window-resize", Args: { } args } && Number(args, "width") is { } width && Number(args,
            "height") is { } height
            ? (width, height)
            : null;

    /// <summary>Number of a <c>signal</c>, else null.</summary>
    public static int? Signal(ReadOnlySpan<byte> frame) =>
        Read(frame) is { Command: "signal", Signal: >= 1 and <= Signals.SIGRTMAX } message ? message.Signal : null;

    private static ControlMessage? Read(ReadOnlySpan<byte> frame)
    {
        try
        {
            return JsonSerializer.Deserialize(frame, ContractJson.Default.ControlMessage);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int? Number(Dictionary<string, string> args, string key) =>
        int.TryParse(args.GetValueOrDefault(key), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 9999
            ? number : null;
}
