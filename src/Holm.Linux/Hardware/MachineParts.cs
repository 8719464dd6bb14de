using Holm.Linux.Files;

namespace Holm.Linux.Hardware;

/// <summary>Where the kernel tells of the parts of this machine.</summary>
public static class MachineParts
{
    /// <summary>Processors; sysfs-devices-system-cpu.</summary>
    public static SysFolder Cpus { get; } = new("/sys/devices/system/cpu");

    /// <summary>Memory by NUMA node; sysfs-devices-node.</summary>
    public static SysFolder Nodes { get; } = new("/sys/devices/system/node");

    /// <summary>Interfaces of the caller's network namespace.</summary>
    public static SysFolder Interfaces { get; } = new("/sys/class/net");

    /// <summary>Disks and partitions.</summary>
    public static SysFolder Blocks { get; } = new("/sys/class/block");

    /// <summary>What the firmware says of the machine.</summary>
    public static SysFolder Dmi { get; } = new("/sys/class/dmi/id");

    /// <summary><c>KEY : VALUE</c> of each processor; proc_cpuinfo(5).</summary>
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> CpuInfo() =>
    [
        .. (KernelFile.Read("/proc/cpuinfo") ?? "").Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(block =>
            block.Split('\n').Select(line => line.Split(':', 2)).Where(p => p.Length == 2).DistinctBy(p => p[0].Trim())
                .ToDictionary(p => p[0].Trim(), p => p[1].Trim(), StringComparer.Ordinal)),
    ];

    /// <summary>Numbers of proc_meminfo(5) by name, as they are written; of one NUMA node, or of all.</summary>
    public static IReadOnlyDictionary<string, long> MemInfo(SysFolder? node = null)
    {
        var text = KernelFile.Read(node is null ? "/proc/meminfo" : Path.Combine(node.FullPath, "meminfo")) ?? "";
        var found = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
            if (line.Split(':', 2) is [var key, var rest] && rest.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var number, ..] &&
                long.TryParse(number, out var value))
                found[key.Split(' ')[^1]] = value;
        return found;
    }
}
