using System.Globalization;

namespace Holm.Linux.Hardware;

/// <summary>A USB device and its file below /dev/bus/usb; sysfs-bus-usb.</summary>
/// <param name="VendorId">Four hex digits.</param>
/// <param name="ProductId">Four hex digits.</param>
/// <param name="Path">Its file, such as <c>/dev/bus/usb/001/002</c>.</param>
/// <param name="Major">Its numbers.</param>
/// <param name="Minor">The other.</param>
public sealed record UsbDevice(string VendorId, string ProductId, string Path, uint Major, uint Minor)
{
    /// <summary>Those that are plugged in, by path.</summary>
    /// <param name="sys">Where sysfs is: <c>/sys</c>.</param>
    public static IReadOnlyList<UsbDevice> ReadAll(string sys) =>
    [
        .. new SysFolder(System.IO.Path.Combine(sys, "bus/usb/devices")).Folders()
            // 1-1:1.0 is an interface of 1-1.
            .Where(f => !f.Name.Contains(':', StringComparison.Ordinal)).Select(Read).OfType<UsbDevice>()
            .OrderBy(d => d.Path, StringComparer.Ordinal),
    ];

    private static UsbDevice? Read(SysFolder folder) =>
        folder.Text("idVendor") is { } vendor && folder.Text("idProduct") is { } product && folder.Number("busnum") is { } bus &&
        folder.Number("devnum") is { } number && DeviceNumbers.Of(folder) is var (major, minor)
            ? new UsbDevice(
                vendor, product, string.Create(CultureInfo.InvariantCulture, $"/dev/bus/usb/{bus:000}/{number:000}"), major, minor)
            : null;
}

/// <summary>Numbers of a device as sysfs has them.</summary>
internal static class DeviceNumbers
{
    /// <summary>File <c>dev</c> of a folder, <c>MAJOR:MINOR</c>; null: it has none.</summary>
    public static (uint Major, uint Minor)? Of(SysFolder folder) =>
        folder.Text("dev")?.Split(':') is [var first, var second] && uint.TryParse(first, CultureInfo.InvariantCulture, out var major) &&
        uint.TryParse(second, CultureInfo.InvariantCulture, out var minor) ? (major, minor) : null;
}
