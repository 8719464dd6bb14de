namespace Holm.Contract;

/// <summary>The keys of networks and of devices, in the same words.</summary>
/// <remarks>Names and values are LXD's (<c>doc/reference/network_bridge.md</c>, <c>devices_nic.md</c>, <c>devices_disk.md</c>), but for the
/// keys of a nic of nictype p2p that say what stands at its host end: those are the network's.</remarks>
public sealed partial record ConfigKey
{
    private const string Ranges = "ranges such as 10.0.0.10-10.0.0.20, with commas", Interface = "name of an interface",
        Servers = "IPv4 addresses, with commas", Lease = "two minutes to a year, such as 3600, 10m or 1h", Bytes = "bytes, 68 to 65535",
        Vlan = "1 to 4094";

    /// <summary>Keys of managed networks.</summary>
    public static IReadOnlyList<ConfigKey> OfNetworks { get; } =
    [
        new("bridge.mtu", "bytes, 576 to 65535", "the kernel's", "longest packet"),
        new("dns.domain", "domain name", "", "domain told to apps that ask by DHCP"),
        new("dns.nameservers", Servers, "the bridge itself", "name servers told to apps that ask by DHCP"),
        new("ipv4.address", "address with prefix such as 10.0.0.1/24, auto or none", "none",
            "address of the bridge on the host; auto: a free one, with NAT"),
        new("ipv4.dhcp", Bool, "true with an address", "hand out addresses and answer name questions"),
        new("ipv4.dhcp.expiry", Lease, "1h", "how long an address is handed out for"),
        new("ipv4.dhcp.ranges", Ranges, "all of the subnet", "which addresses are handed out"),
        new("ipv4.nat", Bool, "false", "let apps out: what leaves the subnet seems to come from the host"),
        new("ipv6.address", "none", "none", "accepted as LXD's clients send it; IPv6 addresses are not handed out"),
        new("mtu", Bytes, "the parent's", "macvlan, physical: longest packet"),
        new("parent", Interface, "", "macvlan, physical: interface of the host that nics hang on"),
        new("user.*", Text, "", "free text for people and programs"),
        new("vlan", Vlan, "", "physical: VLAN on that interface"),
    ];

    /// <summary>Keys of devices of type nic, whatever their nictype.</summary>
    public static IReadOnlyList<ConfigKey> OfNics { get; } =
    [
        new("dns.domain", "domain name", "", "p2p: domain told to the app by DHCP"),
        new("dns.nameservers", Servers, "the host end itself", "p2p: name servers told to the app by DHCP"),
        new("host_name", Interface, "invented", "p2p, bridged: what its host end is called"),
        new("hwaddr", "MAC address", "one of its own", "hardware address inside"),
        new("ipv4.address", "address with prefix such as 10.0.0.2/24, or none", "the app asks by DHCP, an OCI image has the first that "
            + "would be handed out", "p2p: address inside, set by the node, with a default route by the host end"),
        new("ipv4.dhcp", Bool, "false", "p2p: hand the app an address and answer its name questions"),
        new("ipv4.dhcp.expiry", Lease, "1h", "p2p: how long an address is handed out for"),
        new("ipv4.dhcp.options", "numbers such as 66,67", "", "p2p: DHCP options that the host end asks for, with ipv4.host_address=dhcp"),
        new("ipv4.dhcp.ranges", Ranges, "all of the subnet", "p2p: which addresses are handed out"),
        new("ipv4.host_address", "address with prefix such as 10.0.0.1/24, dhcp or none", "none", "p2p: address of its host end"),
        new("ipv4.nat", Bool, "false", "p2p: let the app out: what leaves the subnet seems to come from the host"),
        new("mtu", Bytes, "the parent's", "longest packet"),
        new("name", Interface, "eth0, eth1 and so on", "what it is called inside"),
        new("network", "name of a network", "", "managed network it is a port of, in place of nictype and parent"),
        new("nictype", "p2p, bridged, macvlan or physical", "", "how it is connected: a link to the host, a port of a bridge, "
            + "an address of its own on an interface, or a port of the host moved into the app"),
        new("parent", Interface, "", "bridged: the bridge; macvlan: the interface below it; physical: the port"),
        new("vlan", Vlan + ", bridged also none", "", "bridged: VLAN of untagged packets; physical: VLAN on the port"),
        new("vlan.tagged", "VLANs such as 2,5-7", "", "bridged: VLANs of tagged packets"),
    ];

    /// <summary>Keys of devices of type disk.</summary>
    public static IReadOnlyList<ConfigKey> OfDisks { get; } =
    [
        new("path", Path, "", "where it is inside; / is the root disk"),
        new("pool", "name of a pool", "", "where a root disk's writes go: default keeps them, ram drops them; or whose volume is shared"),
        new("readonly", Bool, "false", "the app can change nothing of the share"),
        new("recursive", Bool, "false", "what is mounted below the source is shared, too"),
        new("required", Bool, "true", "the app is not started while the source is missing"),
        new("shift", Bool, "true", "an unprivileged app's ids are the host's in the share; false: its files are nobody's"),
        new("size", "size such as 64MiB", "no limit", "how much may be written to a root disk"),
        new("source", Path + " or volume", "", "the file or folder of the host, or the volume of the pool, that is shared"),
    ];
}
