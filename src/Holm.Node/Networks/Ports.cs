using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Netlink;

namespace Holm.Node.Networks;

/// <summary>Where a port stands that is to come home.</summary>
/// <param name="IsHome">True: it is on the host.</param>
/// <param name="Problem">What is wrong with it, as a sentence; null: it is as it was.</param>
internal readonly record struct PortStand(bool IsHome, string? Problem);

/// <summary>
/// Ports of the host that apps hold: lent out, and brought home whatever happens. Not thread safe; <see cref="InstanceNetworks"/> locks.
/// </summary>
/// <remarks>
/// A port leaves the host's namespace for the app's. The kernel destroys a virtual interface with its namespace, and hands hardware back
/// under whatever name, MTU and MAC address the app gave it (E11, E12). So the app's namespace is pinned before anything moves, and
/// what the port was like is on record before that:
/// <code>
///   home --Lend: record written--> on record --Move--> in the app's namespace (pinned) --BringHome--> home, record removed
///                                                        |
///                                 namespace gone, hardware handed back by the kernel as "lan", "dev7" …
/// </code>
/// A port is known again by its index and what cannot be changed: permanent MAC address, hardware, and which port of that it is. Any crash
/// leaves a record and a port that is in one of two places.
/// </remarks>
/// <param name="folder"><c>$HOLM_RUN/ports</c>.</param>
/// <param name="host">Socket in the host's namespace.</param>
/// <param name="hostNamespace">The host's namespace.</param>
internal sealed class Ports(string folder, RouteSocket host, Fd hostNamespace)
{
    private readonly Dictionary<string, PortRecord> _lent = PortRecord.ReadAll(folder).ToDictionary(r => r.Port, StringComparer.Ordinal);

    private readonly Dictionary<string, long> _missedSince = new(StringComparer.Ordinal);

    /// <summary>Ports that are out, or on their way.</summary>
    public IReadOnlyCollection<PortRecord> Lent => _lent.Values;

    /// <summary>The one that the host calls so, by its own name or another; null: it is not out.</summary>
    public PortRecord? Find(string name) => _lent.GetValueOrDefault(name) ?? _lent.Values.FirstOrDefault(r => r.IsCalled(name));

    /// <summary>Why a port cannot be lent, as the end of a sentence; null: it can.</summary>
    public static string? WhyNot(Link? port, Func<int, Link?> find)
    {
        if (port is null)
            return "there is no such interface on the host";
        if (port.Name == "lo" || port.Kind is "bridge" or "bond" or "team" or "vrf" || port.NetnsImmutable == true)
            return $"an interface of kind {(port.Kind.Length > 0 ? port.Kind : "loopback")} cannot leave the host; share a port of it";
        if (Link.IsWireless(port.Name))
            return "it is wireless: its radio cannot leave the host; use a veth pair and route through it";
        if (port.Master is { } master)
            return $"it is a port of {find(master)?.Name ?? "another interface"}; take it out of that first";
        return null;
    }

    /// <summary>Puts a port on record for an app; it has not moved yet.</summary>
    /// <exception cref="Refusal">It is not there, cannot be moved, or another app holds it.</exception>
    public PortRecord Lend(string app, Nic nic)
    {
        if (Find(nic.Parent) is { } lent)
            return lent.App == app && lent.Device == nic.Device ? lent
                : throw new Refusal(409, $"share port {nic.Parent} with {app}: app {lent.App} holds it");
        var port = host.Find(nic.Parent);
        if (WhyNot(port, host.Find) is { } reason)
            throw new Refusal(409, $"share port {nic.Parent} with {app}: {reason}");
        var record = new PortRecord(
            port!.Name, app, nic.Device, port.Index, port.Kind, port.PermanentAddress, port.ParentDevice,
            port.Address is { Length: MacLength } ? port.Address : null, port.Mtu, port.IsUp, port.Traits, port.Alias, port.Group,
            [.. port.AltNames], port.TxQueue, port.PortName, port.PortId, port.ReadDevicePort(), port.LinkIndex);
        record.Write(folder);
        return _lent[record.Port] = record;
    }

    /// <summary>Moves a port into an app's namespace, under the name it has there.</summary>
    /// <param name="record">The port.</param>
    /// <param name="nic">How the app wants it.</param>
    /// <param name="from">Where it may be besides the host: namespaces that the app had.</param>
    /// <param name="to">The app's namespace.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public void Move(PortRecord record, Nic nic, IReadOnlyList<RouteSocket> from, Fd to)
    {
        var (socket, port) = Locate(record, from) ??
            throw new Refusal(409, $"share port {record.Port} with {record.App}: it is not there any more; was it unplugged?");
        try
        {
            socket.Set(port.Index, new LinkChange
            {
                Namespace = to,
                Name = nic.Name,
                Mtu = nic.Mtu ?? record.Mtu,
                Address = nic.Hwaddr ?? record.Address,
                Up = true,
            });
        }
        catch (LinuxException e) when (e.Errno == Errnos.EINVAL)
        {
            throw new Refusal(409, $"share port {record.Port} with {record.App}: its driver does not let it leave the host", e);
        }
    }

