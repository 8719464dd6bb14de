using System.Globalization;
using Holm.Linux.Cgroups;

namespace Holm.Node.Limits;

/// <summary>Reads what the kernel counts for a group, on whichever version each controller is.</summary>
internal static class Counters
{
    /// <summary>All but the number of processes: which of its groups hold the app's own, its owner knows.</summary>
    public static Usage Read(CgroupTree tree, string group)
    {
        var (memory, cpu) = (tree.Of("memory"), tree.Of("cpuacct"));
        var (read, written) = Block(tree, group);
        var v2 = memory?.Unified == true;
        return new Usage
        {
            Memory = memory?.ReadNumber(group, v2 ? "memory.current" : "memory.usage_in_bytes"),
            MemoryPeak = memory?.ReadNumber(group, v2 ? "memory.peak" : "memory.max_usage_in_bytes"),
            MemoryLimit = MemoryLimit(tree, group),
            Swap = v2 ? memory?.ReadNumber(group, "memory.swap.current") : null,
            CpuNanoseconds = cpu is { Unified: true }
                ? Field(cpu.Read(group, "cpu.stat"), "usage_usec") * 1000
                : cpu?.ReadNumber(group, "cpuacct.usage"),
            BlockRead = read,
            BlockWritten = written,
        };
    }

    /// <summary>The limit of memory; null: none.</summary>
    public static long? MemoryLimit(CgroupTree tree, string group) =>
        tree.Of("memory") is { } memory ? memory.ReadNumber(group, memory.Unified ? "memory.max" : "memory.limit_in_bytes") : null;

    private static (long? Read, long? Written) Block(CgroupTree tree, string group)
    {
        if (tree.Of("io")?.Read(group, "io.stat") is { } v2)
            return (Sum(v2, "rbytes="), Sum(v2, "wbytes="));
        if (tree.Of("blkio")?.Read(group, "blkio.throttle.io_service_bytes_recursive") is { } v1)
            return (Sum(v1, "Read "), Sum(v1, "Write "));
        return (null, null);
    }

    private static long Sum(string text, string before)
    {
        long sum = 0;
        for (var at = text.IndexOf(before, StringComparison.Ordinal); at >= 0; at = text.IndexOf(before, at + 1, StringComparison.Ordinal))
        {
            var digits = text.AsSpan(at + before.Length);
            var end = digits.IndexOfAnyExceptInRange('0', '9');
            if (long.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                sum += number;
        }
        return sum;
    }

    private static long? Field(string? text, string name)
    {
        foreach (var line in (text ?? "").Split('\n'))
            if (line.StartsWith(name + " ", StringComparison.Ordinal))
                return long.Parse(line.AsSpan(name.Length + 1), CultureInfo.InvariantCulture);
        return null;
    }
}
