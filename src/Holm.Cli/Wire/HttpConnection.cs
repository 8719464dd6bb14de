using System.Globalization;
using System.Text;
using Holm.Linux;

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
    // Most answers fit into the first buffer; a longer one makes it grow, to what a stream is best read with.
    private const uint Slice = 200;
    private const int MaxHead = 64 * 1024, FirstBuffer = 4 * 1024, StreamBuffer = 32 * 1024;
    private readonly Fd _socket;
    private readonly string _path;
    private Func<bool>? _interrupted;
    private byte[] _buffer = new byte[FirstBuffer];
    private int _start, _end;
    private long _until = long.MaxValue;
    private long _left;
    private Framing _framing;

    private enum Framing { Length, Chunked, Close, Done }

    /// <summary>True when the node answered before the end of the request and reads no more of it.</summary>
    public bool Answered { get; private set; }

    private HttpConnection(Fd socket, string path) => (_socket, _path) = (socket, path);

    /// <summary>Connects.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="deadline">For everything that follows.</param>
    /// <param name="interrupted">Asked again and again while an answer is waited for; true gives it up. Null: nobody interrupts.</param>
    /// <exception cref="Unreachable">No daemon answers there, or it may not be talked to.</exception>
    public static HttpConnection Open(string path, TimeSpan deadline, Func<bool>? interrupted = null)
    {
        if (Encoding.UTF8.GetByteCount(path) > UnixSocket.LongestPath)
            throw new Unreachable(path,
                $"the name is longer than the {UnixSocket.LongestPath} bytes that a unix socket may have; choose a shorter HOLM_RUN");
        try
        {
            var connection = new HttpConnection(UnixSocket.Connect(path, deadline < TimeSpan.Zero ? null : deadline), path);
            connection.SetDeadline(deadline);
            connection._interrupted = interrupted;
            return connection;
        }
        catch (LinuxException e)
        {
            throw Unreachable.Connect(path, e);
        }
    }

    /// <summary>From now on this much time for everything that follows; <see cref="Timeout.InfiniteTimeSpan"/> for no end.</summary>
    public void SetDeadline(TimeSpan deadline) =>
        _until = deadline < TimeSpan.Zero ? long.MaxValue : Environment.TickCount64 + (long)deadline.TotalMilliseconds;

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

    /// <summary>Some bytes after a 101 answer, valid until the next call; none when the other side is gone. No deadline.</summary>
    public ReadOnlySpan<byte> ReadUpgraded(long most)
    {
        _until = long.MaxValue;
        if (_start == _end && Fill() == 0)
            return [];
        var piece = _buffer.AsSpan(_start, (int)Math.Min(_end - _start, most));
        _start += piece.Length;
        return piece;
    }

    /// <summary>Sends bytes after a 101 answer; false when the other side reads no more. No deadline.</summary>
    public bool SendUpgraded(ReadOnlySpan<byte> bytes)
    {
        _until = long.MaxValue;
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
        // What filled the buffer once may go on: a stream.
        var full = _end == _buffer.Length;
        if (_start == _end)
            _start = _end = 0;
        if (full && _start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length || (full && _buffer.Length < StreamBuffer))
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, StreamBuffer));
        while (true)
        {
            if (!WaitForAnswer())
                throw Bad("it did not answer in time");
            var count = UnixSocket.TryReceive(_socket, _buffer.AsSpan(_end));
            if (count is -Errnos.EAGAIN or -Errnos.EINTR)
                continue;
            if (count < 0 && count != -Errnos.ECONNRESET)
                throw Bad(new LinuxException("read its answer", -count).Message);
            _end += Math.Max(count, 0);
            return Math.Max(count, 0);
        }
    }

    /// <summary>False at the deadline.</summary>
    /// <exception cref="Cancelled">It was interrupted.</exception>
    private bool WaitForAnswer()
    {
        while (_interrupted is not null && !Poll.Readable(_socket, (int)Math.Min((uint)Left(), Slice)))
        {
            if (_interrupted())
                throw new Cancelled("interrupted; what was asked of the node may have been done all the same");
            if (Left() == 0)
                return false;
        }
        return _interrupted is not null || Poll.Readable(_socket, Left());
    }

    private void SendAll(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0 && !Answered)
        {
            var count = UnixSocket.TrySend(_socket, data);
            if (count >= 0)
            {
                data = data[count..];
            }
            else if (count is -Errnos.EAGAIN or -Errnos.EINTR)
            {
                if (!Poll.Writable(_socket, Left()))
                    throw Bad("it did not read the request in time");
            }
            else
            {
                // The node stopped reading before the end of the request; its answer, or its silence, says why.
                Answered = Poll.Readable(_socket, 0) ? true : throw Bad(new LinuxException("send the request", -count).Message);
            }
        }
    }

    /// <summary>Milliseconds until the deadline, as poll(2) takes them.</summary>
    private int Left() =>
        _until == long.MaxValue ? -1 : (int)Math.Clamp(_until - Environment.TickCount64, 0, int.MaxValue);

    private Unreachable Bad(string why) => new(_path, why);
}
