using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Linux.Terminals;

namespace Holm.Cli.Console;

/// <summary>What the keys of the console do that libedit does not know: Tab, ?, ^C and ^Z.</summary>
/// <param name="hints">What may stand at the cursor.</param>
/// <param name="columns">Width of the terminal.</param>
/// <param name="configuring">True while something is configured.</param>
internal sealed class Keys(Func<HalfLine, IReadOnlyList<Hint>> hints, Func<int> columns, Func<bool> configuring)
{
    /// <summary>Drops the line.</summary>
    public const char Interrupt = '\u0003';

    /// <summary>Goes up; only on an empty line.</summary>
    public const char Up = '\u0004';

    /// <summary>Applies.</summary>
    public const char Leave = '\u001a';

    private static readonly KeyEffect Nothing = new();

    /// <summary>As libedit spells them.</summary>
    public static IReadOnlyList<string> Bound { get; } = ["^I", "?", "^C", "^Z"];

    /// <summary>Says what a key does.</summary>
    public KeyEffect Press(char key, string before, string after) => key switch
    {
        '\t' => HalfLine.Read(before) is { } line ? Complete(line, after) : Nothing,
        '?' => HalfLine.Read(before) is { Quoted: false } line ? Explain(line) : new() { Insert = "?" },
        Interrupt => new() { Ends = true, Show = "^C" },
        Leave when configuring() => new() { Ends = true, Show = "^Z" },
        _ => Nothing,
    };

    private KeyEffect Explain(HalfLine line)
    {
        var found = Words(line).Select(h => new Offer(Visible.Line(h.Text), h.Help)).ToList();
        return new() { Show = found.Count > 0 ? Hints.Columns(found) : "  nothing can follow here" };
    }

    private KeyEffect Complete(HalfLine line, string after)
    {
        var found = Words(line).Where(h => h.IsWord).Select(h => h.Text).Distinct().ToList();
        if (found is [var only])
        {
            var open = only[^1] is '=' or '.' or '/';
            var word = Config.Words.Quote(only);
            return Replace(line, open && word[^1] == '"' ? word[..^1] : word, open || after.StartsWith(' ') ? "" : " ");
        }
        var common = found.Count == 0 ? "" : found.Aggregate(Common);
        if (common.Length > line.Last.Length && Config.Words.Quote(common) == common && !line.Quoted)
            return Replace(line, common, "");
        return found.Count == 0 ? Nothing : new() { Show = Table([.. found.Select(Shown)]) };
    }

    private IEnumerable<Hint> Words(HalfLine line) => hints(line).SelectMany(h => h.Text != LiveNames.Files ? [h]
        : FileNames.Like(line.Last).Select(name => new Hint(name, "", IsWord: true)));

    private static KeyEffect Replace(HalfLine line, string word, string more) =>
        word.StartsWith(line.Raw, StringComparison.Ordinal)
            ? new() { Insert = word[line.Raw.Length..] + more }
            : new() { Delete = line.Raw.Length, Insert = word + more };

    private static string Common(string one, string other) => one[..one.AsSpan().CommonPrefixLength(other)];

    // Of a path its last part tells enough.
    private static string Shown(string word) =>
        Visible.Line(word.LastIndexOf('/', Math.Max(0, word.Length - 2)) is >= 0 and var slash ? word[(slash + 1)..] : word);

    private string Table(IReadOnlyList<string> words)
    {
        var width = words.Max(w => w.Length) + 2;
        var across = Math.Max(1, (columns() is > 0 and var all ? all : 80) / width);
        return string.Join('\n', words.Chunk(across).Select(row => string.Concat(row.Select(w => w.PadRight(width))).TrimEnd()));
    }
}
