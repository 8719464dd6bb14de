using System.Text;

namespace Holm.Launch;

/// <summary>What of a command line is Holm's, and what reaches the program.</summary>
/// <remarks>
/// Holm's words only lead: <c>@NAME</c> names an instance, <c>%name[:value]</c> is one of <see cref="Known"/>, <c>@@x</c> and
/// <c>%%x</c> are the program's <c>@x</c> and <c>%x</c>, and <c>--</c> ends Holm's words. The first other word and all behind it reach the
/// program as they are.
/// A <c>--</c> is taken for Holm's only where it is needed: behind a word of Holm's, or before one that looks like it; else
/// <c>grep -- -x</c> would lose it.
/// </remarks>
internal sealed class Words
{
    /// <summary>Names that may follow a percent sign, flake-pilot's.</summary>
    public static readonly string[] Known = ["progress", "interactive", "remove", "ignore_sync_error", "ignore_missing_volume_path"];

    /// <summary>Longest name of an instance, flake-pilot's.</summary>
    private const int LongestName = 64;

    /// <summary>Name of the instance; empty: none was given.</summary>
    public string Instance { get; private set; } = "";

    /// <summary>The options, without their mark.</summary>
    public List<string> Options { get; } = [];

    /// <summary>The program's own arguments, each with a NUL behind it.</summary>
    public byte[] Arguments { get; private set; } = [];

    /// <summary>How many those are.</summary>
    public int Count { get; private set; }

    /// <summary>Reads arguments as the kernel keeps them: each with a NUL behind it, the program's name first.</summary>
    public static Words Read(ReadOnlySpan<byte> arguments)
    {
        var words = new Words();
        var rest = AfterFirst(arguments);
        var strip = 0;
        for (var ours = 0; !rest.IsEmpty; ours++)
        {
            var word = rest[..rest.IndexOf((byte)0)];
            if (word.StartsWith("@@"u8) || word.StartsWith("%%"u8))
            {
                strip = 1;
                break;
            }
            if (word.SequenceEqual("--"u8) && (ours > 0 || LooksOurs(AfterFirst(rest))))
            {
                rest = AfterFirst(rest);
                break;
            }
            if (!words.Take(word))
                break;
            rest = AfterFirst(rest);
        }
        words.Arguments = rest[strip..].ToArray();
        words.Count = rest.Count((byte)0);
        return words;
    }

    private static bool LooksOurs(ReadOnlySpan<byte> rest) => rest is [(byte)'@' or (byte)'%', ..] || rest.StartsWith("--\0"u8);

    private bool Take(ReadOnlySpan<byte> word)
    {
        if (word is [(byte)'@', .. var name] && Instance.Length == 0 && name.Length is > 0 and <= LongestName && IsName(name))
        {
            Instance = Encoding.ASCII.GetString(name);
            return true;
        }
        if (word is not [(byte)'%', .. var option])
            return false;
        var text = Encoding.UTF8.GetString(option);
        var end = text.IndexOf(':', StringComparison.Ordinal);
        if (Array.IndexOf(Known, end < 0 ? text : text[..end]) < 0)
            return false;
        Options.Add(text);
        return true;
    }

    private static bool IsName(ReadOnlySpan<byte> name)
    {
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit((char)c) && c is not ((byte)'=' or (byte)'_' or (byte)'-'))
                return false;
        return true;
    }

    private static ReadOnlySpan<byte> AfterFirst(ReadOnlySpan<byte> strings) =>
        strings.IndexOf((byte)0) is >= 0 and var end ? strings[(end + 1)..] : [];
}
