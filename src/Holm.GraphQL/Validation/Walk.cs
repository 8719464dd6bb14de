using Holm.GraphQL.Language;

namespace Holm.GraphQL.Validation;

/// <summary>Takes rules through a tree, side by side, and keeps the types beside them right.</summary>
internal sealed class Walk(TypeInfo types, params Rule[] rules)
{
    // The node at which a rule turned back; it sleeps until that node is left.
    private readonly Node?[] _turned = new Node?[rules.Length];

    public void Through(Node node)
    {
        types.Enter(node);
        for (var i = 0; i < rules.Length; i++)
        {
            if (_turned[i] is null && !rules[i].Enter(node))
                _turned[i] = node;
        }
        foreach (var child in Children(node))
            Through(child);
        for (var i = 0; i < rules.Length; i++)
        {
            if (_turned[i] is null)
                rules[i].Leave(node);
            else if (ReferenceEquals(_turned[i], node))
                _turned[i] = null;
        }
        types.Leave(node);
    }

    // Type system definitions in a document are refused as a whole, so there is no way into them.
    private static IEnumerable<Node> Children(Node node) => node switch
    {
        DocumentNode document => document.Definitions,
        OperationNode operation => [.. operation.Variables, .. operation.Directives, operation.Selections],
        FragmentNode fragment => [fragment.Condition, .. fragment.Directives, fragment.Selections],
        VariableDefinitionNode definition =>
            [definition.Variable, definition.Type, .. Optional(definition.Default), .. definition.Directives],
        SelectionSetNode selections => selections.Items,
        FieldNode field => [.. field.Arguments, .. field.Directives, .. Optional(field.Selections)],
        SpreadNode spread => spread.Directives,
        InlineFragmentNode fragment => [.. Optional(fragment.Condition), .. fragment.Directives, fragment.Selections],
        DirectiveNode directive => directive.Arguments,
        ArgumentNode argument => [argument.Value],
        ListNode list => list.Items,
        ObjectNode fields => fields.Fields,
        ObjectFieldNode field => [field.Value],
        ListTypeNode list => [list.Of],
        NonNullTypeNode nonNull => [nonNull.Of],
        _ => [],
    };

    private static Node[] Optional(Node? node) => node is null ? [] : [node];
}
