using System.Globalization;
using Holm.Contract;

namespace Holm.Config;

/// <summary>What all apps of partition <c>apps</c> may use together, in percent of the machine; hard limits.</summary>
/// <param name="CpuPercent">Of all processors, 1 to 100.</param>
/// <param name="MemoryPercent">Of the RAM, 1 to 100.</param>
public sealed record Resources(int CpuPercent, int MemoryPercent)
{
    /// <summary>What holds where nothing is said: WeOS's 25 % and 50 %.</summary>
    public static Resources Default { get; } = new(25, 50);

    /// <summary>Reads the words of a line such as <c>cpu 25 memory 50</c>; what is left out holds its default.</summary>
    /// <exception cref="FormatException">It is no such line; the message is a sentence.</exception>
    public static Resources Read(IReadOnlyList<string> words)
    {
        var read = Default;
        for (var at = 0; at < words.Count; at += 2)
        {
            var percent = at + 1 < words.Count ? Percent(words[at], words[at + 1]) : throw NoLine(words);
            read = words[at] switch
            {
                "cpu" => read with { CpuPercent = percent },
                "memory" => read with { MemoryPercent = percent },
                _ => throw NoLine(words),
            };
        }
        return words.Count > 0 ? read : throw NoLine(words);
    }

    /// <summary>The words that <see cref="Read"/> reads.</summary>
    public IReadOnlyList<string> Words =>
    [
        "cpu", CpuPercent.ToString(CultureInfo.InvariantCulture), "memory", MemoryPercent.ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>Accepts them.</summary>
    /// <exception cref="Refusal">400.</exception>
    public void Check()
    {
        foreach (var (what, percent) in ((string, int)[])[("cpu", CpuPercent), ("memory", MemoryPercent)])
            if (percent is < 1 or > 100)
                throw new Refusal(400, $"resources: {what} {percent} is not allowed; it takes a whole number of percent from 1 to 100");
    }

    private static int Percent(string what, string text) =>
        int.TryParse(text.AsSpan().TrimEnd('%'), NumberStyles.None, CultureInfo.InvariantCulture, out var percent)
        && percent is >= 1 and <= 100
            ? percent
            : throw new FormatException($"{Names.Show(what)} {Names.Show(text)} is not allowed; it takes a whole number of percent from 1 "
                + "to 100");

    private static FormatException NoLine(IReadOnlyList<string> words) =>
        new($"{Names.Show(string.Join(' ', words))} are no resources; write resources cpu 25 memory 50");
}
