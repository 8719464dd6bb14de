namespace Holm.GraphQL.Language;

/// <summary>The six kinds of types that have a name (spec 3.4).</summary>
internal enum TypeKind { Scalar, Object, Interface, Union, Enum, InputObject }

// The tree of a type system document (spec 3). Extensions are the same nodes with Extends set.

internal sealed record SchemaNode(int Start, bool Extends, string? Description, IReadOnlyList<DirectiveNode> Directives,
    IReadOnlyList<OperationTypeNode> Operations) : DefinitionNode(Start);

internal sealed record OperationTypeNode(int Start, OperationKind Kind, NamedTypeNode Type) : Node(Start);

/// <summary>A type of any kind; only the parts that its kind has are filled.</summary>
internal sealed record TypeDefinitionNode(int Start, TypeKind Kind, bool Extends, string? Description, NameNode Name)
    : DefinitionNode(Start)
{
    public IReadOnlyList<DirectiveNode> Directives { get; init; } = [];
    public IReadOnlyList<NamedTypeNode> Interfaces { get; init; } = [];
    public IReadOnlyList<FieldDefinitionNode> Fields { get; init; } = [];
    public IReadOnlyList<InputValueNode> InputFields { get; init; } = [];
    public IReadOnlyList<NamedTypeNode> Members { get; init; } = [];
    public IReadOnlyList<EnumValueNode> Values { get; init; } = [];
}

internal sealed record FieldDefinitionNode(int Start, string? Description, NameNode Name, IReadOnlyList<InputValueNode> Arguments,
    TypeNode Type, IReadOnlyList<DirectiveNode> Directives) : Node(Start);

internal sealed record InputValueNode(int Start, string? Description, NameNode Name, TypeNode Type, ValueNode? Default,
    IReadOnlyList<DirectiveNode> Directives) : Node(Start);

internal sealed record EnumValueNode(int Start, string? Description, NameNode Name, IReadOnlyList<DirectiveNode> Directives) : Node(Start);

internal sealed record DirectiveDefinitionNode(int Start, string? Description, NameNode Name, IReadOnlyList<InputValueNode> Arguments,
    bool Repeatable, IReadOnlyList<NameNode> Locations) : DefinitionNode(Start);
