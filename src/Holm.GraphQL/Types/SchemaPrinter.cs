using System.Globalization;
using System.Text;
using Holm.GraphQL.Language;

namespace Holm.GraphQL.Types;

/// <summary>A schema as SDL again (spec 3), laid out as graphql-js lays it out.</summary>
internal sealed class SchemaPrinter(Schema schema)
{
    /// <summary>A coerced value as a literal of its type.</summary>
    public static string Value(object? value, GraphType type) => (value, type) switch
    {
        (_, NonNullType nonNull) => Value(value, nonNull.Of),
        (null, _) => "null",
        (IReadOnlyList<object?> items, ListType list) => $"[{string.Join(", ", items.Select(item => Value(item, list.Of)))}]",
        (IReadOnlyDictionary<string, object?> map, InputObjectType input) =>
            $"{{{string.Join(", ", map.Select(pair => $"{pair.Key}: {Value(pair.Value, input.Fields[pair.Key].Type)}"))}}}",
        (string name, EnumType) => name,
        (_, ScalarType scalar) => Plain(scalar.Serialize(value), scalar.Name == "ID"),
        _ => Plain(value, false),
    };

    public override string ToString()
    {
        IEnumerable<string> parts =
        [
            .. HasUsualRoots && schema.Description is null ? [] : new[] { Roots() },
            .. schema.Directives.Values.Where(d => !BuiltIn.Directives.Contains(d)).Select(Directive),
            .. schema.Types.Values.Where(t => t.Nodes.Count > 0 && !BuiltIn.Types.Contains(t)
                && ScalarType.BuiltIn.GetValueOrDefault(t.Name) != t).Select(Type),
        ];
        return string.Join("\n\n", parts);
    }

    private bool HasUsualRoots =>
        Enum.GetValues<OperationKind>().All(kind => schema.Root(kind) is not { } root || root.Name == kind.ToString());

    private string Roots()
    {
        var text = new StringBuilder(Description(schema.Description)).Append("schema {\n");
        foreach (var kind in Enum.GetValues<OperationKind>())
        {
            if (schema.Root(kind) is { } root)
                text.Append(CultureInfo.InvariantCulture, $"  {kind.ToString().ToLowerInvariant()}: {root.Name}\n");
        }
        return text.Append('}').ToString();
    }

    private static string Directive(Directive directive) =>
        $"{Description(directive.Node.Description)}directive @{directive.Name}{Arguments(directive.Arguments, "")}" +
        $"{(directive.Node.Repeatable ? " repeatable" : "")} on {string.Join(" | ", directive.Locations)}";

    private static string Type(NamedType type) => Description(type.Description) + type switch
    {
        ScalarType { SpecifiedBy: { } url } => $"scalar {type.Name} @specifiedBy(url: {Print.String(url)})",
        ScalarType => $"scalar {type.Name}",
        ObjectType fields => $"type {type.Name}{Fields(fields)}",
        InterfaceType fields => $"interface {type.Name}{Fields(fields)}",
        UnionType union => $"union {type.Name}{(union.Members.Count > 0 ? $" = {string.Join(" | ", union.Members)}" : "")}",
        EnumType values => $"enum {type.Name}" + Block(values.Values.Values.Select((value, i) =>
            Description(value.Node.Description, "  ", i == 0) + $"  {value.Name}{Deprecated(value.Deprecated)}")),
        InputObjectType input => $"input {type.Name}" + Block(input.Fields.Values.Select((field, i) =>
            Description(field.Node.Description, "  ", i == 0) + $"  {Input(field)}")),
        _ => "",
    };

    private static string Fields(FieldsType type)
    {
        var interfaces = type.Interfaces.Count > 0 ? $" implements {string.Join(" & ", type.Interfaces)}" : "";
        return interfaces + Block(type.Fields.Values.Select((field, i) => Description(field.Node.Description, "  ", i == 0)
            + $"  {field.Name}{Arguments(field.Arguments, "  ")}: {field.Type}{Deprecated(field.Deprecated)}"));
    }

    private static string Arguments(IReadOnlyList<InputValue> arguments, string indent) =>
        arguments.Count == 0 ? ""
        : arguments.All(a => string.IsNullOrEmpty(a.Node.Description)) ? $"({string.Join(", ", arguments.Select(Input))})"
        : $"(\n{string.Join('\n', arguments.Select((a, i) =>
            $"{Description(a.Node.Description, "  " + indent, i == 0)}  {indent}{Input(a)}"))}\n{indent})";

    private static string Input(InputValue value) =>
        $"{value.Name}: {value.Type}{(value.HasDefault ? $" = {Value(value.Default, value.Type)}" : "")}{Deprecated(value.Deprecated)}";

    private static string Deprecated(string? reason) => reason switch
    {
        null => "",
        TypeTable.NoReason => " @deprecated",
        _ => $" @deprecated(reason: {Print.String(reason)})",
    };

    private static string Block(IEnumerable<string> lines) => string.Join('\n', lines) is { Length: > 0 } text ? $" {{\n{text}\n}}" : "";

    // A blank line before it, except for the first thing of a block.
    private static string Description(string? description, string indent = "", bool first = true)
    {
        if (description is null)
            return "";
        var text = BlockString.CanHold(description) ? BlockString.Print(description) : Print.String(description);
        var before = indent.Length > 0 && !first ? "\n" : "";
        return before + indent + text.Replace("\n", "\n" + indent, StringComparison.Ordinal) + "\n";
    }

    private static string Plain(object? value, bool numberIfItIsOne) => value switch
    {
        string text when numberIfItIsOne && IsWhole(text) => text,
        string text => Print.String(text),
        IReadOnlyList<object?> list => $"[{string.Join(", ", list.Select(item => Plain(item, false)))}]",
        IReadOnlyDictionary<string, object?> map =>
            $"{{{string.Join(", ", map.Select(pair => $"{pair.Key}: {Plain(pair.Value, false)}"))}}}",
        _ => Print.Value(value),
    };

    private static bool IsWhole(string text)
    {
        var digits = text.StartsWith('-') ? text[1..] : text;
        return digits.Length > 0 && digits.All(char.IsAsciiDigit) && (digits == "0" || digits[0] != '0');
    }
}
