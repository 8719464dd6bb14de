using System.Net.WebSockets;

namespace Holm.Node.Api;

/// <summary>Joins a seat at a console to the two websockets of one client.</summary>
internal sealed class ConsoleRelay(ConsoleSeat seat, WebSocket data, WebSocket control)
{
    private static readonly TimeSpan GoodbyeDeadline = TimeSpan.FromSeconds(2);

    /// <summary>Until the client leaves by either socket, the console ends, or the client cannot keep up.</summary>
    public async Task Run()
    {
        using var over = new CancellationTokenSource();
        using var gate = new InputGate();
        var show = Show(over.Token);
        Task[] parts = [show, Type(gate, over.Token), Watch(over.Token)];
        var first = await Task.WhenAny([.. parts, seat.Lagged]).ConfigureAwait(false);
        await gate.Close().ConfigureAwait(false);
        seat.Dispose();
        if (first == seat.Lagged)
            await over.CancelAsync().ConfigureAwait(false);
        over.CancelAfter(GoodbyeDeadline);
        await show.ConfigureAwait(false);
        await Sockets.Close(data).ConfigureAwait(false);
        await Sockets.Close(control).ConfigureAwait(false);
        await Task.WhenAll(parts).ConfigureAwait(false);
    }

    private async Task Show(CancellationToken ct)
    {
        try
        {
            await foreach (var bytes in seat.Output.ReadAllAsync(ct).ConfigureAwait(false))
                await Sockets.Send(data, bytes, WebSocketMessageType.Binary, null, ct).ConfigureAwait(false);
            await Sockets.Send(data, "\n\r"u8.ToArray(), WebSocketMessageType.Binary, null, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // The client left.
        }
    }

    private async Task Type(InputGate gate, CancellationToken ct)
    {
        var buffer = new byte[4096];
        while (await Sockets.Receive(data, buffer, ct).ConfigureAwait(false) is { MessageType: WebSocketMessageType.Binary } got)
            await gate.Write(stop => seat.Write(buffer.AsMemory(0, got.Count), stop)).ConfigureAwait(false);
    }

    private async Task Watch(CancellationToken ct)
    {
        var buffer = new byte[4096];
        while (await Sockets.Receive(control, buffer, ct).ConfigureAwait(false) is { MessageType: not WebSocketMessageType.Close } got)
        {
            if (got.EndOfMessage && Control.Size(buffer.AsSpan(0, got.Count)) is var (width, height))
                seat.Resize(width, height);
        }
    }
}
