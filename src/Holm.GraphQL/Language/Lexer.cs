using System.Globalization;

namespace Holm.GraphQL.Language;

/// <summary>
/// Text to tokens (spec 2.1). It keeps no state: a token is read from any offset on, so that looking ahead costs nothing but time.
/// Errors are worded as graphql-js words them.
/// </summary>
internal sealed partial class Lexer(Source source)
{
    private const int NoCharacter = -1;

    private readonly string _text = source.Text;

    /// <summary>The first token that begins at this offset or after it; white space, commas, comments and BOMs are passed over.</summary>
    /// <exception cref="GraphQLError">There is none.</exception>
    public Token Read(int from)
    {
        var start = SkipIgnored(from);
        if (start >= _text.Length)
            return new Token(TokenKind.End, _text.Length, _text.Length);
        if (Punctuator(start) is { } punctuator)
            return punctuator;
        var first = _text[start];
        if (first == '"')
            return At(start + 1) == '"' && At(start + 2) == '"' ? ReadBlockString(start) : ReadString(start);
        if (char.IsAsciiDigit(first) || first == '-')
            return ReadNumber(start);
        if (IsNameStart(first))
            return ReadName(start);
        throw Fail(start, first == '\''
            ? "Unexpected single quote character ('), did you mean to use a double quote (\")?"
            : $"{(CharacterLength(start) > 0 ? "Unexpected" : "Invalid")} character: {Show(start)}.");
    }

    public GraphQLError Fail(int offset, string message) => new($"Syntax Error: {message}") { Locations = [source.At(offset)] };

    private int SkipIgnored(int position)
    {
        for (; position < _text.Length; position++)
        {
            if (_text[position] == '#')
                position = EndOfComment(position) - 1;
            else if (_text[position] is not ('\uFEFF' or '\t' or ' ' or ',' or '\n' or '\r'))
                break;
        }
        return position;
    }

    private int EndOfComment(int position)
    {
        while (position < _text.Length && _text[position] is not ('\n' or '\r') && CharacterLength(position) is var length and > 0)
            position += length;
        return position;
    }

    private Token? Punctuator(int start)
    {
        TokenKind? kind = _text[start] switch
        {
            '!' => TokenKind.Bang,
            '$' => TokenKind.Dollar,
            '&' => TokenKind.Ampersand,
            '(' => TokenKind.ParenOpen,
            ')' => TokenKind.ParenClose,
            ':' => TokenKind.Colon,
            '=' => TokenKind.Equals,
            '@' => TokenKind.At,
            '[' => TokenKind.BracketOpen,
            ']' => TokenKind.BracketClose,
            '{' => TokenKind.BraceOpen,
            '|' => TokenKind.Pipe,
            '}' => TokenKind.BraceClose,
            _ => null,
        };
        if (kind is { } single)
            return new Token(single, start, start + 1);
        return _text.AsSpan(start).StartsWith("...") ? new Token(TokenKind.Spread, start, start + 3) : null;
    }

    private Token ReadName(int start)
    {
        var end = start + 1;
        while (end < _text.Length && (IsNameStart(_text[end]) || char.IsAsciiDigit(_text[end])))
            end++;
        return new Token(TokenKind.Name, start, end, _text[start..end]);
    }

    // Spec 2.9.1 and 2.9.2: no leading zeros, and neither a dot nor a letter right after a number.
    private Token ReadNumber(int start)
    {
        var position = _text[start] == '-' ? start + 1 : start;
        var kind = TokenKind.Int;
        if (At(position) == '0')
        {
            position++;
            if (IsDigit(position))
                throw Fail(position, $"Invalid number, unexpected digit after 0: {Show(position)}.");
        }
        else
        {
            position = ReadDigits(position);
        }
        if (At(position) == '.')
        {
            kind = TokenKind.Float;
            position = ReadDigits(position + 1);
        }
        if (At(position) is 'e' or 'E')
        {
            kind = TokenKind.Float;
            position++;
            position = ReadDigits(At(position) is '+' or '-' ? position + 1 : position);
        }
        if (At(position) is var next && (next == '.' || (next != NoCharacter && IsNameStart((char)next))))
            throw Fail(position, $"Invalid number, expected digit but got: {Show(position)}.");
        return new Token(kind, start, position, _text[start..position]);
    }

    private int ReadDigits(int position)
    {
        if (!IsDigit(position))
            throw Fail(position, $"Invalid number, expected digit but got: {Show(position)}.");
        while (IsDigit(position))
            position++;
        return position;
    }

    private int At(int position) => position < _text.Length ? _text[position] : NoCharacter;

    private bool IsDigit(int position) => At(position) is >= '0' and <= '9';

    private static bool IsNameStart(char letter) => char.IsAsciiLetter(letter) || letter == '_';

    // Units of the Unicode scalar value here; 0: half of a surrogate pair, which is no character.
    private int CharacterLength(int position) =>
        !char.IsSurrogate(_text[position]) ? 1
        : char.IsHighSurrogate(_text[position]) && position + 1 < _text.Length && char.IsLowSurrogate(_text[position + 1]) ? 2
        : 0;

    private string Show(int position)
    {
        if (position >= _text.Length)
            return Token.Describe(TokenKind.End);
        var code = CharacterLength(position) == 2 ? char.ConvertToUtf32(_text[position], _text[position + 1]) : _text[position];
        return code switch
        {
            '"' => "'\"'",
            >= 0x20 and <= 0x7E => $"\"{(char)code}\"",
            _ => "U+" + code.ToString("X4", CultureInfo.InvariantCulture),
        };
    }
}
