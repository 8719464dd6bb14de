namespace Holm.GraphQL.Language;

/// <summary>The text of a document, and where its lines begin (spec 2.1.2).</summary>
internal sealed class Source(string text)
{
    private int[]? _lines;

    public string Text { get; } = text;

    /// <summary>Line and column of an offset. Lines end with LF, CR or CR LF.</summary>
    public SourceLocation At(int offset)
    {
        var lines = _lines ??= FindLines(Text);
        var line = Array.BinarySearch(lines, offset);
        if (line < 0)
            line = ~line - 1;
        return new SourceLocation(line + 1, offset - lines[line] + 1);
    }

    /// <summary>The locations of nodes, in the order given.</summary>
    public IReadOnlyList<SourceLocation> At(IEnumerable<Node> nodes) => [.. nodes.Select(n => At(n.Start))];

    private static int[] FindLines(string text)
    {
        List<int> lines = [0];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')))
                lines.Add(i + 1);
        }
        return [.. lines];
    }
}
