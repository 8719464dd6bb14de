using System.Net.WebSockets;

namespace Holm.Node.Api;

/// <summary>Websocket calls that end quietly when the other side is gone, and never hang.</summary>
internal static class Sockets
{
    private static readonly TimeSpan CloseDeadline = TimeSpan.FromSeconds(5);

    /// <summary>Sends one whole message.</summary>
    /// <exception cref="OperationCanceledException">It took longer than the deadline, or <paramref name="ct"/> was cancelled.</exception>
    /// <exception cref="WebSocketException">The other side is gone.</exception>
    public static async Task Send(
        WebSocket socket, ReadOnlyMemory<byte> bytes, WebSocketMessageType type, TimeSpan? deadline, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (deadline is { } span)
            limit.CancelAfter(span);
        await socket.SendAsync(bytes, type, endOfMessage: true, limit.Token).ConfigureAwait(false);
    }

    /// <summary>Receives what fits into the buffer; null when the other side is gone or <paramref name="ct"/> was cancelled.</summary>
    public static async Task<ValueWebSocketReceiveResult?> Receive(WebSocket socket, Memory<byte> buffer, CancellationToken ct)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, ct).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>LXD's end of a stream: an empty text frame. A client that is gone does not need it.</summary>
    public static Task SendEnd(WebSocket socket) => Quietly(async ct =>
        await Send(socket, ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Text, null, ct).ConfigureAwait(false));

    /// <summary>Says goodbye, whoever listens.</summary>
    public static Task Close(WebSocket? socket) => socket is not { State: WebSocketState.Open or WebSocketState.CloseReceived }
        ? Task.CompletedTask
        : Quietly(async ct => await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", ct).ConfigureAwait(false));

    private static async Task Quietly(Func<CancellationToken, Task> send)
    {
        using var deadline = new CancellationTokenSource(CloseDeadline);
        try
        {
            await send(deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Gone already.
        }
    }
}
