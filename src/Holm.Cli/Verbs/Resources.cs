using System.Globalization;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm resources [cpu PERCENT] [memory PERCENT]</c></summary>
internal static class Resources
{
    public static Verb Build()
    {
        var shares = Parts.Some("SHARE", "cpu PERCENT, memory PERCENT or both; none: only show", _ => ["cpu", "memory"], least: 0);
        var format = Parts.ShowFormat();
        return new("resources", "show or set what all apps may use together", shares, format)
        {
            More = "The apps of partition apps (limits.partition=apps) together get no more than these percent of all processors and of "
                + "the RAM, whatever they do (standard: cpu 25 memory 50). Inside, processors are shared equally, and each app that is "
                + "enabled or runs has an equal part of the memory. An app that uses more than its new part keeps what it has until it "
                + "uses less; a start that there is no room for waits.",
            Examples = ["holm resources", "holm resources cpu 30", "holm resources cpu 25 memory 50"],
            Run = (line, caller) =>
            {
                if (line.GetValue(shares) is not { Length: > 0 } words)
                    return caller.Show(line.GetRequiredValue(format), "/1.0/partition", ContractJson.Default.PartitionState, Words);
                caller.Node.Send("PATCH", "/1.0/partition", Read(words), ContractJson.Default.PartitionPut);
                return ExitCodes.Ok;
            },
        };
    }

    private static PartitionPut Read(string[] words)
    {
        var put = new PartitionPut();
        for (var at = 0; at < words.Length; at += 2)
        {
            var percent = at + 1 < words.Length ? Parts.Number(words[at + 1].TrimEnd('%'), words[at], 0, 1, 100)
                : throw new UsageError($"{words[at]} how many percent? For example: holm resources cpu 25 memory 50");
            _ = words[at] switch
            {
                "cpu" => put.CpuPercent = percent,
                "memory" => put.MemoryPercent = percent,
                var other => throw new UsageError($"'{other}' is no resource; cpu and memory are"),
            };
        }
        return put;
    }

    private static string Words(PartitionState apps) => new Facts()
        .Add("CPU", $"{apps.CpuPercent}% of all CPUs: {Cpus(apps.Cpu)} CPUs; {Say.Seconds(apps.Cpu.Usage)} used")
        .Add("Memory", $"{apps.MemoryPercent}% of the RAM: {Say.Bytes(apps.Memory.Total)}; {Say.Bytes(apps.Memory.Usage)} used")
        .Add("Apps", apps.Apps.ToString(CultureInfo.InvariantCulture))
        .Add("Each", apps.Apps > 0 ? Say.Bytes(apps.MemoryPart) : "")
        .ToString();

    private static string Cpus(CpuState cpu) => (cpu.AllocatedTime / 1e9).ToString("0.##", CultureInfo.InvariantCulture);
}
