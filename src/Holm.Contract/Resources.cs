using System.Text.Json.Serialization;

namespace Holm.Contract;

/// <summary><c>GET /1.0/resources</c>: what this machine is made of.</summary>
/// <remarks>LXD 5.0.2, shared/api/resource.go; what is not looked at is empty.</remarks>
public sealed record HostResources
{
    /// <summary>Processors.</summary>
    public HostCpus Cpu { get; init; } = new();

    /// <summary>RAM.</summary>
    public HostMemory Memory { get; init; } = new();

    /// <summary>Not looked at.</summary>
    public HostCards Gpu { get; init; } = new();

    /// <summary>Network cards.</summary>
    public HostNetworkCards Network { get; init; } = new();

    /// <summary>Disks.</summary>
    public HostDisks Storage { get; init; } = new();

    /// <summary>Not looked at.</summary>
    public HostDevices Usb { get; init; } = new();

    /// <summary>Not looked at.</summary>
    public HostDevices Pci { get; init; } = new();

    /// <summary>The machine itself.</summary>
    public HostSystem System { get; init; } = new();
}

/// <summary>Processors.</summary>
public sealed record HostCpus
{
    /// <summary>Kernel name of the machine.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>By socket.</summary>
    public IReadOnlyList<CpuSocket> Sockets { get; init; } = [];

    /// <summary>Threads of all of them.</summary>
    public long Total { get; init; }
}

/// <summary>One socket.</summary>
public sealed record CpuSocket
{
    /// <summary>Model.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>Vendor.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Vendor { get; init; }

    /// <summary>Its number.</summary>
    public long Socket { get; init; }

    /// <summary>Its caches.</summary>
    public IReadOnlyList<CpuCache> Cache { get; init; } = [];

    /// <summary>Its cores.</summary>
    public IReadOnlyList<CpuCore> Cores { get; init; } = [];

    /// <summary>MHz now, on average.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Frequency { get; init; }

    /// <summary>MHz at least.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? FrequencyMinimum { get; init; }

    /// <summary>MHz at most.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? FrequencyTurbo { get; init; }
}

/// <summary>One cache.</summary>
public sealed record CpuCache
{
    /// <summary>1 to 3.</summary>
    public long Level { get; init; }

    /// <summary><c>Data</c>, <c>Instruction</c> or <c>Unified</c>.</summary>
    public string Type { get; init; } = "";

    /// <summary>Bytes.</summary>
    public long Size { get; init; }
}

/// <summary>One core.</summary>
public sealed record CpuCore
{
    /// <summary>Its number in the socket.</summary>
    public long Core { get; init; }

    /// <summary>Die it is on.</summary>
    public long Die { get; init; }

    /// <summary>Its threads.</summary>
    public IReadOnlyList<CpuThread> Threads { get; init; } = [];

    /// <summary>MHz now.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Frequency { get; init; }
}

/// <summary>One thread: what <c>limits.cpu</c> counts.</summary>
public sealed record CpuThread
{
    /// <summary>Number by which it is pinned.</summary>
    public long Id { get; init; }

    /// <summary>Memory it is near to.</summary>
    public long NumaNode { get; init; }

    /// <summary>Its number in the core.</summary>
    public long Thread { get; init; }

    /// <summary>True: it is used.</summary>
    public bool Online { get; init; }

    /// <summary>True: nothing is scheduled on it unless asked to.</summary>
    public bool Isolated { get; init; }
}

/// <summary>RAM.</summary>
public sealed record HostMemory
{
    /// <summary>By NUMA node; null: there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<MemoryNode>? Nodes { get; init; }

    /// <summary>Bytes of huge pages.</summary>
    public long HugepagesTotal { get; init; }

    /// <summary>Bytes of them in use.</summary>
    public long HugepagesUsed { get; init; }

    /// <summary>Bytes of one.</summary>
    public long HugepagesSize { get; init; }

    /// <summary>Bytes in use, caches left out.</summary>
    public long Used { get; init; }

    /// <summary>Bytes.</summary>
    public long Total { get; init; }
}

/// <summary>RAM near to some processors.</summary>
public sealed record MemoryNode
{
    /// <summary>Its number.</summary>
    public long NumaNode { get; init; }

    /// <summary>Bytes of huge pages in use.</summary>
    public long HugepagesUsed { get; init; }

    /// <summary>Bytes of huge pages.</summary>
    public long HugepagesTotal { get; init; }

    /// <summary>Bytes in use, caches left out.</summary>
    public long Used { get; init; }

    /// <summary>Bytes.</summary>
    public long Total { get; init; }
}

