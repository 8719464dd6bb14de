using System.Globalization;
using System.Text;

namespace Holm.GraphQL.Language;

/// <summary>Literals and values as text, in graphql-js's own form, so that messages can be compared.</summary>
internal static class Print
{
    private const int ItemsMax = 10, DepthMax = 2;

    // Each error of a value shows all of it; a value as large as a request may be is not sent back a hundred times.
    private const int ShownMax = 2_000, MembersMax = ShownMax / 4;

    /// <summary>A literal as the document language writes it.</summary>
    public static string Literal(ValueNode node) => node switch
    {
        VariableNode variable => "$" + variable.Name.Value,
        IntNode number => number.Text,
        FloatNode number => number.Text,
        StringNode text => text.Block ? BlockString.Print(text.Value) : String(text.Value),
        BooleanNode boolean => boolean.Value ? "true" : "false",
        NullNode => "null",
        EnumNode value => value.Name,
        ListNode list => $"[{string.Join(", ", list.Items.Select(Literal))}]",
        ObjectNode fields => $"{{{string.Join(", ", fields.Fields.Select(f => $"{f.Name.Value}: {Literal(f.Value)}"))}}}",
        _ => throw new InvalidOperationException($"{node.GetType().Name} is no literal"),
    };

    /// <summary>The same with the fields of objects in order, so that equal literals are equal text.</summary>
    public static string Sorted(ValueNode node) => node switch
    {
        ListNode list => $"[{string.Join(", ", list.Items.Select(Sorted))}]",
        ObjectNode fields => $"{{{string.Join(", ", fields.Fields.OrderBy(f => f.Name.Value, StringComparer.Ordinal)
            .Select(f => $"{f.Name.Value}: {Sorted(f.Value)}"))}}}",
        _ => Literal(node),
    };

    /// <summary>A string with its quotes and escapes (spec 2.9.4).</summary>
    public static string String(string text) => Quoted(text, c => c < ' ' || c is '"' or '\\' or (>= '\u007F' and <= '\u009F'));

    /// <summary>A value that came from a client or a resolver: JSON, but short, and with bare keys.</summary>
    public static string Value(object? value)
    {
        var text = Value(value, 0);
        return text.Length <= ShownMax ? text : text[..ShownMax] + "...";
    }

    /// <summary>A number as ECMAScript writes it: no exponent between 1e-7 and 1e21.</summary>
    public static string Number(double number)
    {
        if (!double.IsFinite(number))
            return double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
        var shortest = number.ToString("R", CultureInfo.InvariantCulture);
        var size = Math.Abs(number);
        if (size == 0)
            return "0";
        if (size is >= 1e-6 and < 1e21)
            return decimal.Parse(shortest, NumberStyles.Float, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
        var exponent = shortest.IndexOf('E', StringComparison.Ordinal);
        var digits = shortest[(exponent + 2)..].TrimStart('0');
        return $"{shortest[..exponent]}e{shortest[exponent + 1]}{digits}";
    }

    private static string Value(object? value, int depth) => value switch
    {
        null => "null",
        string text => Quoted(text, c => c < ' ' || c is '"' or '\\'),
        bool boolean => boolean ? "true" : "false",
        IReadOnlyDictionary<string, object?> { Count: 0 } => "{}",
        IReadOnlyDictionary<string, object?> when depth >= DepthMax => "[Object]",
        IReadOnlyDictionary<string, object?> map =>
            $"{{ {string.Join(", ", map.Take(MembersMax).Select(pair => $"{pair.Key}: {Value(pair.Value, depth + 1)}"))} }}",
        IReadOnlyList<object?> { Count: 0 } => "[]",
        IReadOnlyList<object?> when depth >= DepthMax => "[Array]",
        IReadOnlyList<object?> list =>
            $"[{string.Join(", ", list.Take(ItemsMax).Select(item => Value(item, depth + 1)).Concat(More(list)))}]",
        float or double or decimal => Number(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => $"[{value.GetType().Name}]",
    };

    private static IEnumerable<string> More(IReadOnlyList<object?> list) => (list.Count - ItemsMax) switch
    {
        <= 0 => [],
        1 => ["... 1 more item"],
        var more => [$"... {more} more items"],
    };

    private static string Quoted(string text, Func<char, bool> escaped)
    {
        var quoted = new StringBuilder("\"", text.Length + 2);
        foreach (var letter in text)
        {
            _ = !escaped(letter) ? quoted.Append(letter) : letter switch
            {
                '"' or '\\' => quoted.Append('\\').Append(letter),
                '\b' => quoted.Append("\\b"),
                '\f' => quoted.Append("\\f"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}"),
            };
        }
        return quoted.Append('"').ToString();
    }
}
