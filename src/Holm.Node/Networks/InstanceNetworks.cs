using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Netlink;

namespace Holm.Node.Networks;

/// <summary>How instances are connected: links, ports, and what stands at their host ends.</summary>
/// <remarks>
/// liblxc gives an instance a network namespace with nothing but a loopback; all else is put into it before its init runs:
/// <code>
///   Prepare    what can be refused is refused; ports are put on record
///   Connect    init's namespace is there: it is pinned if a port goes there; links are made in it, ports moved into it
///              (again at each reboot from inside: the links that are still there move on, host ends and leases stay)
///   Change     the same for a running one, what differs
///   Disconnect ports come home, the rest goes; may be asked again until all are home
/// </code>
/// Everything made on the host carries <see cref="Owner"/>'s mark, so that <see cref="CleanUp"/> needs no memory.
/// </remarks>
/// <param name="runFolder"><c>$HOLM_RUN</c>.</param>
/// <param name="nodeId">Short id of this node.</param>
/// <param name="count">App and process id: that process is counted as the app's.</param>
/// <param name="tell">Gets a sentence when something is wrong.</param>
public sealed class InstanceNetworks(string runFolder, string nodeId, Action<string, int> count, Action<string> tell) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Fd _hostNamespace = NetNamespace.Own();
    private readonly RouteSocket _host = RouteSocket.Open();
    private readonly Dictionary<string, Connection> _connected = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _strays = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Ipv4Interface> _leases = new(StringComparer.Ordinal);
    private HostServices? _services;
    private Ports? _ports;
    private ManagedBridges? _bridges;

    /// <summary>A running instance: its namespace, a socket in it, and what was made.</summary>
    private sealed record Connection(Fd Namespace, RouteSocket Inside) : IDisposable
    {
        public List<Nic> Nics { get; init; } = [];

        public void Dispose()
        {
            Inside.Dispose();
            Namespace.Dispose();
        }
    }

    private HostServices Services => _services ??= new HostServices(Path.Combine(runFolder, "networks"), nodeId, count, Lease, tell);

    private Ports Ports => _ports ??= new Ports(Path.Combine(runFolder, "ports"), _host, _hostNamespace);

    private ManagedBridges Bridges => _bridges ??= new ManagedBridges(nodeId, _host);

    /// <summary>Why an instance that is not running cannot be connected as things are, as a sentence; null: it can.</summary>
    public string? Missing(string app, IReadOnlyList<Nic> nics)
    {
        if (nics.Count == 0)
            return null;
        lock (_lock)
            return nics.Select(nic => Missing(app, nic)).FirstOrDefault(reason => reason is not null);
    }

    private string? Missing(string app, Nic nic)
    {
        if (nic.Kind == NicKind.P2p)
            return null;
        var parent = nic.Network ?? nic.Parent;
        // Who has it is the planner's to know; here only one that is home under another name is missing.
        if (nic.Kind == NicKind.Physical && Ports.Lent.FirstOrDefault(r => r.Port == parent) is { } lent)
            return lent.App == app ? null : _strays.GetValueOrDefault(lent.App);
        return _host.Find(parent) is null ? $"it waits for interface {parent}, which is not there" : null;
    }

    /// <summary>Before a start: refuses what cannot be, and puts its ports on record.</summary>
    /// <exception cref="Refusal">A port, bridge or name is not to be had.</exception>
    public void Prepare(string app, IReadOnlyList<Nic> nics)
    {
        if (nics.Count == 0)
            return;
        lock (_lock)
            foreach (var nic in nics)
                Prepare(app, nic);
    }

    /// <summary>Puts everything into the namespace of an init that has not run yet.</summary>
    /// <exception cref="Refusal">Something is not to be had; <see cref="Disconnect"/> undoes the rest.</exception>
    public async Task Connect(string app, int initPid, IReadOnlyList<Nic> nics)
    {
        lock (_lock)
        {
            var before = _connected.GetValueOrDefault(app);
            var now = Open(initPid);
            try
            {
                if (nics.Any(n => n is { Kind: NicKind.Physical, Vlan: null }))
                    PinFor(app, now);
                foreach (var nic in nics)
                {
                    Add(app, nic, now, before?.Inside);
                    now.Nics.Add(nic);
                }
            }
            finally
            {
                // Also after a failure: where ports went has to be known.
                _connected[app] = now;
                before?.Dispose();
            }
        }
        await Serve(nics).ConfigureAwait(false);
    }

    /// <summary>Connects a running instance otherwise. What stays the same is not touched.</summary>
    /// <exception cref="Refusal">Something is not to be had; what was done so far stays.</exception>
    public async Task Change(string app, int initPid, IReadOnlyList<Nic> nics)
    {
        List<Nic> before;
        lock (_lock)
        {
            if (!_connected.TryGetValue(app, out var connection))
                _connected[app] = connection = Open(initPid);
            before = [.. connection.Nics];
            foreach (var nic in before.Where(b => !nics.Any(n => n.SameLink(b))))
            {
                Remove(app, nic, connection);
                connection.Nics.Remove(nic);
            }
            foreach (var nic in nics)
            {
                if (connection.Nics.FirstOrDefault(n => n.SameLink(nic)) is { } same)
                {
                    Readdress(app, same, nic);
                    connection.Nics[connection.Nics.IndexOf(same)] = nic;
                    continue;
                }
                Prepare(app, nic);
                if (nic is { Kind: NicKind.Physical, Vlan: null } && !File.Exists(Pin(app)))
                    PinFor(app, connection);
                Add(app, nic, connection, null);
                connection.Nics.Add(nic);
            }
            if (Ports.Lent.All(r => r.App != app) && File.Exists(Pin(app)))
                NetNamespace.Unpin(Pin(app));
        }
        await Serve([.. before, .. nics]).ConfigureAwait(false);
    }

    /// <summary>After the end: ports come home, host ends and services go.</summary>
    /// <returns>
    /// True when all is done, else it has to be asked again; and what is wrong with a port of it, as a sentence: one whose name was taken
    /// meanwhile is home, and gets its name back from <see cref="SettlePorts"/>.
    /// </returns>
    public async Task<(bool Done, string? Problem)> Disconnect(string app)
    {
        var (done, problem) = (true, (string?)null);
        IReadOnlyList<Nic> nics;
        lock (_lock)
        {
            var connection = _connected.GetValueOrDefault(app);
            nics = connection?.Nics ?? [];
            using var pinned = connection is null ? NetNamespace.OpenPinned(Pin(app)) : null;
            using var inside = pinned is null ? null : RouteSocket.OpenIn(pinned);
            foreach (var record in Ports.Lent.Where(r => r.App == app).ToList())
            {
                var stand = Ports.BringHome(record, connection?.Inside ?? inside);
                (done, problem) = (done && stand.IsHome, stand.Problem ?? problem);
            }
            foreach (var link in _host.Links().Where(l => Owner.Read(nodeId, l.Alias)?.App == app))
                _host.Delete(link.Index);
            if (done)
            {
                if (File.Exists(Pin(app)))
                    NetNamespace.Unpin(Pin(app));
                _connected.Remove(app);
                connection?.Dispose();
            }
        }
        await Serve(nics).ConfigureAwait(false);
        if (done && problem is not null)
            lock (_lock)
                _strays[app] = problem;
        return (done, problem);
    }

    /// <summary>Ports that are home under another name get their own, where it is free by now.</summary>
    /// <returns>Apps whose ports are all right again, with the sentence that was said of them.</returns>
    public IReadOnlyList<(string App, string Problem)> SettlePorts()
    {
        var settled = new List<(string, string)>();
        lock (_lock)
            foreach (var (app, problem) in _strays.Where(s => !_connected.ContainsKey(s.Key)).ToList())
                if (Ports.Lent.Where(r => r.App == app).ToList().All(r => Ports.BringHome(r, null).Problem is null) && _strays.Remove(app))
                    settled.Add((app, problem));
        return settled;
    }

    /// <summary>A daemon before this one connected it.</summary>
    public void Adopt(string app, int initPid, IReadOnlyList<Nic> nics)
    {
        if (nics.Count == 0)
            return;
        lock (_lock)
            _connected[app] = Open(initPid) with { Nics = [.. nics] };
    }

    /// <summary>Instances of which a port is out or a namespace is pinned.</summary>
    public IReadOnlySet<string> Existing
    {
        get
        {
            lock (_lock)
                return Ports.Lent.Select(r => r.App).Concat(PinnedApps()).ToHashSet(StringComparer.Ordinal);
        }
    }

    /// <summary>Managed networks as they should be, whole; then the services of everything that is connected now.</summary>
    /// <returns>What could not be done, by network.</returns>
    public async Task<IReadOnlyDictionary<string, string>> SetNetworks(IReadOnlyCollection<NetworkConfig> networks)
    {
        IReadOnlyDictionary<string, string> refused;
        lock (_lock)
            refused = Bridges.Set(networks);
        await Services.Set(Wanted).ConfigureAwait(false);
        return refused;
    }

    /// <summary>Removes links of this node whose instance is not connected: a crash has left them.</summary>
    public void CleanUp()
    {
        lock (_lock)
            foreach (var link in _host.Links())
                if (Owner.Read(nodeId, link.Alias) is { App.Length: > 0 } owner && !_connected.ContainsKey(owner.App))
                    _host.Delete(link.Index);
    }

    /// <summary>What the interfaces inside are like; null: it is not connected.</summary>
    public IReadOnlyDictionary<string, NetworkState>? Read(string app)
    {
        lock (_lock)
            return _connected.GetValueOrDefault(app) is { } connection ? InterfaceStates.Read(connection.Inside, connection.Nics, HostNameOf(app))
                : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var connection in _connected.Values)
            connection.Dispose();
        _services?.Dispose();
        _host.Dispose();
        _hostNamespace.Dispose();
    }

    private Func<Nic, string> HostNameOf(string app) => nic => nic.Kind is NicKind.P2p or NicKind.Bridged ? HostName(app, nic) : "";

    private string HostName(string app, Nic nic) => nic.HostName ?? Owner.InventName(nodeId, app, nic.Device);

    private string Pin(string app) => Path.Combine(runFolder, "netns", app);

    /// <summary>The pin of the namespace before, after a reboot from inside, gives way: what was there has its socket still.</summary>
    private void PinFor(string app, Connection connection)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Pin(app))!, OnlyOwner);
        if (File.Exists(Pin(app)))
            NetNamespace.Unpin(Pin(app));
        NetNamespace.Pin(connection.Namespace, Pin(app));
    }

    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private IEnumerable<string> PinnedApps() =>
        Directory.Exists(Path.Combine(runFolder, "netns")) ? Directory.EnumerateFiles(Path.Combine(runFolder, "netns"))
            .Select(f => Path.GetFileName(f)!) : [];

    private static Connection Open(int initPid)
    {
        var space = NetNamespace.Of(initPid);
        try
        {
            return new Connection(space, RouteSocket.OpenIn(space));
        }
        catch
        {
            space.Dispose();
            throw;
        }
    }

    private void Prepare(string app, Nic nic)
    {
        switch (nic.Kind)
        {
            case NicKind.Physical when nic.Vlan is null:
                Ports.Lend(app, nic);
                break;
            case NicKind.Physical:
                ParentOf(app, nic);
                CheckFree(app, nic, nic.PortName);
                break;
            case NicKind.Macvlan:
                ParentOf(app, nic);
                break;
            case NicKind.Bridged:
                var bridge = ParentOf(app, nic);
                if (bridge.Kind != "bridge")
                    throw new Refusal(409, $"connect {app}, device {nic.Device}: {bridge.Name} is no bridge");
                if ((nic.Vlan is not null || nic.Tagged.Length > 0) && bridge.VlanFiltering != true)
                    throw new Refusal(409, $"connect {app}, device {nic.Device}: bridge {bridge.Name} does not tell VLANs apart; switch its " +
                        "vlan_filtering on, or take the VLANs away");
                CheckFree(app, nic, HostName(app, nic));
                break;
            default:
                CheckFree(app, nic, HostName(app, nic));
                break;
        }
    }

    private Link ParentOf(string app, Nic nic) => _host.Find(nic.Network ?? nic.Parent) ?? throw new Refusal(
        409, $"connect {app}, device {nic.Device}: there is no interface {nic.Network ?? nic.Parent} on the host");

    private void CheckFree(string app, Nic nic, string name)
    {
        if (_host.Find(name) is { } there && Owner.Read(nodeId, there.Alias) != (app, nic.Device))
            throw new Refusal(
                409, $"connect {app}, device {nic.Device}: the host has an interface {name} already; rename one of them");
    }

    /// <summary>Makes one link in the instance's namespace, or moves there what an earlier namespace of it has.</summary>
    private void Add(string app, Nic nic, Connection to, RouteSocket? from)
    {
        switch (nic.Kind)
        {
            case NicKind.Physical when nic.Vlan is null:
                Ports.Move(Ports.Lend(app, nic), nic, from, to.Namespace);
                break;
            case NicKind.Physical:
                DeleteOwn(nic.PortName);
                var options = new LinkOptions { Alias = Owner.Alias(nodeId, app, nic.Device) };
                var vlan = _host.AddVlan(ParentOf(app, nic).Index, nic.Vlan!.Value, nic.PortName, options);
                _host.Set(vlan, new LinkChange
                {
                    Namespace = to.Namespace,
                    Name = nic.Name,
                    Mtu = nic.Mtu,
                    Address = nic.Hwaddr,
                    Up = true,
                });
                break;
            case NicKind.Macvlan:
                _host.AddMacvlan(ParentOf(app, nic).Index, GuestEndOf(app, nic, to, nic.Mtu));
                if (to.Inside.Find(nic.Name!) is { } made)
                    to.Inside.Set(made.Index, new LinkChange { Alias = Owner.Alias(nodeId, app, nic.Device) });
                break;
            default:
                if (from is null || !MoveOn(app, nic, to, from))
                    AddVeth(app, nic, to);
                break;
        }
    }

    private void AddVeth(string app, Nic nic, Connection to)
    {
        var name = HostName(app, nic);
        DeleteOwn(name);
        var bridge = nic.Kind == NicKind.Bridged ? ParentOf(app, nic) : null;
        var mtu = nic.Mtu ?? bridge?.Mtu;
        var host = new LinkOptions
        {
            Mtu = mtu,
            Alias = Owner.Alias(nodeId, app, nic.Device),
            Group = Owner.Group,
            Master = bridge?.Index,
            // No address unless one is configured: a link-local one would be a way to whatever listens on the host.
            Ipv6LinkLocal = false,
            Up = true,
        };
        var index = _host.AddVeth(name, host, GuestEndOf(app, nic, to, mtu));
        if (bridge is not null)
            Join(nic, index);
        else if (nic.Host.Address is { } own)
            _host.AddAddress(index, own.ToIPAddress(), own.Length);
    }

    private GuestEnd GuestEndOf(string app, Nic nic, Connection to, int? mtu) => new(nic.Name!, to.Namespace)
    {
        Mtu = mtu,
        Address = nic.Hwaddr ?? Owner.InventAddress(nodeId, app, nic.Device),
        Up = true,
    };

    private void Join(Nic nic, int index)
    {
        if (nic.Vlan is not null || nic.Tagged.Length > 0)
            foreach (var vlan in _host.PortVlans(index))
                _host.RemovePortVlan(index, vlan.Vid);
        if (nic.Vlan is > 0 and var untagged)
            _host.AddPortVlan(index, untagged, pvid: true, untagged: true);
        foreach (var vid in nic.Tagged.Where(vid => vid != nic.Vlan))
            _host.AddPortVlan(index, vid, pvid: false, untagged: false);
    }

    /// <summary>A reboot from inside: the guest end of a pair that is still whole moves on; its host end has not noticed.</summary>
    private bool MoveOn(string app, Nic nic, Connection to, RouteSocket from)
    {
        if (_host.Find(HostName(app, nic)) is not { Kind: "veth", LinkIndex: { } peer } host ||
            Owner.Read(nodeId, host.Alias) != (app, nic.Device) || from.Find(peer) is not { Kind: "veth" } guest || guest.LinkIndex != host.Index)
            return false;
        from.Set(peer, new LinkChange
        {
            Namespace = to.Namespace,
            Name = nic.Name,
            Mtu = host.Mtu,
            Address = nic.Hwaddr ?? Owner.InventAddress(nodeId, app, nic.Device),
            Up = true,
        });
        return true;
    }

    /// <summary>Takes one link out of a running instance.</summary>
    private void Remove(string app, Nic nic, Connection from)
    {
        switch (nic.Kind)
        {
            case NicKind.Physical when nic.Vlan is null:
                foreach (var record in Ports.Lent.Where(r => r.App == app && r.Device == nic.Device).ToList())
                    if (Ports.BringHome(record, from.Inside) is { Problem: { } problem })
                        throw new Refusal(409, problem);
                break;
            case NicKind.Physical or NicKind.Macvlan:
                var alias = Owner.Alias(nodeId, app, nic.Device);
                foreach (var link in from.Inside.Links().Where(l => l.Alias == alias))
                    from.Inside.Delete(link.Index);
                break;
            default:
                DeleteOwn(HostName(app, nic));
                break;
        }
    }

    /// <summary>The link stays, the host end gets other addresses: only those that Holm gave it are taken away.</summary>
    private void Readdress(string app, Nic before, Nic after)
    {
        if (before.Host.Address == after.Host.Address || _host.Find(HostName(app, after)) is not { } host)
            return;
        if (before.Host.Address is { } old)
            _host.RemoveAddress(host.Index, old.ToIPAddress(), old.Length);
        if (after.Host.Address is { } own)
            _host.AddAddress(host.Index, own.ToIPAddress(), own.Length);
    }

    /// <summary>A host end was given an address by DHCP, or has lost it.</summary>
    private void Lease(string name, Ipv4Interface? address)
    {
        lock (_lock)
        {
            var link = _host.Find(name) is { } found && Owner.Read(nodeId, found.Alias) is not null ? found : null;
            if (_leases.Remove(name, out var old) && old != address && link is not null)
                _host.RemoveAddress(link.Index, old.ToIPAddress(), old.Length);
            if (address is { } given && link is not null)
            {
                _leases[name] = given;
                _host.AddAddress(link.Index, given.ToIPAddress(), given.Length);
            }
        }
    }

    /// <summary>Deletes an interface of the host if it is this node's.</summary>
    private void DeleteOwn(string name)
    {
        if (_host.Find(name) is { } link && Owner.Read(nodeId, link.Alias) is not null)
            _host.Delete(link.Index);
    }

    /// <summary>Host ends with an address plan and managed bridges, as they are connected now.</summary>
    private Dictionary<string, HostInterface> Wanted()
    {
        lock (_lock)
        {
            var wanted = Bridges.Present.ToDictionary(n => n.Name, n => new HostInterface(n.Plan, ""), StringComparer.Ordinal);
            foreach (var (app, connection) in _connected)
                foreach (var nic in connection.Nics.Where(n => n.Host != AddressPlan.None))
                    wanted[HostName(app, nic)] = new HostInterface(nic.Host, app);
            return wanted;
        }
    }

    private async Task Serve(IReadOnlyList<Nic> changed)
    {
        if (changed.Any(n => n.Host != AddressPlan.None))
            await Services.Set(Wanted).ConfigureAwait(false);
    }
}
