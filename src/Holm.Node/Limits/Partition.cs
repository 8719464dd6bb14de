using System.Globalization;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Cgroups;

namespace Holm.Node.Limits;

/// <summary>
/// Partition <c>apps</c>: the group <c>holm-ID/_apps</c> that holds the groups of its instances, with a hard quota of processor time and a
/// hard limit of memory. Inside it all have the same weight; quotas of their own would not work below a millisecond (E19).
/// </summary>
/// <param name="tree">The machine's control groups.</param>
/// <param name="nodeId">Short id of this node.</param>
public sealed class Partition(CgroupTree tree, string nodeId)
{
    /// <summary>Length of the period that the quota counts in.</summary>
    public const int PeriodMicroseconds = 100_000;

    /// <summary>How long a limit that does not fit is not tried again.</summary>
    public static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private PartitionLimits? _wanted, _held;

    /// <summary>Name of the group below the node's own; no instance can have it.</summary>
    public const string Name = "_apps";

    /// <summary>The group, relative to each hierarchy's root.</summary>
    public string Group { get; } = $"holm-{nodeId}/{Name}";

    /// <summary>Says what it may use. Without an instance in it there is no group.</summary>
    /// <param name="wanted">The limits.</param>
    /// <param name="inUse">True: an instance is in it, or on its way.</param>
    /// <returns>False: they could not be set as things are; ask again.</returns>
    public bool Set(PartitionLimits wanted, bool inUse)
    {
        lock (_lock)
        {
            _wanted = wanted;
            if (inUse)
                return !tree.Exists(Group) || TryApply();
            if (_held is not null || tree.Exists(Group))
                tree.Remove(Group);
            _held = null;
            return true;
        }
    }

    /// <summary>Makes the group, limited, before the first instance goes in.</summary>
    /// <exception cref="Refusal">This machine cannot limit it.</exception>
    public void Make()
    {
        lock (_lock)
        {
            if (_held is not null)
                return;
            tree.Create(Group);
            Apply(_wanted ?? throw new InvalidOperationException("Make before Set"));
        }
    }

    /// <summary>What all in it use together.</summary>
    public Usage Read() => Counters.Read(tree, Group);

    private bool TryApply()
    {
        try
        {
            Apply(_wanted!);
            return _held == _wanted;
        }
        catch (Exception e) when (e is LinuxException or Refusal)
        {
            return false;
        }
    }

    private void Apply(PartitionLimits wanted)
    {
        if (_held == wanted)
            return;
        SetQuota(Of("cpu"), wanted.CpuMicroseconds);
        if (MemoryLimit.TrySet(Of("memory"), Group, wanted.MemoryBytes) is null)
            _held = wanted;
    }

    private Hierarchy Of(string controller) => tree.Of(controller) ?? throw new Refusal(400,
        $"limit partition apps: this machine has no control group controller {controller}; enable it, or set limits.partition=none");

    private void SetQuota(Hierarchy cpu, long microseconds)
    {
        var quota = microseconds.ToString(CultureInfo.InvariantCulture);
        var file = cpu.Unified ? "cpu.max" : "cpu.cfs_quota_us";
        if (cpu.Read(Group, file) is null)
            throw new Refusal(400, "limit partition apps: this kernel has no CPU quotas (CONFIG_CFS_BANDWIDTH); set limits.partition=none");
        if (cpu.Unified)
        {
            cpu.Write(Group, file, $"{quota} {PeriodMicroseconds}");
            return;
        }
        cpu.Write(Group, "cpu.cfs_period_us", PeriodMicroseconds.ToString(CultureInfo.InvariantCulture));
        cpu.Write(Group, file, quota);
    }
}
