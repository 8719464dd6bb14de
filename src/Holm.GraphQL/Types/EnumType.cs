using Holm.GraphQL.Language;

namespace Holm.GraphQL.Types;

/// <summary>One of a few names (spec 3.9). In C# a value is the name, a string; an enum member of that name is written as well.</summary>
internal sealed class EnumType(string name, IReadOnlyList<TypeDefinitionNode> nodes) : NamedType(name, nodes)
{
    public OrderedDictionary<string, EnumValue> Values { get; } = [];

    public string ParseLiteral(ValueNode node)
    {
        if (node is not EnumNode value)
            throw Unfit("non-enum", Print.Literal(node));
        return Known(value.Name);
    }

    public string ParseValue(object? value)
    {
        if (value is not string text)
            throw Unfit("non-string", Print.Value(value));
        return Known(text);
    }

    public string Serialize(object value)
    {
        var text = value is Enum member ? member.ToString() : value as string;
        return text is not null && Values.ContainsKey(text)
            ? text : throw new GraphQLError($"Enum \"{Name}\" cannot represent value: {Print.Value(value)}");
    }

    private GraphQLError Unfit(string what, string value) =>
        new($"Enum \"{Name}\" cannot represent {what} value: {value}.{DidYouMean(value)}");

    private string Known(string text) => Values.ContainsKey(text)
        ? text : throw new GraphQLError($"Value \"{text}\" does not exist in \"{Name}\" enum.{DidYouMean(text)}");

    private string DidYouMean(string text) => Suggest.DidYouMean(text, Values.Keys, "the enum value");
}

internal sealed record EnumValue(EnumValueNode Node, string? Deprecated)
{
    public string Name => Node.Name.Value;
}
