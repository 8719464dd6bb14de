using Holm.Linux.Terminals;

namespace Holm.Cli.Streams;

/// <summary>The word that chooses the keys that lead out of a console.</summary>
internal static class EscapeOption
{
    private static readonly string[] Spellings = ["^", "ctrl-", "ctrl+", "c-"];

    /// <summary>Reads <c>^p</c>, <c>ctrl-p</c>, <c>C-p</c> or <c>none</c>.</summary>
    /// <exception cref="UsageError">It is none of them.</exception>
    public static EscapeKeys Parse(string text)
    {
        if (text == "none")
            return new(null);
        var key = Spellings.FirstOrDefault(p => text.StartsWith(p, StringComparison.OrdinalIgnoreCase)) is { } before
            && text.Length == before.Length + 1 ? char.ToUpperInvariant(text[^1]) : '\0';
        return key is >= 'A' and <= 'Z' or '\\' or ']' or '^' or '_' && key != 'Q'
            ? new((byte)(key & 0x1f))
            : throw new UsageError($"--escape wants ^a to ^z (not ^q), ^], ^\\, ^^, ^_ or none, not '{text}'");
    }
}
