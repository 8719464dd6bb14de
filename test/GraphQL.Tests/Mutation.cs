using Holm.GraphQL;
using Holm.GraphQL.Language;

namespace GraphQL.Tests;

/// <summary>Documents that are slightly other documents, by a seed.</summary>
public static class Mutation
{
    /// <summary>The tokens of a document up to its first lexical error, as text.</summary>
    public static IReadOnlyList<string> Tokens(string document)
    {
        var lexer = new Lexer(new Source(document));
        List<string> tokens = [];
        try
        {
            for (var token = lexer.Read(0); token.Kind != TokenKind.End; token = lexer.Read(token.End))
                tokens.Add(document[token.Start..token.End]);
        }
        catch (GraphQLError)
        {
            // The rest is no tokens.
        }
        return tokens;
    }

    /// <summary>One or two changes.</summary>
    public static string Of(string document, IReadOnlyList<string> others, Random random)
    {
        List<string> tokens = [.. Tokens(document)];
        for (var changes = random.Next(1, 3); changes > 0 && tokens.Count > 1; changes--)
        {
            var at = random.Next(tokens.Count);
            switch (random.Next(4))
            {
                case 0:
                    tokens.RemoveAt(at);
                    break;
                case 1:
                    tokens.Insert(at, tokens[at]);
                    break;
                case 2:
                    var with = random.Next(tokens.Count);
                    (tokens[at], tokens[with]) = (tokens[with], tokens[at]);
                    break;
                default:
                    tokens[at] = others[random.Next(others.Count)];
                    break;
            }
        }
        return string.Join(random.Next(8) == 0 ? "\n" : " ", tokens);
    }
}
