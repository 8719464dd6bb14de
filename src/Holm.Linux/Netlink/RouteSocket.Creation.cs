namespace Holm.Linux.Netlink;

// Links that do not exist yet.
public sealed partial class RouteSocket
{
    /// <summary>
    /// Makes a veth pair, both ends in one message: one here, the other born in another network namespace under its final name.
    /// </summary>
    /// <remarks>
    /// To the kernel the far end is the link and the one here its peer: a peer cannot be born set up (veth_open answers ENOTCONN), and
    /// nobody but this socket's user is there to set up the one that is elsewhere.
    /// </remarks>
    /// <returns>Index of the end here.</returns>
    /// <exception cref="ArgumentException">A name, an alias or a hardware address that none can be.</exception>
    /// <exception cref="LinuxException">EEXIST: one of the names is taken. In any case nothing is left.</exception>
    public int AddVeth(string name, LinkOptions options, GuestEnd peer)
    {
        _request.Begin(Rtnetlink.RTM_NEWLINK, Creating, HeadOf(peer));
        AddGuestEnd(peer);
        var information = OpenKind("veth");
        var data = _request.OpenNested(Rtnetlink.IFLA_INFO_DATA);
        var here = _request.Open(Rtnetlink.VETH_INFO_PEER);
        _request.Append(new LinkHead());
        _request.AddName(options.BornAs ?? name);
        AddCommon(options.Mtu, options.Address, options.Group, master: null);
        _request.Close(here);
        _request.Close(data);
        _request.Close(information);
        return Create(name, options, () => $"make veth pair {name} and, in another network namespace, {peer.Name}");
    }

    /// <summary>Makes a bridge.</summary>
    /// <param name="name">Name, at most 15 bytes.</param>
    /// <param name="options">A hardware address or MTU given here stays; else it becomes the lowest of the ports'.</param>
    /// <param name="vlanFiltering">True: it keeps VLANs apart.</param>
    /// <returns>Index.</returns>
    /// <exception cref="ArgumentException">A name, an alias or a hardware address that none can be.</exception>
    /// <exception cref="LinuxException">EEXIST: the name is taken. EOPNOTSUPP: this kernel has no bridges, or none that filter.</exception>
    public int AddBridge(string name, LinkOptions options, bool vlanFiltering = false)
    {
        // The kernel keeps an MTU against those of the ports only when it was set on a bridge that existed (br_change_mtu).
        var information = BeginLink(name, options with { Mtu = null }, "bridge");
        if (vlanFiltering)
            AddVlanFiltering(true);
        _request.Close(information);
        return Create(name, options, () => $"make bridge {name}", options.Mtu);
    }

    /// <summary>
    /// Makes a VLAN of a link that is here: tagged frames of that number appear untagged on the new one, which is born in another network
    /// namespace. It goes with its parent, and is up only while that is.
    /// </summary>
    /// <exception cref="ArgumentException">A name or a hardware address that none can be.</exception>
    /// <exception cref="LinuxException">
    /// EEXIST: the name is taken there, or the parent has a VLAN of this number. ENETDOWN: it is down.
    /// </exception>
    public void AddVlan(int parent, int vid, GuestEnd end)
    {
        BeginAbove(parent, end);
        var information = OpenKind("vlan");
        var data = _request.OpenNested(Rtnetlink.IFLA_INFO_DATA);
        _request.Add(Rtnetlink.IFLA_VLAN_ID, VlanNumber(vid));
        _request.Close(data);
        _request.Close(information);
        if (Exchange() is not 0 and var error)
            throw RefusedFor(parent, error, named => $"make link {end.Name} for VLAN {vid} of link {named} in another network namespace");
    }

    /// <summary>Makes a link that swallows all it is given.</summary>
    /// <returns>Index.</returns>
    /// <exception cref="ArgumentException">A name, an alias or a hardware address that none can be.</exception>
    /// <exception cref="LinuxException">EEXIST: the name is taken. EOPNOTSUPP: this kernel has none.</exception>
    public int AddDummy(string name, LinkOptions options)
    {
        _request.Close(BeginLink(name, options, "dummy"));
        return Create(name, options, () => $"make dummy link {name}");
    }

