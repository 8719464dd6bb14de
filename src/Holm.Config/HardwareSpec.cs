using System.Collections.Immutable;
using System.Globalization;
using Holm.Contract;

namespace Holm.Config;

/// <summary>
/// Parts of the machine that an app is given, whichever fit: devices of type <c>usb</c> and <c>gpu</c>. What is null fits any. Keys are
/// LXD's (<c>doc/reference/devices_usb.md</c>, <c>devices_gpu.md</c>).
/// </summary>
/// <param name="Device">Name of the device.</param>
/// <param name="IsGpu">True: cards below /dev/dri; false: USB devices below /dev/bus/usb.</param>
/// <param name="VendorId">Four hex digits, lower case.</param>
/// <param name="ProductId">Four hex digits, lower case.</param>
/// <param name="Card">Of a GPU: its number, as in card0.</param>
/// <param name="Pci">Of a GPU: its address, such as 0000:00:02.0.</param>
/// <param name="Uid">Owner inside the app.</param>
/// <param name="Gid">Group inside the app.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Required">True: the app is not started while none fits.</param>
public sealed record HardwareSpec(
    string Device, bool IsGpu, string? VendorId, string? ProductId, uint? Card, string? Pci, uint Uid, uint Gid, uint Mode, bool Required)
{
    /// <summary>Types of devices that this reads.</summary>
    public static IReadOnlyList<string> Types { get; } = ["gpu", "usb"];

    /// <summary>Keys of usb.</summary>
    public static IReadOnlyList<string> UsbKeys { get; } = ["type", "vendorid", "productid", "required", "uid", "gid", "mode"];

    /// <summary>Keys of gpu.</summary>
    public static IReadOnlyList<string> GpuKeys { get; } =
        ["type", "gputype", "vendorid", "productid", "id", "pci", "uid", "gid", "mode"];

    private const uint UsualMode = 0x1b0, HighestCard = 63;

    /// <summary>Reads and checks a device.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static HardwareSpec Read(string device, ImmutableSortedDictionary<string, string> keys)
    {
        var isGpu = keys["type"] == "gpu";
        DeviceKeys.RefuseOthers(device, keys, isGpu ? GpuKeys : UsbKeys);
        if (DeviceKeys.Text(keys, "gputype") is { } kind && kind != "physical")
            throw new Refusal(400, $"device {device}: gputype {Names.Show(kind)} is not supported by this node; physical is");
        return new HardwareSpec(device, isGpu, IdOf(device, keys, "vendorid"), IdOf(device, keys, "productid"),
            DeviceKeys.Number(device, keys, "id", HighestCard), PciOf(device, keys),
            DeviceKeys.Number(device, keys, "uid", DeviceFile.HighestId) ?? 0,
            DeviceKeys.Number(device, keys, "gid", DeviceFile.HighestId) ?? 0, DeviceKeys.Mode(device, keys, UsualMode),
            isGpu || ShareSpec.Bool(device, keys, "required", false));
    }

    /// <summary>For people: what it fits.</summary>
    public string What
    {
        get
        {
            (string Word, string? Value)[] said =
                [(" of vendor ", VendorId), (" with product id ", ProductId), (" at ", Pci), (" with number ", Card?.ToString(Invariant))];
            return (IsGpu ? "a GPU" : "a USB device") + string.Concat(said.Where(s => s.Value is not null).Select(s => s.Word + s.Value));
        }
    }

    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    private static string? IdOf(string device, ImmutableSortedDictionary<string, string> keys, string key) =>
        DeviceKeys.Text(keys, key)?.ToLowerInvariant() is not { } text ? null
            : text.Length == 4 && text.All(char.IsAsciiHexDigitLower) ? text
            : throw new Refusal(400, $"device {device}: {key} {Names.Show(text)} is not allowed; it takes four hex digits such as 1d6b");

    private static string? PciOf(string device, ImmutableSortedDictionary<string, string> keys)
    {
        if (DeviceKeys.Text(keys, "pci")?.ToLowerInvariant() is not { } text)
            return null;
        // The domain may be left out, as lspci(8) does.
        var full = text.Count(c => c == ':') == 1 ? "0000:" + text : text;
        return full.Split(':', '.') is [{ Length: 4 }, { Length: 2 }, { Length: 2 }, { Length: 1 }] parts && full[10] == '.' &&
            parts.All(p => p.All(char.IsAsciiHexDigitLower)) ? full
            : throw new Refusal(400, $"device {device}: pci {Names.Show(text)} is not allowed; it takes an address such as 0000:00:02.0");
    }
}
