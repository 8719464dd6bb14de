namespace Holm.GraphQL.Language;

/// <summary>What a token is (spec 2.1.6).</summary>
internal enum TokenKind
{
    End, Bang, Dollar, Ampersand, ParenOpen, ParenClose, Spread, Colon, Equals, At, BracketOpen, BracketClose, BraceOpen, Pipe, BraceClose,
    Name, Int, Float, String, BlockString,
}

/// <summary>One token: where it stands, and its value if its kind does not say it.</summary>
internal readonly record struct Token(TokenKind Kind, int Start, int End, string? Value = null)
{
    /// <summary>As messages show it: <c>"{"</c>, <c>Name "foo"</c>.</summary>
    public override string ToString() => Value is null ? Describe(Kind) : $"{Describe(Kind)} \"{Value}\"";

    public static string Describe(TokenKind kind) => kind switch
    {
        TokenKind.End => "<EOF>",
        TokenKind.Bang => "\"!\"",
        TokenKind.Dollar => "\"$\"",
        TokenKind.Ampersand => "\"&\"",
        TokenKind.ParenOpen => "\"(\"",
        TokenKind.ParenClose => "\")\"",
        TokenKind.Spread => "\"...\"",
        TokenKind.Colon => "\":\"",
        TokenKind.Equals => "\"=\"",
        TokenKind.At => "\"@\"",
        TokenKind.BracketOpen => "\"[\"",
        TokenKind.BracketClose => "\"]\"",
        TokenKind.BraceOpen => "\"{\"",
        TokenKind.Pipe => "\"|\"",
        TokenKind.BraceClose => "\"}\"",
        _ => kind.ToString(),
    };
}