/// <summary>GPUs; this node does not look for any.</summary>
public sealed record HostCards
{
    /// <summary>None.</summary>
    public IReadOnlyList<string> Cards { get; init; } = [];

    /// <summary>0.</summary>
    public long Total { get; init; }
}

/// <summary>USB and PCI devices; this node does not look for any.</summary>
public sealed record HostDevices
{
    /// <summary>None.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>0.</summary>
    public long Total { get; init; }
}

/// <summary>Network cards.</summary>
public sealed record HostNetworkCards
{
    /// <summary>By device.</summary>
    public IReadOnlyList<NetworkCard> Cards { get; init; } = [];

    /// <summary>How many.</summary>
    public long Total { get; init; }
}

/// <summary>One network card.</summary>
public sealed record NetworkCard
{
    /// <summary>The kernel's driver.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Driver { get; init; }

    /// <summary>Its version.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DriverVersion { get; init; }

    /// <summary>Interfaces it makes.</summary>
    public IReadOnlyList<NetworkPort> Ports { get; init; } = [];

    /// <summary>Memory it is near to.</summary>
    public long NumaNode { get; init; }

    /// <summary>Where it is on PCI.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PciAddress { get; init; }

    /// <summary>PCI's number of the vendor.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? VendorId { get; init; }

    /// <summary>PCI's number of the product.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ProductId { get; init; }
}

/// <summary>One port of a card.</summary>
public sealed record NetworkPort
{
    /// <summary>Name of the interface.</summary>
    public string Id { get; init; } = "";

    /// <summary>MAC address.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Address { get; init; }

    /// <summary>Number on the card.</summary>
    public long Port { get; init; }

    /// <summary><c>ethernet</c> and so on.</summary>
    public string Protocol { get; init; } = "ethernet";

    /// <summary>Not looked at.</summary>
    public bool AutoNegotiation { get; init; }

    /// <summary>True: there is a carrier.</summary>
    public bool LinkDetected { get; init; }

    /// <summary>Mbit/s.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? LinkSpeed { get; init; }

    /// <summary><c>full</c> or <c>half</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LinkDuplex { get; init; }
}

/// <summary>Disks.</summary>
public sealed record HostDisks
{
    /// <summary>One by one.</summary>
    public IReadOnlyList<HostDisk> Disks { get; init; } = [];

    /// <summary>Disks and partitions.</summary>
    public long Total { get; init; }
}

/// <summary>One disk.</summary>
public sealed record HostDisk
{
    /// <summary>Name of the device.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its numbers.</summary>
    public string Device { get; init; } = "";

    /// <summary>Model.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Model { get; init; }

    /// <summary><c>nvme</c>, <c>scsi</c>, <c>virtio</c> ….</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Type { get; init; }

    /// <summary>True: it cannot be written.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>True: its medium can be taken out.</summary>
    public bool Removable { get; init; }

    /// <summary>World wide name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Wwn { get; init; }

    /// <summary>Memory it is near to.</summary>
    public long NumaNode { get; init; }

    /// <summary>Bytes of a block.</summary>
    public long BlockSize { get; init; }

    /// <summary>Turns a minute: 0, or 1 where it turns at all.</summary>
    public long Rpm { get; init; }

    /// <summary>Serial number.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Serial { get; init; }

    /// <summary>Not looked at.</summary>
    public string DeviceId { get; init; } = "";

    /// <summary>Its partitions.</summary>
    public IReadOnlyList<DiskPartition> Partitions { get; init; } = [];
}

/// <summary>One partition.</summary>
public sealed record DiskPartition
{
    /// <summary>Name of the device.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its numbers.</summary>
    public string Device { get; init; } = "";

    /// <summary>True: it cannot be written.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>Its number.</summary>
    public long Partition { get; init; }
}

/// <summary>The machine itself, by its DMI tables.</summary>
public sealed record HostSystem
{
    /// <summary>Its UUID.</summary>
    public string Uuid { get; init; } = "";

    /// <summary>Vendor.</summary>
    public string Vendor { get; init; } = "";

    /// <summary>Model.</summary>
    public string Product { get; init; } = "";

    /// <summary>Family.</summary>
    public string Family { get; init; } = "";

    /// <summary>Version.</summary>
    public string Version { get; init; } = "";

    /// <summary>Number of the model.</summary>
    public string Sku { get; init; } = "";

    /// <summary>Serial number.</summary>
    public string Serial { get; init; } = "";

    /// <summary>Not looked at.</summary>
    public string Type { get; init; } = "unknown";
}
