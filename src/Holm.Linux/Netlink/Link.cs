using System.Globalization;
using Holm.Linux.Files;

namespace Holm.Linux.Netlink;

/// <summary>One network interface, as the kernel describes it: <c>RTM_NEWLINK</c> of rtnetlink(7).</summary>
public sealed record Link
{
    /// <summary>Number, unique in its network namespace.</summary>
    public required int Index { get; init; }
    /// <summary>Name; bytes that are not UTF-8 are shown as U+FFFD.</summary>
    public required string Name { get; init; }
    /// <summary>Other names it is found by.</summary>
    public IReadOnlyList<string> AltNames { get; init; } = [];
    /// <summary>Driver of a made link: <c>veth</c>, <c>bridge</c>, <c>macvlan</c>, <c>vlan</c>, …; empty for a port and lo.</summary>
    public string Kind { get; init; } = "";
    /// <summary>What somebody wrote on it; null when nothing.</summary>
    public string? Alias { get; init; }
    /// <summary>Group number; 0 is where links are born.</summary>
    public uint Group { get; init; }
    /// <summary><c>IFF_…</c> of <c>linux/if.h</c>.</summary>
    public uint Flags { get; init; }
    /// <summary>Bytes.</summary>
    public int Mtu { get; init; }
    /// <summary>Frames that may wait to be sent; <c>txqueuelen</c>.</summary>
    public uint TxQueue { get; init; }
    /// <summary>Hardware address, small letters and colons; null when it has none.</summary>
    public string? Address { get; init; }
    /// <summary>The hardware address it came with; null when its driver names none.</summary>
    public string? PermanentAddress { get; init; }
    /// <summary>Index of the bridge it is a port of; null when of none.</summary>
    public int? Master { get; init; }
    /// <summary>
    /// What it hangs on: the other end of a veth, the parent of a macvlan or VLAN. An index in <see cref="LinkNamespaceId"/> where that is
    /// given.
    /// </summary>
    public int? LinkIndex { get; init; }
    /// <summary>Number the asked namespace has for the one of <see cref="LinkIndex"/>, when it is another; -1: none.</summary>
    public int? LinkNamespaceId { get; init; }
    /// <summary>
    /// The device it is the port of, as <c>bus/name</c>: <c>pci/0000:00:03.0</c>, <c>virtio/virtio3</c>. Null when of none, and before
    /// Linux 5.14.
    /// </summary>
    public string? ParentDevice { get; init; }
    /// <summary>Which of the ports of its device it is, as its driver calls it: <c>p0</c>; null when the driver does not say.</summary>
    public string? PortName { get; init; }
    /// <summary>The same as a number of the hardware's, in hexadecimal with colons; null when the driver does not say.</summary>
    public string? PortId { get; init; }
    /// <summary>True: it cannot leave its network namespace. Null: the kernel does not say (before Linux 6.15).</summary>
    public bool? NetnsImmutable { get; init; }
    /// <summary><c>ARPHRD_…</c> of <c>linux/if_arp.h</c>: 1 Ethernet, 772 loopback.</summary>
    public int HardwareType { get; init; }
    /// <summary>VLAN number of a link of kind <c>vlan</c>; else null.</summary>
    public int? VlanId { get; init; }
    /// <summary>For a bridge, whether it keeps VLANs apart; else null.</summary>
    public bool? VlanFiltering { get; init; }
    /// <summary>What went through since it was made.</summary>
    public LinkCounters Counters { get; init; }

    /// <summary>True when it is set up.</summary>
    public bool IsUp => (Flags & Rtnetlink.IFF_UP) != 0;

    /// <summary>Those of <see cref="Flags"/> that say how it takes frames: promiscuous, all multicast, any multicast, no ARP.</summary>
    public uint Traits => Flags & Rtnetlink.Traits;

    /// <summary>True when it is set up and could carry packets: its operational state is up, or its driver knows none.</summary>
    public bool IsRunning => (Flags & Rtnetlink.IFF_RUNNING) != 0;

