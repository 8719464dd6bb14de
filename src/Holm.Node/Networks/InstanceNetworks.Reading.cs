using System.Net.Sockets;
using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Netlink;

namespace Holm.Node.Networks;

/// <summary>What is there now, for whoever asks. Nothing is changed.</summary>
public sealed partial class InstanceNetworks
{
    /// <summary>The nics that an instance really has.</summary>
    public IReadOnlyList<Nic> Connected(string app)
    {
        lock (_lock)
            return [.. _connected.GetValueOrDefault(app)?.Nics ?? []];
    }

    /// <summary>What the interfaces inside are like; null: it is not connected.</summary>
    /// <remarks>A question may take long where there is much to list: it has a socket of its own, and holds up no change.</remarks>
    public IReadOnlyDictionary<string, NetworkState>? Read(string app)
    {
        Fd? space = null;
        IReadOnlyList<Nic> nics = [];
        lock (_lock)
            if (_connected.GetValueOrDefault(app) is { } connection)
                (space, nics) = (Fd.Open(connection.Namespace.ProcPath, OpenFlags.O_RDONLY), [.. connection.Nics]);
        if (space is null)
            return null;
        using (space)
        using (var inside = RouteSocket.OpenIn(space))
            return InterfaceStates.Read(inside, nics, HostNameOf(app));
    }

    /// <summary>What an interface of the host is like now.</summary>
    public static HostInterfaceState ReadHost(string name)
    {
        using var host = RouteSocket.Open();
        return InterfaceStates.ReadHost(host, name);
    }

    /// <summary>
    /// Subnets of IPv4 in which the host has an address, or to which it has a route; default routes, and those of less than 8 bits that
    /// stand in for one, are left out.
    /// </summary>
    public static IReadOnlyList<Ipv4Interface> HostSubnets()
    {
        using var host = RouteSocket.Open();
        var addresses = host.Addresses().Select(a => (a.Address, a.PrefixLength));
        return [.. addresses.Concat(host.Routes().Select(r => (r.Address, r.PrefixLength)))
            .Where(s => s.PrefixLength >= 8 && s.Address.AddressFamily == AddressFamily.InterNetwork)
            .Select(s => new Ipv4Interface(Ipv4.TryParse(s.Address.ToString())!.Value, s.PrefixLength))];
    }

    /// <summary>Interfaces of the host that Holm does not manage.</summary>
    public IReadOnlyList<Network> Unmanaged()
    {
        using var host = RouteSocket.Open();
        return InterfaceStates.Unmanaged(host, link => Owner.Read(nodeId, link) is not null || Owner.IsUnborn(nodeId, link));
    }
}
