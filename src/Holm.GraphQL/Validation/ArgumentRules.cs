using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Validation;

/// <summary>Spec 5.4.1: an argument is one of its field's or directive's.</summary>
internal sealed class KnownArgumentNames(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        switch (node)
        {
            case DirectiveNode directive:
                foreach (var argument in directive.Arguments)
                    Check(argument, Context.Types.Directive?.Arguments, $"directive \"@{directive.Name.Value}\"");
                return false;
            case ArgumentNode argument when Context.Types is { Field: { } field, Parent: { } parent }:
                Check(argument, field.Arguments, $"field \"{parent}.{field.Name}\"");
                return true;
            default:
                return true;
        }
    }

    private void Check(ArgumentNode argument, IReadOnlyList<InputValue>? known, string on)
    {
        var name = argument.Name.Value;
        if (known?.All(definition => definition.Name != name) == true)
            Context.Report($"Unknown argument \"{name}\" on {on}.{Suggest.DidYouMean(name, known.Select(a => a.Name))}", argument);
    }
}

/// <summary>Spec 5.4.2.</summary>
internal sealed class UniqueArgumentNames(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        var arguments = (node as FieldNode)?.Arguments ?? (node as DirectiveNode)?.Arguments ?? [];
        foreach (var group in arguments.Select(a => a.Name).GroupBy(name => name.Value).Where(g => g.Skip(1).Any()))
            Context.Report($"There can be only one argument named \"{group.Key}\".", group);
        return true;
    }
}

/// <summary>Spec 5.4.2.1.</summary>
internal sealed class ProvidedRequiredArguments(ValidationContext context) : Rule(context)
{
    public override void Leave(Node node)
    {
        switch (node)
        {
            case FieldNode field when Context.Types.Field is { } definition:
                Check(definition.Arguments, field.Arguments, $"Field \"{definition.Name}\"", node);
                break;
            case DirectiveNode directive when Context.Types.Directive is { } definition:
                Check(definition.Arguments, directive.Arguments, $"Directive \"@{definition.Name}\"", node);
                break;
        }
    }

    private void Check(IReadOnlyList<InputValue> definitions, IReadOnlyList<ArgumentNode> given, string of, Node node)
    {
        foreach (var missing in definitions.Where(d => d.IsRequired && given.All(a => a.Name.Value != d.Name)))
            Context.Report($"{of} argument \"{missing.Name}\" of type \"{missing.Type}\" is required, but it was not provided.", node);
    }
}
