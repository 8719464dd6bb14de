using System.Text.Json.Serialization;

namespace Holm.Contract;

/// <summary>What runs now, from <c>GET /1.0/instances/NAME/state</c>.</summary>
public sealed record InstanceState
{
    /// <summary>As <see cref="Instance.Status"/>.</summary>
    public string Status { get; init; } = "Stopped";

    /// <summary>As <see cref="Instance.StatusCode"/>.</summary>
    public int StatusCode { get; init; } = (int)Contract.StatusCode.Stopped;

    /// <summary>As <see cref="Instance.Reason"/>.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Process id of init as the host sees it; 0 when stopped.</summary>
    public int Pid { get; init; }

    /// <summary>Number of processes; -1 when stopped.</summary>
    public long Processes { get; init; } = -1;

    /// <summary>When init started; null when stopped (Incus).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Processor time.</summary>
    public CpuState Cpu { get; init; } = new();

    /// <summary>Disk use by device name.</summary>
    public IReadOnlyDictionary<string, DiskState>? Disk { get; init; }

    /// <summary>Memory.</summary>
    public MemoryState Memory { get; init; } = new();

    /// <summary>Interfaces by the name the guest gave them.</summary>
    public IReadOnlyDictionary<string, NetworkState>? Network { get; init; }

    /// <summary>Bytes through block devices.</summary>
    public BlockState Block { get; init; } = new();
}

/// <summary>Processor time of an instance.</summary>
public sealed record CpuState
{
    /// <summary>Nanoseconds since start.</summary>
    public long Usage { get; init; }

    /// <summary>Nanoseconds that it can get in a second, at most (Incus); 0 when stopped.</summary>
    public long AllocatedTime { get; init; }
}

/// <summary>Use of one disk device.</summary>
public sealed record DiskState
{
    /// <summary>Bytes used in the writable layer.</summary>
    public long Usage { get; init; }

    /// <summary>Bytes it may use; 0 for no limit.</summary>
    public long Total { get; init; }
}

/// <summary>Memory of an instance, bytes.</summary>
public sealed record MemoryState
{
    /// <summary>Now.</summary>
    public long Usage { get; init; }

    /// <summary>Highest since start.</summary>
    public long UsagePeak { get; init; }

    /// <summary>Swap now.</summary>
    public long SwapUsage { get; init; }

    /// <summary>Highest swap since start.</summary>
    public long SwapUsagePeak { get; init; }

    /// <summary>The limit; 0 for none.</summary>
    public long Total { get; init; }
}

/// <summary>Bytes an instance moved through block devices.</summary>
public sealed record BlockState
{
    /// <summary>Read.</summary>
    public long BytesRead { get; init; }

    /// <summary>Written.</summary>
    public long BytesWritten { get; init; }
}

/// <summary>One interface inside an instance.</summary>
public sealed record NetworkState
{
    /// <summary><c>broadcast</c>, <c>loopback</c> or <c>point-to-point</c>.</summary>
    public string Type { get; init; } = "";

    /// <summary><c>up</c> or <c>down</c>.</summary>
    public string State { get; init; } = "";

    /// <summary>Bytes.</summary>
    public int Mtu { get; init; }

    /// <summary>MAC address, colons, lower case; empty for none.</summary>
    public string Hwaddr { get; init; } = "";

    /// <summary>Name of the host end; empty for none.</summary>
    public string HostName { get; init; } = "";

    /// <summary>Addresses.</summary>
    public IReadOnlyList<NetworkAddress> Addresses { get; init; } = [];

    /// <summary>Traffic.</summary>
    public NetworkCounters Counters { get; init; } = new();
}

/// <summary>One address of an interface.</summary>
public sealed record NetworkAddress
{
    /// <summary><c>inet</c> or <c>inet6</c>.</summary>
    public string Family { get; init; } = "";

    /// <summary>The address.</summary>
    public string Address { get; init; } = "";

    /// <summary>Prefix length, as text.</summary>
    public string Netmask { get; init; } = "";

    /// <summary><c>global</c>, <c>link</c> or <c>local</c>.</summary>
    public string Scope { get; init; } = "";
}

/// <summary>Traffic of an interface.</summary>
public sealed record NetworkCounters
{
    /// <summary>Bytes in.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Bytes out.</summary>
    public long BytesSent { get; init; }

    /// <summary>Packets in.</summary>
    public long PacketsReceived { get; init; }

    /// <summary>Packets out.</summary>
    public long PacketsSent { get; init; }

    /// <summary>Errors in.</summary>
    public long ErrorsReceived { get; init; }

    /// <summary>Errors out.</summary>
    public long ErrorsSent { get; init; }

    /// <summary>Drops out.</summary>
    public long PacketsDroppedOutbound { get; init; }

    /// <summary>Drops in.</summary>
    public long PacketsDroppedInbound { get; init; }
}
