using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holm.Contract;

namespace Holm.Cli.Wire;

/// <summary>What the node answered to one request.</summary>
/// <param name="Metadata">The answer itself.</param>
/// <param name="OperationUrl">Where the work goes on; empty when it is done.</param>
/// <param name="Tag">ETag of the object; may be empty.</param>
internal sealed record Answer(JsonElement Metadata, string OperationUrl, string Tag)
{
    /// <summary>The answer as a record.</summary>
    public T As<T>(JsonTypeInfo<T> type) =>
        Metadata.Deserialize(type) ?? throw new Refusal(500, "the node answered with nothing where an object was expected");
}

/// <summary>The node's API, <c>/1.0</c> on its unix socket. One connection per request, as LXD's own client does.</summary>
/// <param name="socket">Path of the socket.</param>
/// <param name="trace">Gets a line per request; null for none.</param>
internal sealed class Node(string socket, Action<string>? trace = null)
{
    private const int MaxJson = 256 * 1024 * 1024;

    /// <summary>What a request may take; longer work is an operation.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Path of the socket.</summary>
    public string Socket { get; } = socket;

    /// <summary>Deadline of requests that name none.</summary>
    public TimeSpan Deadline { get; init; } = Patience;

    /// <summary>Says that an answer is not to be waited for any more; null: nobody does.</summary>
    public Func<bool>? Interrupted { get; init; }

    /// <summary>The same node, asked by somebody who may give a question up; null: who may not.</summary>
    public Node Interruptible(Func<bool>? interrupted) => new(Socket, trace) { Deadline = Deadline, Interrupted = interrupted };

    /// <summary>The same node, asked by somebody who does not wait: for completion.</summary>
    public Node Hasty() => new(Socket) { Deadline = TimeSpan.FromSeconds(1), Interrupted = Interrupted };

    /// <summary>Reads an object.</summary>
    /// <exception cref="Refusal">The node said no.</exception>
    /// <exception cref="Unreachable">The node cannot be talked to.</exception>
    public T Get<T>(string target, JsonTypeInfo<T> type) => Ask("GET", target).As(type);

    /// <summary>Sends a request with a record as body.</summary>
    public Answer Send<T>(string method, string target, T body, JsonTypeInfo<T> type, string tag = "") =>
        Ask(method, target, JsonSerializer.SerializeToUtf8Bytes(body, type), tag);

    /// <summary>Sends a request and reads the envelope.</summary>
    public Answer Ask(
        string method, string target, byte[]? body = null, string tag = "", TimeSpan? deadline = null, string type = "application/json")
    {
        using var connection = Begin(method, target, body, tag, deadline, type);
        return Finish(connection);
    }

    /// <summary>Sends a request whose answer is read later with <see cref="Finish"/>, so that it cannot be missed.</summary>
    public HttpConnection Begin(
        string method, string target, byte[]? body = null, string tag = "", TimeSpan? deadline = null, string type = "application/json")
    {
        trace?.Invoke($"{method} {target}{(body is null ? "" : $" ({body.Length} bytes)")}");
        var connection = HttpConnection.Open(Socket, deadline ?? Deadline, Interrupted);
        List<string> headers = ["Connection: close"];
        if (body is not null)
            headers.Add($"Content-Type: {type}");
        if (tag.Length > 0)
            headers.Add($"If-Match: {tag}");
        connection.Send(method, target, headers, body);
        return connection;
    }

    /// <summary>Reads the envelope of a request that was begun.</summary>
    public Answer Finish(HttpConnection connection)
    {
        var head = connection.ReadHead();
        return Open(head, ReadAll(connection));
    }

    /// <summary>Sends a file as the body, in chunks; read until <paramref name="read"/> gives 0.</summary>
    public Answer Upload(string target, IEnumerable<string> headers, Func<byte[], int> read)
    {
        trace?.Invoke($"POST {target} (a stream)");
        using var connection = HttpConnection.Open(Socket, Deadline);
        connection.Send("POST", target,
            ["Connection: close", "Content-Type: application/octet-stream", "Transfer-Encoding: chunked", .. headers]);
        var buffer = new byte[128 * 1024];
        for (int count; !connection.Answered && (count = read(buffer)) > 0;)
        {
            connection.SetDeadline(Deadline);
            connection.SendChunk(buffer.AsSpan(0, count));
        }
        connection.SendChunk([]);
        // The node checks and converts what it got before it answers.
        connection.SetDeadline(TimeSpan.FromMinutes(30));
        return Finish(connection);
    }

    /// <summary>Reads a plain body piece by piece; gives its head.</summary>
    /// <param name="target">What.</param>
    /// <param name="take">Gets each piece.</param>
    /// <param name="silence">How long nothing may come; null: as long as any answer.</param>
    public Head Download(string target, Action<ReadOnlyMemory<byte>> take, TimeSpan? silence = null)
    {
        using var connection = Begin("GET", target, deadline: silence);
        var head = connection.ReadHead();
        if (head.Json || head.Status is < 200 or > 299)
            Open(head, ReadAll(connection));
        var buffer = new byte[128 * 1024];
        for (int count; (count = connection.ReadBody(buffer)) > 0;)
        {
            take(buffer.AsMemory(0, count));
            connection.SetDeadline(silence ?? Deadline);
        }
        return head;
    }

    private byte[] ReadAll(HttpConnection connection)
    {
        var body = new byte[4 * 1024];
        var length = 0;
        for (int count; (count = connection.ReadBody(body.AsSpan(length))) > 0;)
        {
            length += count;
            if (length > MaxJson)
                throw new Unreachable(Socket, $"its answer is longer than {MaxJson} bytes");
            if (length == body.Length)
                Array.Resize(ref body, body.Length * 2);
        }
        return body[..length];
    }

    private Answer Open(Head head, byte[] body)
    {
        JsonElement envelope;
        try
        {
            envelope = Json.Parse(body);
        }
        catch (JsonException)
        {
            throw new Unreachable(Socket, $"it answered {head.Status} without JSON; is it a Holm node?");
        }
        var type = Json.Text(envelope, "type");
        trace?.Invoke($"{head.Status} {type} ({body.Length} bytes)");
        if (type == "error")
            throw new Refusal(Json.Number(envelope, "error_code") ?? head.Status, Json.Text(envelope, "error"));
        if (type is not ("sync" or "async") || Json.Member(envelope, "metadata") is not { ValueKind: not JsonValueKind.Undefined } metadata)
            throw new Unreachable(Socket, $"it answered {head.Status} with JSON that is no envelope; is it a Holm node?");
        return new(metadata, type == "async" ? Json.Text(envelope, "operation") : "", head.Header("etag"));
    }
}
