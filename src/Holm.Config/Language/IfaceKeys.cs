using System.Collections.Immutable;

namespace Holm.Config.Language;

/// <summary>The keys of a p2p nic that the lines of <c>iface</c> say, and those lines.</summary>
internal static class IfaceKeys
{
    public const string Dhcp = "ipv4.dhcp", Ranges = "ipv4.dhcp.ranges", Expiry = "ipv4.dhcp.expiry", Nat = "ipv4.nat",
        Domain = "dns.domain", NameServers = "dns.nameservers";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Nic.AddressKey, .. AddressPlan.Keys];

    /// <summary>The lines that say just these keys, with their depth; null when they cannot.</summary>
    public static IReadOnlyList<(int Depth, IReadOnlyList<string> Words)>? Lines(ImmutableSortedDictionary<string, string> device)
    {
        var lines = new List<(int Depth, IReadOnlyList<string> Words)>();
        foreach (var key in All)
        {
            if (!device.TryGetValue(key, out var value))
                continue;
            string[]? line = (key, value) switch
            {
                (Nic.AddressKey, "dhcp") => ["inet", "dhcp"],
                (Nic.AddressKey, _) when Ipv4Interface.TryParse(value)?.ToString() == value => ["inet", value],
                (Dhcp, "true") when !device.TryGetValue(Ranges, out var ranges) => ["dhcp-server"],
                (Dhcp, "true") => Range(device[Ranges]),
                (Ranges, _) => device.GetValueOrDefault(Dhcp) == "true" ? [] : null,
                (Expiry, _) => Seconds(value) ? ["lease", value] : null,
                (Nat, "true") => ["nat"],
                (Domain, _) when value.Length > 0 => ["domain", value],
                (NameServers, _) when value.Split(',').All(n => Ipv4.TryParse(n) is not null) => ["dns", .. value.Split(',')],
                (AddressPlan.OptionsKey, _) when device.GetValueOrDefault(Nic.AddressKey) == "dhcp" => [],
                _ => null,
            };
            if (line is null)
                return null;
            if (line.Length > 0)
                lines.Add((1, line));
            if (key != Nic.AddressKey || value != "dhcp")
                continue;
            if (device.TryGetValue(AddressPlan.OptionsKey, out var options))
                lines.Add((2, ["option", options]));
            lines.Add((1, ["end"]));
        }
        return lines;
    }

    private static string[]? Range(string ranges) => Ipv4Range.TryParse(ranges) is { } range && range.ToString() == ranges
        ? ["dhcp-server", Ipv4.Text(range.First), Ipv4.Text(range.Last)] : null;

    private static bool Seconds(string value) => value.Length > 0 && value.All(char.IsAsciiDigit);
}
