using System.Collections.Immutable;
using System.Globalization;
using Holm.Contract;

namespace Holm.Config;

/// <summary>
/// What a host interface towards apps is given at layer 3: the host end of a veth pair, or a managed bridge. The keys are those of LXD's
/// networks; a nic has <c>ipv4.host_address</c> (as LXD's routed nics) where a network has <c>ipv4.address</c>.
/// </summary>
public sealed record AddressPlan
{
    /// <summary>Nothing: no address, no service.</summary>
    public static AddressPlan None { get; } = new();

    /// <summary>Its own address; null: none.</summary>
    public Ipv4Interface? Address { get; init; }

    /// <summary>True: it asks for its address by DHCP, on the link.</summary>
    public bool DhcpClient { get; init; }

    /// <summary>DHCP options that it asks for besides those it needs itself, ascending; RFC 2132.</summary>
    public ImmutableArray<int> RequestOptions { get; init; } = [];

    /// <summary>True: addresses are handed out on the link.</summary>
    public bool Dhcp { get; init; }

    /// <summary>Which; empty: all of the subnet but its own.</summary>
    public ImmutableArray<Ipv4Range> Ranges { get; init; } = [];

    /// <summary>The ranges asked for, or both sides of its own address in the subnet. With <see cref="Dhcp"/>.</summary>
    public IReadOnlyList<Ipv4Range> Offers
    {
        get
        {
            if (Ranges.Length > 0 || Address is not { } own)
                return Ranges;
            Ipv4Range[] sides = [new(own.Network + 1, own.Address - 1), new(own.Address + 1, own.Broadcast - 1)];
            return [.. sides.Where(side => side.First <= side.Last)];
        }
    }

    /// <summary>The first address that is handed out. With <see cref="Dhcp"/>.</summary>
    public Ipv4Interface FirstOffer => Offers.Select(o => o.First != Address!.Value.Address ? o.First : o.First + 1)
        .Select(first => Address!.Value with { Address = first }).First();

    /// <summary>Seconds a lease lasts.</summary>
    public int LeaseSeconds { get; init; } = 3600;

    /// <summary>Name servers told to those that ask by DHCP; empty: the interface itself, which answers for the host's.</summary>
    public ImmutableArray<uint> NameServers { get; init; } = [];

    /// <summary>Domain told to those that ask by DHCP; empty: none.</summary>
    public string Domain { get; init; } = "";

    /// <summary>True: what leaves the subnet seems to come from the host, and is forwarded.</summary>
    public bool Nat { get; init; }

    /// <summary>Its keys as written, in one order: plans of one text are equal.</summary>
    public string Text { get; private init; } = "";

    /// <inheritdoc/>
    public bool Equals(AddressPlan? other) => other?.Text == Text;

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <summary>Key of the DHCP options that a client asks for.</summary>
    public const string OptionsKey = "ipv4.dhcp.options";

    /// <summary>Keys besides the address that a nic of nictype p2p and a network take.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        ["ipv4.dhcp", "ipv4.dhcp.ranges", "ipv4.dhcp.expiry", OptionsKey, "ipv4.nat", "dns.domain", "dns.nameservers"];

