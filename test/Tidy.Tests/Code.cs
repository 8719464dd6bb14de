using System.Text;
using System.Text.RegularExpressions;

namespace Tidy.Tests;

/// <summary>Just enough reading of C# for rules about text: no rule may trip over a comment or a string.</summary>
public static partial class Code
{
    /// <summary>The same lines with comments, strings and characters blanked, so that columns and line numbers stay.</summary>
    public static string Bare(string source)
    {
        var bare = new StringBuilder(source.Length);
        var last = 0;
        foreach (Match match in Noise().Matches(source))
        {
            bare.Append(source, last, match.Index - last);
            foreach (var letter in match.Value)
                bare.Append(letter == '\n' ? '\n' : ' ');
            last = match.Index + match.Length;
        }
        return bare.Append(source, last, source.Length - last).ToString();
    }

    /// <summary>Bodies in braces that follow a parameter list (methods, constructors, local functions): first line and length.</summary>
    public static IEnumerable<(int Line, int Length)> Methods(string source)
    {
        var bare = Bare(source);
        foreach (Match match in Method().Matches(bare))
        {
            var open = match.Index + match.Length - 1;
            int depth = 0, end = open;
            for (; end < bare.Length; end++)
            {
                depth += bare[end] switch { '{' => 1, '}' => -1, _ => 0 };
                if (depth == 0)
                    break;
            }
            var first = LineOf(bare, match.Index + match.Value.Length - match.Value.TrimStart().Length);
            yield return (first, LineOf(bare, Math.Min(end, bare.Length - 1)) - first + 1);
        }
    }

    /// <summary>Number of the line that holds this index, from 1.</summary>
    public static int LineOf(string text, int index) => text.AsSpan(0, index).Count('\n') + 1;

    // In order: raw strings, verbatim strings, ordinary strings, characters, line comments, block comments.
    [GeneratedRegex("""
        (?<q>"{3,})[\s\S]*?(?<!")\k<q>(?!")|\$?@\$?"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\.[^']*|[^'\\\n])'|//[^\n]*|/\*[\s\S]*?\*/
        """)]
    private static partial Regex Noise();

    // Indent and modifiers, no statement's keyword, type, name, parameters (with one level of parentheses inside), constraints, brace.
    private const string Modifiers =
        @"(?:(?:public|private|internal|protected|static|async|override|unsafe|partial|sealed|virtual|extern|new|file|readonly|ref)[ ]+)*";

    private const string NoStatement =
        @"(?!(?:return|else|new|throw|await|yield|using|lock|if|while|for|foreach|switch|catch|record|class|struct|interface|fixed)\b)";

    private const string Signature =
        @"(?:[\w<>\[\],.?*() ]+[ ]+)?[\w.<>]+\((?:[^(){};]|\([^()]*\))*\)(?:\s*(?:where[^{;]*|:\s*(?:base|this)\([^{;]*\)))?\s*\{";

    [GeneratedRegex("^[ ]+" + Modifiers + NoStatement + Signature, RegexOptions.Multiline)]
    private static partial Regex Method();
}
