using System.Globalization;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Cgroups;

namespace Holm.Node.Limits;

/// <summary>What a group gets of processors and disks against others, and the quota of processor time that it never exceeds.</summary>
/// <remarks>
/// Version 1 counts shares of the processors, 2 to 262144, 1024 of a group of which nothing is said; version 2 weights, 1 to 10000, 100.
/// They are turned into each other by that. Weights of disks are 1 to 1000, or 10000, 100 usual; cgroup-v2.rst, bfq-iosched.rst.
/// </remarks>
internal static class Weights
{
    private const int UsualWeight = 100;

    /// <summary>Sets shares and quota, whole.</summary>
    /// <exception cref="Refusal">The quota is more than the group above has.</exception>
    public static void SetCpu(CgroupTree tree, string name, string group, LimitSpec limits)
    {
        if (tree.Of("cpu") is not { } cpu)
            return;
        if (cpu.Unified)
            cpu.Write(group, "cpu.weight", Text(Math.Clamp((long)limits.CpuShares * UsualWeight / LimitSpec.UsualShares, 1, 10000)));
        else
            cpu.Write(group, "cpu.shares", Text(Math.Max(2, limits.CpuShares)));
        try
        {
            SetQuota(cpu, group, limits.CpuQuota);
        }
        catch (LinuxException e) when (e.Errno == Errnos.EINVAL && limits is { CpuQuota: { } quota, InPartition: true })
        {
            throw new Refusal(409, $"limit the processor time of {name} to {quota.Quota / 1000} ms in {quota.Period / 1000} ms: it is " +
                "more than partition apps has; set a smaller limits.cpu.allowance, or more with resources cpu", e);
        }
    }

    private static void SetQuota(Hierarchy cpu, string group, CpuQuota? limit)
    {
        var none = limit is null;
        var now = cpu.Read(group, cpu.Unified ? "cpu.max" : "cpu.cfs_quota_us");
        if (now is null && !none)
            throw new Refusal(400, "limits.cpu.allowance: this kernel has no CPU quotas (CONFIG_CFS_BANDWIDTH); write a percentage");
        if (now is null or "-1" && none)
            return;
        var (quota, period) = limit ?? new CpuQuota(-1, Partition.PeriodMicroseconds);
        if (cpu.Unified)
        {
            cpu.Write(group, "cpu.max", $"{(none ? "max" : Text(quota))} {Text(period)}");
            return;
        }
        // No quota in between: with the old one and the new period it could be more than the group above has.
        cpu.Write(group, "cpu.cfs_quota_us", "-1");
        cpu.Write(group, "cpu.cfs_period_us", Text(period));
        cpu.Write(group, "cpu.cfs_quota_us", Text(quota));
    }

    /// <summary>True when the kernel weighs what groups read and write.</summary>
    public static bool CanSetDisk(CgroupTree tree, string group) => DiskFile(tree, group) is not null;

    /// <summary>Sets the weight of what it reads and writes; a kernel that weighs nothing is none the wiser.</summary>
    /// <param name="tree">The machine's control groups.</param>
    /// <param name="group">The group.</param>
    /// <param name="weight">10 to 1000; null: the usual.</param>
    public static void SetDisk(CgroupTree tree, string group, int? weight)
    {
        if (DiskFile(tree, group) is var (disks, file))
            disks.Write(group, file, Text(weight ?? UsualWeight));
    }

    private static (Hierarchy Disks, string File)? DiskFile(CgroupTree tree, string group)
    {
        if ((tree.Of("io") ?? tree.Of("blkio")) is not { } disks)
            return null;
        string[] files = disks.Unified ? ["io.weight", "io.bfq.weight"] : ["blkio.weight", "blkio.bfq.weight"];
        return files.FirstOrDefault(f => disks.Read(group, f) is not null) is { } file ? (disks, file) : null;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
