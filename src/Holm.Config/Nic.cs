using System.Collections.Immutable;
using System.Globalization;
using Holm.Contract;

namespace Holm.Config;

/// <summary>How an app is connected.</summary>
public enum NicKind
{
    /// <summary>Layer 3: a veth pair whose host end is an interface like any other of the host.</summary>
    P2p,
    /// <summary>Layer 2: a veth pair whose host end is a port of a bridge.</summary>
    Bridged,
    /// <summary>A MAC address of its own on an interface of the host, which itself cannot be reached.</summary>
    Macvlan,
    /// <summary>A port of the host, or a VLAN on one, moved into the app while it runs.</summary>
    Physical,
}

/// <summary>A device of type nic, read and checked. Keys are LXD's (<c>doc/reference/devices_nic.md</c>), but for the host end's.</summary>
public sealed record Nic
{
    /// <summary>Name of the device.</summary>
    public required string Device { get; init; }

    /// <summary>How.</summary>
    public required NicKind Kind { get; init; }

    /// <summary>Name inside; null: the first <c>ethN</c> that is free.</summary>
    public string? Name { get; init; }

    /// <summary>Name of the host end; null: Holm invents one. p2p and bridged.</summary>
    public string? HostName { get; init; }

    /// <summary>The bridge, the interface below a macvlan, or the port; empty for p2p and for a managed network.</summary>
    public string Parent { get; init; } = "";

    /// <summary>
    /// Own name of the interface that <see cref="Parent"/> names, where that is another name of it (<c>ip link property add altname</c>);
    /// null: it is its own, or not known. Found by the node, no part of what was written.
    /// </summary>
    public string? Port { get; init; }

    /// <summary>The managed network it is a port of; null: none.</summary>
    public string? Network { get; init; }

    /// <summary>MAC address inside, lower case with colons; null: Holm derives one (veth, macvlan), or the port's own.</summary>
    public string? Hwaddr { get; init; }

    /// <summary>Bytes; null: the parent's.</summary>
    public int? Mtu { get; init; }

    /// <summary>Bridged: VLAN of untagged frames, 0 for none; physical: VLAN on the port. Null: nothing is said.</summary>
    public int? Vlan { get; init; }

    /// <summary>Bridged: VLANs of tagged frames, ascending.</summary>
    public ImmutableArray<int> Tagged { get; init; } = [];

    /// <summary>p2p: addresses and services of the host end.</summary>
    public AddressPlan Host { get; init; } = AddressPlan.None;

    /// <summary>p2p: its address inside, which the node sets; null: none, or the app asks for one by DHCP.</summary>
    public Ipv4Interface? Address { get; init; }

    /// <summary>The host end's address, by which the app reaches the rest of the world; null: none, or no <see cref="Address"/>.</summary>
    public uint? Gateway => Address is null ? null : Host.Address?.Address;

    /// <summary>All keys as written.</summary>
    public required ImmutableSortedDictionary<string, string> Keys { get; init; }

    /// <summary>The keys of the link itself as written, without those of addresses and services, in one order.</summary>
    public required string LinkText { get; init; }

    /// <summary>True when the two make the same link: what differs can be changed on its ends while it is there.</summary>
    public bool SameLink(Nic other) => (Device, Name, LinkText) == (other.Device, other.Name, other.LinkText);