    /// <summary>Reads and checks it.</summary>
    /// <param name="what">Whose it is, for messages: <c>device eth0</c>.</param>
    /// <param name="addressKey"><c>ipv4.host_address</c> or <c>ipv4.address</c>.</param>
    /// <param name="keys">All keys of the device or network.</param>
    /// <param name="handsOut">True: addresses are handed out unless that is said.</param>
    /// <exception cref="Refusal">400.</exception>
    public static AddressPlan Read(
        string what, string addressKey, ImmutableSortedDictionary<string, string> keys, bool handsOut = false)
    {
        string? Value(string key) => keys.GetValueOrDefault(key) is { Length: > 0 } value ? value : null;
        var address = Value(addressKey);
        Ipv4Interface? own = address is null or "none" or "dhcp" ? null : Ipv4Interface.TryParse(address) ??
            throw new Refusal(400, $"{what}: {addressKey} {Names.Show(address)} is no address of a host; write for example 10.0.0.1/24");
        var plan = new AddressPlan
        {
            Text = string.Join(' ', keys.Where(k => k.Key == addressKey || Keys.Contains(k.Key)).Select(k => $"{k.Key}={k.Value}")),
            Address = own,
            DhcpClient = address == "dhcp",
            RequestOptions = [.. (Value(OptionsKey)?.Split(',') ?? []).Select(o => Option(what, o)).Distinct().Order()],
            Dhcp = Value("ipv4.dhcp") is { } said ? IsTrue(what, "ipv4.dhcp", said) : handsOut && own is { Length: <= LongestForDhcp },
            Ranges = [.. (Value("ipv4.dhcp.ranges")?.Split(',') ?? []).Select(r => Ipv4Range.TryParse(r) ?? throw new Refusal(
                400, $"{what}: ipv4.dhcp.ranges {Names.Show(r)} is no range; write for example 10.0.0.10-10.0.0.20"))],
            LeaseSeconds = Value("ipv4.dhcp.expiry") is { } expiry ? Seconds(what, expiry) : 3600,
            NameServers = [.. (Value("dns.nameservers")?.Split(',') ?? []).Select(n => Ipv4.TryParse(n.Trim()) ?? throw new Refusal(
                400, $"{what}: dns.nameservers {Names.Show(n)} is no IPv4 address"))],
            Domain = Value("dns.domain") ?? "",
            Nat = IsTrue(what, "ipv4.nat", Value("ipv4.nat")),
        };
        plan.Check(what, addressKey);
        return plan;
    }

    /// <summary>Longest prefix that leaves an address to hand out.</summary>
    private const int LongestForDhcp = 30;

    private void Check(string what, string addressKey)
    {
        if (Domain.Length > 253 || Domain.Split('.').Any(label => Domain.Length > 0 && !IsLabel(label)))
            throw new Refusal(400, $"{what}: dns.domain {Names.Show(Domain)} is no domain name");
        if (RequestOptions.Length > 0 && !DhcpClient)
            throw new Refusal(400, $"{what}: {OptionsKey} means nothing without {addressKey}=dhcp");
        if (Address is not { } own)
        {
            if (Dhcp || Ranges.Length > 0 || Nat)
                throw new Refusal(400, $"{what}: DHCP and NAT need an address of its own; add {addressKey}=10.0.0.1/24, say");
            return;
        }
        if (Dhcp && own.Length > LongestForDhcp)
            throw new Refusal(400, $"{what}: {addressKey} {own} leaves no address to hand out; use a prefix of 30 or less");
        if (Ranges.Length > 0 && !Dhcp)
            throw new Refusal(400, $"{what}: ipv4.dhcp.ranges means nothing without ipv4.dhcp=true");
        foreach (var range in Ranges)
            if (!own.Holds(range.First) || !own.Holds(range.Last))
                throw new Refusal(400, $"{what}: ipv4.dhcp.ranges {range} is not within the hosts of {own.Subnet}");
            else if (range.First == own.Address && range.Last == own.Address)
                throw new Refusal(400, $"{what}: ipv4.dhcp.ranges {range} is its own address");
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && label[0] != '-' && label[^1] != '-';

    private static bool IsTrue(string what, string key, string? value) => value is null ? false
        : Config.Keys.IsBool(value) ? Config.Keys.IsTrue(value)
        : throw new Refusal(400, $"{what}: {key} {Names.Show(value)} is not allowed; it takes true or false");

    private static int Option(string what, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var option) && option is >= 1 and <= 254 ? option
            : throw new Refusal(400, $"{what}: {OptionsKey} {Names.Show(text)} is not allowed; it takes numbers from 1 to 254, as 66,67");

    private static int Seconds(string what, string text)
    {
        var unit = text[^1] switch { 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 1 };
        var digits = char.IsAsciiLetter(text[^1]) ? text[..^1] : text;
        if ((char.IsAsciiLetter(text[^1]) && unit == 1 && text[^1] != 's') ||
            !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ||
            n > 365 * 86400 / unit || n * unit < 120)
            throw new Refusal(400, $"{what}: ipv4.dhcp.expiry {Names.Show(text)} is not allowed; it takes two minutes to a year, " +
                "as 3600, 10m, 1h or 2d");
        return n * unit;
    }
}
