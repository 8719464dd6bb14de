using System.Globalization;
using Holm.Contract;

namespace Holm.Config;

/// <summary>Value of <c>limits.cpu.allowance</c>, as LXD writes it.</summary>
/// <param name="Percent">Of what others get when there is too little, 1 to 1000; null: it is a time.</param>
/// <param name="QuotaMs">Processor time in each period, milliseconds, all processors taken together; 0: it is a percentage.</param>
/// <param name="PeriodMs">The period, 1 to 1000 ms: what the kernel takes (<c>sched-bwc.rst</c>).</param>
/// <remarks>Source: LXD's <c>doc/reference/instance_options.md</c>.</remarks>
public sealed record CpuAllowance(int? Percent, int QuotaMs, int PeriodMs)
{
    /// <summary>Reads <c>50%</c> or <c>25ms/100ms</c>; null when it is neither.</summary>
    public static CpuAllowance? TryParse(string text)
    {
        if (text.EndsWith('%'))
            return Number(text[..^1], 1000) is { } percent ? new CpuAllowance(percent, 0, 0) : null;
        return text.Split('/') is [var first, var second] && Milliseconds(first, 1_000_000) is { } quota
            && Milliseconds(second, 1000) is { } period ? new CpuAllowance(null, quota, period) : null;
    }

    /// <summary>As <see cref="TryParse"/>.</summary>
    /// <exception cref="Refusal">400: neither.</exception>
    public static CpuAllowance Parse(string text) => TryParse(text) ??
        throw new Refusal(400, $"{Names.Show(text)} is no allowance; write a percentage such as 50%, or a time such as 25ms/100ms");

    private static int? Milliseconds(string text, int most) =>
        text.EndsWith("ms", StringComparison.Ordinal) ? Number(text[..^2], most) : null;

    private static int? Number(string text, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= 1 && n <= most ? n : null;
}
