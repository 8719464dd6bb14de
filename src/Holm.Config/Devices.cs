using System.Collections.Immutable;
using Holm.Contract;

namespace Holm.Config;

/// <summary>The device types there are and the keys each takes. What is not here is refused by name.</summary>
/// <remarks>Types and keys are LXD's (<c>doc/reference/devices.md</c>).</remarks>
public static class Devices
{
    /// <summary>Most devices one instance or profile may have.</summary>
    public const int Most = 64;

    /// <summary>Keys of a root disk.</summary>
    public static IReadOnlyList<string> RootKeys { get; } = ["type", "path", "pool", "size"];

    private static readonly string[] Later =
        ["gpu", "infiniband", "pci", "proxy", "tpm", "unix-block", "unix-char", "unix-hotplug", "usb"];

    /// <summary>Accepts one device.</summary>
    /// <exception cref="Refusal">400: its name, type, a key or a value is not allowed.</exception>
    public static void Check(string name, ImmutableSortedDictionary<string, string> device)
    {
        Names.CheckDevice(name);
        foreach (var (key, value) in device)
            Keys.CheckText($"device {name}: key {Names.Show(key)}", value);
        switch (device.GetValueOrDefault("type", ""))
        {
            case "none":
                RefuseOthers(name, device, "type");
                return;
            case "disk":
                CheckDisk(name, device);
                return;
            case "nic":
                Nic.Read(name, device);
                return;
            case "":
                throw new Refusal(400, $"device {name}: no type was given; add type=disk, type=nic or type=none");
            case var type when Later.Contains(type):
                throw new Refusal(400, $"device {name}: type {type} is not supported yet by this node; disk, nic and none are");
            case var type:
                throw new Refusal(400, $"device {name}: type {Names.Show(type)} is not known; disk, nic and none are");
        }
    }

    private static void CheckDisk(string name, ImmutableSortedDictionary<string, string> device)
    {
        if (ShareSpec.IsShare(device))
        {
            ShareSpec.Read(name, device);
            return;
        }
        RefuseOthers(name, device, [.. RootKeys]);
        if (!device.TryGetValue("pool", out var pool))
            throw new Refusal(400, $"device {name}: a root disk needs a pool; add pool=default (kept) or pool=ram (gone with the stop)");
        PoolConfig.CheckName("storage pool", pool, $"device {name}: ");
        if (device.TryGetValue("size", out var size) && Size.Parse(size) == 0)
            throw new Refusal(400, $"device {name}: a size of nothing is not allowed");
    }

    private static void RefuseOthers(string name, ImmutableSortedDictionary<string, string> device, params string[] known)
    {
        if (device.Keys.FirstOrDefault(k => !known.Contains(k)) is not { } other)
            return;
        throw new Refusal(400, $"device {name}: key {Names.Show(other)} is not known for type {device["type"]}; it takes " +
            string.Join(", ", known));
    }
}