    /// <inheritdoc/>
    public bool Equals(Nic? other) => other is not null && SameLink(other) && Host == other.Host && Address == other.Address;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Device, Name, LinkText);

    /// <summary>What a port is called while this app does not run: the VLAN's name, or the port's.</summary>
    public string PortName => Kind == NicKind.Physical && Vlan is { } vid
        ? string.Create(CultureInfo.InvariantCulture, $"{Parent}.{vid}") : Parent;

    private static readonly string[] Common = ["type", "nictype", "name", "hwaddr", "mtu"];

    /// <summary>Keys that each kind takes.</summary>
    public static IReadOnlyList<string> KeysOf(NicKind kind) => kind switch
    {
        NicKind.P2p => [.. Common, "host_name", AddressKey, GuestKey, .. AddressPlan.Keys],
        NicKind.Bridged => [.. Common, "host_name", "parent", "network", "vlan", "vlan.tagged"],
        NicKind.Macvlan => [.. Common, "parent"],
        _ => [.. Common, "parent", "vlan"],
    };

    /// <summary>Key of the host end's address: <c>10.0.0.1/24</c>, <c>dhcp</c> or <c>none</c>.</summary>
    public const string AddressKey = "ipv4.host_address";

    /// <summary>Key of the address inside: <c>10.0.0.2/24</c> or <c>none</c>.</summary>
    public const string GuestKey = "ipv4.address";

    /// <summary>
    /// The same nic of an app in which nobody asks by DHCP: where its host end hands out addresses, and none is written, it has the first
    /// of them.
    /// </summary>
    public Nic WithoutAsking() => !Host.Dhcp || Keys.GetValueOrDefault(GuestKey) is { Length: > 0 } ? this
        : Read(Device, Keys.SetItem(GuestKey, Host.FirstOffer.ToString())) with { Name = Name };

    /// <summary>Reads and checks a device of type nic.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static Nic Read(string device, ImmutableSortedDictionary<string, string> keys)
    {
        var what = $"device {device}";
        string? Value(string key) => keys.GetValueOrDefault(key) is { Length: > 0 } value ? value : null;
        var network = Value("network");
        var kind = (Value("nictype"), network) switch
        {
            ("p2p", null) => NicKind.P2p,
            ("bridged", null) or (null, not null) => NicKind.Bridged,
            ("macvlan", null) => NicKind.Macvlan,
            ("physical", null) => NicKind.Physical,
            (not null, not null) => throw new Refusal(400, $"{what}: nictype and network exclude each other; leave one out"),
            (null, null) => throw new Refusal(
                400, $"{what}: say how it is connected: nictype=p2p, bridged, macvlan or physical, or network=NAME"),
            var (type, _) => throw new Refusal(400,
                $"{what}: nictype {Names.Show(type)} is not known; p2p, bridged, macvlan and physical are"),
        };
        var known = KeysOf(kind);
        if (keys.Keys.FirstOrDefault(k => !known.Contains(k)) is { } other)
            throw new Refusal(400, $"{what}: key {Names.Show(other)} is not known for nictype {kind.ToString().ToLowerInvariant()}; " +
                $"it takes {string.Join(", ", known)}");
        var parent = Value("parent") ?? "";
        if (kind != NicKind.P2p && network is null)
            InterfaceNames.Check($"{what}: parent", parent);
        if (network is not null)
            InterfaceNames.CheckHost($"{what}: network", network);
        if (Value("name") is { } name)
            InterfaceNames.Check($"{what}: name", name);
        if (Value("host_name") is { } host)
            InterfaceNames.CheckHost($"{what}: host_name", host);
        var nic = new Nic
        {
            Device = device,
            Keys = keys,
            LinkText = string.Join(' ', keys
                .Where(k => k.Key is not (AddressKey or GuestKey or "name") && !AddressPlan.Keys.Contains(k.Key))
                .Select(k => $"{k.Key}={k.Value}")),
            Kind = kind,
            Name = Value("name"),
            HostName = Value("host_name"),
            Parent = parent,
            Network = network,
            Hwaddr = Value("hwaddr") is { } mac ? Mac(what, mac) : null,
            Mtu = Value("mtu") is { } mtu ? Number(what, "mtu", mtu, 68, 65535) : null,
            Vlan = Value("vlan") is { } vlan ? kind == NicKind.Bridged && vlan == "none" ? 0 : Number(what, "vlan", vlan, 1, 4094) : null,
            Tagged = Vlans(what, Value("vlan.tagged")),
            Host = kind == NicKind.P2p ? AddressPlan.Read(what, AddressKey, keys) : AddressPlan.None,
            Address = Value(GuestKey) is { } inside and not "none" ? Ipv4Interface.TryParse(inside) ?? throw new Refusal(
                400, $"{what}: {GuestKey} {Names.Show(inside)} is no address of a host; write for example 10.0.0.2/24") : null,
        };
        if (nic is { Address: { } own, Host.Address: { } beside })
            CheckPair(what, own, beside);
        if (nic is { Kind: NicKind.Physical, Vlan: not null })
            InterfaceNames.Check($"{what}: parent and vlan", nic.PortName);
        return nic;
    }

    private static void CheckPair(string what, Ipv4Interface inside, Ipv4Interface host)
    {
        if (inside.Subnet != host.Subnet)
            throw new Refusal(400, $"{what}: {GuestKey} {inside} is not in {host.Subnet}, the subnet of {AddressKey}; " +
                $"write another address of that, with /{host.Length.ToString(CultureInfo.InvariantCulture)}");
        if (inside.Address == host.Address)
            throw new Refusal(400, $"{what}: {GuestKey} {inside} is the host end's own address; choose another of {host.Subnet}");
    }

    private static string Mac(string what, string text)
    {
        var parts = text.ToLowerInvariant().Split(':');
        var good = parts.Length == 6 && parts.All(p => p.Length == 2 && p.All(char.IsAsciiHexDigitLower));
        if (!good || (Convert.ToByte(parts[0], 16) & 1) == 1 || parts.All(p => p == "00"))
            throw new Refusal(
                400, $"{what}: hwaddr {Names.Show(text)} is no address of one interface; write for example 02:00:00:00:00:01");
        return string.Join(':', parts);
    }

    private static int Number(string what, string key, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
            : throw new Refusal(400, $"{what}: {key} {Names.Show(text)} is not allowed; it takes {least} to {most}");

    private static ImmutableArray<int> Vlans(string what, string? text)
    {
        var set = new SortedSet<int>();
        foreach (var part in text?.Split(',') ?? [])
        {
            var ends = part.Trim().Split('-');
            var (first, last) = (Number(what, "vlan.tagged", ends[0], 1, 4094), Number(what, "vlan.tagged", ends[^1], 1, 4094));
            if (ends.Length > 2 || first > last)
                throw new Refusal(400, $"{what}: vlan.tagged {Names.Show(part)} is not allowed; write for example 2,5-7");
            set.UnionWith(Enumerable.Range(first, last - first + 1));
        }
        return [.. set];
    }
}
