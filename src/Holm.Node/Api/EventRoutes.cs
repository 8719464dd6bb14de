using System.Net.WebSockets;
using System.Threading.Channels;
using Holm.Config;
using Holm.Contract;
using Microsoft.AspNetCore.Http;

namespace Holm.Node.Api;

/// <summary><c>GET /1.0/events</c>: what happens, one JSON object a text frame.</summary>
internal static class EventRoutes
{
    /// <summary>How often a websocket is pinged.</summary>
    public static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan SilentTooLong = TimeSpan.FromSeconds(30), WriteDeadline = TimeSpan.FromSeconds(5);

    public static async Task Listen(Call call)
    {
        var wanted = call.Query("type").Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (wanted.FirstOrDefault(t => !Events.Types.Contains(t)) is { } unknown)
            throw new Refusal(400, $"{Names.Show(unknown)} isn't a supported event type");
        if (!call.Http.WebSockets.IsWebSocketRequest)
            throw new Refusal(400, "this address wants a websocket handshake");

        using var listener = call.Node.Events.Listen(wanted.Length > 0 ? wanted : Events.Types);
        using var socket = await call.Http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            KeepAliveInterval = PingEvery,
            KeepAliveTimeout = SilentTooLong,
        }).ConfigureAwait(false);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(call.Http.RequestAborted);
        var watch = WatchForClose(socket, gone);
        try
        {
            await foreach (var frame in listener.Reader.ReadAllAsync(gone.Token).ConfigureAwait(false))
                await Sockets.Send(socket, frame, WebSocketMessageType.Text, WriteDeadline, gone.Token).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is OperationCanceledException or WebSocketException or InvalidOperationException or ChannelClosedException)
        {
            // The listener went away, or was too slow: it is cut off and sees that.
        }
        await Sockets.Close(socket).ConfigureAwait(false);
        await gone.CancelAsync().ConfigureAwait(false);
        await watch.ConfigureAwait(false);
    }

    private static async Task WatchForClose(WebSocket socket, CancellationTokenSource gone)
    {
        var nothing = new byte[256];
        while (await Sockets.Receive(socket, nothing, gone.Token).ConfigureAwait(false) is { MessageType: not WebSocketMessageType.Close })
        {
        }
        await gone.CancelAsync().ConfigureAwait(false);
    }
}
