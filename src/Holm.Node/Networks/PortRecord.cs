using System.Text.Json;
using System.Text.Json.Serialization;
using Holm.Linux.Netlink;

namespace Holm.Node.Networks;

/// <summary>
/// A port of the host that an app holds, as it was before it left: <c>$HOLM_RUN/ports/NAME.json</c>, on tmpfs, written before the port
/// moves and removed once it is home again. By it every later daemon of this boot knows the port again, whatever the app did to it.
/// </summary>
/// <param name="Port">Its name on the host.</param>
/// <param name="App">The app that holds it.</param>
/// <param name="Device">The app's device.</param>
/// <param name="Index">Interface index; the kernel keeps it when the port moves, unless the number is taken.</param>
/// <param name="Kind">Kind of link; empty: hardware.</param>
/// <param name="PermanentAddress">MAC address that the hardware was made with; null: it has none.</param>
/// <param name="ParentDevice">Bus and name of the hardware; null: it has none.</param>
/// <param name="Address">MAC address it had; null: it has none.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="IsUp">True when it was up.</param>
/// <param name="Traits">How it took frames: <see cref="Link.Traits"/>.</param>
/// <param name="Alias">What was written on it; null: nothing.</param>
/// <param name="Group">Group number.</param>
/// <param name="AltNames">Other names it had.</param>
/// <param name="TxQueue">Frames that could wait to be sent; null: an earlier version wrote this.</param>
/// <param name="PortName">Which port of its hardware it is, as the driver calls it; null: the driver does not say.</param>
/// <param name="PortId">The same as a number of the hardware's; null: the driver does not say.</param>
/// <param name="LinkIndex">Of a virtual one: number of what it hangs on (a pair's other end, a VLAN's port); null: nothing.</param>
/// <param name="DevicePort">The same by /sys, <see cref="Link.ReadDevicePort"/>; null: not known.</param>
internal sealed record PortRecord(
    string Port, string App, string Device, int Index, string Kind, string? PermanentAddress, string? ParentDevice,
    string? Address, int Mtu, bool IsUp, uint Traits, string? Alias, uint Group, string[] AltNames,
    uint? TxQueue = null, string? PortName = null, string? PortId = null, string? DevicePort = null,
    int? LinkIndex = null)
{
    /// <summary>True: it is hardware, which the kernel hands back, and which can be known again by more than its number.</summary>
    [JsonIgnore]
    public bool IsHardware => PermanentAddress is not null || ParentDevice is not null;

    /// <summary>True: the host knows it by this name.</summary>
    public bool IsCalled(string name) => Port == name || AltNames.Contains(name);

    /// <summary>
    /// True when a link is, by all that an app cannot change, this port. The ports of a switch chip share hardware and MAC address: only
    /// what the driver calls them tells them apart.
    /// </summary>
    /// <param name="link">The link.</param>
    /// <param name="devicePort">Its <see cref="Link.ReadDevicePort"/>; null: not known.</param>
    public bool IsOf(Link link, string? devicePort) =>
        link.Name != "lo" && link.Kind == Kind && link.PermanentAddress == PermanentAddress && link.ParentDevice == ParentDevice &&
        // An earlier version wrote neither.
        (TxQueue is null || (link.PortName == PortName && link.PortId == PortId)) &&
        (DevicePort is null || devicePort is null || devicePort == DevicePort) &&
        (LinkIndex is null || IsHardware || link.LinkIndex == LinkIndex);

    /// <summary>Writes it.</summary>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, Port + ".json");
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(this, PortRecordJson.Default.PortRecord));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>The port is home.</summary>
    public void Delete(string folder) => File.Delete(Path.Combine(folder, Port + ".json"));

    /// <summary>All records.</summary>
    public static IReadOnlyList<PortRecord> ReadAll(string folder) => !Directory.Exists(folder) ? [] :
        [.. Directory.EnumerateFiles(folder, "*.json").Select(Read).OfType<PortRecord>()];

    private static PortRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), PortRecordJson.Default.PortRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>JSON of port records.</summary>
[JsonSerializable(typeof(PortRecord))]
internal sealed partial class PortRecordJson : JsonSerializerContext;
