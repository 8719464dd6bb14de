using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Validation;

/// <summary>Spec 5.8.1.</summary>
internal sealed class UniqueVariableNames(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        if (node is OperationNode operation)
        {
            foreach (var group in operation.Variables.Select(v => v.Variable.Name).GroupBy(name => name.Value).Where(g => g.Skip(1).Any()))
                Context.Report($"There can be only one variable named \"${group.Key}\".", group);
        }
        return node is DocumentNode;
    }
}

/// <summary>Spec 5.8.2.</summary>
internal sealed class VariablesAreInputTypes(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        if (node is VariableDefinitionNode variable && Context.Schema.Find(variable.Type) is { Named.IsInput: false })
            Context.Report($"Variable \"${variable.Variable.Name.Value}\" cannot be non-input type \"{variable.Type}\".", variable.Type);
        return true;
    }
}

/// <summary>Spec 5.8.3.</summary>
internal sealed class NoUndefinedVariables(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node) => node is DocumentNode or OperationNode;

    public override void Leave(Node node)
    {
        if (node is not OperationNode operation)
            return;
        var defined = operation.Variables.Select(v => v.Variable.Name.Value).ToHashSet();
        var by = operation.Name is { } name ? $" by operation \"{name.Value}\"" : "";
        foreach (var usage in Context.Usages(operation).Where(u => !defined.Contains(u.Node.Name.Value)))
            Context.Report($"Variable \"${usage.Node.Name.Value}\" is not defined{by}.", usage.Node, operation);
    }
}

/// <summary>Spec 5.8.4.</summary>
internal sealed class NoUnusedVariables(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node) => node is DocumentNode or OperationNode;

    public override void Leave(Node node)
    {
        if (node is not OperationNode operation)
            return;
        var used = Context.Usages(operation).Select(u => u.Node.Name.Value).ToHashSet();
        var by = operation.Name is { } name ? $" in operation \"{name.Value}\"" : "";
        foreach (var variable in operation.Variables.Where(v => !used.Contains(v.Variable.Name.Value)))
            Context.Report($"Variable \"${variable.Variable.Name.Value}\" is never used{by}.", variable);
    }
}

/// <summary>Spec 5.8.5: a variable fits each place where it is used.</summary>
internal sealed class VariablesInAllowedPosition(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node) => node is DocumentNode or OperationNode;

    public override void Leave(Node node)
    {
        if (node is not OperationNode operation)
            return;
        Dictionary<string, VariableDefinitionNode> definitions = [];
        foreach (var variable in operation.Variables)
            definitions[variable.Variable.Name.Value] = variable;
        foreach (var usage in Context.Usages(operation))
        {
            if (usage.Type is { } place && definitions.TryGetValue(usage.Node.Name.Value, out var definition)
                && Context.Schema.Find(definition.Type) is { } type && !IsAllowed(definition, type, place, usage.HasDefault))
                Context.Report($"Variable \"${usage.Node.Name.Value}\" of type \"{type}\" used in position expecting type \"{place}\".",
                    definition, usage.Node);
        }
    }

    // IsVariableUsageAllowed: a default, on either side, fills in for null.
    private static bool IsAllowed(VariableDefinitionNode definition, GraphType type, GraphType place, bool placeHasDefault)
    {
        if (place is NonNullType nonNull && !type.IsNonNull)
            return (definition.Default is not (null or NullNode) || placeHasDefault) && type.IsSubTypeOf(nonNull.Of);
        return type.IsSubTypeOf(place);
    }
}
