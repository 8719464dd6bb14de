using Holm.GraphQL.Types;

namespace Holm.GraphQL;

/// <summary>
/// The code behind a schema, named by <c>Type.field</c>. A field without code takes the member of its name from a source that is an
/// <see cref="IReadOnlyDictionary{TKey, TValue}"/>. Names that the schema does not have are errors of <see cref="Schema.Parse"/>.
/// </summary>
public sealed class Bindings
{
    private readonly List<(string Name, Func<Schema, bool> Apply)> _bindings = [];

    /// <summary>A field whose value is at hand.</summary>
    public Bindings Field(string name, Func<FieldContext, object?> resolve) =>
        Resolve(name, context => ValueTask.FromResult(resolve(context)));

    /// <summary>A field whose value has to be waited for.</summary>
    public Bindings Field<T>(string name, Func<FieldContext, Task<T>> resolve) => Resolve(name, async context => await resolve(context));

    /// <summary>A field of the subscription type: each event becomes the source of its resolver or, without one, its value.</summary>
    public Bindings Events<T>(string name, Func<FieldContext, IAsyncEnumerable<T>> events) =>
        OnField<ObjectType>(name, field => field.Events = context => Boxed(events(context), context.Cancellation));

    /// <summary>The fields of a type whose sources are all of one class; values of that class are known to be of that type.</summary>
    public ObjectBindings<TSource> Of<TSource>(string type) where TSource : notnull
    {
        Add(type, schema => schema.Types.GetValueOrDefault(type) is ObjectType && (schema.TypeNames[typeof(TSource)] = type) is not null);
        return new ObjectBindings<TSource>(this, type);
    }

    /// <summary>Which object type a value of an interface or union has (spec 6.4.3, ResolveAbstractType).</summary>
    /// <param name="name">Of the interface or union.</param>
    /// <param name="typeOf">The object type's name; null: unknown.</param>
    /// <remarks>
    /// Without one, a value says it by the class that <see cref="Of"/> knows, or by its member <c>__typename</c>.
    /// </remarks>
    public Bindings Type(string name, Func<object, string?> typeOf) => Add(name, schema => schema.Types.GetValueOrDefault(name) switch
    {
        InterfaceType type => (type.TypeOf = typeOf) is not null,
        UnionType type => (type.TypeOf = typeOf) is not null,
        _ => false,
    });

    /// <summary>The notation of a custom scalar (spec 3.5.6).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="parse">
    /// From what JSON or a literal holds (string, bool, long, double, list, map); a <see cref="GraphQLError"/> or
    /// <see cref="FormatException"/> refuses it.
    /// </param>
    /// <param name="serialize">To something that JSON can hold.</param>
    public Bindings Scalar(string name, Func<object, object?> parse, Func<object, object?> serialize) => Add(name, schema =>
    {
        if (schema.Types.GetValueOrDefault(name) is not ScalarType type)
            return false;
        (type.Parse, type.Serialize) = (parse, serialize);
        return true;
    });

    /// <summary>
    /// What a field costs, also one of an interface, where it is not 1. What is selected from it is added, for a list times its
    /// <c>first</c>, <c>last</c> or <c>limit</c>, or else <see cref="Limits.ListSize"/>.
    /// </summary>
    public Bindings Cost(string name, int cost) => OnField<FieldsType>(name, field => field.Cost = cost);

    internal Bindings Resolve(string name, Resolver resolver) => OnField<ObjectType>(name, field => field.Resolver = resolver);

    internal IReadOnlyList<GraphQLError> Bind(Schema schema) =>
    [
        .. _bindings.Where(binding => !binding.Apply(schema))
            .Select(binding => new GraphQLError($"The schema has no \"{binding.Name}\" to bind code to.")),
    ];

    private Bindings OnField<TType>(string name, Action<Field> change) where TType : FieldsType => Add(name, schema =>
    {
        if (name.Split('.') is not [var type, var field]
            || (schema.Types.GetValueOrDefault(type) as TType)?.Field(field) is not { } definition)
            return false;
        change(definition);
        return true;
    });

    private Bindings Add(string name, Func<Schema, bool> apply)
    {
        _bindings.Add((name, apply));
        return this;
    }

    private static async IAsyncEnumerable<object?> Boxed<T>(IAsyncEnumerable<T> events,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var one in events.WithCancellation(ct))
            yield return one;
    }
}

/// <summary>Fields of one object type, with sources of one class.</summary>
public sealed class ObjectBindings<TSource> where TSource : notnull
{
    private readonly Bindings _bindings;
    private readonly string _type;

    internal ObjectBindings(Bindings bindings, string type) => (_bindings, _type) = (bindings, type);

    /// <summary>A field that is read off the source.</summary>
    public ObjectBindings<TSource> Field(string name, Func<TSource, object?> resolve) => Field(name, (source, _) => resolve(source));

    /// <summary>A field that also needs its arguments, or who asks.</summary>
    public ObjectBindings<TSource> Field(string name, Func<TSource, FieldContext, object?> resolve)
    {
        _bindings.Field($"{_type}.{name}", context => resolve((TSource)context.Source!, context));
        return this;
    }

    /// <summary>A field whose value has to be waited for.</summary>
    public ObjectBindings<TSource> Field<T>(string name, Func<TSource, FieldContext, Task<T>> resolve)
    {
        _bindings.Field($"{_type}.{name}", context => resolve((TSource)context.Source!, context));
        return this;
    }
}
