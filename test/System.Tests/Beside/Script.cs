namespace System.Tests.Beside;

/// <summary>
/// A script of command lines for both, and what the node is allowed to say otherwise:
/// <code>
/// # a remark
/// $ lxc list nobody
/// ! why the node says something else
/// - 1 a line that only LXD says
/// + 1 a line that only the node says
/// </code>
/// </summary>
internal sealed record Script(IReadOnlyList<Script.Step> Steps)
{
    /// <summary>One command line.</summary>
    /// <param name="Remarks">Lines above it, as they are.</param>
    /// <param name="Command">A line of shell.</param>
    /// <param name="Reason">Why the node differs; empty: it may not.</param>
    /// <param name="Difference">How: lines that begin with <c>- </c> or <c>+ </c>.</param>
    public sealed record Step(IReadOnlyList<string> Remarks, string Command, string Reason, IReadOnlyList<string> Difference)
    {
        /// <summary>The step as it stands in a file.</summary>
        public IEnumerable<string> Lines =>
            [.. Remarks, "$ " + Command, .. Difference.Count == 0 ? Array.Empty<string>() : ["! " + Reason, .. Difference]];
    }

    /// <summary>Reads one.</summary>
    public static Script Read(string path)
    {
        var steps = new List<Step>();
        var remarks = new List<string>();
        foreach (var (number, line) in File.ReadAllLines(path).Index())
            switch (line)
            {
                case "" or ['#', ..]:
                    remarks.Add(line);
                    break;
                case ['$', ' ', .. var command]:
                    steps.Add(new Step(remarks, command, "", []));
                    remarks = [];
                    break;
                case ['!', ' ', .. var reason] when steps.Count > 0:
                    steps[^1] = steps[^1] with { Reason = reason };
                    break;
                case ['-' or '+', ' ', ..] when steps is [.., { Reason.Length: > 0 }]:
                    steps[^1] = steps[^1] with { Difference = [.. steps[^1].Difference, line] };
                    break;
                default:
                    throw new FormatException($"{path}:{number + 1}: a remark, a command, a reason or a difference is wanted");
            }
        return new Script(steps);
    }

    /// <summary>
    /// How what the node says differs from LXD's, in lines that begin with <c>- </c> (only LXD's) or <c>+ </c>, as few as can be (longest
    /// common subsequence).
    /// </summary>
    public static List<string> Difference(List<string> lxd, List<string> holm)
    {
        var common = new int[lxd.Count + 1, holm.Count + 1];
        for (var a = lxd.Count - 1; a >= 0; a--)
            for (var b = holm.Count - 1; b >= 0; b--)
                common[a, b] = Same(lxd[a], holm[b]) ? common[a + 1, b + 1] + 1 : Math.Max(common[a + 1, b], common[a, b + 1]);
        var lines = new List<string>();
        for (int a = 0, b = 0; a < lxd.Count || b < holm.Count;)
            if (a < lxd.Count && b < holm.Count && Same(lxd[a], holm[b]))
                (a, b) = (a + 1, b + 1);
            else if (b == holm.Count || (a < lxd.Count && common[a + 1, b] >= common[a, b + 1]))
                lines.Add("- " + lxd[a++]);
            else
                lines.Add("+ " + holm[b++]);
        return lines;
    }

    // Both may say more than the cause: LXD what it was doing, before a colon; the node what it is about and what to do.
    private static bool Same(string lxd, string holm) => holm == lxd || (IsError(lxd) && IsError(holm) &&
        holm.Contains(Cause(lxd), StringComparison.Ordinal));

    private static bool IsError(string line) => line.StartsWith("2 ", StringComparison.Ordinal) &&
        line.Contains("rror: ", StringComparison.Ordinal);

    // What stands behind the last colon; where that is less than three words, all.
    private static string Cause(string lxd) =>
        lxd[(lxd.LastIndexOf(": ", StringComparison.Ordinal) + 2)..] is var last && last.Split(' ').Length >= 3 ? last : lxd;
}
