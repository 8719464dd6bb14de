using System.Collections.Immutable;
using System.Globalization;
using Holm.Contract;

namespace Holm.Config;

/// <summary>
/// A managed network as it was written, of LXD's types: a bridge that Holm makes, with addresses and services; or, macvlan and physical,
/// how a nic that names the network hangs on an interface of the host.
/// </summary>
public sealed record NetworkConfig
{
    /// <summary>Type of those that Holm makes a bridge for.</summary>
    public const string Bridge = "bridge";

    /// <summary>The types there are.</summary>
    public static IReadOnlyList<string> Types { get; } = [Bridge, "macvlan", "physical"];

    /// <summary>One of <see cref="Types"/>; never changed.</summary>
    public string Type { get; init; } = Bridge;

    /// <summary>True: there is an interface of its name on the host, which Holm makes.</summary>
    public bool IsBridge => Type == Bridge;

    /// <summary>Also the bridge's name on the host; see <see cref="InterfaceNames.CheckHost"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Free text, one line.</summary>
    public string Description { get; init; } = "";

    /// <summary>Its keys; see <see cref="KeysOf"/>.</summary>
    public ImmutableSortedDictionary<string, string> Config { get; init; } = Maps.Empty<string>();

    /// <summary>Key of the bridge's address: <c>10.0.0.1/24</c> or <c>none</c>.</summary>
    public const string AddressKey = "ipv4.address";

    /// <summary>Keys that each type takes, besides <c>user.*</c>.</summary>
    public static IReadOnlyList<string> KeysOf(string type) => type switch
    {
        Bridge => [AddressKey, .. AddressPlan.Keys.Where(k => k != AddressPlan.OptionsKey), "bridge.mtu", "ipv6.address"],
        "macvlan" => ["mtu", "parent"],
        _ => ["mtu", "parent", "vlan"],
    };

    /// <summary>Addresses and services of the bridge.</summary>
    public AddressPlan Plan => IsBridge ? AddressPlan.Read($"network {Name}", AddressKey, Config, handsOut: true) : AddressPlan.None;

    /// <summary>A nic that names this network: what it says itself, and how it hangs on the interface; as it is, for a bridge.</summary>
    public ImmutableSortedDictionary<string, string> NicOf(ImmutableSortedDictionary<string, string> nic) => IsBridge ? nic
        : Maps.From(Config.Where(k => KeysOf(Type).Contains(k.Key))).SetItems(nic.Remove("network")).SetItem("nictype", Type)
            .SetItem("parent", Config.GetValueOrDefault("parent", ""));

    /// <summary>Bytes; null: the kernel's.</summary>
    public int? Mtu => Config.TryGetValue("bridge.mtu", out var mtu) ? int.Parse(mtu, CultureInfo.InvariantCulture) : null;

    /// <summary>Accepts it.</summary>
    /// <exception cref="Refusal">400.</exception>
    public void Check()
    {
        InterfaceNames.CheckHost("network", Name);
        if (!Types.Contains(Type))
            throw new Refusal(400, $"network {Name}: type {Names.Show(Type)} is not supported by this node; " +
                $"{string.Join(", ", Types)} are");
        Keys.CheckText($"network {Name}: description", Description);
        if (Config.Count > Rules.MostKeys)
            throw new Refusal(400, $"network {Name}: {Config.Count} keys are too many, {Rules.MostKeys} are allowed");
        foreach (var (key, value) in Config)
            CheckKey(key, value);
        if (!IsBridge)
        {
            InterfaceNames.Check($"network {Name}: parent", Config.GetValueOrDefault("parent", ""));
            Nic.Read(Name, NicOf(Maps.Of(("type", "nic"))));
            return;
        }
        if (Config.TryGetValue("bridge.mtu", out var mtu) && !(int.TryParse(mtu, out var bytes) && bytes is >= 576 and <= 65535))
            throw new Refusal(400, $"network {Name}: bridge.mtu {Names.Show(mtu)} is not allowed; it takes 576 to 65535");
        if (Config.GetValueOrDefault("ipv6.address", "none") is not ("none" or ""))
            throw new Refusal(400, $"network {Name}: ipv6.address takes only none: this node hands out IPv4 addresses");
        if (Plan.DhcpClient)
            throw new Refusal(400, $"network {Name}: ipv4.address takes an address or none");
    }

    /// <summary>Accepts a key, alone.</summary>
    /// <exception cref="Refusal">400.</exception>
    internal void CheckKey(string key, string value)
    {
        if (KeysOf(Type).Contains(key))
            Keys.CheckText($"network {Name}: {key}", value);
        else if (key.StartsWith("user.", StringComparison.Ordinal))
            Keys.Check(key, value);
        else
            throw new Refusal(400, $"network {Name}: key {Names.Show(key)} is not known; it takes " +
                $"{string.Join(", ", KeysOf(Type))}, user.*");
    }
}
