namespace Holm.Linux.Netlink;

// Links that exist: looked at, changed, deleted.
public sealed partial class RouteSocket
{
    /// <summary>All links.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public IReadOnlyList<Link> Links()
    {
        _request.Begin(Rtnetlink.RTM_GETLINK, Dumping, new LinkHead());
        return Read("list links", Link.Parse);
    }

    /// <summary>The link of this name or alternative name; null when there is none.</summary>
    /// <exception cref="ArgumentException">No link can have this name: it is empty, longer than 15 bytes or has a NUL.</exception>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public Link? Find(string name)
    {
        _request.Begin(Rtnetlink.RTM_GETLINK, Asking, new LinkHead());
        _request.AddName(name);
        return One(name);
    }

    /// <summary>The link of this index; null when there is none.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public Link? Find(int index)
    {
        _request.Begin(Rtnetlink.RTM_GETLINK, Asking, new LinkHead { Index = Existing(index) });
        return One(index);
    }

    /// <summary>
    /// Changes a link in one message; the kernel carries it out in this order: namespace, hardware address, MTU, group, name, alias,
    /// bridge, up or down. What stood before a refused part is done, also a move, and the kernel seldom says which part that was: look
    /// again.
    /// </summary>
    /// <remarks>
    /// A move sets the link down and takes its addresses and bridge away, so what moves and is to be up says so. MTU, hardware address,
    /// group, alias and alternative names come along; the index does unless it is taken there. The name must be free there only when it
    /// stays. Within a namespace, kernels before 6.2 rename only a link that is down.
    /// </remarks>
    /// <exception cref="ArgumentException">A name, an alias or a hardware address that none can be; a move into a bridge.</exception>
    /// <exception cref="LinuxException">
    /// ENODEV: there is no such link. EEXIST: the name is taken. EINVAL: it may not leave its namespace, or its driver refuses a value.
    /// </exception>
    public void Set(int index, LinkChange change)
    {
        if (change is { Namespace: not null, Master: > 0 })
            throw new ArgumentException("a bridge is named by its index here, and the link would be elsewhere: move it first");
        _request.Begin(Rtnetlink.RTM_SETLINK, Changing, new LinkHead
        {
            Index = Existing(index),
            Flags = (change.Up == true ? Rtnetlink.IFF_UP : 0) | (change.Traits ?? 0),
            Change = (change.Up is null ? 0 : Rtnetlink.IFF_UP) | (change.Traits is null ? 0 : Rtnetlink.Traits),
        });
        if (change.Namespace is { } target)
            _request.Add(Rtnetlink.IFLA_NET_NS_FD, target.Number);
        if (change.Name is { } name)
            _request.AddName(name);
        AddCommon(change.Mtu, change.Address, change.Group, change.Master);
        if (change.Alias is { } alias)
            _request.AddAlias(alias);
        if (change.TxQueue is { } frames)
            _request.Add(Rtnetlink.IFLA_TXQLEN, frames);
        if (Exchange() is not 0 and var error)
            throw RefusedFor(index, error, named => Describe(named, change), change.Namespace is not null && error != Errnos.ENODEV);
    }

    /// <summary>
    /// Deletes a link; of a veth both ends go. The kernel waits until no packet is under way on it, which takes some 15 ms.
    /// </summary>
    /// <returns>False: there was none.</returns>
    /// <exception cref="LinuxException">EOPNOTSUPP: it is a physical port, or lo.</exception>
    public bool Delete(int index)
    {
        _request.Begin(Rtnetlink.RTM_DELLINK, Changing, new LinkHead { Index = Existing(index) });
        return Exchange() switch
        {
            0 => true,
            Errnos.ENODEV => false,
            var error => throw RefusedFor(index, error, named => $"delete link {named}"),
        };
    }

    /// <summary>Gives a link another name besides; at most 127 bytes.</summary>
    /// <exception cref="LinuxException">EEXIST: the name is taken.</exception>
    public void AddAltName(int index, string name) => ChangeAltName(
        Rtnetlink.RTM_NEWLINKPROP, Changing | Rtnetlink.NLM_F_CREATE | Rtnetlink.NLM_F_EXCL | Rtnetlink.NLM_F_APPEND, index, name,
        named => $"name link {named} {name} besides");

    /// <summary>Takes a name that was given besides from a link.</summary>
    /// <exception cref="LinuxException">ENOENT: the link does not have it.</exception>
    public void RemoveAltName(int index, string name) =>
        ChangeAltName(Rtnetlink.RTM_DELLINKPROP, Changing, index, name, named => $"take name {name} from link {named}");

    private void ChangeAltName(ushort type, int flags, int index, string name, Func<string, string> doing)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _request.Begin(type, (ushort)flags, new LinkHead { Index = Existing(index) });
        var list = _request.OpenNested(Rtnetlink.IFLA_PROP_LIST);
        _request.AddText(Rtnetlink.IFLA_ALT_IFNAME, name, Rtnetlink.ALTIFNAMSIZ - 1);
        _request.Close(list);
        if (Exchange() is not 0 and var error)
            throw RefusedFor(index, error, doing);
    }

    private static string Describe(string named, LinkChange change) => change switch
    {
        { Namespace: not null, Name: { } asName } => $"move link {named} to another network namespace as {asName}",
        { Namespace: not null } => $"move link {named} to another network namespace",
        { Name: { } toName } => $"rename link {named} to {toName}",
        { Master: > 0 } => $"make link {named} a port of link {change.Master}",
        { Up: { } up } => $"set link {named} {(up ? "up" : "down")}",
        _ => $"change link {named}",
    };

    private Link? One(object nameOrIndex)
    {
        Link? found = null;
        return Exchange((type, body) => found ??= Link.Parse(type, body)) switch
        {
            0 => found,
            Errnos.ENODEV => null,
            var error => throw Refused($"look at link {nameOrIndex}", error),
        };
    }

    private void AddCommon(int? mtu, string? address, uint? group, int? master)
    {
        if (mtu is { } bytes)
            _request.Add(Rtnetlink.IFLA_MTU, bytes);
        if (address is not null)
            HardwareAddress.Add(_request, address);
        if (group is { } number)
            _request.Add(Rtnetlink.IFLA_GROUP, number);
        if (master is { } bridge)
            _request.Add(Rtnetlink.IFLA_MASTER, bridge);
    }

    // A sentence names the link; it is looked up only now.
    private LinuxException RefusedFor(int index, int error, Func<string, string> doing, bool mayHaveMoved = false)
    {
        var said = _kernelSaid;
        var name = Find(index)?.Name;
        _kernelSaid = said;
        return name is null && mayHaveMoved
            ? Refused($"change link {index} after it has moved to another network namespace", error)
            : Refused(doing(name ?? $"of index {index}"), error);
    }

    // The kernel takes 0 for "not named by its index".
    private static int Existing(int index) =>
        index > 0 ? index : throw new ArgumentOutOfRangeException(nameof(index), index, "a link's index is 1 or more");

    private const ushort Asking = Rtnetlink.NLM_F_REQUEST | Rtnetlink.NLM_F_ACK;
    private const ushort Changing = Asking;
    private const ushort Dumping = Rtnetlink.NLM_F_REQUEST | Rtnetlink.NLM_F_DUMP;
    private const ushort Creating = Asking | Rtnetlink.NLM_F_CREATE | Rtnetlink.NLM_F_EXCL;
}
