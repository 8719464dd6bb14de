using Holm.Config;

namespace Holm.Node.Networks;

/// <summary>An interface of the host towards apps, with what is to be done on it.</summary>
/// <param name="Plan">Addresses and services.</param>
/// <param name="App">The app whose it is; empty for a managed network.</param>
/// <param name="Guest">The app's own address, where the node sets it; null: it asks for one.</param>
internal sealed record HostInterface(AddressPlan Plan, string App, GuestAddress? Guest = null);

/// <summary>An address that an app has without asking.</summary>
/// <param name="Hwaddr">MAC address of its end of the link.</param>
/// <param name="Address">Host byte order.</param>
internal sealed record GuestAddress(string Hwaddr, uint Address);

/// <summary>What runs beside the links: an address service for each interface that wants one, masquerading, forwarding.</summary>
/// <param name="folder"><c>$HOLM_RUN/networks</c>.</param>
/// <param name="nodeId">Short id of this node.</param>
/// <param name="count">App and process id: that process is counted as the app's.</param>
/// <param name="lease">An interface and the address it was given by DHCP; null: it has none any more.</param>
/// <param name="tell">Gets a sentence when something is wrong.</param>
internal sealed class HostServices(string folder, string nodeId, Action<string, int> count, Action<string, Ipv4Interface?> lease,
    Action<string> tell) : IDisposable
{
    private readonly Dictionary<string, DhcpClient> _clients = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dnsmasq> _servers = new(StringComparer.Ordinal);
    private readonly NatTable _nat = new(nodeId);
    private readonly Forwarding _forwarding = new(Path.Combine(folder, ".forwarding"));
    private readonly SemaphoreSlim _one = new(1);
    private string? _rules;
    private bool _cleaned;

    /// <summary>Makes it so, whole. The first call also ends what an earlier daemon left and nobody wants any more.</summary>
    /// <param name="wanted">Interfaces by name, read when its turn comes.</param>
    public async Task Set(Func<IReadOnlyDictionary<string, HostInterface>> wanted)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            var interfaces = wanted();
            // Rules last: a nft that refuses leaves nobody without an address.
            await SetServers(interfaces).ConfigureAwait(false);
            SetClients(interfaces);
            await SetNat(interfaces.ToDictionary(i => i.Key, i => i.Value.Plan, StringComparer.Ordinal)).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task SetServers(IReadOnlyDictionary<string, HostInterface> interfaces)
    {
        var configs = interfaces.Where(i => i.Value.Plan.Dhcp).ToDictionary(
            i => i.Key, i => Dnsmasq.Render(i.Key, i.Value.Plan, Files(i.Key), i.Value.Guest), StringComparer.Ordinal);
        foreach (var (name, server) in _servers.Where(s => configs.GetValueOrDefault(s.Key) != s.Value.Config).ToList())
        {
            server.Dispose();
            _servers.Remove(name);
        }
        foreach (var left in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.conf").ToList() : [])
            if (!configs.ContainsKey(Path.GetFileNameWithoutExtension(left)))
                Dnsmasq.CleanUp(left[..^".conf".Length]);
        var begun = new List<Task>();
        foreach (var (name, config) in configs.Where(c => !_servers.ContainsKey(c.Key)))
        {
            Directory.CreateDirectory(folder);
            var (app, guest) = (interfaces[name].App, interfaces[name].Guest);
            _servers[name] = Dnsmasq.Start(Files(name), config, pid => count(app, pid), tell);
            // Who asks for an address asks again; who has one asks for names as soon as it runs.
            begun.Add(guest is null ? _servers[name].Begun : _servers[name].Listening());
        }
        await Task.WhenAll(begun).ConfigureAwait(false);
    }

    private void SetClients(IReadOnlyDictionary<string, HostInterface> interfaces)
    {
        foreach (var (name, client) in _clients.Where(c => interfaces.GetValueOrDefault(c.Key)?.Plan != c.Value.Plan).ToList())
        {
            client.Dispose();
            _clients.Remove(name);
        }
        if (!_cleaned)
            DhcpClient.CleanUp(folder);
        _cleaned = true;
        foreach (var (name, wanted) in interfaces.Where(i => i.Value.Plan.DhcpClient && !_clients.ContainsKey(i.Key)))
        {
            Directory.CreateDirectory(folder);
            _clients[name] = DhcpClient.Start(folder, name, wanted.Plan, lease, tell);
        }
    }

    private async Task SetNat(IReadOnlyDictionary<string, AddressPlan> plans)
    {
        var masquerades = plans.Values.Any(p => p is { Nat: true, Address: not null });
        if (masquerades)
            Directory.CreateDirectory(folder);
        else
            _forwarding.Off();
        var guard = masquerades && _forwarding.IsOurs;
        var rules = masquerades ? NatTable.Render(nodeId, plans, guard) : "";
        // An earlier daemon's table is not known: it is replaced, or taken away, at the first call where there is one.
        if (rules != _rules && (rules.Length > 0 || _rules is not null || File.Exists(Path.Combine(folder, ".rules"))))
        {
            if (rules.Length > 0)
            {
                await File.WriteAllBytesAsync(Path.Combine(folder, ".rules"), []).ConfigureAwait(false);
                await _nat.Set(plans, guard).ConfigureAwait(false);
            }
            else
            {
                await _nat.Remove().ConfigureAwait(false);
                File.Delete(Path.Combine(folder, ".rules"));
            }
        }
        _rules = rules;
        if (masquerades)
            _forwarding.On();
    }

    private string Files(string name) => Path.Combine(folder, name);
}
