namespace Holm.Node.Limits;

/// <summary>What one instance may use. Null: no limit.</summary>
/// <param name="MemoryBytes">Memory.</param>
/// <param name="Cpus">Processors it is pinned to, as cpuset(7) spells a list: <c>0-3,6</c>.</param>
/// <param name="Processes">Processes and threads.</param>
/// <param name="InPartition">True: it is in partition <c>apps</c> and shares what that may use.</param>
public sealed record LimitSpec(long? MemoryBytes, string? Cpus, long? Processes, bool InPartition = false)
{
    /// <summary>Processor time against others', when there is too little: version 1's shares, of which 1024 are usual.</summary>
    public int CpuShares { get; init; } = UsualShares;

    /// <summary>Processor time that is never exceeded.</summary>
    public CpuQuota? CpuQuota { get; init; }

    /// <summary>Memory beyond which it gives first when the machine has too little, bytes.</summary>
    public long? SoftMemoryBytes { get; init; }

    /// <summary>Weight of what it reads and writes, 10 to 1000; null: the kernel's.</summary>
    public int? DiskWeight { get; init; }

    /// <summary>What the kernel gives a group of which nothing is said.</summary>
    public const int UsualShares = 1024;
}

/// <summary>Processor time, microseconds.</summary>
/// <param name="Quota">In each period, all processors taken together.</param>
/// <param name="Period">The period.</param>
public sealed record CpuQuota(long Quota, long Period);

/// <summary>What all instances in partition <c>apps</c> may use together.</summary>
/// <param name="CpuMicroseconds">Processor time in each <see cref="Partition.PeriodMicroseconds"/>, all processors taken together.</param>
/// <param name="MemoryBytes">Memory.</param>
public sealed record PartitionLimits(long CpuMicroseconds, long MemoryBytes);

/// <summary>What one instance uses now. Null: this kernel does not count it.</summary>
public sealed record Usage
{
    /// <summary>Bytes.</summary>
    public long? Memory { get; init; }

    /// <summary>Highest bytes so far.</summary>
    public long? MemoryPeak { get; init; }

    /// <summary>Bytes allowed.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Bytes in swap.</summary>
    public long? Swap { get; init; }

    /// <summary>Processor time, nanoseconds.</summary>
    public long? CpuNanoseconds { get; init; }

    /// <summary>Processes and threads.</summary>
    public long? Processes { get; init; }

    /// <summary>Bytes read from block devices.</summary>
    public long? BlockRead { get; init; }

    /// <summary>Bytes written to block devices.</summary>
    public long? BlockWritten { get; init; }
}
