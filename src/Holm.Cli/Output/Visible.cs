using System.Globalization;
using System.Text;

namespace Holm.Cli.Output;

/// <summary>Text from elsewhere, made safe for a terminal: no control character passes, all become visible.</summary>
internal static class Visible
{
    /// <summary>One line: newline is <c>\n</c>, escape is <c>\x1b</c>, a right-to-left override is <c>\u202e</c>.</summary>
    public static string Line(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0)
            return text;
        var result = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
            Append(result, text, ref i);
        return result.ToString();
    }

    /// <summary>Several lines: newline and tab stay, carriage returns before a newline go.</summary>
    public static string Lines(string text) =>
        string.Join('\n', text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n')
            .Select(l => string.Join('\t', l.Split('\t').Select(Line))));

    private static void Append(StringBuilder result, string text, ref int i)
    {
        var c = text[i];
        if (char.IsSurrogatePair(text, Math.Min(i, text.Length - 1)) && i + 1 < text.Length)
            result.Append(c).Append(text[++i]);
        else if (c is '\n')
            result.Append("\\n");
        else if (c is '\r')
            result.Append("\\r");
        else if (c is '\t')
            result.Append("\\t");
        else if (c < 0x100 && char.IsControl(c))
            result.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
        else if (char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.Surrogate)
            result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        else
            result.Append(c);
    }
}
