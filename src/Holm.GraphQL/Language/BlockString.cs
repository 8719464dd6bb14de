namespace Holm.GraphQL.Language;

/// <summary>What block strings mean, and how to write one (spec 2.9.4, BlockStringValue).</summary>
internal static class BlockString
{
    /// <summary>Takes away the indentation that all lines but the first share, and blank lines at both ends.</summary>
    public static string Dedent(IReadOnlyList<string> lines)
    {
        int indent = int.MaxValue, first = -1, last = -1;
        for (var i = 0; i < lines.Count; i++)
        {
            var leading = Leading(lines[i]);
            if (leading == lines[i].Length)
                continue;
            if (first < 0)
                first = i;
            last = i;
            if (i > 0)
                indent = Math.Min(indent, leading);
        }
        if (first < 0)
            return "";
        var dedented = lines.Select((line, i) => i == 0 ? line : line[Math.Min(indent, line.Length)..]);
        return string.Join('\n', dedented.Take(last + 1).Skip(first));
    }

    /// <summary>False where a block would not mean the same again: control characters, blank ends, or indentation in all lines.</summary>
    public static bool CanHold(string text)
    {
        if (text.Length == 0)
            return true;
        if (text.Any(c => c < ' ' && c is not ('\t' or '\n')))
            return false;
        var lines = text.Split('\n');
        if (IsBlank(lines[0]) || IsBlank(lines[^1]))
            return false;
        return lines.Length == 1 || !lines.Where(line => !IsBlank(line)).All(line => line[0] is ' ' or '\t');
    }

    /// <summary>Written over several lines where that reads better, or where it has to be.</summary>
    public static string Print(string text)
    {
        var escaped = text.Replace("\"\"\"", "\\\"\"\"", StringComparison.Ordinal);
        var lines = escaped.Split('\n');
        var leadingLine = lines.Length > 1 && lines.Skip(1).All(line => line.Length == 0 || line[0] is ' ' or '\t');
        var endsInQuotes = escaped.EndsWith("\\\"\"\"", StringComparison.Ordinal);
        var trailingLine = (text.EndsWith('"') && !endsInQuotes) || text.EndsWith('\\');
        var severalLines = lines.Length > 1 || text.Length > 70 || trailingLine || leadingLine || endsInQuotes;
        var startsBlank = lines.Length == 1 && text.Length > 0 && text[0] is ' ' or '\t';
        var before = (severalLines && !startsBlank) || leadingLine ? "\n" : "";
        return $"\"\"\"{before}{escaped}{(severalLines || trailingLine ? "\n" : "")}\"\"\"";
    }

    private static int Leading(string line) => line.Length - line.AsSpan().TrimStart(" \t").Length;

    private static bool IsBlank(string line) => Leading(line) == line.Length;
}
