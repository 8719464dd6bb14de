using System.Globalization;

namespace Holm.Linux.Hardware;

/// <summary>A file below /dev/dri, and the card that it belongs to; drm-uapi.rst.</summary>
/// <param name="Path">Such as <c>/dev/dri/card0</c> or <c>/dev/dri/renderD128</c>.</param>
/// <param name="Card">The card's number: that of its cardN.</param>
/// <param name="Pci">Address of the PCI device that the card is, or is behind; null: none.</param>
/// <param name="VendorId">That one's, four hex digits; null: none.</param>
/// <param name="ProductId">That one's, four hex digits; null: none.</param>
/// <param name="Major">Its numbers.</param>
/// <param name="Minor">The other.</param>
public sealed record GpuFile(string Path, uint Card, string? Pci, string? VendorId, string? ProductId, uint Major, uint Minor)
{
    /// <summary>Those there are, by path.</summary>
    /// <param name="sys">Where sysfs is: <c>/sys</c>.</param>
    public static IReadOnlyList<GpuFile> ReadAll(string sys)
    {
        // card0-HDMI-A-1 is a connector: it has no file.
        var files = new SysFolder(System.IO.Path.Combine(sys, "class/drm")).Folders()
            // From where the file's folder really is: what its link says begins there.
            .Select(f => (f.Name, Numbers: DeviceNumbers.Of(f), Device: f.Real()?["device"].Real()))
            .Where(f => f is { Numbers: not null, Device: not null }).ToList();
        var cards = files.Where(f => NumberOf(f.Name) is not null).GroupBy(f => f.Device!.FullPath)
            .ToDictionary(g => g.Key, g => NumberOf(g.First().Name)!.Value);
        return
        [
            .. files.Where(f => cards.ContainsKey(f.Device!.FullPath)).Select(f =>
            {
                var bus = PciOf(f.Device!);
                return new GpuFile("/dev/dri/" + f.Name, cards[f.Device!.FullPath], bus?.Name, Hex(bus?.Text("vendor")),
                    Hex(bus?.Text("device")), f.Numbers!.Value.Major, f.Numbers.Value.Minor);
            }).OrderBy(f => f.Path, StringComparer.Ordinal),
        ];
    }

    private static uint? NumberOf(string name) => name.StartsWith("card", StringComparison.Ordinal) &&
        uint.TryParse(name.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? Hex(string? text) => text?.Replace("0x", "", StringComparison.Ordinal);

    private static SysFolder? PciOf(SysFolder device)
    {
        for (var at = device.FullPath; System.IO.Path.GetDirectoryName(at) is { } above; at = above)
            if (new SysFolder(at) is var folder && folder.Link("subsystem") == "pci")
                return folder;
        return null;
    }
}
