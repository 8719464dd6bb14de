using System.Globalization;
using Holm.Contract;

namespace Holm.Config;

/// <summary>Amounts of bytes as LXD writes them.</summary>
/// <remarks>Source: LXD's <c>doc/reference/instance_units.md</c>: kB is 1000, KiB is 1024.</remarks>
public static class Size
{
    private static readonly (string Suffix, long Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("PiB", 1L << 50), ("EiB", 1L << 60),
        ("kB", 1000L), ("MB", 1000_000L), ("GB", 1000_000_000L), ("TB", 1000_000_000_000L), ("PB", 1000_000_000_000_000L),
        ("EB", 1000_000_000_000_000_000L), ("B", 1), ("", 1),
    ];

    /// <summary>Reads <c>64MiB</c>, <c>1GB</c> or a bare number of bytes; null when it is none, negative or beyond 2^63.</summary>
    public static long? TryParse(string text)
    {
        var (suffix, bytes) = Units.First(u => text.EndsWith(u.Suffix, StringComparison.Ordinal));
        if (!long.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;
        return number > long.MaxValue / bytes ? null : number * bytes;
    }

    /// <summary>As <see cref="TryParse"/>.</summary>
    /// <exception cref="Refusal">400: no size.</exception>
    public static long Parse(string text) =>
        TryParse(text) ?? throw new Refusal(400, $"{Names.Show(text)} is no size; write for example 64MiB, 1GB or a number of bytes");

    /// <summary>Reads a size, or a percentage such as <c>25%</c> of <paramref name="total"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="total">Bytes that are 100 %.</param>
    /// <exception cref="Refusal">400: neither.</exception>
    public static long ParseShare(string text, long total) =>
        TryPercent(text) is { } percent ? (long)((Int128)total * percent / 100) : Parse(text);

    /// <summary>1–100 from <c>25%</c>; null when it is no percentage.</summary>
    public static int? TryPercent(string text) =>
        text.EndsWith('%') && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var p)
            && p is >= 1 and <= 100 ? p : null;
}

/// <summary>Value of <c>limits.cpu</c>: how many processors, or which ones.</summary>
/// <param name="Count">Processors at most, wherever they are; 0 when <paramref name="Ids"/> says which.</param>
/// <param name="Ids">Numbers of the processors, ascending; empty when only a count was given.</param>
public sealed record CpuSet(int Count, IReadOnlyList<int> Ids)
{
    /// <summary>Highest processor number Linux can be built for (NR_CPUS of x86-64).</summary>
    public const int Highest = 8191;

    /// <summary>Reads <c>4</c> (a count), <c>0-3</c>, <c>1,2</c> or <c>1-1</c> (sets); null when it is none of them.</summary>
    public static CpuSet? TryParse(string text)
    {
        if (Number(text) is { } count)
            return count > 0 ? new CpuSet(count, []) : null;
        var ids = new SortedSet<int>();
        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || Number(ends[0]) is not { } first || Number(ends[^1]) is not { } last || first > last)
                return null;
            ids.UnionWith(Enumerable.Range(first, last - first + 1));
        }
        return new CpuSet(0, [.. ids]);
    }

    /// <summary>As <see cref="TryParse"/>.</summary>
    /// <exception cref="Refusal">400: none of them.</exception>
    public static CpuSet Parse(string text) => TryParse(text) ??
        throw new Refusal(400, $"{Names.Show(text)} is no set of processors; write a count such as 2, or a set such as 0-3, 1,2 or 1-1");

    /// <summary>As the kernel's cpuset files want it, for example <c>0-2,5</c>; empty for a count.</summary>
    public override string ToString() => string.Join(',', Ids);

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= Highest ? number : null;
}
