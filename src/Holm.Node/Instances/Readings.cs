using Holm.Contract;
using Holm.Linux;
using Holm.Node.Config;
using Holm.Node.Engines;
using Holm.Node.Limits;
using Holm.Node.Networks;

namespace Holm.Node.Instances;

/// <summary>What instances use and may use now: read from the kernel at each call, put into the words of the wire.</summary>
/// <param name="control">Tells how an instance is.</param>
/// <param name="loop">Holds what is observed.</param>
/// <param name="desired">What should be.</param>
/// <param name="config">The document.</param>
/// <param name="limits">The control groups.</param>
/// <param name="networks">The links.</param>
/// <param name="cpus">Processors of this machine.</param>
public sealed class Readings(
    InstanceControl control, Loop loop, DesiredState desired, ConfigStore config, InstanceLimits limits,
    InstanceNetworks networks, int cpus)
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>One instance.</summary>
    public InstanceState State(string name)
    {
        var status = control.Status(name);
        var run = loop.Find(name);
        if (run?.Observed.Presence != Presence.Running || LxcEngine.InitPid(run.Monitor) is not { } pid)
            return new InstanceState { Status = status.Code.ToString(), StatusCode = (int)status.Code, Reason = status.Reason };
        var usage = limits.Read(name);
        return new InstanceState
        {
            Status = status.Code.ToString(),
            StatusCode = (int)status.Code,
            Reason = status.Reason,
            Pid = pid,
            Processes = usage.Processes ?? -1,
            StartedAt = run.Observed.StartedAt,
            Cpu = new CpuState { Usage = usage.CpuNanoseconds ?? 0, AllocatedTime = CpuShareOf(run.Observed) },
            Memory = new MemoryState
            {
                Usage = usage.Memory ?? 0,
                UsagePeak = usage.MemoryPeak ?? 0,
                SwapUsage = usage.Swap ?? 0,
                Total = usage.MemoryLimit ?? 0,
            },
            Network = networks.Read(name) ?? NetworkCountersOf.Process(pid),
            Block = new BlockState { BytesRead = usage.BlockRead ?? 0, BytesWritten = usage.BlockWritten ?? 0 },
        };
    }

    /// <summary>Partition <c>apps</c>.</summary>
    public PartitionState Partition()
    {
        var (wanted, resources) = (desired.Partition, config.Current.Resources);
        var count = Division.Count(desired.Read(_ => true), loop.Observed);
        var usage = limits.Partition.Read();
        return new PartitionState
        {
            CpuPercent = resources.CpuPercent,
            MemoryPercent = resources.MemoryPercent,
            Apps = count,
            MemoryPart = Division.PartOf(wanted.MemoryBytes, count),
            Cpu = new CpuState { Usage = usage.CpuNanoseconds ?? 0, AllocatedTime = CpuShareOf(wanted) },
            Memory = new MemoryState
            {
                Usage = usage.Memory ?? 0,
                UsagePeak = usage.MemoryPeak ?? 0,
                Total = usage.MemoryLimit ?? wanted.MemoryBytes,
            },
        };
    }

    /// <summary>Nanoseconds of processor time that it can get in a second, at most.</summary>
    private long CpuShareOf(ObservedInstance observed)
    {
        var pinned = (observed.Limits?.Cpus is { } set ? Machine.CountCpus(set) : cpus) * NanosecondsPerSecond;
        return observed.Part is null ? pinned : Math.Min(pinned, CpuShareOf(desired.Partition));
    }

    private static long CpuShareOf(PartitionLimits partition) =>
        partition.CpuMicroseconds * (NanosecondsPerSecond / Limits.Partition.PeriodMicroseconds);
}