    /// <summary>Brings a port home, as it was.</summary>
    /// <param name="record">The port.</param>
    /// <param name="from">The app's namespaces.</param>
    /// <param name="ended">True: the app has ended, and with it, in a moment, every namespace that it made itself.</param>
    /// <returns>Where it stands now.</returns>
    public PortStand BringHome(PortRecord record, IReadOnlyList<RouteSocket> from, bool ended)
    {
        if (Locate(record, from) is not { } found)
            return ended ? Missed(record) : new PortStand(
                false, $"port {record.Port} is in a namespace that {record.App} made itself: restart {record.App}, and it comes home");
        _missedSince.Remove(record.Port);
        var (socket, port) = found;
        var taken = host.Find(record.Port) is { } other && (socket != host || other.Index != port.Index);
        // The move may bring the number of another interface; the name is what is looked for then.
        var name = taken ? Stray(record) : record.Port;
        // A name that an app gave it besides may be one of the host's, and it could not even move.
        foreach (var altName in port.AltNames.Except(record.AltNames))
            socket.RemoveAltName(port.Index, altName);
        if (socket != host)
        {
            // What the app made on top of it would go on hearing and speaking on the wire.
            foreach (var above in socket.Links().Where(l => l.LinkIndex == port.Index && l.LinkNamespaceId is null && l.Kind.Length > 0))
                socket.Delete(above.Index);
            socket.Set(port.Index, new LinkChange { Up = false });
            socket.Set(port.Index, new LinkChange
            {
                Namespace = hostNamespace,
                Name = name,
                Alias = record.Alias ?? "",
                Group = record.Group,
            });
            port = host.Find(name) ?? throw new Refusal(500, $"bring port {record.Port} home: it is not there after it moved");
        }
        Restore(record, port, name);
        if (taken)
            return new PortStand(true, $"port {record.Port} is home as {name}: another interface of the host is called {record.Port}; " +
                "rename that, and it gets its name back");
        host.Set(port.Index, new LinkChange { Up = record.IsUp });
        Forget(record);
        return new PortStand(true, null);
    }

    /// <summary>Makes a port that is on the host what it was; only what differs is set: a driver may refuse it while it is up.</summary>
    private void Restore(PortRecord record, Link port, string name)
    {
        var change = new LinkChange
        {
            Name = port.Name == name ? null : name,
            Address = record.Address is null || port.Address == record.Address ? null : record.Address,
            Mtu = port.Mtu == record.Mtu ? null : record.Mtu,
            Group = port.Group == record.Group ? null : record.Group,
            Alias = port.Alias == record.Alias ? null : record.Alias ?? "",
            Traits = port.Traits == record.Traits ? null : record.Traits,
            TxQueue = port.TxQueue == record.TxQueue ? null : record.TxQueue,
        };
        if (port.IsUp && (change.Name ?? change.Address) is not null)
            host.Set(port.Index, new LinkChange { Up = false });
        if (change != new LinkChange())
            host.Set(port.Index, change);
        foreach (var altName in record.AltNames.Except(port.AltNames))
            if (host.Find(altName) is null)
                host.AddAltName(port.Index, altName);
    }

    /// <summary>
    /// Nowhere: a namespace inside the app's takes a moment to die, and hands hardware back as it does. What is virtual and does not come
    /// then died with it; hardware is waited for as long as no other has its place.
    /// </summary>
    private PortStand Missed(PortRecord record)
    {
        var now = Environment.TickCount64;
        _missedSince.TryAdd(record.Port, now);
        if (now - _missedSince[record.Port] < Patience.TotalMilliseconds)
            return new PortStand(false, $"port {record.Port}, which {record.App} had, has not come back yet");
        if (record.IsHardware && host.Find(record.Port) is null)
            return new PortStand(true, $"port {record.Port}, which {record.App} had, has not come back: was it unplugged? Once it " +
                "is there it is set right");
        Forget(record);
        return new PortStand(true, $"port {record.Port} is gone: {record.App} took it elsewhere, where it ended, or it was unplugged");
    }

    /// <summary>Six bytes in hexadecimal with colons; other addresses are not set.</summary>
    private const int MacLength = 17;

    /// <summary>How long a port may stay away once its app has ended.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The port is home, or gone for good.</summary>
    public void Forget(PortRecord record)
    {
        _missedSince.Remove(record.Port);
        _lent.Remove(record.Port);
        record.Delete(folder);
    }

    /// <summary>Where a port is: in the app's namespace, or on the host under whatever name; null: nowhere.</summary>
    private (RouteSocket Socket, Link Port)? Locate(PortRecord record, IReadOnlyList<RouteSocket> from)
    {
        foreach (var socket in from.Append(host))
        {
            // Where its number was taken it has another, and what has that number may look like it: a pair's end like another's.
            var alike = socket.Links().Where(l => IsSame(record, l, socket)).ToList();
            if (!record.IsHardware && alike.Count > 1 && alike.Where(l => l.Address == record.Address).ToList() is [var sameAddress])
                return (socket, sameAddress);
            if (alike.FirstOrDefault(l => l.Index == record.Index) is { } same)
                return (socket, same);
            if (alike is [var moved] && (record.IsHardware || moved.LinkIndex is not null || moved.Address == record.Address))
                return (socket, moved);
        }
        return null;
    }

    private bool IsSame(PortRecord record, Link link, RouteSocket socket) =>
        record.IsOf(link, socket == host ? link.ReadDevicePort() : null) &&
        // Without hardware there is the number alone, and on the host the name it left with or came back with.
        (record.IsHardware || socket != host || link.Name == record.Port ||
            link.Name == Stray(record));

    /// <summary>What a port is called while another interface has its name.</summary>
    private static string Stray(PortRecord record) => $"port-{record.Index}";
}
