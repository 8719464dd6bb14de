namespace Holm.Linux.Netlink;

/// <summary>A VLAN that a bridge lets through one of its ports.</summary>
/// <param name="Vid">VLAN number.</param>
/// <param name="IsPvid">True: frames that come in untagged belong to it.</param>
/// <param name="IsUntagged">True: its frames leave untagged.</param>
public readonly record struct PortVlan(int Vid, bool IsPvid, bool IsUntagged);

// VLANs of bridges and their ports; linux/if_bridge.h. Messages about them are of family AF_BRIDGE.
public sealed partial class RouteSocket
{
    /// <summary>The VLANs of one port, or of a bridge itself, in order of their numbers.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public IReadOnlyList<PortVlan> PortVlans(int index) => AllPortVlans().GetValueOrDefault(index, []);

    /// <summary>The VLANs of all ports, and of bridges themselves, by link index.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public IReadOnlyDictionary<int, IReadOnlyList<PortVlan>> AllPortVlans()
    {
        _request.Begin(Rtnetlink.RTM_GETLINK, Dumping, new LinkHead { Family = Rtnetlink.AF_BRIDGE });
        _request.Add(Rtnetlink.IFLA_EXT_MASK, Rtnetlink.RTEXT_FILTER_BRVLAN);
        var all = new Dictionary<int, IReadOnlyList<PortVlan>>();
        foreach (var port in Read("list the VLANs of bridge ports", PortVlanList.Parse))
            all[port.Index] = port.Vlans;
        return all;
    }

    /// <summary>Lets a VLAN through a port, or changes how.</summary>
    /// <param name="index">The port.</param>
    /// <param name="vid">VLAN number, 1 to 4094.</param>
    /// <param name="pvid">True: untagged frames that come in belong to it, and no longer to another.</param>
    /// <param name="untagged">True: its frames leave untagged.</param>
    /// <exception cref="LinuxException">EOPNOTSUPP: it is no bridge's port, or this kernel's bridges know no VLANs.</exception>
    public void AddPortVlan(int index, int vid, bool pvid = false, bool untagged = false)
    {
        var flags = (pvid ? Rtnetlink.BRIDGE_VLAN_INFO_PVID : 0) | (untagged ? Rtnetlink.BRIDGE_VLAN_INFO_UNTAGGED : 0);
        if (ChangePortVlan(Rtnetlink.RTM_SETLINK, index, vid, flags) is not 0 and var error)
            throw RefusedFor(index, error, named => $"let VLAN {vid} through port {named}");
    }

    /// <summary>Lets a VLAN through a port no longer; that it did not is fine.</summary>
    /// <exception cref="LinuxException">EOPNOTSUPP: it is no bridge's port, or this kernel's bridges know no VLANs.</exception>
    public void RemovePortVlan(int index, int vid)
    {
        if (ChangePortVlan(Rtnetlink.RTM_DELLINK, index, vid, 0) is not 0 and var error)
            throw RefusedFor(index, error, named => $"take VLAN {vid} from port {named}");
    }

    /// <summary>Has a bridge keep VLANs apart, or not.</summary>
    /// <exception cref="LinuxException">EOPNOTSUPP: it is no bridge, or this kernel's bridges know no VLANs.</exception>
    public void SetVlanFiltering(int bridge, bool on)
    {
        _request.Begin(Rtnetlink.RTM_NEWLINK, Changing, new LinkHead { Index = Existing(bridge) });
        var information = OpenKind("bridge");
        AddVlanFiltering(on);
        _request.Close(information);
        if (Exchange() is not 0 and var error)
            throw RefusedFor(bridge, error, named => $"turn VLAN filtering of bridge {named} {(on ? "on" : "off")}");
    }

    private void AddVlanFiltering(bool on)
    {
        var data = _request.OpenNested(Rtnetlink.IFLA_INFO_DATA);
        _request.Add(Rtnetlink.IFLA_BR_VLAN_FILTERING, (byte)(on ? 1 : 0));
        _request.Close(data);
    }

    private int ChangePortVlan(ushort type, int index, int vid, int flags)
    {
        _request.Begin(type, Changing, new LinkHead { Family = Rtnetlink.AF_BRIDGE, Index = Existing(index) });
        var specific = _request.OpenNested(Rtnetlink.IFLA_AF_SPEC);
        _request.Add(Rtnetlink.IFLA_BRIDGE_VLAN_INFO, new BridgeVlan { Flags = (ushort)flags, Vid = VlanNumber(vid) });
        _request.Close(specific);
        return Exchange();
    }

    private static ushort VlanNumber(int vid) =>
        vid is >= 1 and <= 4094 ? (ushort)vid : throw new ArgumentOutOfRangeException(nameof(vid), vid, "a VLAN's number is 1 to 4094");
}

/// <summary>The VLANs of one port, as a message lists them.</summary>
internal sealed record PortVlanList(int Index, IReadOnlyList<PortVlan> Vlans)
{
    /// <summary>Reads a message; null when it lists no VLANs.</summary>
    /// <exception cref="LinuxException">EBADMSG: it makes no sense.</exception>
    public static PortVlanList? Parse(ushort type, ReadOnlySpan<byte> body)
    {
        if (type != Rtnetlink.RTM_NEWLINK)
            return null;
        var head = Wire.Read<LinkHead>(body);
        List<PortVlan> vlans = [];
        var attributes = new AttributeReader(Wire.After<LinkHead>(body));
        while (attributes.Next())
            if (attributes.Type == Rtnetlink.IFLA_AF_SPEC)
                Take(attributes.Value, vlans);
        return vlans.Count > 0 ? new PortVlanList(head.Index, vlans) : null;
    }

    private static void Take(ReadOnlySpan<byte> specific, List<PortVlan> vlans)
    {
        var first = 0;
        var attributes = new AttributeReader(specific);
        while (attributes.Next())
        {
            if (attributes.Type != Rtnetlink.IFLA_BRIDGE_VLAN_INFO)
                continue;
            var vlan = Wire.Read<BridgeVlan>(attributes.Value);
            if (vlan.Vid > 4095)
                throw Wire.Malformed();
            if ((vlan.Flags & Rtnetlink.BRIDGE_VLAN_INFO_RANGE_BEGIN) != 0)
            {
                first = vlan.Vid;
                continue;
            }
            for (var vid = (vlan.Flags & Rtnetlink.BRIDGE_VLAN_INFO_RANGE_END) != 0 ? first : vlan.Vid; vid <= vlan.Vid; vid++)
                vlans.Add(new PortVlan(
                    vid, (vlan.Flags & Rtnetlink.BRIDGE_VLAN_INFO_PVID) != 0, (vlan.Flags & Rtnetlink.BRIDGE_VLAN_INFO_UNTAGGED) != 0));
        }
    }
}
