using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holm.Contract;

/// <summary>What every JSON answer of the node looks like: LXD's envelope, all seven members always present.</summary>
/// <remarks>Source: LXD 5.0 <c>doc/rest-api.md</c>, "Return values". Clients decide by <see cref="Type"/> alone.</remarks>
/// <typeparam name="T">Shape of <see cref="Metadata"/>.</typeparam>
public sealed record Envelope<T>
{
    /// <summary><c>sync</c>, <c>async</c> or <c>error</c>.</summary>
    public string Type { get; init; } = "sync";

    /// <summary>Text of <see cref="StatusCode"/>; empty on an error.</summary>
    public string Status { get; init; } = "Success";

    /// <summary>One of <see cref="StatusCode"/>; 0 on an error.</summary>
    public int StatusCode { get; init; } = (int)Contract.StatusCode.Success;

    /// <summary>URL of the operation when <see cref="Type"/> is <c>async</c>, else empty.</summary>
    public string Operation { get; init; } = "";

    /// <summary>HTTP status of an error, else 0.</summary>
    public int ErrorCode { get; init; }

    /// <summary>A sentence: what was being done, to what, why it failed and the mend.</summary>
    public string Error { get; init; } = "";

    /// <summary>The answer itself.</summary>
    public T? Metadata { get; init; }
}

/// <summary>LXD's status codes (<c>shared/api/status_code.go</c>); 200 and above are final.</summary>
public enum StatusCode
{
    /// <summary>The operation exists.</summary>
    OperationCreated = 100,
    /// <summary>Started.</summary>
    Started = 101,
    /// <summary>Not running.</summary>
    Stopped = 102,
    /// <summary>Running.</summary>
    Running = 103,
    /// <summary>A cancel was asked for.</summary>
    Cancelling = 104,
    /// <summary>Waiting for its turn.</summary>
    Pending = 105,
    /// <summary>On its way up.</summary>
    Starting = 106,
    /// <summary>On its way down.</summary>
    Stopping = 107,
    /// <summary>Being torn down.</summary>
    Aborting = 108,
    /// <summary>About to be frozen.</summary>
    Freezing = 109,
    /// <summary>Frozen.</summary>
    Frozen = 110,
    /// <summary>Thawed.</summary>
    Thawed = 111,
    /// <summary>Failed; the reason stands beside it.</summary>
    Error = 112,
    /// <summary>Ready.</summary>
    Ready = 113,
    /// <summary>Done, well.</summary>
    Success = 200,
    /// <summary>Done, badly.</summary>
    Failure = 400,
    /// <summary>Done, because somebody cancelled it.</summary>
    Cancelled = 401,
}

/// <summary>A background operation, as <c>GET /1.0/operations/UUID</c> shows it.</summary>
public sealed record Operation
{
    /// <summary>UUID.</summary>
    public string Id { get; init; } = "";

    /// <summary><c>task</c> or <c>websocket</c>.</summary>
    public string Class { get; init; } = "task";

    /// <summary>What it does, for example <c>Starting instance</c>.</summary>
    public string Description { get; init; } = "";

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Text of <see cref="StatusCode"/>.</summary>
    public string Status { get; init; } = "";

    /// <summary>One of <see cref="Contract.StatusCode"/>.</summary>
    public int StatusCode { get; init; }

    /// <summary>What it touches: kind to URLs, for example <c>instances</c> to <c>/1.0/instances/web</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Resources { get; init; }

    /// <summary>Results and progress; keys that end in <c>_progress</c> hold sentences.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Metadata { get; init; }

    /// <summary>True when <c>DELETE</c> ends it early.</summary>
    public bool MayCancel { get; init; }

    /// <summary>Why it failed, or empty.</summary>
    public string Err { get; init; } = "";

    /// <summary>Always <c>none</c>: a node is no cluster.</summary>
    public string Location { get; init; } = "none";
}

/// <summary>One frame of <c>GET /1.0/events</c>.</summary>
public sealed record Event
{
    /// <summary><c>operation</c>, <c>lifecycle</c> or <c>logging</c>.</summary>
    public string Type { get; init; } = "";

    /// <summary>When it happened.</summary>
    public DateTimeOffset Timestamp { get; init; }

    /// <summary>An <see cref="Operation"/>, a <see cref="LifecycleEvent"/> or a <see cref="LogEvent"/>.</summary>
    public JsonElement Metadata { get; init; }

    /// <summary>Always <c>none</c>.</summary>
    public string Location { get; init; } = "none";

    /// <summary>Always <c>default</c>.</summary>
    public string Project { get; init; } = "default";
}

/// <summary>Something happened to an object.</summary>
public sealed record LifecycleEvent
{
    /// <summary>For example <c>instance-started</c>; the list is LXD's (<c>doc/events.md</c>).</summary>
    public string Action { get; init; } = "";

    /// <summary>URL of the object.</summary>
    public string Source { get; init; } = "";

    /// <summary>More about it: texts, or lists of texts; null: nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, JsonElement>? Context { get; init; }

    /// <summary>Who asked for it; null: it happened by itself.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Requestor? Requestor { get; init; }
}

/// <summary>Who asked for something, as LXD's <c>EventLifecycleRequestor</c>.</summary>
/// <param name="Username"><c>root</c> by the socket, whose permissions are the login; by TLS the certificate's fingerprint.</param>
/// <param name="Protocol"><c>unix</c> or <c>tls</c>.</param>
/// <param name="Address"><c>@</c>, or address and port.</param>
public sealed record Requestor(string Username, string Protocol, string Address);

/// <summary>One line of the daemon's log.</summary>
public sealed record LogEvent
{
    /// <summary>The line.</summary>
    public string Message { get; init; } = "";

    /// <summary><c>info</c>, <c>warning</c> or <c>error</c>.</summary>
    public string Level { get; init; } = "info";

    /// <summary>More about it; may be empty.</summary>
    public IReadOnlyDictionary<string, string> Context { get; init; } = new Dictionary<string, string>();
}
