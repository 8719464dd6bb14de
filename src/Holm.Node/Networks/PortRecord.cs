using System.Text.Json;
using System.Text.Json.Serialization;

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
/// <param name="Traits">How it took frames: <see cref="Holm.Linux.Netlink.Link.Traits"/>.</param>
/// <param name="Alias">What was written on it; null: nothing.</param>
/// <param name="Group">Group number.</param>
/// <param name="AltNames">Other names it had.</param>
internal sealed record PortRecord(
    string Port, string App, string Device, int Index, string Kind, string? PermanentAddress, string? ParentDevice,
    string? Address, int Mtu, bool IsUp, uint Traits, string? Alias, uint Group, string[] AltNames)
{
    /// <summary>True: it is hardware, which the kernel hands back, and which can be known again by more than its number.</summary>
    [JsonIgnore]
    public bool IsHardware => PermanentAddress is not null || ParentDevice is not null;

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
