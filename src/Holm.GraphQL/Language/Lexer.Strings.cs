using System.Text;

namespace Holm.GraphQL.Language;

/// <summary>Strings in one line, with escapes, and in blocks (spec 2.9.4).</summary>
internal sealed partial class Lexer
{
    private Token ReadString(int start)
    {
        var value = new StringBuilder();
        var position = start + 1;
        while (position < _text.Length && _text[position] is not ('\n' or '\r'))
        {
            if (_text[position] == '"')
                return new Token(TokenKind.String, start, position + 1, value.ToString());
            if (_text[position] == '\\')
            {
                position += ReadEscape(position, value);
                continue;
            }
            var length = CharacterLength(position);
            if (length == 0)
                throw Fail(position, $"Invalid character within String: {Show(position)}.");
            value.Append(_text, position, length);
            position += length;
        }
        throw Fail(position, "Unterminated string.");
    }

    // Each appends what the escape stands for and answers its length.
    private int ReadEscape(int position, StringBuilder value)
    {
        if (At(position + 1) == 'u')
            return At(position + 2) == '{' ? ReadBracedUnicode(position, value) : ReadUnicode(position, value);
        value.Append(At(position + 1) switch
        {
            '"' => '"',
            '\\' => '\\',
            '/' => '/',
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => throw Fail(position, $"Invalid character escape sequence: \"{Part(position, 2)}\"."),
        });
        return 2;
    }

    // \u{1F600}: at most eight digits, as graphql-js has it.
    private int ReadBracedUnicode(int position, StringBuilder value)
    {
        const int longest = 12;
        var (point, size) = (0, 3);
        while (size < longest)
        {
            var next = At(position + size++);
            if (next == '}')
            {
                if (size < 5 || !Rune.IsValid(point))
                    break;
                value.Append(new Rune(point).ToString());
                return size;
            }
            var digit = HexDigit(next);
            point = (point << 4) | digit;
            if (point < 0)
                break;
        }
        throw Fail(position, $"Invalid Unicode escape sequence: \"{Part(position, size)}\".");
    }

    // \u00E9, or the two halves of a pair one after the other.
    private int ReadUnicode(int position, StringBuilder value)
    {
        var first = FourDigits(position + 2);
        if (Rune.IsValid(first))
        {
            value.Append((char)first);
            return 6;
        }
        if (first is >= 0xD800 and <= 0xDBFF && At(position + 6) == '\\' && At(position + 7) == 'u'
            && FourDigits(position + 8) is >= 0xDC00 and <= 0xDFFF and var second)
        {
            value.Append((char)first).Append((char)second);
            return 12;
        }
        throw Fail(position, $"Invalid Unicode escape sequence: \"{Part(position, 6)}\".");
    }

    private Token ReadBlockString(int start)
    {
        List<string> lines = [];
        var line = new StringBuilder();
        var position = start + 3;
        while (position < _text.Length)
        {
            var rest = _text.AsSpan(position);
            if (rest.StartsWith("\"\"\""))
            {
                lines.Add(line.ToString());
                return new Token(TokenKind.BlockString, start, position + 3, BlockString.Dedent(lines));
            }
            if (rest.StartsWith("\\\"\"\""))
            {
                line.Append("\"\"\"");
                position += 4;
            }
            else if (rest[0] is '\n' or '\r')
            {
                lines.Add(line.ToString());
                line.Clear();
                position += rest.StartsWith("\r\n") ? 2 : 1;
            }
            else
            {
                var length = CharacterLength(position);
                if (length == 0)
                    throw Fail(position, $"Invalid character within String: {Show(position)}.");
                line.Append(_text, position, length);
                position += length;
            }
        }
        throw Fail(position, "Unterminated string.");
    }

    // -1 where one of the four is no digit.
    private int FourDigits(int position)
    {
        var code = 0;
        for (var i = 0; i < 4; i++)
        {
            var digit = HexDigit(At(position + i));
            if (digit < 0)
                return -1;
            code = (code << 4) | digit;
        }
        return code;
    }

    private static int HexDigit(int letter) => letter is >= 0 and <= 0x7F && char.IsAsciiHexDigit((char)letter)
        ? Convert.ToInt32(((char)letter).ToString(), 16) : -1;

    private string Part(int position, int length) => _text.Substring(position, Math.Min(length, _text.Length - position));
}
