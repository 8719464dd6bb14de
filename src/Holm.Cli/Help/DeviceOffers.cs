using Holm.Config;

namespace Holm.Cli.Help;

/// <summary>What may stand behind <c>device add NAME DEVICE</c> and <c>device set NAME DEVICE</c>.</summary>
internal static class DeviceOffers
{
    private const string Kind = "nictype=", Network = "network=";

    /// <summary>Types of devices.</summary>
    public static IReadOnlyList<string> Types { get; } = Devices.Types;

    /// <summary>Keys of a device that is there, whatever its type.</summary>
    public static IEnumerable<string> AllKeys => KeyTable.Nics.Names
        .Union(KeyTable.Disks.Names).Union(KeyTable.Parts.Names).Union(KeyTable.Proxies.Names);

    /// <summary>Keys of a new device: those that its type takes, and those that go with what stands there already.</summary>
    /// <param name="given">NAME, DEVICE, TYPE and KEY=VALUE words.</param>
    public static IEnumerable<string> Keys(IReadOnlyList<string> given) => given.ElementAtOrDefault(2) switch
    {
        "disk" when given.Contains("path=/") => Devices.RootKeys.Except(["type", "path"]),
        "disk" when given.Any(w => w.StartsWith("source=", StringComparison.Ordinal)) => ShareSpec.KeysOf.Except(["type", "source"]),
        "disk" => KeyTable.Disks.Names,
        "nic" when given.Any(w => w.StartsWith(Network, StringComparison.Ordinal)) =>
            Nic.KeysOf(NicKind.Bridged).Except(["type", "nictype", "parent"]),
        "nic" when given.FirstOrDefault(w => w.StartsWith(Kind, StringComparison.Ordinal)) is { } kind =>
            Enum.TryParse<NicKind>(kind[Kind.Length..], ignoreCase: true, out var known) ? Nic.KeysOf(known).Except(["type", "network"])
                : [],
        "nic" => KeyTable.Nics.Names,
        "unix-block" or "unix-char" => DeviceFile.KeysOf.Except(["type"]),
        "usb" => HardwareSpec.UsbKeys.Except(["type"]),
        "gpu" => HardwareSpec.GpuKeys.Except(["type"]),
        "proxy" => KeyTable.Proxies.Names,
        _ => [],
    };
}
