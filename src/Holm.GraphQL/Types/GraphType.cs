using Holm.GraphQL.Language;

namespace Holm.GraphQL.Types;

/// <summary>A type as fields and arguments have it: named, in lists, never null (spec 3.4.1).</summary>
internal abstract class GraphType
{
    /// <summary>The type with a name at the bottom.</summary>
    public abstract NamedType Named { get; }

    /// <summary>Itself without its outermost "never null".</summary>
    public virtual GraphType Nullable => this;

    public bool IsNonNull => this is NonNullType;

    /// <summary>The same type, wrapped the same.</summary>
    public bool Same(GraphType other) => (this, other) switch
    {
        (NonNullType a, NonNullType b) => a.Of.Same(b.Of),
        (ListType a, ListType b) => a.Of.Same(b.Of),
        _ => ReferenceEquals(this, other),
    };

    /// <summary>True when each value of this type is one of the other (spec 3.6.1, IsValidImplementationFieldType).</summary>
    public bool IsSubTypeOf(GraphType other) => (this, other) switch
    {
        (NonNullType a, NonNullType b) => a.Of.IsSubTypeOf(b.Of),
        (_, NonNullType) => false,
        (NonNullType a, _) => a.Of.IsSubTypeOf(other),
        (ListType a, ListType b) => a.Of.IsSubTypeOf(b.Of),
        (NamedType a, UnionType b) => a == b || b.Members.Contains(a),
        (FieldsType a, InterfaceType b) => a == b || a.Interfaces.Contains(b),
        _ => ReferenceEquals(this, other),
    };
}

internal sealed class NonNullType(GraphType of) : GraphType
{
    public GraphType Of { get; } = of;
    public override NamedType Named => Of.Named;
    public override GraphType Nullable => Of;
    public override string ToString() => $"{Of}!";
}

internal sealed class ListType(GraphType of) : GraphType
{
    public GraphType Of { get; } = of;
    public override NamedType Named => Of.Named;
    public override string ToString() => $"[{Of}]";
}

/// <summary>A type with a name, and all definitions and extensions that it was made from.</summary>
internal abstract class NamedType(string name, IReadOnlyList<TypeDefinitionNode> nodes) : GraphType
{
    public string Name { get; } = name;
    public IReadOnlyList<TypeDefinitionNode> Nodes { get; } = nodes;
    public string? Description => Nodes.Count > 0 ? Nodes[0].Description : null;
    public override NamedType Named => this;

    public bool IsLeaf => this is ScalarType or EnumType;
    public bool IsComposite => this is ObjectType or InterfaceType or UnionType;
    public bool IsAbstract => this is InterfaceType or UnionType;
    public bool IsInput => IsLeaf || this is InputObjectType;
    public bool IsOutput => this is not InputObjectType;

    /// <summary>The field of this name; null also for types that have none.</summary>
    public Field? Field(string name) => this is FieldsType type ? type.Fields.GetValueOrDefault(name) : null;

    public override string ToString() => Name;
}

/// <summary>Objects and interfaces: what has fields, and implements interfaces (spec 3.6, 3.7).</summary>
internal abstract class FieldsType(string name, IReadOnlyList<TypeDefinitionNode> nodes) : NamedType(name, nodes)
{
    public OrderedDictionary<string, Field> Fields { get; } = [];
    public List<NamedType> Interfaces { get; } = [];
}

internal sealed class ObjectType(string name, IReadOnlyList<TypeDefinitionNode> nodes) : FieldsType(name, nodes);

internal sealed class InterfaceType(string name, IReadOnlyList<TypeDefinitionNode> nodes) : FieldsType(name, nodes)
{
    /// <summary>Tells the name of a value's object type; null: as for any value (see <see cref="Bindings.Type"/>).</summary>
    public Func<object, string?>? TypeOf { get; set; }
}

internal sealed class UnionType(string name, IReadOnlyList<TypeDefinitionNode> nodes) : NamedType(name, nodes)
{
    public List<NamedType> Members { get; } = [];

    /// <summary>As <see cref="InterfaceType.TypeOf"/>.</summary>
    public Func<object, string?>? TypeOf { get; set; }
}

internal sealed class InputObjectType(string name, IReadOnlyList<TypeDefinitionNode> nodes) : NamedType(name, nodes)
{
    public OrderedDictionary<string, InputValue> Fields { get; } = [];
}

/// <summary>A field of an object or interface, and what stands behind it.</summary>
internal sealed class Field(FieldDefinitionNode node, GraphType type, IReadOnlyList<InputValue> arguments, string? deprecated)
{
    public string Name => Node.Name.Value;
    public FieldDefinitionNode Node { get; } = node;
    public GraphType Type { get; } = type;
    public IReadOnlyList<InputValue> Arguments { get; } = arguments;
    public string? Deprecated { get; } = deprecated;

    /// <summary>Null: the member of that name of a source that is a map.</summary>
    public Resolver? Resolver { get; set; }

    /// <summary>Of a subscription: its events.</summary>
    public EventSource? Events { get; set; }

    /// <summary>What one costs (see <see cref="Bindings.Cost"/>).</summary>
    public int Cost { get; set; } = 1;

    public InputValue? Argument(string name) => Arguments.FirstOrDefault(a => a.Name == name);
}

/// <summary>An argument, or a field of an input object.</summary>
internal sealed class InputValue(InputValueNode node, GraphType type, string? deprecated)
{
    private bool _resolving, _resolved;
    private object? _default;

    public string Name => Node.Name.Value;
    public InputValueNode Node { get; } = node;
    public GraphType Type { get; } = type;
    public string? Deprecated { get; } = deprecated;
    public bool HasDefault => Node.Default is not null;
    public bool IsRequired => Type.IsNonNull && !HasDefault;

    /// <summary>The default value, coerced at its first use: the types it needs refer to each other.</summary>
    /// <exception cref="GraphQLError">It is of another type, or needs itself.</exception>
    public object? Default
    {
        get
        {
            if (_resolved || Node.Default is null)
                return _default;
            if (_resolving)
                throw new GraphQLError($"The default value of \"{Name}\" needs itself.");
            _resolving = true;
            if (!Execution.Literals.TryCoerce(Node.Default, Type, null, out _default))
                throw new GraphQLError($"The default value {Print.Literal(Node.Default)} of \"{Name}\" is not of type \"{Type}\".");
            (_resolving, _resolved) = (false, true);
            return _default;
        }
    }
}

/// <summary>A directive as the schema defines it (spec 3.13).</summary>
internal sealed class Directive(DirectiveDefinitionNode node, IReadOnlyList<InputValue> arguments)
{
    public string Name => Node.Name.Value;
    public DirectiveDefinitionNode Node { get; } = node;
    public IReadOnlyList<InputValue> Arguments { get; } = arguments;
    public IEnumerable<string> Locations => Node.Locations.Select(l => l.Value);
}
