using Holm.GraphQL.Execution;
using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Validation;

/// <summary>Spec 5.6.1, 5.6.2 and 5.6.4: literals are of the type that their place has.</summary>
internal sealed class ValuesOfCorrectType(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        switch (node)
        {
            case ListNode list when Context.Types.ParentInput?.Nullable is not ListType:
                Leaf(list, Context.Types.Input);
                return false;
            case ListNode:
                return true;
            case ObjectNode fields when Context.Types.Input?.Named is InputObjectType type:
                Required(fields, type);
                return true;
            case ObjectNode fields:
                Leaf(fields, Context.Types.Input);
                return false;
            case ObjectFieldNode field when Context.Types is { Input: null, ParentInput.Named: InputObjectType type }:
                Context.Report($"Field \"{field.Name.Value}\" is not defined by type \"{type}\"."
                    + Suggest.DidYouMean(field.Name.Value, type.Fields.Keys), node);
                return true;
            case NullNode literal when Context.Types.Input is NonNullType type:
                Context.Report($"Expected value of type \"{type}\", found {Print.Literal(literal)}.", node);
                return true;
            case IntNode or FloatNode or StringNode or BooleanNode or EnumNode:
                Leaf((ValueNode)node, Context.Types.Input);
                return true;
            default:
                return true;
        }
    }

    private void Required(ObjectNode node, InputObjectType type)
    {
        foreach (var missing in type.Fields.Values.Where(f => f.IsRequired && node.Fields.All(given => given.Name.Value != f.Name)))
            Context.Report($"Field \"{type}.{missing.Name}\" of required type \"{missing.Type}\" was not provided.", node);
    }

    private void Leaf(ValueNode node, GraphType? place)
    {
        if (place is null)
            return;
        var expected = $"Expected value of type \"{place}\", found {Print.Literal(node)}";
        try
        {
            var value = place.Named switch
            {
                EnumType values => values.ParseLiteral(node),
                ScalarType scalar => scalar.ParseLiteral(node, null),
                _ => null,
            };
            if (value is null)
                Context.Report($"{expected}.", node);
        }
        catch (Exception error) when (Coercion.IsUnfit(error))
        {
            Context.Report(Coercion.Because(error, expected, ";"), node);
        }
    }
}

/// <summary>Spec 5.6.3.</summary>
internal sealed class UniqueInputFieldNames(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        if (node is ObjectNode fields)
        {
            foreach (var group in fields.Fields.Select(f => f.Name).GroupBy(name => name.Value))
            {
                foreach (var again in group.Skip(1))
                    Context.Report($"There can be only one input field named \"{group.Key}\".", group.First(), again);
            }
        }
        return true;
    }
}
