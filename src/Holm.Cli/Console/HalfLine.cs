namespace Holm.Cli.Console;

/// <summary>A line that is being typed, up to the cursor: its whole words, and the one that is not finished.</summary>
/// <param name="Words">The whole words.</param>
/// <param name="Last">The word at the cursor, as it will be read; may be empty.</param>
/// <param name="Raw">The same as it was typed, with its quotes.</param>
/// <param name="Quoted">True when the cursor stands inside quotes.</param>
internal sealed record HalfLine(IReadOnlyList<string> Words, string Last, string Raw, bool Quoted)
{
    /// <summary>All words, the unfinished one last.</summary>
    public string[] All => [.. Words, Last];

    /// <summary>Reads what stands before the cursor; null when nothing can be offered: a comment, or an unknown escape.</summary>
    public static HalfLine? Read(string before)
    {
        var (begin, quoted, escaped) = (0, false, false);
        for (var i = 0; i < before.Length; i++)
        {
            var c = before[i];
            if (escaped)
                escaped = false;
            else if (quoted && c == '\\')
                escaped = true;
            else if (c == '"')
                quoted = !quoted;
            else if (!quoted && c is ' ' or '\t')
                begin = i + 1;
            else if (c == '#' && i == begin && !quoted)
                return null;
        }
        try
        {
            var raw = before[begin..];
            var last = Config.Words.Split(quoted ? raw + '"' : raw);
            return escaped ? null : new(Config.Words.Split(before[..begin]), last.Count == 0 ? "" : last[0], raw, quoted);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
