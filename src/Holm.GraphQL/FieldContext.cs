using Holm.GraphQL.Execution;
using Holm.GraphQL.Types;

namespace Holm.GraphQL;

/// <summary>The code behind a field: makes its value from the object it belongs to and its arguments (spec 6.4.2).</summary>
/// <returns>Null, what the field's scalar or enum takes, an object for its fields' resolvers, or a sequence of those.</returns>
public delegate ValueTask<object?> Resolver(FieldContext context);

/// <summary>The code behind a field of the subscription type: its events, until nobody listens (spec 6.2.3.1).</summary>
public delegate IAsyncEnumerable<object?> EventSource(FieldContext context);

/// <summary>What a resolver may look at. It is called by one thread at a time for each request, and may await what it likes.</summary>
public sealed class FieldContext
{
    private readonly Run _run;
    private readonly ResultPath? _path;
    private readonly Field _field;
    private readonly NamedType _parent;

    internal FieldContext(Run run, NamedType parent, Field field, object? source, IReadOnlyDictionary<string, object?> arguments,
        ResultPath? path)
    {
        (_run, _parent, _field, _path) = (run, parent, field, path);
        (Source, Arguments) = (source, arguments);
    }

    /// <summary>The object that the field belongs to; for a root field null, or the event.</summary>
    public object? Source { get; }

    /// <summary>
    /// Those that were given or have a default, coerced: int, double, string (also ID and enums), bool, what a custom scalar makes of it,
    /// <see cref="IReadOnlyList{T}"/> and <see cref="IReadOnlyDictionary{TKey, TValue}"/> of the same. What is absent was not given at all.
    /// </summary>
    public IReadOnlyDictionary<string, object?> Arguments { get; }

    /// <summary>An argument; the default of <typeparamref name="T"/> where it is null or absent.</summary>
    public T? Argument<T>(string name) => Arguments.GetValueOrDefault(name) is T value ? value : default;

    /// <summary>Name of the object type.</summary>
    public string ParentType => _parent.Name;

    /// <summary>Name of the field.</summary>
    public string FieldName => _field.Name;

    /// <summary>Where in the result: response keys (string) and list indices (int).</summary>
    public IReadOnlyList<object> Path => _path?.ToList() ?? [];

    /// <summary>What the request was executed with: for example, who asks.</summary>
    public object? State => _run.State;

    /// <summary>Cancelled when nobody waits any more.</summary>
    public CancellationToken Cancellation => _run.Cancellation;

    /// <summary>Loads by key, together with all that is asked before execution can go no further without an answer.</summary>
    /// <returns>The value, or the default where there is none of that key. Each key is loaded once a request.</returns>
    public Task<TValue?> Load<TKey, TValue>(Batch<TKey, TValue> batch, TKey key) where TKey : notnull => _run.Loads.Load(batch, key, _run);

    internal Schema Schema => _run.Schema;

    internal string Coordinate => $"{_parent.Name}.{_field.Name}";
}