    /// <summary>
    /// Makes a macvlan in mode bridge: a link with an address of its own on the wire of its parent, which is here; the new one is born in
    /// another network namespace. It goes with its parent.
    /// </summary>
    /// <exception cref="ArgumentException">A name or a hardware address that none can be.</exception>
    /// <exception cref="LinuxException">EEXIST: the name is taken. EBUSY: the parent is a bridge's port.</exception>
    public void AddMacvlan(int parent, GuestEnd end)
    {
        BeginAbove(parent, end);
        var information = OpenKind("macvlan");
        var data = _request.OpenNested(Rtnetlink.IFLA_INFO_DATA);
        _request.Add(Rtnetlink.IFLA_MACVLAN_MODE, Rtnetlink.MACVLAN_MODE_BRIDGE);
        _request.Close(data);
        _request.Close(information);
        if (Exchange() is not 0 and var error)
            throw RefusedFor(parent, error, named => $"make macvlan {end.Name} of link {named} in another network namespace");
    }

    private void BeginAbove(int parent, GuestEnd end)
    {
        _request.Begin(Rtnetlink.RTM_NEWLINK, Creating, HeadOf(end));
        AddGuestEnd(end);
        _request.Add(Rtnetlink.IFLA_LINK, Existing(parent));
    }

    private static LinkHead HeadOf(GuestEnd end)
    {
        var up = end.Up ? Rtnetlink.IFF_UP : 0;
        return new LinkHead { Flags = up, Change = up };
    }

    private void AddGuestEnd(GuestEnd end)
    {
        _request.AddName(end.Name);
        _request.Add(Rtnetlink.IFLA_NET_NS_FD, end.Namespace.Number);
        AddCommon(end.Mtu, end.Address, group: null, master: null);
    }

    // Left open for what only this kind has.
    private int BeginLink(string name, LinkOptions options, string kind)
    {
        _request.Begin(Rtnetlink.RTM_NEWLINK, Creating, new LinkHead());
        _request.AddName(options.BornAs ?? name);
        AddCommon(options.Mtu, options.Address, options.Group, master: null);
        return OpenKind(kind);
    }

    private int OpenKind(string kind)
    {
        var information = _request.OpenNested(Rtnetlink.IFLA_LINKINFO);
        _request.AddText(Rtnetlink.IFLA_INFO_KIND, kind, Rtnetlink.IFNAMSIZ);
        return information;
    }

    /// <summary>Sends the request, and then what the kernel takes only for a link that exists. It is set up last.</summary>
    private int Create(string name, LinkOptions options, Func<string> doing, int? mtu = null)
    {
        if (options.Alias is { } alias)
            MessageWriter.CheckText(alias, Rtnetlink.IFALIASZ - 1);
        if (Exchange() is not 0 and var error)
            throw Refused(doing(), error);
        var index = Find(options.BornAs ?? name)?.Index ?? throw new LinuxException(doing(), Errnos.ENODEV);
        var rest = new LinkChange
        {
            Name = options.BornAs is null ? null : name,
            Mtu = mtu,
            Alias = options.Alias,
            Master = options.Master,
            Up = options.Up ? true : null,
        };
        try
        {
            if (!options.Ipv6LinkLocal)
                TurnOffIpv6LinkLocal(index);
            if (rest != new LinkChange())
                Set(index, rest);
            return index;
        }
        catch
        {
            Delete(index);
            throw;
        }
    }

    // Refused with EAFNOSUPPORT where the kernel, or this link, has no IPv6.
    private void TurnOffIpv6LinkLocal(int index)
    {
        _request.Begin(Rtnetlink.RTM_SETLINK, Changing, new LinkHead { Index = index });
        var families = _request.OpenNested(Rtnetlink.IFLA_AF_SPEC);
        var family = _request.OpenNested(Rtnetlink.AF_INET6);
        _request.Add(Rtnetlink.IFLA_INET6_ADDR_GEN_MODE, Rtnetlink.IN6_ADDR_GEN_MODE_NONE);
        _request.Close(family);
        _request.Close(families);
        if (Exchange() is not (0 or Errnos.EAFNOSUPPORT) and var error)
            throw RefusedFor(index, error, named => $"keep link {named} from an IPv6 address of its own making");
    }
}
