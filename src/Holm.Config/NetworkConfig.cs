using System.Collections.Immutable;
using System.Globalization;
using Holm.Contract;

namespace Holm.Config;

/// <summary>A managed network as it was written: a bridge that Holm makes, with addresses and services. LXD's type bridge.</summary>
public sealed record NetworkConfig
{
    /// <summary>Also the bridge's name on the host; see <see cref="InterfaceNames.CheckHost"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Free text, one line.</summary>
    public string Description { get; init; } = "";

    /// <summary>Its keys; see <see cref="KeysOf"/>.</summary>
    public ImmutableSortedDictionary<string, string> Config { get; init; } = Maps.Empty<string>();

    /// <summary>Key of the bridge's address: <c>10.0.0.1/24</c> or <c>none</c>.</summary>
    public const string AddressKey = "ipv4.address";

    /// <summary>Keys there are, besides <c>user.*</c>.</summary>
    public static IReadOnlyList<string> KeysOf { get; } =
        [AddressKey, .. AddressPlan.Keys.Where(k => k != AddressPlan.OptionsKey), "bridge.mtu", "ipv6.address"];

    /// <summary>Addresses and services of the bridge.</summary>
    public AddressPlan Plan => AddressPlan.Read($"network {Name}", AddressKey, Config);

    /// <summary>Bytes; null: the kernel's.</summary>
    public int? Mtu => Config.TryGetValue("bridge.mtu", out var mtu) ? int.Parse(mtu, CultureInfo.InvariantCulture) : null;

    /// <summary>Accepts it.</summary>
    /// <exception cref="Refusal">400.</exception>
    public void Check()
    {
        InterfaceNames.CheckHost("network", Name);
        Keys.CheckText($"network {Name}: description", Description);
        if (Config.Count > Rules.MostKeys)
            throw new Refusal(400, $"network {Name}: {Config.Count} keys are too many, {Rules.MostKeys} are allowed");
        foreach (var (key, value) in Config)
            CheckKey(key, value);
        if (Config.TryGetValue("bridge.mtu", out var mtu) && !(int.TryParse(mtu, out var bytes) && bytes is >= 576 and <= 65535))
            throw new Refusal(400, $"network {Name}: bridge.mtu {Names.Show(mtu)} is not allowed; it takes 576 to 65535");
        if (Config.GetValueOrDefault("ipv6.address", "none") is not ("none" or ""))
            throw new Refusal(400, $"network {Name}: ipv6.address takes only none: this node hands out IPv4 addresses");
        if (Plan.DhcpClient)
            throw new Refusal(400, $"network {Name}: ipv4.address takes an address or none");
    }

    private void CheckKey(string key, string value)
    {
        if (KeysOf.Contains(key))
            Keys.CheckText($"network {Name}: {key}", value);
        else if (key.StartsWith("user.", StringComparison.Ordinal))
            Keys.Check(key, value);
        else
            throw new Refusal(400, $"network {Name}: key {Names.Show(key)} is not known; it takes {string.Join(", ", KeysOf)}, user.*");
    }
}
