using System.Collections;
using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Execution;

/// <summary>
/// One execution of one operation (spec 6.2 to 6.4). Fields are started in the order of the document; what is at hand is completed at once,
/// what is not is awaited together. A result is a tree of maps, lists and leaves, and is written when it is whole: until then, a null may
/// still take its parents along.
/// </summary>
internal sealed class Run
{
    private readonly PreparedOperation _prepared;
    private readonly Action<Exception>? _failed;
    private readonly Selections _selections;
    private readonly List<GraphQLError> _errors = [];

    public Run(Schema schema, PreparedOperation prepared, object? state, Action<Exception>? failed, CancellationToken ct)
    {
        (Schema, State, Cancellation, _prepared, _failed) = (schema, state, ct, prepared, failed);
        _selections = new Selections(schema, prepared.Document!, prepared.Variables);
        Ticks = new Ticks(Loads.Send);
    }

    public Schema Schema { get; }

    public object? State { get; }

    public CancellationToken Cancellation { get; }

    public Loads Loads { get; } = new();

    public Ticks Ticks { get; }

    private OperationNode Operation => _prepared.Operation!;

    private Source Source => _prepared.Document!.Source;

    /// <summary>The whole operation, with an object to start from.</summary>
    public Task<ExecutionResult> Execute(object? root) => Ticks.Run(async () =>
    {
        object? data = null;
        try
        {
            var type = RootType();
            data = await Fields(type, root, null, _selections.Of(Operation, type), Operation.Kind == OperationKind.Mutation);
        }
        catch (GraphQLError error)
        {
            _errors.Add(error);
        }
        return new ExecutionResult(data == ResultMap.Bubble ? null : data, _errors);
    }).WaitAsync(Cancellation);

    /// <summary>The events of a subscription (spec 6.2.3.1, CreateSourceEventStream), or why there are none.</summary>
    public (IAsyncEnumerable<object?>? Events, GraphQLError? Error) Events()
    {
        try
        {
            var type = RootType();
            var groups = _selections.Of(Operation, type).Groups;
            var group = groups.Count > 0 ? groups[0] : throw new GraphQLError("No field is left to subscribe to.");
            var (node, path) = (group.Nodes[0], new ResultPath(null, group.Key));
            var field = Schema.Field(type, node.Name.Value)!;
            try
            {
                var arguments = Coercion.Arguments(field.Arguments, node.Arguments, node, _prepared.Variables, Source);
                var events = field.Events ?? throw new InvalidOperationException($"no events are bound to {type}.{field.Name}");
                return (events(new FieldContext(this, type, field, null, arguments, path)), null);
            }
            catch (Exception error) when (!IsCancellation(error))
            {
                return (null, Describe(error).At(Source.At(group.Nodes), path.ToList()));
            }
        }
        catch (GraphQLError error)
        {
            return (null, error);
        }
    }

    public bool IsCancellation(Exception error) => error is OperationCanceledException && Cancellation.IsCancellationRequested;

    /// <summary>What a client may know of an exception.</summary>
    public GraphQLError Describe(Exception error)
    {
        if (error is GraphQLError known)
            return known;
        _failed?.Invoke(error);
        return new GraphQLError("Internal error.", cause: error);
    }

    private ObjectType RootType() => Schema.Root(Operation.Kind) as ObjectType
        ?? throw new GraphQLError($"Schema is not configured to execute {Operation.Kind.ToString().ToLowerInvariant()} operation.")
        {
            Locations = [Source.At(Operation.Start)],
        };

    // Spec 6.3.3 and, one after the other, 6.2.2. A map, or Bubble.
    private async ValueTask<object?> Fields(ObjectType type, object? source, ResultPath? path, FieldSet fields, bool serially)
    {
        var values = await All(fields.Groups.Count, serially,
            i => Field(type, source, fields.Groups[i], new ResultPath(path, fields.Keys[i])));
        return values is null ? ResultMap.Bubble : new ResultMap(fields.Keys, values);
    }

    // Starts each in its turn, and awaits together what is not at hand; null: one of them is null that may not be, and after it
    // nothing more was started.
    private static async ValueTask<object?[]?> All(int count, bool serially, Func<int, ValueTask<object?>> start)
    {
        var values = new object?[count];
        Task<object?>?[]? pending = null;
        for (var i = 0; i < count && (i == 0 || values[i - 1] != ResultMap.Bubble); i++)
        {
            var value = start(i);
            if (serially || value.IsCompletedSuccessfully)
                values[i] = await value;
            else
                (pending ??= new Task<object?>?[count])[i] = value.AsTask();
        }
        for (var i = 0; i < pending?.Length; i++)
        {
            if (pending[i] is { } value)
                values[i] = await value;
        }
        return Array.IndexOf(values, ResultMap.Bubble) < 0 ? values : null;
    }

