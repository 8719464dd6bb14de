using Holm.Contract;

namespace Holm.Config.Lxc;

/// <summary>A line of liblxc's own configuration.</summary>
/// <param name="Number">Where it stands, from 1.</param>
/// <param name="Key">For example <c>lxc.cap.drop</c>.</param>
/// <param name="Value">What stands behind the equals sign; empty: what was said before is cleared.</param>
public readonly record struct LxcLine(int Number, string Key, string Value);

/// <summary>Reads <c>KEY = VALUE</c> lines; lxc.container.conf(5). Pure.</summary>
public static class LxcLines
{
    /// <summary>The lines that say something.</summary>
    /// <exception cref="Refusal">400: a line is none.</exception>
    public static IReadOnlyList<LxcLine> Read(string text)
    {
        var lines = new List<LxcLine>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var said = line.Trim();
            if (said.Length == 0 || said[0] == '#')
                continue;
            var equals = said.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = equals < 0 ? ("", "") : (said[..equals].TrimEnd(), Unquote(said[(equals + 1)..].TrimStart()));
            if (!key.StartsWith("lxc.", StringComparison.Ordinal) ||
                key.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')))
                throw new Refusal(400, $"line {number}: {Names.Show(said)} is not of the form lxc.KEY = VALUE");
            if (!Words.IsWellFormed(value) || value.Any(char.IsControl))
                throw new Refusal(400, $"line {number}: {Names.Show(value)} holds a control character");
            lines.Add(new LxcLine(number, key, value));
        }
        return lines;
    }

    private static string Unquote(string value) =>
        value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0] ? value[1..^1] : value;
}
