using System.Runtime.CompilerServices;
using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Validation;

/// <summary>Spec 5.1.1: only operations and fragments.</summary>
internal sealed class ExecutableDefinitions(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        var what = node switch
        {
            SchemaNode => "schema",
            TypeDefinitionNode type => $"\"{type.Name.Value}\"",
            DirectiveDefinitionNode directive => $"\"{directive.Name.Value}\"",
            _ => null,
        };
        if (what is not null)
            Context.Report($"The {what} definition is not executable.", node);
        return node is DocumentNode;
    }
}

/// <summary>Spec 5.2.1.1.</summary>
internal sealed class UniqueOperationNames(ValidationContext context) : Rule(context)
{
    private readonly Dictionary<string, NameNode> _names = [];

    public override bool Enter(Node node)
    {
        if (node is OperationNode { Name: { } name } && !_names.TryAdd(name.Value, name))
            Context.Report($"There can be only one operation named \"{name.Value}\".", _names[name.Value], name);
        return node is DocumentNode;
    }
}

/// <summary>Spec 5.2.2.1: an operation without a name stands alone.</summary>
internal sealed class LoneAnonymousOperation(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        if (node is OperationNode { Name: null } && Context.Document.Definitions.OfType<OperationNode>().Skip(1).Any())
            Context.Report("This anonymous operation must be the only defined operation.", node);
        return node is DocumentNode;
    }
}

/// <summary>Spec 5.2.3.1: a subscription has one root field, and none of introspection.</summary>
internal sealed class SingleFieldSubscriptions(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        if (node is OperationNode { Kind: OperationKind.Subscription } operation && Context.Schema.Subscription is { } root)
            Check(operation, root);
        return node is DocumentNode;
    }

    private void Check(OperationNode operation, NamedType root)
    {
        OrderedDictionary<string, List<FieldNode>> fields = [];
        Collect(operation.Selections, root, fields, []);
        var who = operation.Name is { } name ? $"Subscription \"{name.Value}\"" : "Anonymous Subscription";
        if (fields.Count > 1)
            Context.Report($"{who} must select only one top level field.", fields.Values.Skip(1).SelectMany(f => f));
        foreach (var nodes in fields.Values.Where(nodes => nodes[0].Name.Value.StartsWith("__", StringComparison.Ordinal)))
            Context.Report($"{who} must not select an introspection top level field.", nodes);
    }

    private void Collect(SelectionSetNode selections, NamedType root, OrderedDictionary<string, List<FieldNode>> fields,
        HashSet<string> seen)
    {
        // Other rules say so where it is too much.
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            return;
        foreach (var item in selections.Items.Where(item => !IsLeftOut(item)))
        {
            switch (item)
            {
                case FieldNode field:
                    if (!fields.TryGetValue(field.Key, out var same))
                        fields.Add(field.Key, same = []);
                    same.Add(field);
                    break;
                case InlineFragmentNode fragment when Applies(fragment.Condition, root):
                    Collect(fragment.Selections, root, fields, seen);
                    break;
                case SpreadNode spread when seen.Add(spread.Name.Value) && Context.Fragment(spread.Name.Value) is { } fragment
                    && Applies(fragment.Condition, root):
                    Collect(fragment.Selections, root, fields, seen);
                    break;
            }
        }
    }

    private bool Applies(NamedTypeNode? condition, NamedType root) =>
        condition is null || (Context.Schema.Find(condition) is { } type && root.IsSubTypeOf(type));

    // Without variables, only what literals say can be known.
    private static bool IsLeftOut(SelectionNode node) => node.Directives.Any(d => d.Name.Value is "skip" or "include"
        && d.Arguments is [{ Value: BooleanNode condition }] && condition.Value == (d.Name.Value == "skip"));
}
