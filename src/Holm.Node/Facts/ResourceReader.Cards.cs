using Holm.Contract;
using Holm.Linux.Hardware;

namespace Holm.Node.Facts;

/// <summary>Network cards and disks: what has a device behind it, not what the kernel makes up.</summary>
internal static partial class ResourceReader
{
    private const int SectorBytes = 512;

    private static List<NetworkCard> Cards() =>
    [
        .. MachineParts.Interfaces.Folders().Where(i => i["device"].Exists).GroupBy(i => i["device"].Real()?.FullPath ?? i.FullPath)
            .OrderBy(g => g.Key, StringComparer.Ordinal).Select(card =>
            {
                var (device, bus) = (new SysFolder(card.Key), BusOf(card.Key));
                return new NetworkCard
                {
                    Driver = device.Link("driver"),
                    DriverVersion = device["driver/module"].Text("version"),
                    NumaNode = Math.Max(0, bus?.Number("numa_node") ?? 0),
                    PciAddress = bus?.Name,
                    VendorId = bus?.Text("vendor")?.Replace("0x", "", StringComparison.Ordinal),
                    ProductId = bus?.Text("device")?.Replace("0x", "", StringComparison.Ordinal),
                    Ports = [.. card.OrderBy(i => i.Name, StringComparer.Ordinal).Select(PortOf)],
                };
            }),
    ];

    private static NetworkPort PortOf(SysFolder link) => new()
    {
        Id = link.Name,
        Address = link.Text("address"),
        Port = link.Number("dev_port") ?? 0,
        // ARPHRD_ETHER, ARPHRD_INFINIBAND of if_arp.h.
        Protocol = link.Number("type") switch { 1 => "ethernet", 32 => "infiniband", _ => "unknown" },
        LinkDetected = link.Number("carrier") == 1,
        LinkSpeed = link.Number("speed") is > 0 and var speed ? speed : null,
        LinkDuplex = link.Text("duplex") is "full" or "half" ? link.Text("duplex") : null,
    };

    /// <summary>The PCI device that a device is, or is behind; null: none.</summary>
    private static SysFolder? BusOf(string path)
    {
        for (var at = path; at.StartsWith("/sys/devices/", StringComparison.Ordinal); at = Path.GetDirectoryName(at)!)
            if (new SysFolder(at) is var folder && folder.Link("subsystem") == "pci")
                return folder;
        return null;
    }

    private static List<HostDisk> Disks() =>
    [
        .. MachineParts.Blocks.Folders().Where(b => b["device"].Exists && b.Number("partition") is null).Select(disk => new HostDisk
        {
            Id = disk.Name,
            Device = disk.Text("dev") ?? "",
            Model = disk["device"].Text("model"),
            Type = disk["device"].Link("subsystem"),
            ReadOnly = disk.Number("ro") == 1,
            Size = (disk.Number("size") ?? 0) * SectorBytes,
            Removable = disk.Number("removable") == 1,
            Wwn = disk.Text("wwid") ?? disk["device"].Text("wwid"),
            NumaNode = Math.Max(0, BusOf(disk.Real()?.FullPath ?? "")?.Number("numa_node") ?? 0),
            BlockSize = disk["queue"].Number("physical_block_size") ?? 0,
            Rpm = disk["queue"].Number("rotational") ?? 0,
            Serial = disk.Text("serial") ?? disk["device"].Text("serial"),
            Partitions = [.. (disk.Real() ?? disk).Folders(disk.Name).Where(p => p.Number("partition") is not null)
                .Select(p => new DiskPartition
                {
                    Id = p.Name,
                    Device = p.Text("dev") ?? "",
                    ReadOnly = p.Number("ro") == 1,
                    Size = (p.Number("size") ?? 0) * SectorBytes,
                    Partition = p.Number("partition") ?? 0,
                }).OrderBy(p => p.Partition)],
        }),
    ];
}