    // Spec 6.4, ExecuteField.
    private async ValueTask<object?> Field(ObjectType type, object? source, FieldGroup group, ResultPath path)
    {
        Cancellation.ThrowIfCancellationRequested();
        var node = group.Nodes[0];
        var field = Schema.Field(type, node.Name.Value)!;
        try
        {
            var arguments = Coercion.Arguments(field.Arguments, node.Arguments, node, _prepared.Variables, Source);
            var context = new FieldContext(this, type, field, source, arguments, path);
            var value = field.Resolver is { } resolver ? await resolver(context) : Member(context, field);
            return Settle(field.Type, await Complete(field.Type, group, context, path, value));
        }
        catch (Exception error) when (!IsCancellation(error))
        {
            return Fail(error, field.Type, group, path);
        }
    }

    private static object? Member(FieldContext context, Field field) => context.Source switch
    {
        IReadOnlyDictionary<string, object?> map when map.TryGetValue(field.Name, out var value) => value,
        _ when field.Events is not null => context.Source,
        IReadOnlyDictionary<string, object?> => null,
        _ => throw new InvalidOperationException($"no code is bound to {context.Coordinate}, and its source is no map"),
    };

    // Spec 6.4.3, CompleteValue. Bubble: something inside is null that may not be.
    private async ValueTask<object?> Complete(GraphType type, FieldGroup group, FieldContext context, ResultPath path, object? value)
    {
        switch (type)
        {
            case NonNullType nonNull:
                return await Complete(nonNull.Of, group, context, path, value)
                    ?? throw new GraphQLError($"Cannot return null for non-nullable field {context.Coordinate}.");
            case var _ when value is null:
                return null;
            case ListType list:
                return await Items(list.Of, group, context, path, value);
            case EnumType values:
                return values.Serialize(value);
            case ScalarType scalar:
                return scalar.Serialize(value)
                    ?? throw new GraphQLError($"Scalar \"{scalar}\" made nothing of {Print.Value(value)}.");
            default:
                var actual = type as ObjectType ?? TypeOf((NamedType)type, context, value, group);
                return await Fields(actual, value, path, _selections.Of(group, actual), false);
        }
    }

    private async ValueTask<object?> Items(GraphType type, FieldGroup group, FieldContext context, ResultPath path, object list)
    {
        if (list is not IEnumerable items || list is string or IReadOnlyDictionary<string, object?>)
            throw new GraphQLError($"Expected Iterable, but did not find one for field \"{context.Coordinate}\".");
        object?[] given = [.. items.Cast<object?>()];
        return await All(given.Length, false, i => Item(type, group, context, new ResultPath(path, i), given[i])) ?? ResultMap.Bubble;
    }

    private async ValueTask<object?> Item(GraphType type, FieldGroup group, FieldContext context, ResultPath path, object? value)
    {
        try
        {
            return Settle(type, await Complete(type, group, context, path, value));
        }
        catch (Exception error) when (!IsCancellation(error))
        {
            return Fail(error, type, group, path);
        }
    }

    // Spec 6.4.3, ResolveAbstractType.
    private ObjectType TypeOf(NamedType type, FieldContext context, object value, FieldGroup group)
    {
        var name = (type as InterfaceType)?.TypeOf?.Invoke(value) ?? (type as UnionType)?.TypeOf?.Invoke(value)
            ?? (value as IReadOnlyDictionary<string, object?>)?.GetValueOrDefault("__typename") as string
            ?? Schema.TypeNames.GetValueOrDefault(value.GetType());
        var problem = name is null
            ? $"Abstract type \"{type}\" must resolve to an Object type at runtime for field \"{context.Coordinate}\"."
            : !Schema.Types.TryGetValue(name, out var actual)
            ? $"Abstract type \"{type}\" was resolved to a type \"{name}\" that does not exist inside the schema."
            : actual is not ObjectType
            ? $"Abstract type \"{type}\" was resolved to a non-object type \"{name}\"."
            : !actual.IsSubTypeOf(type)
            ? $"Runtime Object type \"{name}\" is not a possible type for \"{type}\"."
            : null;
        return problem is null ? (ObjectType)Schema.Types[name!] : throw new GraphQLError(problem) { Locations = Source.At(group.Nodes) };
    }

    // Spec 6.4.4: where null is allowed, it ends here.
    private static object? Settle(GraphType type, object? value) => value == ResultMap.Bubble && !type.IsNonNull ? null : value;

    private object? Fail(Exception error, GraphType type, FieldGroup group, ResultPath path)
    {
        _errors.Add(Describe(error).At(Source.At(group.Nodes), path.ToList()));
        return type.IsNonNull ? ResultMap.Bubble : null;
    }
}
