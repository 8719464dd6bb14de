namespace Holm.Contract;

/// <summary>Partition <c>apps</c>, from <c>GET /1.0/partition</c>: what its apps may use together, and what they use.</summary>
public sealed record PartitionState
{
    /// <summary>Of all processors, 1 to 100; a hard limit.</summary>
    public int CpuPercent { get; init; }

    /// <summary>Of the RAM, 1 to 100; a hard limit.</summary>
    public int MemoryPercent { get; init; }

    /// <summary>Apps that the memory is divided among: those in it that are enabled or run.</summary>
    public int Apps { get; init; }

    /// <summary>Bytes that each of them may use.</summary>
    public long MemoryPart { get; init; }

    /// <summary>Processor time of all of them.</summary>
    public CpuState Cpu { get; init; } = new();

    /// <summary>Memory of all of them.</summary>
    public MemoryState Memory { get; init; } = new();
}

/// <summary>Body of <c>PUT</c> (what is not given gets its default) and <c>PATCH /1.0/partition</c> (it stays).</summary>
public sealed record PartitionPut
{
    /// <summary>Of all processors, 1 to 100.</summary>
    public int? CpuPercent { get; set; }

    /// <summary>Of the RAM, 1 to 100.</summary>
    public int? MemoryPercent { get; set; }
}
