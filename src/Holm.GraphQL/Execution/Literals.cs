using System.Globalization;
using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Execution;

/// <summary>Literals of a document to values of C# (the input coercion of spec 3.5 to 3.12).</summary>
internal static class Literals
{
    /// <summary>
    /// A value of a type: int, double, string, bool, what a custom scalar makes, a list, or a map of the fields that were given or have
    /// a default.
    /// </summary>
    /// <returns>False where the literal is none of the type, or is a variable that was not given.</returns>
    public static bool TryCoerce(ValueNode node, GraphType type, IReadOnlyDictionary<string, object?>? variables, out object? value)
    {
        value = null;
        if (node is VariableNode variable)
            return variables is not null && variables.TryGetValue(variable.Name.Value, out value) && (value is not null || !type.IsNonNull);
        if (type is NonNullType nonNull)
            return node is not NullNode && TryCoerce(node, nonNull.Of, variables, out value);
        if (node is NullNode)
            return true;
        return type switch
        {
            ListType list => TryList(node, list, variables, out value),
            InputObjectType input => TryObject(node, input, variables, out value),
            _ => TryLeaf(node, type.Named, variables, out value),
        };
    }

    /// <summary>A literal as it stands, for scalars that have no notation of their own.</summary>
    public static object? Plain(ValueNode node, IReadOnlyDictionary<string, object?>? variables) => node switch
    {
        VariableNode variable => variables?.GetValueOrDefault(variable.Name.Value),
        IntNode number when long.TryParse(number.Text, CultureInfo.InvariantCulture, out var whole) => whole,
        IntNode number => double.Parse(number.Text, CultureInfo.InvariantCulture),
        FloatNode number => double.Parse(number.Text, CultureInfo.InvariantCulture),
        StringNode text => text.Value,
        BooleanNode boolean => boolean.Value,
        EnumNode value => value.Name,
        ListNode list => list.Items.Select(item => Plain(item, variables)).ToList(),
        ObjectNode fields => Map(fields, variables),
        _ => null,
    };

    private static Dictionary<string, object?> Map(ObjectNode node, IReadOnlyDictionary<string, object?>? variables)
    {
        Dictionary<string, object?> map = [];
        foreach (var field in node.Fields)
            map[field.Name.Value] = Plain(field.Value, variables);
        return map;
    }

    // One item counts as a list of one (spec 3.11).
    private static bool TryList(ValueNode node, ListType type, IReadOnlyDictionary<string, object?>? variables, out object? value)
    {
        List<object?> items = [];
        value = items;
        foreach (var item in node is ListNode list ? list.Items : [node])
        {
            object? one = null;
            if (node is ListNode && IsMissing(item, variables) ? type.Of.IsNonNull : !TryCoerce(item, type.Of, variables, out one))
                return false;
            items.Add(one);
        }
        return true;
    }

    // Spec 3.10: a field that was not given is absent, unless it has a default.
    private static bool TryObject(ValueNode node, InputObjectType type, IReadOnlyDictionary<string, object?>? variables, out object? value)
    {
        Dictionary<string, object?> map = [];
        value = map;
        if (node is not ObjectNode literal || literal.Fields.Any(f => !type.Fields.ContainsKey(f.Name.Value)))
            return false;
        foreach (var field in type.Fields.Values)
        {
            var given = literal.Fields.LastOrDefault(f => f.Name.Value == field.Name)?.Value;
            if (given is not null && !IsMissing(given, variables))
            {
                if (!TryCoerce(given, field.Type, variables, out var one))
                    return false;
                map[field.Name] = one;
            }
            else if (field.HasDefault)
            {
                map[field.Name] = field.Default;
            }
            else if (field.IsRequired)
            {
                return false;
            }
        }
        return true;
    }

    private static bool TryLeaf(ValueNode node, NamedType type, IReadOnlyDictionary<string, object?>? variables, out object? value)
    {
        value = null;
        try
        {
            value = type switch
            {
                EnumType values => values.ParseLiteral(node),
                ScalarType scalar => scalar.ParseLiteral(node, variables),
                _ => null,
            };
            return type.IsLeaf && value is not null;
        }
        catch (Exception error) when (Coercion.IsUnfit(error))
        {
            return false;
        }
    }

    private static bool IsMissing(ValueNode node, IReadOnlyDictionary<string, object?>? variables) =>
        node is VariableNode variable && variables?.ContainsKey(variable.Name.Value) != true;
}
