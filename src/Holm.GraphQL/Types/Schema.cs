using Holm.GraphQL.Language;

namespace Holm.GraphQL.Types;

/// <summary>A type system (spec 3), read from SDL, checked as a whole, and bound to the code behind its fields. It never changes.</summary>
public sealed class Schema
{
    private readonly OrderedDictionary<string, NamedType> _types = [];
    private readonly OrderedDictionary<string, Directive> _directives = [];
    private readonly Dictionary<NamedType, IReadOnlyList<ObjectType>> _possible = [];

    private Schema(DocumentNode document)
    {
        Source = document.Source;
        var table = new TypeTable(document, ScalarType.BuiltIn.Values);
        Nodes = [.. document.Definitions.OfType<SchemaNode>()];
        foreach (var directive in table.Directives.Concat(BuiltIn.Directives))
            _directives.TryAdd(directive.Name, directive);
        AddTypes(table.Types.Values.Where(type => ScalarType.BuiltIn.GetValueOrDefault(type.Name) != type));
        foreach (var type in _types.Values.Where(type => type.IsAbstract))
            _possible[type] = [.. type is UnionType union ? union.Members.OfType<ObjectType>() : Objects.Where(o => o.IsSubTypeOf(type))];
        Query = Root(OperationKind.Query, table);
        Mutation = Root(OperationKind.Mutation, table);
        Subscription = Root(OperationKind.Subscription, table);
    }

    /// <summary>Reads, checks and binds.</summary>
    /// <param name="sdl">Definitions and extensions in any order.</param>
    /// <param name="bindings">The code behind fields, scalars and abstract types; null: every source is a map.</param>
    /// <exception cref="GraphQLError">The text is no document.</exception>
    /// <exception cref="SchemaException">The types are no schema (spec 3), or bindings name what it does not have.</exception>
    public static Schema Parse(string sdl, Bindings? bindings = null)
    {
        var document = Parser.Parse(sdl, Limits.Trusted);
        Refuse(SdlCheck.Errors(document));
        var schema = new Schema(document);
        // Bound before it is checked: default values are read by the scalars that are bound.
        Refuse([.. bindings?.Bind(schema) ?? [], .. SchemaCheck.Errors(schema)]);
        return schema;
    }

    /// <summary>Canonical SDL: definitions in their order, extensions merged in, everything built in left out.</summary>
    public string Print() => new SchemaPrinter(this).ToString();

    internal Source Source { get; }

    internal IReadOnlyList<SchemaNode> Nodes { get; }

    internal string? Description => Nodes.FirstOrDefault(node => !node.Extends)?.Description;

    internal NamedType? Query { get; }

    internal NamedType? Mutation { get; }

    internal NamedType? Subscription { get; }

    /// <summary>The object types of classes (see <see cref="Bindings.Of"/>).</summary>
    internal Dictionary<Type, string> TypeNames { get; } = [];

    /// <summary>All types, those built in only where they are used.</summary>
    internal IReadOnlyDictionary<string, NamedType> Types => _types;

    internal IReadOnlyDictionary<string, Directive> Directives => _directives;

    private IEnumerable<ObjectType> Objects => _types.Values.OfType<ObjectType>();

    internal NamedType? Root(OperationKind kind) => kind switch
    {
        OperationKind.Query => Query,
        OperationKind.Mutation => Mutation,
        _ => Subscription,
    };

    /// <summary>The object types a value of this type may have.</summary>
    internal IReadOnlyList<ObjectType> Possible(NamedType type) => type is ObjectType self ? [self] : _possible.GetValueOrDefault(type, []);

    /// <summary>True when a value may be of both types (spec 5.5.2.3).</summary>
    internal bool Overlap(NamedType a, NamedType b) => ReferenceEquals(a, b) || Possible(a).Intersect(Possible(b)).Any();

    /// <summary>The type of a document, if the schema has it.</summary>
    internal GraphType? Find(TypeNode node) => node switch
    {
        NonNullTypeNode type => Find(type.Of) is { } of ? new NonNullType(of) : null,
        ListTypeNode type => Find(type.Of) is { } of ? new ListType(of) : null,
        NamedTypeNode type => _types.GetValueOrDefault(type.Name.Value),
        _ => null,
    };

    /// <summary>A field of a type, or one of the three that introspection adds (spec 4).</summary>
    internal Field? Field(NamedType parent, string name) => name switch
    {
        "__schema" or "__type" when ReferenceEquals(parent, Query) => BuiltIn.Meta(name),
        "__typename" when parent.IsComposite => BuiltIn.Meta(name),
        _ => parent.Field(name),
    };

    // In the order of the document; a scalar that is built in comes after the first type that uses it.
    private void AddTypes(IEnumerable<NamedType> own)
    {
        var arguments = _directives.Values.SelectMany(d => d.Arguments).Select(a => a.Type.Named);
        foreach (var type in own)
            AddWithScalars(type);
        foreach (var type in arguments.Concat(BuiltIn.Types))
            AddWithScalars(type);
    }

    private void AddWithScalars(NamedType type)
    {
        _types.TryAdd(type.Name, type);
        IEnumerable<GraphType> used = type switch
        {
            FieldsType fields => fields.Fields.Values.SelectMany(f => f.Arguments.Select(a => a.Type).Prepend(f.Type)),
            InputObjectType input => input.Fields.Values.Select(f => f.Type),
            _ => [],
        };
        foreach (var scalar in used.Select(t => t.Named).OfType<ScalarType>().Where(s => ScalarType.BuiltIn.GetValueOrDefault(s.Name) == s))
            _types.TryAdd(scalar.Name, scalar);
    }

    // Without a schema definition the three roots go by their names (spec 3.3.1).
    private NamedType? Root(OperationKind kind, TypeTable table)
    {
        var named = Nodes.SelectMany(node => node.Operations).FirstOrDefault(o => o.Kind == kind)?.Type.Name.Value;
        return named is not null || Nodes.Any(node => !node.Extends)
            ? named is null ? null : table.Types[named]
            : table.Types.GetValueOrDefault(kind.ToString());
    }

    private static void Refuse(IReadOnlyList<GraphQLError> errors)
    {
        if (errors.Count > 0)
            throw new SchemaException(errors);
    }
}
