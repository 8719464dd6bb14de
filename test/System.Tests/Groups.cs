using System.Globalization;

namespace System.Tests;

/// <summary>What the kernel says of a node's control groups, whichever version each controller is on.</summary>
/// <param name="node">The node.</param>
public sealed class Groups(TestNode node)
{
    /// <summary>The group that all apps of the partition share.</summary>
    public const string Apps = "_apps";

    /// <summary>Group of an app in the partition.</summary>
    public static string In(string app) => $"{Apps}/{app}";

    /// <summary>True when a group is there.</summary>
    public bool Exist(string group) => Files(group, "cgroup.procs").Any(File.Exists);

    /// <summary>What a file of a group says, by its name in version 1 or 2; null: there is neither.</summary>
    public string? Read(string group, string v1, string v2) => Text(group, v1) ?? Text(group, v2);

    /// <summary>How often a group was held back by its quota.</summary>
    public long Throttled(string group) => Files(group, "cpu.stat").Where(File.Exists).SelectMany(File.ReadLines)
        .Where(l => l.StartsWith("nr_throttled ", StringComparison.Ordinal))
        .Sum(l => long.Parse(l.Split(' ')[1], CultureInfo.InvariantCulture));

    /// <summary>True when processor time is in version 2.</summary>
    public bool CpuIsV2(string group) => Text(group, "cpu.weight") is not null;

    /// <summary>Bytes of memory that a group may use.</summary>
    public long MemoryLimit(string group) => Number(group, "memory.limit_in_bytes", "memory.max");

    /// <summary>Processor time that a group has used.</summary>
    public TimeSpan Cpu(string group) => Text(group, "cpuacct.usage") is { } v1
        ? TimeSpan.FromMicroseconds(long.Parse(v1, CultureInfo.InvariantCulture) / 1000.0)
        : TimeSpan.FromMicroseconds(Field(group, "cpu.stat", "usage_usec"));

    /// <summary>Processor time that a group may use in each second, seconds; null: any.</summary>
    public double? CpuQuota(string group)
    {
        var (quota, period) = Text(group, "cpu.cfs_quota_us") is { } v1 ? (v1, Text(group, "cpu.cfs_period_us"))
            : Text(group, "cpu.max")?.Split(' ') is [var most, var length] ? (most, length) : ("max", "1");
        return quota is "-1" or "max" ? null
            : double.Parse(quota, CultureInfo.InvariantCulture) / double.Parse(period!, CultureInfo.InvariantCulture);
    }

    /// <summary>Processes of the group that were killed because memory was full; version 1 counts them where they were, below.</summary>
    public long OutOfMemory(string group)
    {
        if (Text(group, "memory.oom_control") is null)
            return Field(group, "memory.events", "oom_kill");
        var folder = Path.GetDirectoryName(Files(group, "memory.oom_control").First(File.Exists))!;
        var below = Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f));
        return below.Append(".").Sum(f => Field($"{group}/{f}", "memory.oom_control", "oom_kill"));
    }

    private long Field(string group, string file, string field) => long.Parse(
        Text(group, file)!.Split('\n').Single(l => l.StartsWith(field + " ", StringComparison.Ordinal)).Split(' ')[1],
        CultureInfo.InvariantCulture);

    private long Number(string group, string v1, string v2) =>
        (Text(group, v1) ?? Text(group, v2)) is var text && text == "max" ? long.MaxValue
            : long.Parse(text ?? throw new InvalidOperationException($"{group} has no {v1}"), CultureInfo.InvariantCulture);

    private string? Text(string group, string file) =>
        Files(group, file).Where(File.Exists).Select(f => File.ReadAllText(f).Trim()).FirstOrDefault();

    private IEnumerable<string> Files(string group, string file) =>
        Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup").Select(h => $"{h}/holm-{node.Id}/{group}/{file}");
}
