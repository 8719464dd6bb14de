using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Holm.Cli.Wire;

/// <summary>
/// One connection to the node, one request, one answer: HTTP/1.1 (RFC 9112) over a unix socket, blocking, every wait with a deadline.
/// </summary>
/// <remarks>
/// Written by hand because a CLI lives for milliseconds: a request by .NET's HttpClient takes 6.7 ms of process time and 6.1 MB of
/// program, by this 3.6 ms and 1.6 MB; it is also what the websockets are upgraded from. States: Open, then Send (head and body), then
/// ReadHead, then ReadBody until it gives 0. Any answer is checked and bounded.
/// </remarks>
internal sealed class HttpConnection : IDisposable
{
    private const int MaxHead = 64 * 1024;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _path;
    private byte[] _buffer = new byte[32 * 1024];
    private int _start, _end;
    private long _until = long.MaxValue;
    private long _left;
    private Framing _framing;

    private enum Framing { Length, Chunked, Close, Done }

    /// <summary>True when the node answered before the end of the request and reads no more of it.</summary>
    public bool Answered { get; private set; }

    private HttpConnection(string path) => _path = path;

    /// <summary>Connects.</summary>
    /// <exception cref="Unreachable">No daemon answers there, or it may not be talked to.</exception>
    public static HttpConnection Open(string path, TimeSpan deadline)
    {
        if (Encoding.UTF8.GetByteCount(path) > 107)
            throw new Unreachable(path, "the name is longer than the 107 bytes that a unix socket may have; choose a shorter HOLM_RUN");
        var connection = new HttpConnection(path);
        connection.SetDeadline(deadline);
        try
        {
            connection._socket.Connect(new UnixDomainSocketEndPoint(path));
            return connection;
        }
        catch (SocketException e)
        {
            connection.Dispose();
            throw Unreachable.Connect(path, e);
        }
    }

    /// <summary>From now on this much time for everything that follows; <see cref="Timeout.InfiniteTimeSpan"/> for no end.</summary>
    public void SetDeadline(TimeSpan deadline)
    {
        _until = deadline < TimeSpan.Zero ? long.MaxValue : Environment.TickCount64 + (long)deadline.TotalMilliseconds;
        _socket.SendTimeout = deadline < TimeSpan.Zero ? 0 : Math.Max(1, (int)Math.Min(deadline.TotalMilliseconds, int.MaxValue));
    }

    /// <summary>Sends the head, and the body when there is one.</summary>
    /// <param name="method">GET, POST, ….</param>
    /// <param name="target">Path and query, escaped already.</param>
    /// <param name="headers">Lines <c>Name: value</c>, without line ends.</param>
    /// <param name="body">Sent with its length; null for none.</param>
    public void Send(string method, string target, IEnumerable<string> headers, byte[]? body = null)
    {
        var head = new StringBuilder().Append(method).Append(' ').Append(target).Append(" HTTP/1.1\r\nHost: unix.socket\r\n");
        foreach (var header in headers)
            head.Append(header).Append("\r\n");
        if (body is not null)
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        SendAll(Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()));
        if (body is not null)
            SendAll(body);
    }

    /// <summary>Sends one chunk of a chunked body; an empty one ends it (RFC 9112, 7.1).</summary>
    public void SendChunk(ReadOnlySpan<byte> data)
    {
        SendAll(Encoding.ASCII.GetBytes(data.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"));
        SendAll(data);
        SendAll("\r\n"u8);
    }

    /// <summary>Reads status line and headers.</summary>
    /// <exception cref="Unreachable">The answer was cut, late or no HTTP.</exception>
    public Head ReadHead()
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (_end - _start >= MaxHead)
                throw Bad($"its answer has more than {MaxHead} bytes of headers");
            if (Fill() == 0)
                throw Bad(_end == _start ? "it closed the connection without an answer" : "its answer was cut");
        }
        var head = Head.Parse(Encoding.Latin1.GetString(_buffer, _start, length)) ?? throw Bad("its answer is no HTTP/1.1");
        _start += length + 4;
        (_framing, _left) = head switch
        {
            { Status: 101 or 204 or 304 } => (Framing.Done, 0L),
            { Chunked: true } => (Framing.Chunked, 0L),
            { Length: >= 0 } => (Framing.Length, head.Length.Value),
            { Length: null } => (Framing.Close, long.MaxValue),
            _ => throw Bad("its answer has a Content-Length that is no number"),
        };
        return head;
    }

    /// <summary>Reads some of the body; 0 at its end.</summary>
    /// <exception cref="Unreachable">The body was cut, late or wrongly framed.</exception>
    public int ReadBody(Span<byte> into)
    {
        if (_framing == Framing.Chunked && _left == 0)
            NextChunk();
        if (_framing == Framing.Done || (_framing == Framing.Length && _left == 0))
            return 0;
        if (_start == _end && Fill() == 0)
            return _framing == Framing.Close ? 0 : throw Bad("its answer was cut");
        var count = (int)Math.Min(Math.Min(_end - _start, into.Length), _left);
        _buffer.AsSpan(_start, count).CopyTo(into);
        _start += count;
        _left -= count;
        if (_framing == Framing.Chunked && _left == 0 && ReadLine().Length > 0)
            throw Bad("a chunk of its answer is longer than it says");
        return count;
    }

    /// <summary>Reads some bytes after a 101 answer; 0 when the other side is gone. No deadline.</summary>
    public int ReadUpgraded(Span<byte> into)
    {
        _until = long.MaxValue;
        if (_start == _end && Fill() == 0)
            return 0;
        var count = Math.Min(_end - _start, into.Length);
        _buffer.AsSpan(_start, count).CopyTo(into);
        _start += count;
        return count;
    }

    /// <summary>Sends bytes after a 101 answer; false when the other side reads no more. No deadline.</summary>
    public bool SendUpgraded(ReadOnlySpan<byte> bytes)
    {
        _socket.SendTimeout = 0;
        SendAll(bytes);
        return !Answered;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void NextChunk()
    {
        var size = ReadLine().Split(';')[0].Trim();
        if (size.Length > 15 || !long.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _left))
            throw Bad("a chunk of its answer has no size");
        if (_left > 0)
            return;
        while (ReadLine().Length > 0)
        {
            // Trailer fields mean nothing here.
        }
        _framing = Framing.Done;
    }

    private string ReadLine()
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
        {
            if (_end - _start > 4096)
                throw Bad("a line of its answer has no end");
            if (Fill() == 0)
                throw Bad("its answer was cut");
        }
        var line = Encoding.Latin1.GetString(_buffer, _start, length);
        _start += length + 2;
        return line;
    }

    private int Fill()
    {
        if (_start == _end)
            _start = _end = 0;
        if (_end == _buffer.Length && _start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        try
        {
            if (_until != long.MaxValue
                && !_socket.Poll(TimeSpan.FromMilliseconds(Math.Max(0, _until - Environment.TickCount64)), SelectMode.SelectRead))
                throw Bad("it did not answer in time");
            var count = _socket.Receive(_buffer.AsSpan(_end));
            _end += count;
            return count;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }

    private void SendAll(ReadOnlySpan<byte> data)
    {
        try
        {
            while (data.Length > 0 && !Answered)
                data = data[_socket.Send(data)..];
        }
        catch (SocketException) when (_socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
        {
            // The node stopped reading before the end of the request; its answer, or its silence, says why.
            Answered = true;
        }
        catch (SocketException e)
        {
            throw Bad(e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock ? "it did not read the request in time"
                : e.Message);
        }
    }

    private Unreachable Bad(string why) => new(_path, why);
}
