using System.CommandLine;
using System.CommandLine.Parsing;
using Holm.Cli.Help;

namespace Holm.Cli;

/// <summary>What is wrong with a command line, as a phrase that names the word.</summary>
internal static class WrongLine
{
    /// <summary>The first thing that is wrong, or null.</summary>
    public static string? Find(ParseResult line, Verb verb)
    {
        if (line.Tokens.FirstOrDefault(t => t.Value.Contains('\ufffd', StringComparison.Ordinal)) is { } torn)
            return $"'{torn.Value}' is not UTF-8";
        if (UnknownOption(line, verb) is { } option)
            return $"there is no option '{option}'";
        if (line.Errors.Count == 0)
            return null;
        var missing = verb.Arguments.FirstOrDefault(
            a => a.Arity.MinimumNumberOfValues > 0 && line.GetResult(a) is not { Tokens.Count: > 0 });
        return missing is not null ? $"{missing.Name} is missing" : Say(line.Errors[0].Message);
    }

    /// <summary>There is no such verb here; there may be one of that name elsewhere.</summary>
    public static string NoVerb(string word) =>
        $"there is no verb '{word}'{(Elsewhere(word) is { } path ? $"; did you mean {path}" : "")}";

    // The parser takes an option that it does not know for a name, and no name begins with a dash. A command's words are its own.
    private static string? UnknownOption(ParseResult line, Verb verb)
    {
        var plain = line.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash).ToHashSet<object>(ReferenceEqualityComparer.Instance);
        return verb.Arguments.Where(a => a.Name != "COMMAND").SelectMany(a => line.GetResult(a)?.Tokens ?? [])
            .FirstOrDefault(t => t.Value.Length > 1 && t.Value[0] == '-' && plain.Contains(t))?.Value;
    }

    private static string? Elsewhere(string word)
    {
        List<(Verb Verb, string Path)> level = [(Tree.Build(), "holm")];
        while (level.Count > 0)
        {
            level = [.. level.SelectMany(l => HelpText.Verbs(l.Verb).Select(v => (v, $"{l.Path} {v.Name}")))];
            if (level.Find(l => l.Verb.Name == word) is { Path: { } found })
                return found;
        }
        return null;
    }

    // The parser's sentences, in the house's style: one line, lower case, no full stop.
    private static string Say(string sentence)
    {
        var line = string.Join(' ', sentence.Split([' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
        return line.Length > 1 && char.IsUpper(line[0]) && !char.IsUpper(line[1]) ? char.ToLowerInvariant(line[0]) + line[1..] : line;
    }
}
