namespace Holm.GraphQL.Language;

/// <summary>What an operation does (spec 2.3).</summary>
public enum OperationKind
{
    /// <summary>Reads.</summary>
    Query,
    /// <summary>Writes, then reads.</summary>
    Mutation,
    /// <summary>Reads again at each event.</summary>
    Subscription,
}

// The tree of an executable document. Start is the offset of a node's first token; the names are those of the spec's grammar.

internal abstract record Node(int Start);

internal sealed record DocumentNode(Source Source, IReadOnlyList<DefinitionNode> Definitions) : Node(0);

internal abstract record DefinitionNode(int Start) : Node(Start);

internal sealed record NameNode(int Start, string Value) : Node(Start);

internal sealed record OperationNode(int Start, OperationKind Kind, NameNode? Name, IReadOnlyList<VariableDefinitionNode> Variables,
    IReadOnlyList<DirectiveNode> Directives, SelectionSetNode Selections) : DefinitionNode(Start);

internal sealed record FragmentNode(int Start, NameNode Name, NamedTypeNode Condition, IReadOnlyList<DirectiveNode> Directives,
    SelectionSetNode Selections) : DefinitionNode(Start);

internal sealed record VariableDefinitionNode(int Start, VariableNode Variable, TypeNode Type, ValueNode? Default,
    IReadOnlyList<DirectiveNode> Directives) : Node(Start);

internal sealed record DirectiveNode(int Start, NameNode Name, IReadOnlyList<ArgumentNode> Arguments) : Node(Start);

internal sealed record ArgumentNode(int Start, NameNode Name, ValueNode Value) : Node(Start);

internal sealed record SelectionSetNode(int Start, IReadOnlyList<SelectionNode> Items) : Node(Start);

internal abstract record SelectionNode(int Start, IReadOnlyList<DirectiveNode> Directives) : Node(Start);

internal sealed record FieldNode(int Start, NameNode? Alias, NameNode Name, IReadOnlyList<ArgumentNode> Arguments,
    IReadOnlyList<DirectiveNode> Directives, SelectionSetNode? Selections) : SelectionNode(Start, Directives)
{
    /// <summary>Its key in the response (spec 2.7).</summary>
    public string Key => (Alias ?? Name).Value;
}

internal sealed record SpreadNode(int Start, NameNode Name, IReadOnlyList<DirectiveNode> Directives) : SelectionNode(Start, Directives);

internal sealed record InlineFragmentNode(int Start, NamedTypeNode? Condition, IReadOnlyList<DirectiveNode> Directives,
    SelectionSetNode Selections) : SelectionNode(Start, Directives);

internal abstract record ValueNode(int Start) : Node(Start);

internal sealed record VariableNode(int Start, NameNode Name) : ValueNode(Start);

internal sealed record IntNode(int Start, string Text) : ValueNode(Start);

internal sealed record FloatNode(int Start, string Text) : ValueNode(Start);

internal sealed record StringNode(int Start, string Value, bool Block) : ValueNode(Start);

internal sealed record BooleanNode(int Start, bool Value) : ValueNode(Start);

internal sealed record NullNode(int Start) : ValueNode(Start);

internal sealed record EnumNode(int Start, string Name) : ValueNode(Start);

internal sealed record ListNode(int Start, IReadOnlyList<ValueNode> Items) : ValueNode(Start);

internal sealed record ObjectNode(int Start, IReadOnlyList<ObjectFieldNode> Fields) : ValueNode(Start);

internal sealed record ObjectFieldNode(int Start, NameNode Name, ValueNode Value) : Node(Start);

internal abstract record TypeNode(int Start) : Node(Start);

internal sealed record NamedTypeNode(int Start, NameNode Name) : TypeNode(Start)
{
    public override string ToString() => Name.Value;
}

internal sealed record ListTypeNode(int Start, TypeNode Of) : TypeNode(Start)
{
    public override string ToString() => $"[{Of}]";
}

internal sealed record NonNullTypeNode(int Start, TypeNode Of) : TypeNode(Start)
{
    public override string ToString() => $"{Of}!";
}
