using System.Text;

namespace Holm.Cli.Output;

/// <summary>Rows under headings: as columns for people, in lxc-ls's plain style, or as CSV (RFC 4180) for scripts.</summary>
/// <param name="headings">In capitals.</param>
internal sealed class Table(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row; control characters become visible.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(Visible.Line)]);

    /// <summary>Columns as wide as needed, two spaces between; an empty cell is a dash.</summary>
    public string Columns()
    {
        string[][] all = [headings, .. _rows.Select(r => r.Select(c => c.Length == 0 ? "-" : c).ToArray())];
        var widths = headings.Select((_, i) => all.Max(r => r[i].EnumerateRunes().Count())).ToArray();
        var text = new StringBuilder();
        foreach (var row in all)
        {
            for (var i = 0; i < row.Length; i++)
            {
                text.Append(row[i]);
                if (i < row.Length - 1)
                    text.Append(' ', widths[i] - row[i].EnumerateRunes().Count() + 2);
            }
            text.Append('\n');
        }
        return text.ToString().TrimEnd('\n');
    }

    /// <summary>A heading line, unless <paramref name="headed"/> is false, and one line per row.</summary>
    public string Csv(bool headed = true) => string.Join('\n', (headed ? _rows.Prepend(headings) : _rows)
        .Select(r => string.Join(',', r.Select(Quote))));

    private static string Quote(string cell) =>
        cell.AsSpan().IndexOfAny(',', '"', ' ') >= 0 ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}