    /// <summary>True for a radio. Looked up in the /sys of the calling thread, which shows the namespace it was mounted in.</summary>
    public static bool IsWireless(string name) =>
        Directory.Exists($"/sys/class/net/{name}/phy80211") || Directory.Exists($"/sys/class/net/{name}/wireless");

    /// <summary>
    /// Which port of its device a link is by the files <c>dev_port</c> and <c>dev_id</c> of /sys, as <c>PORT/ID</c>; null when the /sys of
    /// the calling thread does not show this link, or its driver has none. Linux <c>ABI/testing/sysfs-class-net</c>.
    /// </summary>
    public string? ReadDevicePort()
    {
        var folder = $"/sys/class/net/{Name}/";
        string? Value(string file) => KernelFile.Read(folder + file)?.Trim();
        return Value("ifindex") == Index.ToString(CultureInfo.InvariantCulture) && (Address is null || Value("address") == Address) &&
            Value("dev_port") is { } port && Value("dev_id") is { } id ? $"{port}/{id}" : null;
    }

    /// <summary>Reads a message; null when it is about no link.</summary>
    /// <exception cref="LinuxException">EBADMSG: it makes no sense.</exception>
    internal static Link? Parse(ushort type, ReadOnlySpan<byte> body)
    {
        if (type != Rtnetlink.RTM_NEWLINK)
            return null;
        var head = Wire.Read<LinkHead>(body);
        var parts = new Parts { Kind = "" };
        var attributes = new AttributeReader(Wire.After<LinkHead>(body));
        while (attributes.Next())
            parts.Take(attributes.Type, attributes.Value);
        return new Link
        {
            Index = head.Index,
            Name = parts.Name ?? throw Wire.Malformed(),
            AltNames = parts.AltNames ?? [],
            Kind = parts.Kind,
            Alias = parts.Alias,
            Group = parts.Group,
            Flags = head.Flags,
            Mtu = parts.Mtu,
            Address = parts.Address,
            PermanentAddress = parts.PermanentAddress,
            Master = parts.Master,
            LinkIndex = parts.LinkIndex,
            LinkNamespaceId = parts.LinkNamespaceId,
            ParentDevice = parts is { Bus: { } bus, Device: { } device } ? $"{bus}/{device}" : null,
            PortName = parts.PortName,
            PortId = parts.PortId,
            TxQueue = parts.TxQueue,
            NetnsImmutable = parts.Immutable,
            HardwareType = head.Type,
            VlanId = parts.VlanId,
            VlanFiltering = parts.VlanFiltering,
            Counters = parts.Counters,
        };
    }

    /// <summary>What has been read of a message so far.</summary>
    private record struct Parts
    {
        public string? Name, Alias, Address, PermanentAddress, Bus, Device, PortName, PortId;
        public string Kind;
        public List<string>? AltNames;
        public uint Group, TxQueue;
        public int Mtu;
        public int? Master, LinkIndex, LinkNamespaceId, VlanId;
        public bool? Immutable, VlanFiltering;
        public LinkCounters Counters;

