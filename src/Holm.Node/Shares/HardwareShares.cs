using System.Collections.Immutable;
using Holm.Config;
using Holm.Linux.Hardware;

namespace Holm.Node.Shares;

/// <summary>What devices of type usb and gpu give an app: the files of the parts that fit, as they are plugged in now.</summary>
/// <param name="Shares">The files.</param>
/// <param name="Absent">What is required and has none, as a sentence; null: nothing.</param>
public sealed record HardwareShares(IReadOnlyList<ShareSpec> Shares, string? Absent)
{
    /// <summary>Looks the parts up, where there is anything to look for.</summary>
    /// <param name="devices">Devices of one instance.</param>
    /// <param name="sys">Where sysfs is.</param>
    public static HardwareShares Of(
        IEnumerable<KeyValuePair<string, ImmutableSortedDictionary<string, string>>> devices, string sys = "/sys")
    {
        var wanted = devices.Where(d => HardwareSpec.Types.Contains(d.Value.GetValueOrDefault("type")))
            .Select(d => HardwareSpec.Read(d.Key, d.Value)).ToList();
        return wanted.Count == 0 ? new HardwareShares([], null) : Of(wanted,
            wanted.Exists(w => !w.IsGpu) ? UsbDevice.ReadAll(sys) : [], wanted.Exists(w => w.IsGpu) ? GpuFile.ReadAll(sys) : []);
    }

    /// <summary>Pure.</summary>
    /// <param name="wanted">What is asked for.</param>
    /// <param name="usb">What is plugged in.</param>
    /// <param name="gpu">Files of the cards there are.</param>
    public static HardwareShares Of(IReadOnlyList<HardwareSpec> wanted, IReadOnlyList<UsbDevice> usb, IReadOnlyList<GpuFile> gpu)
    {
        var shares = new List<ShareSpec>();
        string? absent = null;
        foreach (var part in wanted)
        {
            IReadOnlyList<ShareSpec> found = part.IsGpu
                ? [.. gpu.Where(g => Fits(part, g)).Select(g => Share(part, g.Path, g.Major, g.Minor))]
                : [.. usb.Where(u => Fits(part.VendorId, u.VendorId) && Fits(part.ProductId, u.ProductId))
                    .Select(u => Share(part, u.Path, u.Major, u.Minor))];
            if (found.Count == 0 && part.Required)
                absent ??= $"it waits for {part.What} (device {part.Device}), which is not there";
            shares.AddRange(found);
        }
        // One part that fits two devices is given once.
        return new HardwareShares([.. shares.DistinctBy(s => s.Path).OrderBy(s => s.Path, StringComparer.Ordinal)], absent);
    }

    private static bool Fits(HardwareSpec part, GpuFile file) => Fits(part.VendorId, file.VendorId) &&
        Fits(part.ProductId, file.ProductId) && Fits(part.Pci, file.Pci) && (part.Card ?? file.Card) == file.Card;

    private static bool Fits(string? wanted, string? present) => wanted is null || wanted == present;

    private static ShareSpec Share(HardwareSpec part, string path, uint major, uint minor) =>
        new(part.Device, path, path, ReadOnly: false, Required: false, Recursive: false, Shift: false)
        {
            DeviceFile = DeviceFile.Of(part, major, minor),
        };
}
