using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Threading.Channels;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>
/// Tells everybody who listens what happens on the node. A listener that does not keep up is cut off, never silently skipped.
/// </summary>
public sealed class Events(TimeProvider clock)
{
    /// <summary>Types a listener may ask for.</summary>
    public static IReadOnlyList<string> Types { get; } = ["operation", "lifecycle", "logging"];

    /// <summary>Events a listener may lag behind.</summary>
    public const int Backlog = 1024;

    private readonly Lock _gate = new();
    private readonly List<Listener> _listeners = [];
    private static readonly AsyncLocal<Requestor?> Asking = new();

    /// <summary>Who asked for what is done from here on, operations that begin here included; null: nobody.</summary>
    public static Requestor? Requestor
    {
        get => Asking.Value;
        set => Asking.Value = value;
    }

    /// <summary>An operation changed.</summary>
    public void Publish(Operation operation) =>
        Publish("operation", () => JsonSerializer.SerializeToElement(operation, ContractJson.Default.Operation));

    /// <summary>Something happened to an object.</summary>
    /// <param name="action">LXD's word for it, for example <c>instance-started</c>.</param>
    /// <param name="source">URL of the object.</param>
    /// <param name="context">More about it.</param>
    public void Lifecycle(string action, string source, params ReadOnlySpan<(string Key, string Value)> context)
    {
        var more = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (key, value) in context)
            more[key] = JsonSerializer.SerializeToElement(value, ContractJson.Default.String);
        Lifecycle(action, source, more);
    }

    /// <summary>Something happened to an object.</summary>
    /// <param name="action">LXD's word for it.</param>
    /// <param name="source">URL of the object.</param>
    /// <param name="context">More about it.</param>
    public void Lifecycle(string action, string source, Dictionary<string, JsonElement> context)
    {
        var told = new LifecycleEvent
        {
            Action = action,
            Source = source,
            Context = context.Count > 0 ? context : null,
            Requestor = Requestor,
        };
        Publish("lifecycle", () => JsonSerializer.SerializeToElement(told, ContractJson.Default.LifecycleEvent));
    }

    /// <summary>A line of the daemon's log.</summary>
    /// <param name="level"><c>info</c>, <c>warning</c> or <c>error</c>.</param>
    /// <param name="message">The line.</param>
    public void Log(string level, string message) =>
        Publish("logging", () => JsonSerializer.SerializeToElement(
            new LogEvent { Level = level, Message = message }, ContractJson.Default.LogEvent));

    /// <summary>Begins to listen; dispose it to end.</summary>
    public Listener Listen(IReadOnlyCollection<string> types)
    {
        var listener = new Listener(this, types);
        lock (_gate)
            _listeners.Add(listener);
        return listener;
    }

    private void Publish(string type, Func<JsonElement> metadata)
    {
        lock (_gate)
        {
            if (!_listeners.Exists(l => l.Types.Contains(type)))
                return;
            var happened = new Event { Type = type, Timestamp = clock.GetUtcNow(), Metadata = metadata() };
            var frame = Frame(happened);
            foreach (var listener in _listeners.Where(l => l.Types.Contains(type)))
            {
                if (!listener.Frames.Writer.TryWrite(frame))
                    listener.Frames.Writer.TryComplete(new InvalidOperationException("the listener does not keep up"));
            }
        }
    }

    // Go's time.UnmarshalJSON does not undo escapes, so the '+' of a time zone must stand as it is or LXD's clients drop the event.
    private static byte[] Frame(Event happened)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes, Plain))
            JsonSerializer.Serialize(json, happened, ContractJson.Default.Event);
        return bytes.WrittenSpan.ToArray();
    }

    internal static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One who listens.</summary>
    public sealed class Listener : IDisposable
    {
        private readonly Events _events;

        internal Listener(Events events, IReadOnlyCollection<string> types) => (_events, Types) = (events, types);

        internal IReadOnlyCollection<string> Types { get; }

        /// <summary>JSON objects in order; completed with an error when the listener lags too far behind.</summary>
        public ChannelReader<byte[]> Reader => Frames.Reader;

        internal Channel<byte[]> Frames { get; } =
            Channel.CreateBounded<byte[]>(new BoundedChannelOptions(Backlog) { SingleReader = true });

        /// <inheritdoc/>
        public void Dispose()
        {
            lock (_events._gate)
                _events._listeners.Remove(this);
            Frames.Writer.TryComplete();
        }
    }
}
