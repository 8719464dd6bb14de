using System.Globalization;
using Holm.Linux;
using Holm.Linux.Cgroups;

namespace Holm.Node.Limits;

/// <summary>Sets the memory limit of a group that may be in use, and kills nothing by it.</summary>
/// <remarks>
/// What the page cache holds is no use: the kernel drops it. Version 1 refuses what does not fit even so (EBUSY, E19); version 2 would
/// kill until it fits, so there memory.high, which never kills, goes first and makes room; cgroup-v2.rst.
/// </remarks>
internal static class MemoryLimit
{
    /// <summary>Sets it.</summary>
    /// <param name="memory">The hierarchy with the memory controller.</param>
    /// <param name="group">The group.</param>
    /// <param name="bytes">The limit; null: none.</param>
    /// <returns>Bytes in use, when the limit is below them and was not set; else null.</returns>
    public static long? TrySet(Hierarchy memory, string group, long? bytes)
    {
        var file = memory.Unified ? "memory.max" : "memory.limit_in_bytes";
        if (bytes is not { } limit)
        {
            memory.Write(group, file, memory.Unified ? "max" : "-1");
            return null;
        }
        var charged = Charged(memory, group);
        if (charged > limit && InUse(memory, group) is var used && used > limit)
            return used;
        var text = limit.ToString(CultureInfo.InvariantCulture);
        // Far below: nothing can grow beyond the limit between this line and the next.
        if (memory.Unified && charged > limit / 2)
            return SetByHigh(memory, group, limit, text);
        try
        {
            memory.Write(group, file, text);
            return null;
        }
        catch (LinuxException e) when (e.Errno == Errnos.EBUSY)
        {
            return Charged(memory, group);
        }
    }

    private static long? SetByHigh(Hierarchy memory, string group, long limit, string text)
    {
        try
        {
            memory.Write(group, "memory.high", text);
            if (Charged(memory, group) is var charged && charged > limit)
                return charged;
            memory.Write(group, "memory.max", text);
            return null;
        }
        finally
        {
            memory.Write(group, "memory.high", "max");
        }
    }

    private static long Charged(Hierarchy memory, string group) =>
        memory.ReadNumber(group, memory.Unified ? "memory.current" : "memory.usage_in_bytes") ?? 0;

    /// <summary>What cannot be dropped: memory of processes, and files in tmpfs.</summary>
    private static long InUse(Hierarchy memory, string group)
    {
        var (processes, files) = memory.Unified ? ("anon ", "shmem ") : ("total_rss ", "total_shmem ");
        long sum = 0;
        foreach (var line in (memory.Read(group, "memory.stat") ?? "").Split('\n'))
            if (line.StartsWith(processes, StringComparison.Ordinal) || line.StartsWith(files, StringComparison.Ordinal))
                sum += long.Parse(line.AsSpan(line.IndexOf(' ', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);
        return sum;
    }
}
