using System.Buffers.Binary;
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

/// <summary>
/// One websocket of the node (RFC 6455, client side): a stream of exec or console, a control channel, or events. One thread may read
/// while others send; everything blocks.
/// </summary>
/// <remarks>
/// Written by hand for the start-up time of <c>holm exec</c>, which opens four: .NET's own brings the thread pool, and loads OpenSSL for
/// the random masks.
/// </remarks>
internal sealed class Channel : IDisposable
{
    private const int Text = 1, Binary = 2, CloseFrame = 8, Ping = 9, Pong = 10;
    private const int MaxMessage = 16 * 1024 * 1024;
    private readonly HttpConnection _connection;
    private readonly string _target;
    private readonly Lock _sending = new();
    private byte[] _sendBuffer = new byte[256];

    private Channel(HttpConnection connection, string target) => (_connection, _target) = (connection, target);

    private readonly record struct Frame(int Opcode, bool Final, long Length);

    /// <summary>Connects to a websocket of the API.</summary>
    /// <exception cref="Refusal">The node said no, for example because the secret is wrong.</exception>
    public static Channel Open(Node node, string target) => Begin(node, target).Opened();

    /// <summary>Asks for a websocket; <see cref="Opened"/> must be called before anything else.</summary>
    public static Channel Begin(Node node, string target)
    {
        var connection = HttpConnection.Open(node.Socket, node.Deadline);
        var channel = new Channel(connection, target.Split('?')[0]);
        try
        {
            connection.Send("GET", target,
            [
                "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                $"Sec-WebSocket-Key: {Convert.ToBase64String(Guid.NewGuid().ToByteArray())}",
            ]);
            return channel;
        }
        catch
        {
            channel.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the answer to <see cref="Begin"/>; gives this channel.</summary>
    /// <exception cref="Refusal">The node said no, for example because the secret is wrong; the channel is disposed.</exception>
    public Channel Opened()
    {
        try
        {
            var head = _connection.ReadHead();
            return head.Status == 101 ? this : throw new Refusal(head.Status, $"open {_target}: {Why(_connection, head)}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Hands the bytes of every data frame to <paramref name="take"/> until a close, or LXD's end of a stream: an empty text frame.
    /// </summary>
    public ChannelEnd Drain(Action<ReadOnlySpan<byte>> take) => Frames(frame =>
    {
        if (frame is { Opcode: Text, Final: true, Length: 0 })
            return false;
        for (var left = frame.Length; left > 0;)
        {
            var piece = Read(left);
            left -= piece.Length;
            take(piece);
        }
        return true;
    });

    /// <summary>Hands every whole message to <paramref name="take"/> until a close.</summary>
    public ChannelEnd Messages(Action<ReadOnlyMemory<byte>> take)
    {
        var message = new byte[16 * 1024];
        var length = 0;
        return Frames(frame =>
        {
            if (length + frame.Length > MaxMessage)
                throw new Broken();
            while (message.Length < length + frame.Length)
                Array.Resize(ref message, message.Length * 2);
            Exactly(message.AsSpan(length, (int)frame.Length));
            length += (int)frame.Length;
            if (frame.Final)
            {
                take(message.AsMemory(0, length));
                length = 0;
            }
            return true;
        });
    }

    /// <summary>Sends bytes as one binary frame; false when the other side is gone.</summary>
    public bool Send(ReadOnlyMemory<byte> bytes) => Send(Binary, bytes.Span);

    /// <summary>Says that nothing follows: LXD's empty text frame.</summary>
    public bool SendEnd() => Send(Text, []);

    /// <summary>Sends a control message.</summary>
    public bool Send(ControlMessage message) =>
        Send(Text, JsonSerializer.SerializeToUtf8Bytes(message, ContractJson.Default.ControlMessage));

    /// <summary>Sends a close frame (1000, normal): on the control channel of a console this detaches.</summary>
    public void Close() => Send(CloseFrame, [0x03, 0xE8]);

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private ChannelEnd Frames(Func<Frame, bool> data)
    {
        try
        {
            while (true)
            {
                var frame = ReadFrame();
                var more = frame.Opcode switch
                {
                    CloseFrame or Ping or Pong => Control(frame),
                    <= Binary => data(frame),
                    _ => throw new Broken(),
                };
                if (more)
                    continue;
                Close();
                return ChannelEnd.Closed;
            }
        }
        catch (Exception e) when (Gone(e))
        {
            return ChannelEnd.Lost;
        }
    }

    // 5.2: FIN and opcode; mask bit and length, 126 and 127 mean 2 and 8 more bytes. A server does not mask; no extension was agreed.
    private Frame ReadFrame()
    {
        Span<byte> head = stackalloc byte[8];
        Exactly(head[..2]);
        var (first, second) = (head[0], head[1]);
        if ((first & 0x70) != 0 || (second & 0x80) != 0)
            throw new Broken();
        long length = second;
        if (second == 126)
        {
            Exactly(head[..2]);
            length = BinaryPrimitives.ReadUInt16BigEndian(head);
        }
        else if (second == 127)
        {
            Exactly(head);
            length = BinaryPrimitives.ReadInt64BigEndian(head);
        }
        return length >= 0 ? new(first & 0x0f, (first & 0x80) != 0, length) : throw new Broken();
    }

    private bool Control(Frame frame)
    {
        if (frame.Length > 125 || !frame.Final)
            throw new Broken();
        Span<byte> payload = stackalloc byte[(int)frame.Length];
        Exactly(payload);
        if (frame.Opcode == Ping)
            Send(Pong, payload);
        return frame.Opcode != CloseFrame;
    }

    private bool Send(int opcode, ReadOnlySpan<byte> payload)
    {
        lock (_sending)
        {
            if (_sendBuffer.Length < payload.Length + 14)
                _sendBuffer = new byte[payload.Length + 14];
            var frame = _sendBuffer.AsSpan();
            frame[0] = (byte)(0x80 | opcode);
            var at = 2;
            if (payload.Length < 126)
                frame[1] = (byte)(0x80 | payload.Length);
            else
            {
                frame[1] = 0x80 | 127;
                BinaryPrimitives.WriteInt64BigEndian(frame[2..], payload.Length);
                at = 10;
                if (payload.Length <= ushort.MaxValue)
                {
                    frame[1] = 0x80 | 126;
                    BinaryPrimitives.WriteUInt16BigEndian(frame[2..], (ushort)payload.Length);
                    at = 4;
                }
            }
            // 5.3: the mask keeps proxies from reading frames as HTTP; there is none on a unix socket.
            var mask = frame.Slice(at, 4);
            Random.Shared.NextBytes(mask);
            var body = frame.Slice(at + 4, payload.Length);
            for (var i = 0; i < body.Length; i++)
                body[i] = (byte)(payload[i] ^ mask[i & 3]);
            try
            {
                return _connection.SendUpgraded(frame[..(at + 4 + payload.Length)]);
            }
            catch (Exception e) when (Gone(e))
            {
                return false;
            }
        }
    }

    private ReadOnlySpan<byte> Read(long most)
    {
        var piece = _connection.ReadUpgraded(most);
        return piece.Length > 0 ? piece : throw new Broken();
    }

    private void Exactly(Span<byte> into)
    {
        while (into.Length > 0)
        {
            var piece = Read(into.Length);
            piece.CopyTo(into);
            into = into[piece.Length..];
        }
    }

    private static bool Gone(Exception e) => e is Broken or Unreachable or ObjectDisposedException;

    private static string Why(HttpConnection connection, Head head)
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
            return $"the node answered {head.Status}";
        }
    }

    private sealed class Broken : Exception;
}
