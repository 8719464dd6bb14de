using Holm.GraphQL.Language;

namespace Holm.GraphQL.Validation;

/// <summary>Spec 5.7.1 and 5.7.2: directives are defined, and stand where they may.</summary>
internal sealed class KnownDirectives(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        var (location, directives) = Place.Of(node);
        foreach (var directive in directives)
        {
            var name = directive.Name.Value;
            if (!Context.Schema.Directives.TryGetValue(name, out var definition))
                Context.Report($"Unknown directive \"@{name}\".", directive);
            else if (!definition.Locations.Contains(location))
                Context.Report($"Directive \"@{name}\" may not be used on {location}.", directive);
        }
        return true;
    }
}

/// <summary>Spec 5.7.3.</summary>
internal sealed class UniqueDirectivesPerLocation(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        var directives = Place.Of(node).Directives;
        foreach (var group in directives.GroupBy(d => d.Name.Value))
        {
            if (!Context.Schema.Directives.TryGetValue(group.Key, out var definition) || definition.Node.Repeatable)
                continue;
            foreach (var again in group.Skip(1))
                Context.Report($"The directive \"@{group.Key}\" can only be used once at this location.", group.First(), again);
        }
        return true;
    }
}

/// <summary>The places of an executable document that directives may have (spec 3.13, ExecutableDirectiveLocation).</summary>
file static class Place
{
    public static (string Location, IReadOnlyList<DirectiveNode> Directives) Of(Node node) => node switch
    {
        OperationNode operation => (operation.Kind.ToString().ToUpperInvariant(), operation.Directives),
        FieldNode field => ("FIELD", field.Directives),
        SpreadNode spread => ("FRAGMENT_SPREAD", spread.Directives),
        InlineFragmentNode fragment => ("INLINE_FRAGMENT", fragment.Directives),
        FragmentNode fragment => ("FRAGMENT_DEFINITION", fragment.Directives),
        VariableDefinitionNode variable => ("VARIABLE_DEFINITION", variable.Directives),
        _ => ("", []),
    };
}
