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
public sealed partial class InstanceNetworks(string runFolder, string nodeId, Action<string, int> count, Action<string> tell) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Fd _hostNamespace = NetNamespace.Own();
    private readonly RouteSocket _host = RouteSocket.Open();
    private readonly Dictionary<string, Connection> _connected = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _strays = new(StringComparer.Ordinal);
    private readonly Dictionary<(string App, string Device), string> _apart = [];
    private readonly Dictionary<string, Ipv4Interface> _leases = new(StringComparer.Ordinal);
    private volatile bool _served;
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
        if (IsOnPort(nic) && Ports.Find(parent) is { } lent)
            return lent.App == app ? null : _strays.GetValueOrDefault(lent.App);
        return _host.Find(parent) is null ? $"it waits for interface {parent}, which is not there" : null;
    }

    /// <summary>The same nics, those on ports with the port's own name where they call it otherwise.</summary>
    public IReadOnlyList<Nic> WithPorts(IReadOnlyList<Nic> nics)
    {
        if (!nics.Any(IsOnPort))
            return nics;
        lock (_lock)
            return [.. nics.Select(nic => !IsOnPort(nic) ? nic
                : nic with { Port = Ports.Find(nic.Parent)?.Port ?? _host.Find(nic.Parent)?.Name ?? nic.Parent })];
    }

    private static bool IsOnPort(Nic nic) => nic.Kind is NicKind.Physical or NicKind.Macvlan;

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
            var pins = OpenPins(app);
            List<RouteSocket> last = [.. before is null ? [] : (RouteSocket[])[before.Inside], .. pins.Select(p => p.Inside)];
            try
            {
                if (nics.Any(n => n is { Kind: NicKind.Physical, Vlan: null }))
                    NextPin(app, now);
                foreach (var nic in nics)
                {
                    Add(app, nic, now, last);
                    now.Nics.Add(nic);
                }
                // What has left the namespace before has a pin of its own by now.
                if (File.Exists(Pin(app) + Next))
                    SettlePin(app, now);
            }
            catch
            {
                foreach (var record in Ports.Lent.Where(r => r.App == app).ToList())
                    Ports.BringHome(record, [now.Inside, .. last], ended: false);
                throw;
            }
            finally
            {
                _connected[app] = now;
                before?.Dispose();
                pins.ForEach(p => p.Dispose());
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
                    Readdress(app, same, nic, connection);
                    connection.Nics[connection.Nics.IndexOf(same)] = nic;
                    continue;
                }
                Prepare(app, nic);
                if (nic is { Kind: NicKind.Physical, Vlan: null } && !File.Exists(Pin(app)))
                    SettlePin(app, connection);
                Add(app, nic, connection, [connection.Inside]);
                connection.Nics.Add(nic);
            }
            if (Ports.Lent.All(r => r.App != app))
                Unpin(app);
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
            var pins = OpenPins(app);
            List<RouteSocket> places = [.. connection is null ? [] : (RouteSocket[])[connection.Inside], .. pins.Select(p => p.Inside)];
            foreach (var record in Ports.Lent.Where(r => r.App == app).ToList())
            {
                var stand = TryBringHome(record, places);
                (done, problem) = (done && stand.IsHome, stand.Problem ?? problem);
            }
            // The kernel takes its time with a dead namespace, and until then nobody else can have that VLAN or address.
            foreach (var nic in nics.Where(n => n.Kind == NicKind.Macvlan || n is { Kind: NicKind.Physical, Vlan: not null }))
                RemoveMade(app, nic, places);
            foreach (var link in _host.Links().Where(l => Owner.Read(nodeId, l)?.App == app))
                _host.Delete(link.Index);
            pins.ForEach(p => p.Dispose());
            if (done)
            {
                Unpin(app);
                _connected.Remove(app);
                connection?.Dispose();
            }
        }
        if (_served)
            await Services.Set(Wanted).ConfigureAwait(false);
        if (done && problem is not null && Ports.Lent.Any(r => r.App == app))
            lock (_lock)
                _strays[app] = problem;
        return (done, problem);
    }

    /// <summary>What is wrong with a port that an instance had, as a sentence; null: all are home as they were.</summary>
    public string? Stray(string app)
    {
        lock (_lock)
            return _strays.GetValueOrDefault(app);
    }

    /// <summary>One port that cannot be brought home holds back no other.</summary>
    private PortStand TryBringHome(PortRecord record, IReadOnlyList<RouteSocket> places)
    {
        try
        {
            return Ports.BringHome(record, places, ended: true);
        }
        catch (LinuxException e)
        {
            return new PortStand(false, $"bring port {record.Port} home from {record.App}: {e.Message}");
        }
    }

    /// <summary>Ports that are home under another name get their own, where it is free by now.</summary>
    /// <returns>Apps whose ports are all right again, with the sentence that was said of them.</returns>
    public IReadOnlyList<(string App, string Problem)> SettlePorts()
    {
        var settled = new List<(string, string)>();
        lock (_lock)
            foreach (var (app, problem) in _strays.Where(s => !_connected.ContainsKey(s.Key)).ToList())
                if (Ports.Lent.Where(r => r.App == app).ToList().All(r => TryBringHome(r, []).Problem is null) && _strays.Remove(app))
                    settled.Add((app, problem));
        return settled;
    }

    /// <summary>Host ends whose bridge was deleted and made again become its ports again, with their VLANs.</summary>
    public void SettleBridges()
    {
        lock (_lock)
            foreach (var (app, connection) in _connected)
                foreach (var nic in connection.Nics.Where(n => n.Kind == NicKind.Bridged))
                {
                    var problem = TryRejoin(app, nic);
                    if (problem is not null && _apart.GetValueOrDefault((app, nic.Device)) != problem)
                        tell(problem);
                    if (problem is null)
                        _apart.Remove((app, nic.Device));
                    else
                        _apart[(app, nic.Device)] = problem;
                }
    }

    /// <summary>A daemon before this one connected it.</summary>
    public void Adopt(string app, int initPid, IReadOnlyList<Nic> nics)
    {
        if (nics.Count == 0)
            return;
        lock (_lock)
            try
            {
                _connected[app] = Open(initPid) with { Nics = [.. nics] };
            }
            catch (Exception e) when (e is LinuxException or Refusal)
            {
                // It ends, or boots again: its hook or its end is on the way.
                tell($"{app}: {e.Message}");
            }
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
                if (Owner.IsUnborn(nodeId, link) ||
                    (Owner.Read(nodeId, link) is { App.Length: > 0 } owner && !_connected.ContainsKey(owner.App)))
                    _host.Delete(link.Index);
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

    /// <summary>MAC address of the guest end of a pair.</summary>
    private string Hwaddr(string app, Nic nic) => nic.Hwaddr ?? Owner.InventAddress(nodeId, app, nic.Device);

    private Connection Open(int initPid)
    {
        var space = NetNamespace.Of(initPid);
        try
        {
            // A helper of liblxc's between two inits lives in the host's own.
            if (NetNamespace.IsSame(space, _hostNamespace))
                throw new Refusal(409, "its init is just being started again; tried again");
            return new Connection(space, RouteSocket.OpenIn(space));
        }
        catch
        {
            space.Dispose();
            throw;
        }
    }

    /// <summary>Host ends with an address plan and managed bridges, as they are connected now.</summary>
    private Dictionary<string, HostInterface> Wanted()
    {
        lock (_lock)
        {
            var wanted = Bridges.Present.ToDictionary(n => n.Name, n => new HostInterface(n.Plan, ""), StringComparer.Ordinal);
            foreach (var (app, connection) in _connected)
                foreach (var nic in connection.Nics.Where(n => n.Host != AddressPlan.None))
                    wanted[HostName(app, nic)] = new HostInterface(nic.Host, app,
                        nic.Address is { } inside ? new GuestAddress(Hwaddr(app, nic), inside.Address) : null);
            _served |= wanted.Count > 0;
            return wanted;
        }
    }

    private async Task Serve(IReadOnlyList<Nic> changed)
    {
        if (changed.Any(n => n.Host != AddressPlan.None))
            await Services.Set(Wanted).ConfigureAwait(false);
    }
}
