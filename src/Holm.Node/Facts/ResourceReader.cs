using Holm.Contract;
using Holm.Images;
using Holm.Linux.Hardware;

namespace Holm.Node.Facts;

/// <summary>What this machine is made of, read anew at each call: processors, RAM and the machine itself.</summary>
internal static partial class ResourceReader
{
    /// <summary>All of it.</summary>
    public static HostResources Read()
    {
        var (cards, disks) = (Cards(), Disks());
        return new HostResources
        {
            Cpu = Cpus(),
            Memory = Memory(),
            Network = new HostNetworkCards { Cards = cards, Total = cards.Count },
            Storage = new HostDisks { Disks = disks, Total = disks.Sum(d => 1 + d.Partitions.Count) },
            System = MachineItself(),
        };
    }

    private static HostCpus Cpus()
    {
        var about = MachineParts.CpuInfo();
        var isolated = CpuNumbers(MachineParts.Cpus.Text("isolated"));
        var all = MachineParts.Cpus.Numbered("cpu").Where(c => c.Folder["topology"].Exists || c.Number == 0).ToList();
        var sockets = all.GroupBy(c => c.Folder["topology"].Number("physical_package_id") ?? 0).OrderBy(g => g.Key).Select(socket =>
        {
            var info = about.FirstOrDefault(i => socket.Any(c => i.GetValueOrDefault("processor") == c.Folder.Name[3..]));
            var frequencies = socket.Select(c => Megahertz(c.Folder, "scaling_cur_freq")).OfType<long>().ToList();
            return new CpuSocket
            {
                Socket = Math.Max(0, socket.Key),
                Name = info?.GetValueOrDefault("model name"),
                Vendor = info?.GetValueOrDefault("vendor_id"),
                Cache = CachesOf(socket.First().Folder),
                Cores = CoresOf(socket, isolated),
                Frequency = frequencies.Count > 0 ? (long)frequencies.Average() : null,
                FrequencyMinimum = Megahertz(socket.First().Folder, "cpuinfo_min_freq"),
                FrequencyTurbo = Megahertz(socket.First().Folder, "cpuinfo_max_freq"),
            };
        }).ToList();
        return new HostCpus { Architecture = InitProbe.Architecture, Sockets = sockets, Total = all.Count };
    }

    private static List<CpuCore> CoresOf(IEnumerable<(SysFolder Folder, long Number)> cpus, HashSet<long> isolated) =>
    [
        .. cpus.GroupBy(c => (Die: c.Folder["topology"].Number("die_id") ?? 0, Core: c.Folder["topology"].Number("core_id") ?? c.Number))
            .OrderBy(g => g.Key).Select(core => new CpuCore
            {
                Core = core.Key.Core,
                Die = Math.Max(0, core.Key.Die),
                Frequency = Megahertz(core.First().Folder, "scaling_cur_freq"),
                Threads = [.. core.Select((cpu, i) => new CpuThread
                {
                    Id = cpu.Number,
                    Thread = i,
                    NumaNode = cpu.Folder.Numbered("node").Select(n => n.Number).FirstOrDefault(),
                    // The first processor often has no switch.
                    Online = cpu.Folder.Number("online") != 0,
                    Isolated = isolated.Contains(cpu.Number),
                })],
            }),
    ];

    private static List<CpuCache> CachesOf(SysFolder cpu) =>
    [
        .. cpu["cache"].Numbered("index").Select(c => new CpuCache
        {
            Level = c.Folder.Number("level") ?? 0,
            Type = c.Folder.Text("type") ?? "",
            Size = long.TryParse(c.Folder.Text("size")?.TrimEnd('K'), out var kilobytes) ? kilobytes * 1024 : 0,
        }),
    ];

    private static long? Megahertz(SysFolder cpu, string file) => cpu["cpufreq"].Number(file) / 1000;

    private static HashSet<long> CpuNumbers(string? list)
    {
        var numbers = new HashSet<long>();
        foreach (var part in (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
            if (part.Split('-') is { Length: 1 or 2 } ends && long.TryParse(ends[0], out var from) && long.TryParse(ends[^1], out var to))
                for (var i = from; i <= Math.Min(to, from + 4096); i++)
                    numbers.Add(i);
        return numbers;
    }

    private static HostMemory Memory()
    {
        var all = MachineParts.MemInfo();
        var page = all.GetValueOrDefault("Hugepagesize") * 1024;
        var nodes = MachineParts.Nodes.Numbered("node").Select(n =>
        {
            var own = MachineParts.MemInfo(n.Folder);
            return new MemoryNode
            {
                NumaNode = n.Number,
                HugepagesTotal = own.GetValueOrDefault("HugePages_Total") * page,
                HugepagesUsed = (own.GetValueOrDefault("HugePages_Total") - own.GetValueOrDefault("HugePages_Free")) * page,
                Used = Used(own, "FilePages"),
                Total = own.GetValueOrDefault("MemTotal") * 1024,
            };
        }).ToList();
        return new HostMemory
        {
            Nodes = nodes.Count > 0 ? nodes : null,
            HugepagesTotal = all.GetValueOrDefault("HugePages_Total") * page,
            HugepagesUsed = (all.GetValueOrDefault("HugePages_Total") - all.GetValueOrDefault("HugePages_Free")) * page,
            HugepagesSize = page,
            Used = Used(all, "Cached"),
            Total = all.GetValueOrDefault("MemTotal") * 1024,
        };
    }

    /// <summary>What cannot be had by dropping caches.</summary>
    private static long Used(IReadOnlyDictionary<string, long> info, string cached) => 1024 * Math.Max(0, info.GetValueOrDefault("MemTotal")
        - info.GetValueOrDefault("MemFree") - info.GetValueOrDefault(cached) - info.GetValueOrDefault("Buffers")
        - info.GetValueOrDefault("SReclaimable"));

    private static HostSystem MachineItself()
    {
        string Say(string file) => MachineParts.Dmi.Text(file) ?? "";
        return new HostSystem
        {
            Uuid = Say("product_uuid"),
            Vendor = Say("sys_vendor"),
            Product = Say("product_name"),
            Family = Say("product_family"),
            Version = Say("product_version"),
            Sku = Say("product_sku"),
            Serial = Say("product_serial"),
        };
    }
}
