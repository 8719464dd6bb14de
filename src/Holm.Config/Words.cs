using System.Globalization;
using System.Text;

namespace Holm.Config;

/// <summary>Splits a line into words and quotes them back, exactly: <c>Split(Quote(x)) == [x]</c> for every text.</summary>
/// <remarks>
/// A word stands bare when it is printable ASCII without space, <c>"</c>, <c>\</c>, <c>#</c> and <c>?</c>, which asks for help where
/// lines are typed or pasted; else between double quotes, where <c>\"</c>, <c>\\</c>, <c>\n</c>, <c>\t</c> and <c>\u{HEX}</c> stand for
/// what cannot. <c>#</c> at the start of a word begins a comment.
/// </remarks>
public static class Words
{
    /// <summary>The word as it must be written.</summary>
    public static string Quote(string word)
    {
        if (word.Length > 0 && word.All(c => c is > ' ' and <= '~' and not ('"' or '\\' or '#' or '?')))
            return word;
        var quoted = new StringBuilder("\"");
        var wellFormed = IsWellFormed(word);
        foreach (var c in word)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                _ when char.IsControl(c) || (char.IsSurrogate(c) && !wellFormed) || c is '\u2028' or '\u2029' or '\ufeff' =>
                    quoted.Append(CultureInfo.InvariantCulture, $"\\u{{{(int)c:x}}}"),
                _ => quoted.Append(c),
            };
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>The words of one line.</summary>
    /// <exception cref="FormatException">A quote is not closed, or an escape is unknown; the message is a sentence.</exception>
    public static IReadOnlyList<string> Split(string line)
    {
        var words = new List<string>();
        var at = 0;
        while (true)
        {
            while (at < line.Length && line[at] is ' ' or '\t' or '\r')
                at++;
            if (at == line.Length || line[at] == '#')
                return words;
            words.Add(Next(line, ref at));
        }
    }

    private static string Next(string line, ref int at)
    {
        var word = new StringBuilder();
        var quoted = false;
        while (at < line.Length)
        {
            var c = line[at++];
            if (c == '"')
                quoted = !quoted;
            else if (!quoted && c is ' ' or '\t' or '\r')
                return word.ToString();
            else if (quoted && c == '\\')
                word.Append(Escaped(line, ref at));
            else
                word.Append(c);
        }
        return quoted ? throw new FormatException("a quote is not closed") : word.ToString();
    }

    private static char Escaped(string line, ref int at)
    {
        var c = at < line.Length ? line[at++] : throw new FormatException("a quote is not closed");
        switch (c)
        {
            case '"' or '\\':
                return c;
            case 'n':
                return '\n';
            case 't':
                return '\t';
            case 'u':
                var end = line.IndexOf('}', at);
                if (end > at && line[at] == '{' && ushort.TryParse(line.AsSpan(at + 1, end - at - 1), NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture, out var code))
                {
                    at = end + 1;
                    return (char)code;
                }
                break;
        }
        throw new FormatException($"'\\{c}' is no known escape; \\\" \\\\ \\n \\t and \\u{{HEX}} are");
    }

    /// <summary>True when every surrogate has its partner, so that the text has a UTF-8 form.</summary>
    public static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }
        return true;
    }
}
