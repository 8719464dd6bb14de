using System.Globalization;
using Holm.GraphQL.Language;

namespace Holm.GraphQL.Types;

/// <summary>A leaf with a notation of its own (spec 3.5); what it does not say itself lets every value through.</summary>
internal sealed class ScalarType(string name, IReadOnlyList<TypeDefinitionNode> nodes, string? specifiedBy = null) : NamedType(name, nodes)
{
    public string? SpecifiedBy { get; } = specifiedBy;

    /// <summary>A literal of a document to a value of C#.</summary>
    public Func<ValueNode, object?>? Literal { get; init; }

    /// <summary>A value of JSON to a value of C#.</summary>
    public Func<object, object?> Parse { get; set; } = value => value;

    /// <summary>A value of C# to one of JSON.</summary>
    public Func<object, object?> Serialize { get; set; } = value => value;

    public object? ParseLiteral(ValueNode node, IReadOnlyDictionary<string, object?>? variables) =>
        Literal is not null ? Literal(node) : Execution.Literals.Plain(node, variables) is { } value ? Parse(value) : null;

    /// <summary>The five that every schema may use without a definition (spec 3.5.1 to 3.5.5).</summary>
    public static IReadOnlyDictionary<string, ScalarType> BuiltIn { get; } = new ScalarType[]
    {
        Described("Int", "A signed whole number of 32 bits.", IntLiteral, IntValue, SerializeInt),
        Described("Float", "A signed number of double precision, IEEE 754.", FloatLiteral, FloatValue, SerializeFloat),
        Described("String", "Text, a sequence of Unicode characters.", node => node is StringNode text
            ? text.Value : throw Unfit("String", "a non string value", Print.Literal(node)), StringValue, SerializeString),
        Described("Boolean", "`true` or `false`.", node => node is BooleanNode boolean
            ? boolean.Value : throw Unfit("Boolean", "a non boolean value", Print.Literal(node)), BooleanValue, SerializeBoolean),
        Described("ID", "A key of an object. It is written as a string, and read from a string or a whole number.", node => node switch
        {
            StringNode text => text.Value,
            IntNode number => number.Text,
            _ => throw Unfit("ID", "a non-string and non-integer value", Print.Literal(node)),
        }, IdValue, SerializeId),
    }.ToDictionary(type => type.Name);

    private static ScalarType Described(string name, string description, Func<ValueNode, object?> literal, Func<object, object?> parse,
        Func<object, object?> serialize) =>
        new(name, [new TypeDefinitionNode(0, TypeKind.Scalar, false, description, new NameNode(0, name))])
        {
            Literal = literal,
            Parse = parse,
            Serialize = serialize,
        };

    private static GraphQLError Unfit(string type, string what, string value) => new($"{type} cannot represent {what}: {value}");

    private static object? IntLiteral(ValueNode node)
    {
        if (node is not IntNode number)
            throw Unfit("Int", "non-integer value", Print.Literal(node));
        return int.TryParse(number.Text, CultureInfo.InvariantCulture, out var value)
            ? value : throw Unfit("Int", "non 32-bit signed integer value", number.Text);
    }

    private static object? IntValue(object value)
    {
        var number = WholeNumber(value) ?? throw Unfit("Int", "non-integer value", Print.Value(value));
        return number is >= int.MinValue and <= int.MaxValue
            ? (int)number : throw Unfit("Int", "non 32-bit signed integer value", Print.Value(value));
    }

    private static object? FloatLiteral(ValueNode node) =>
        ((node as FloatNode)?.Text ?? (node as IntNode)?.Text) is { } text
        && double.TryParse(text, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value : throw Unfit("Float", "non numeric value", Print.Literal(node));

    private static object? FloatValue(object value) => Number(value) ?? throw Unfit("Float", "non numeric value", Print.Value(value));

    private static object? StringValue(object value) => value as string ?? throw Unfit("String", "a non string value", Print.Value(value));

    private static object? BooleanValue(object value) =>
        value is bool ? value : throw Unfit("Boolean", "a non boolean value", Print.Value(value));

    private static object? IdValue(object value) =>
        value as string ?? (WholeNumber(value) is { } ? Print.Value(value) : throw Unfit("ID", "value", Print.Value(value)));

    private static object? SerializeInt(object value) => IntValue(value switch
    {
        bool boolean => boolean ? 1 : 0,
        string text when double.TryParse(text, CultureInfo.InvariantCulture, out var number) => number,
        _ => value,
    });

    private static object? SerializeFloat(object value) => FloatValue(value switch
    {
        bool boolean => boolean ? 1 : 0,
        string text when double.TryParse(text, CultureInfo.InvariantCulture, out var number) => number,
        _ => value,
    });

    private static object? SerializeString(object value) => value switch
    {
        string => value,
        bool boolean => boolean ? "true" : "false",
        _ when Number(value) is not null => Print.Value(value),
        Enum or Guid or Uri => value.ToString(),
        _ => throw Unfit("String", "value", Print.Value(value)),
    };

    private static object? SerializeBoolean(object value) =>
        Number(value) is { } number ? number != 0 : BooleanValue(value);

    private static object? SerializeId(object value) => value is Guid ? value.ToString() : IdValue(value);

    private static double? Number(object value) =>
        value is int or long or double or float or short or byte or uint or ulong or ushort or sbyte or decimal
        && Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number && double.IsFinite(number) ? number : null;

    private static double? WholeNumber(object value) => Number(value) is { } number && Math.Floor(number) == number ? number : null;
}
