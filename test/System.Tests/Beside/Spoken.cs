using System.Text.RegularExpressions;

namespace System.Tests.Beside;

/// <summary>
/// What a command line said, in lines: <c>1 …</c> of standard output, <c>2 …</c> of standard error, <c>= …</c> its exit code. What is
/// another thing at each run or on each machine has a name in angle brackets instead.
/// </summary>
internal static partial class Spoken
{
    /// <summary>The lines of one side.</summary>
    public static List<string> Lines(Ran ran, Side side) =>
        [.. Of('1', ran.Out, side), .. Of('2', ran.Err, side), .. ran.Code == 0 ? Array.Empty<string>() : [$"= {ran.Code}"]];

    private static IEnumerable<string> Of(char stream, string text, Side side) =>
        // What a terminal would show: progress is written over.
        from line in text.TrimEnd('\n').Split('\n')
        let shown = line.TrimEnd('\r')[(line.TrimEnd('\r').LastIndexOf('\r') + 1)..].TrimEnd()
        where shown.Length > 0 && !Internal().IsMatch(shown)
        select $"{stream} {Plain(shown.Replace(side.Folder, "<work>", StringComparison.Ordinal)
            .Replace(side.Pools, "<pools>", StringComparison.Ordinal).Replace(side.Home, "<daemon>", StringComparison.Ordinal))}";

    private static string Plain(string line)
    {
        foreach (var (what, name) in Changing)
            line = what.Replace(line, name);
        return line;
    }

    /// <summary>What differs from run to run, with the name it gets.</summary>
    private static readonly (Regex What, string Name)[] Changing =
    [
        (Uuid(), "<uuid>"), (Fingerprint(), "<fingerprint>"), (Time(), "<time>"), (Never(), "<never>"), (Mac(), "<mac>"),
        (Address(), "<address>"), (Reading(), "$1<number>"), (Size(), "<size>"), (Veth(), "<veth>"),
        // Columns are as wide as the widest of the above.
        (Rule(), "--"), (Blanks(), "$1 "),
    ];

    // LXD's notes to itself: its documentation says "used internally by LXD to store settings that are specific to an instance".
    // And a line that the client says where the operation was still going on when it looked.
    [GeneratedRegex("""^\s*"?volatile\.|Try `lxc info --show-log""")]
    private static partial Regex Internal();

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex Uuid();

    [GeneratedRegex("""\b([0-9a-f]{64}|[0-9a-f]{12})\b""")]
    private static partial Regex Fingerprint();

    // Only of these years: what an image says of its own age is the same on both.
    [GeneratedRegex(@"\b20[2-9]\d[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(UTC|Z|[+-]\d\d:?\d\d))*|" +
        @"\w{3} \d+, 20[2-9]\d at [\d:]+[ap]m \(UTC\)")]
    private static partial Regex Time();

    // LXD writes the one as well as the other.
    [GeneratedRegex("(0001-01-01|1970-01-01)T00:00:00(Z|\\+00:00)")]
    private static partial Regex Never();

    [GeneratedRegex("""\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b""")]
    private static partial Regex Mac();

    // Those that the daemons choose: link-local, unique local, out of 10/8.
    [GeneratedRegex("""\b10(\.\d+){3}\b|\bf(e80|d[0-9a-f]{2}):[0-9a-f:]+""")]
    private static partial Regex Address();

    [GeneratedRegex("""\b\d+\.\d\d([kMGT]i?)?B\b""")]
    private static partial Regex Size();

    [GeneratedRegex(@"((?:PID|pid|[Pp]rocesses|\(in seconds\)|\(current\)|\(peak\)|received|sent|bytes_\w+|packets_\w+|" +
        @"usage(_peak)?)""?: )[\d.]+\w*")]
    private static partial Regex Reading();

    [GeneratedRegex(@"\bveth\w+")]
    private static partial Regex Veth();

    [GeneratedRegex("-{3,}")]
    private static partial Regex Rule();

    [GeneratedRegex(@"(\S) {2,}")]
    private static partial Regex Blanks();
}
