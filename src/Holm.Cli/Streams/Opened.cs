using System.Text.Json;
using Holm.Cli.Wire;
using Holm.Contract;

namespace Holm.Cli.Streams;

/// <summary>
/// An operation with websockets, as exec and console begin it: its channels are open, its end is already being waited for.
/// </summary>
/// <remarks>
/// The wait is a request that was sent before the first byte flows, so that the end cannot be missed, however late it is read.
/// </remarks>
internal sealed class Opened : IDisposable
{
    private readonly Node _node;
    private readonly HttpConnection _end;
    private readonly Dictionary<string, Channel> _channels = [];

    /// <summary>Opens control first, then the others, as LXD's client does; all are asked for before the first answer is read.</summary>
    /// <exception cref="Refusal">The node said no.</exception>
    public Opened(Node node, Answer answer, string doing)
    {
        _node = node;
        if (Json.Member(Json.Member(answer.Metadata, "metadata"), "fds") is not { ValueKind: JsonValueKind.Object } fds)
        {
            var why = Json.Text(answer.Metadata, "err");
            throw new Refusal(500, $"{doing}: the node opened no streams{(why.Length > 0 ? $": {why}" : "")}");
        }
        _end = node.Begin("GET", $"{answer.OperationUrl}/wait", deadline: Timeout.InfiniteTimeSpan);
        try
        {
            foreach (var fd in fds.EnumerateObject().OrderBy(f => f.Name == "control" ? "" : f.Name, StringComparer.Ordinal))
                _channels[fd.Name] = Channel.Begin(node,
                    $"{answer.OperationUrl}/websocket?secret={Uri.EscapeDataString(fd.Value.GetString() ?? "")}");
            foreach (var channel in _channels.Values)
                channel.Opened();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The control channel.</summary>
    public Channel Control => this["control"];

    /// <summary>The channel of a descriptor: <c>0</c>, <c>1</c>, <c>2</c>.</summary>
    public Channel this[string fd] => _channels.TryGetValue(fd, out var channel)
        ? channel
        : throw new Refusal(500, $"the node opened no stream {fd}");

    /// <summary>Reads how the operation ended; see <see cref="Operation"/> for its members.</summary>
    public JsonElement End(TimeSpan deadline)
    {
        _end.SetDeadline(deadline);
        return _node.Finish(_end).Metadata;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var channel in _channels.Values)
            channel.Dispose();
        _end.Dispose();
    }
}