        public void Take(ushort type, ReadOnlySpan<byte> value)
        {
            switch (type)
            {
                case Rtnetlink.IFLA_IFNAME: Name = Wire.Text(value); break;
                case Rtnetlink.IFLA_IFALIAS: Alias = Wire.Text(value) is { Length: > 0 } alias ? alias : null; break;
                case Rtnetlink.IFLA_ADDRESS: Address = HardwareAddress.Format(value); break;
                case Rtnetlink.IFLA_PERM_ADDRESS: PermanentAddress = HardwareAddress.Format(value); break;
                case Rtnetlink.IFLA_PARENT_DEV_BUS_NAME: Bus = Wire.Text(value); break;
                case Rtnetlink.IFLA_PARENT_DEV_NAME: Device = Wire.Text(value); break;
                case Rtnetlink.IFLA_PHYS_PORT_NAME: PortName = Wire.Text(value); break;
                case Rtnetlink.IFLA_PHYS_PORT_ID: PortId = HardwareAddress.Format(value); break;
                case Rtnetlink.IFLA_TXQLEN: TxQueue = Wire.Read<uint>(value); break;
                case Rtnetlink.IFLA_GROUP: Group = Wire.Read<uint>(value); break;
                case Rtnetlink.IFLA_MTU: Mtu = Wire.Read<int>(value); break;
                case Rtnetlink.IFLA_MASTER: Master = Wire.Read<int>(value); break;
                case Rtnetlink.IFLA_LINK: LinkIndex = Wire.Read<int>(value); break;
                case Rtnetlink.IFLA_LINK_NETNSID: LinkNamespaceId = Wire.Read<int>(value); break;
                case Rtnetlink.IFLA_NETNS_IMMUTABLE: Immutable = Wire.Read<byte>(value) != 0; break;
                case Rtnetlink.IFLA_STATS64: Counters = LinkCounters.Of(Wire.Read<LinkStatistics>(value)); break;
                case Rtnetlink.IFLA_PROP_LIST: TakeAltNames(value); break;
                case Rtnetlink.IFLA_LINKINFO: TakeKind(value); break;
                default: break;
            }
        }

        private void TakeAltNames(ReadOnlySpan<byte> properties)
        {
            var attributes = new AttributeReader(properties);
            while (attributes.Next())
                if (attributes.Type == Rtnetlink.IFLA_ALT_IFNAME)
                    (AltNames ??= []).Add(Wire.Text(attributes.Value));
        }

        private void TakeKind(ReadOnlySpan<byte> information)
        {
            ReadOnlySpan<byte> data = [];
            var attributes = new AttributeReader(information);
            while (attributes.Next())
                if (attributes.Type == Rtnetlink.IFLA_INFO_KIND)
                    Kind = KnownKind(attributes.Value) ?? Wire.Text(attributes.Value);
                else if (attributes.Type == Rtnetlink.IFLA_INFO_DATA)
                    data = attributes.Value;
            if (Kind is not ("bridge" or "vlan"))
                return;
            var details = new AttributeReader(data);
            while (details.Next())
                if (Kind == "bridge" && details.Type == Rtnetlink.IFLA_BR_VLAN_FILTERING)
                    VlanFiltering = Wire.Read<byte>(details.Value) != 0;
                else if (Kind == "vlan" && details.Type == Rtnetlink.IFLA_VLAN_ID)
                    VlanId = Wire.Read<ushort>(details.Value);
        }

        // The kinds a node is full of need no new string each.
        private static string? KnownKind(ReadOnlySpan<byte> kind) =>
            kind.SequenceEqual("veth\0"u8) ? "veth" : kind.SequenceEqual("bridge\0"u8) ? "bridge" : null;
    }
}

/// <summary>What went through a link since it was made, from its own point of view.</summary>
/// <param name="RxBytes">Bytes received.</param>
/// <param name="TxBytes">Bytes sent.</param>
/// <param name="RxPackets">Packets received.</param>
/// <param name="TxPackets">Packets sent.</param>
/// <param name="RxErrors">Bad packets received.</param>
/// <param name="TxErrors">Packets that could not be sent.</param>
/// <param name="RxDropped">Packets received and thrown away for want of room or of anybody who takes them.</param>
/// <param name="TxDropped">Packets thrown away before they were sent.</param>
public readonly record struct LinkCounters(
    ulong RxBytes, ulong TxBytes, ulong RxPackets, ulong TxPackets, ulong RxErrors, ulong TxErrors, ulong RxDropped, ulong TxDropped)
{
    internal static LinkCounters Of(in LinkStatistics s) =>
        new(s.RxBytes, s.TxBytes, s.RxPackets, s.TxPackets, s.RxErrors, s.TxErrors, s.RxDropped, s.TxDropped);
}
