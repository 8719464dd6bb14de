using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Holm.Cli.Wire;
using Holm.Contract;

namespace Holm.Cli.Streams;

/// <summary>How a channel came to its end.</summary>
internal enum ChannelEnd
{
    /// <summary>The node ended the stream, as it should.</summary>
    Closed,

    /// <summary>The connection broke: the daemon died or was stopped.</summary>
    Lost,
}

/// <summary>One websocket of the node (RFC 6455): a stream of exec or console, a control channel, or events.</summary>
internal sealed class Channel : IDisposable
{
    private const int MaxMessage = 16 * 1024 * 1024;
    private readonly WebSocket _socket;
    private readonly Lock _sending = new();
    private bool _ended;

    private Channel(WebSocket socket) => _socket = socket;

    /// <summary>Connects to a websocket of the API.</summary>
    /// <exception cref="Refusal">The node said no, for example because the secret is wrong.</exception>
    public static Channel Open(Node node, string target)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var connection = HttpConnection.Open(node.Socket, node.Deadline);
        try
        {
            connection.Send("GET", target,
                ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", $"Sec-WebSocket-Key: {key}"]);
            if (connection.ReadHead().Status != 101)
                throw new Refusal(400, $"open {target.Split('?')[0]}: {Why(connection)}");
            var stream = connection.Upgraded();
            return new(WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { KeepAliveInterval = TimeSpan.Zero }));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Hands every data frame to <paramref name="take"/> until the end of the stream: a close, or LXD's empty text frame.</summary>
    public ChannelEnd Drain(Action<ReadOnlySpan<byte>> take)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var got = _socket.ReceiveAsync(buffer, CancellationToken.None).GetAwaiter().GetResult();
                if (got.MessageType == WebSocketMessageType.Close || got is { MessageType: WebSocketMessageType.Text, Count: 0, EndOfMessage: true })
                {
                    Close();
                    return ChannelEnd.Closed;
                }
                take(buffer.AsSpan(0, got.Count));
            }
        }
        catch (Exception e) when (Broken(e))
        {
            return ChannelEnd.Lost;
        }
    }

    /// <summary>Hands every whole message to <paramref name="take"/> until a close.</summary>
    public ChannelEnd Messages(Action<ReadOnlyMemory<byte>> take)
    {
        var buffer = new byte[16 * 1024];
        var length = 0;
        try
        {
            while (true)
            {
                var got = _socket.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), CancellationToken.None)
                    .GetAwaiter().GetResult();
                if (got.MessageType == WebSocketMessageType.Close)
                    return ChannelEnd.Closed;
                length += got.Count;
                if (got.EndOfMessage)
                {
                    take(buffer.AsMemory(0, length));
                    length = 0;
                }
                else if (length == MaxMessage)
                    return ChannelEnd.Lost;
                else if (length == buffer.Length)
                    Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
        catch (Exception e) when (Broken(e))
        {
            return ChannelEnd.Lost;
        }
    }

    /// <summary>Sends bytes as one binary frame; false when the other side is gone.</summary>
    public bool Send(ReadOnlyMemory<byte> bytes) => Send(bytes, WebSocketMessageType.Binary);

    /// <summary>Says that nothing follows: LXD's empty text frame.</summary>
    public bool SendEnd() => Send(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Text);

    /// <summary>Sends a control message.</summary>
    public bool Send(ControlMessage message) =>
        Send(JsonSerializer.SerializeToUtf8Bytes(message, ContractJson.Default.ControlMessage), WebSocketMessageType.Text);

    /// <summary>Sends a close frame: on the control channel of a console this detaches.</summary>
    public void Close()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            lock (_sending)
                _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (Broken(e))
        {
            // The other side went first.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended = true;
        _socket.Dispose();
    }

    private bool Send(ReadOnlyMemory<byte> bytes, WebSocketMessageType type)
    {
        try
        {
            lock (_sending)
                _socket.SendAsync(bytes, type, endOfMessage: true, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return true;
        }
        catch (Exception e) when (Broken(e))
        {
            return false;
        }
    }

    private bool Broken(Exception e) =>
        e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException || (_ended && e is InvalidOperationException);

    private static string Why(HttpConnection connection)
    {
        var body = new byte[16 * 1024];
        var length = 0;
        for (int count; length < body.Length && (count = connection.ReadBody(body.AsSpan(length))) > 0;)
            length += count;
        try
        {
            return JsonSerializer.Deserialize(body.AsSpan(0, length), ContractJson.Default.EnvelopeJsonElement)?.Error
                ?? "the node answered with nothing";
        }
        catch (JsonException)
        {
            return $"the node answered {Encoding.UTF8.GetString(body, 0, Math.Min(length, 200))}";
        }
    }
}
