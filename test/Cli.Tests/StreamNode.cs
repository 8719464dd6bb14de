using System.Net.WebSockets;
using System.Text;

namespace Cli.Tests;

/// <summary>A node that opens the websockets of one exec or console; the test plays the app.</summary>
internal sealed class StreamNode : IDisposable
{
    private readonly Dictionary<string, TaskCompletionSource<WebSocket>> _streams;
    private readonly TaskCompletionSource<string> _end = new();
    private readonly TaskCompletionSource _over = new();

    public StreamNode(params string[] fds)
    {
        _streams = fds.ToDictionary(f => f, _ => new TaskCompletionSource<WebSocket>());
        Node = new RawNode(Answer);
    }

    public RawNode Node { get; }

    /// <summary>Bytes that come in the same packet as the 101 answer of this stream.</summary>
    public Dictionary<string, byte[]> Early { get; } = [];

    public WebSocket this[string fd] => _streams[fd].Task.Result;

    public void Send(string fd, string text) =>
        this[fd].SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Binary, true, default).GetAwaiter().GetResult();

    /// <summary>LXD's end of a stream: an empty text frame, then a close.</summary>
    public void Finish(string fd)
    {
        this[fd].SendAsync(Array.Empty<byte>(), WebSocketMessageType.Text, true, default).GetAwaiter().GetResult();
        try
        {
            this[fd].CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default).GetAwaiter().GetResult();
        }
        catch (WebSocketException)
        {
            // The empty frame was enough: the client has hung up before the close.
            return;
        }
    }

    /// <summary>Next message: text for binary, <c>text:…</c> for text, <c>close</c>.</summary>
    public string Receive(string fd)
    {
        var buffer = new byte[65536];
        var got = this[fd].ReceiveAsync(buffer, default).GetAwaiter().GetResult();
        return got.MessageType switch
        {
            WebSocketMessageType.Close => "close",
            WebSocketMessageType.Text => $"text:{Encoding.UTF8.GetString(buffer, 0, got.Count)}",
            _ => Encoding.UTF8.GetString(buffer, 0, got.Count),
        };
    }

    /// <summary>The operation has ended.</summary>
    public void End(string operation) => _end.TrySetResult(operation);

    /// <summary>Breaks every connection, as the kernel does when a daemon is killed.</summary>
    public void Die()
    {
        _end.TrySetResult("");
        _over.TrySetResult();
    }

    public void Dispose()
    {
        Die();
        Node.Dispose();
    }

    private void Answer(Talk talk)
    {
        if (talk.Request.StartsWith("POST", StringComparison.Ordinal))
        {
            var fds = string.Join(',', _streams.Keys.Select(f => $"\"{f}\":\"s{f}\""));
            talk.Answer(RawNode.Async(RawNode.Operation(103, $$"""{"fds":{ {{fds}} } }""")));
        }
        else if (talk.Request.Contains("/wait", StringComparison.Ordinal))
        {
            if (_end.Task.Result is { Length: > 0 } operation)
                talk.Answer(RawNode.Sync(operation));
        }
        else if (talk.Request.Contains("/websocket?secret=s", StringComparison.Ordinal))
        {
            var fd = talk.Request[(talk.Request.IndexOf("secret=s", StringComparison.Ordinal) + 8)..];
            _streams[fd].SetResult(talk.Upgrade(Early.GetValueOrDefault(fd, [])));
            _over.Task.Wait();
        }
    }
}
