using System.Globalization;
using System.Net.Sockets;
using Holm.Config;
using Holm.Contract;
using Holm.Linux.Netlink;

namespace Holm.Node.Networks;

/// <summary>The interfaces of a namespace as the API shows them.</summary>
internal static class InterfaceStates
{
    /// <summary>Interfaces by the name they have inside.</summary>
    /// <param name="inside">Socket in the namespace.</param>
    /// <param name="nics">The instance's nics.</param>
    /// <param name="hostName">Name of a nic's host end; empty: none.</param>
    public static SortedDictionary<string, NetworkState> Read(RouteSocket inside, IReadOnlyList<Nic> nics, Func<Nic, string> hostName)
    {
        var addresses = inside.Addresses().ToLookup(a => a.Index);
        var states = new SortedDictionary<string, NetworkState>(StringComparer.Ordinal);
        foreach (var link in inside.Links())
            states[link.Name] = new NetworkState
            {
                Type = link.Name == "lo" ? "loopback" : "broadcast",
                State = link.IsUp ? "up" : "down",
                Mtu = link.Mtu,
                Hwaddr = link.Name == "lo" ? "" : link.Address ?? "",
                HostName = nics.FirstOrDefault(n => n.Name == link.Name) is { } nic ? hostName(nic) : "",
                Addresses = [.. addresses[link.Index].Select(ToWire)],
                Counters = ToWire(link.Counters),
            };
        return states;
    }

    /// <summary>Interfaces of the host that are no managed network and nobody's end of a veth pair, as LXD lists them.</summary>
    /// <param name="host">Socket on the host.</param>
    /// <param name="isOwn">True for one that this node made.</param>
    public static IReadOnlyList<Network> Unmanaged(RouteSocket host, Func<Link, bool> isOwn) =>
    [
        .. host.Links().Where(link => link.Kind != "veth" && !isOwn(link)).OrderBy(link => link.Name, StringComparer.Ordinal)
            .Select(link => new Network
            {
                Name = link.Name,
                Type = link.Name == "lo" ? "loopback" : link.Kind switch
                {
                    "" => "physical",
                    "bridge" or "vlan" or "bond" => link.Kind,
                    _ => "unknown",
                },
            }),
    ];

    /// <summary>One interface of the host; one that is not there is down.</summary>
    public static HostInterfaceState ReadHost(RouteSocket host, string name)
    {
        if (host.Find(name) is not { } link)
            return new HostInterfaceState();
        var links = link.Kind == "bridge" ? host.Links() : [];
        return new HostInterfaceState
        {
            Addresses = [.. host.Addresses().Where(a => a.Index == link.Index).Select(ToWire)],
            Counters = ToWire(link.Counters),
            Hwaddr = link.Address ?? "",
            Mtu = link.Mtu,
            State = link.IsUp ? "up" : "down",
            Bridge = link.Kind != "bridge" ? null : new BridgeState
            {
                Id = "8000." + (link.Address ?? "").Replace(":", "", StringComparison.Ordinal),
                ForwardDelay = 1500,
                VlanDefault = 1,
                VlanFiltering = link.VlanFiltering == true,
                UpperDevices = [.. links.Where(l => l.Master == link.Index).Select(l => l.Name)],
            },
        };
    }

    private static NetworkCounters ToWire(LinkCounters c) => new()
    {
        BytesReceived = (long)c.RxBytes,
        BytesSent = (long)c.TxBytes,
        PacketsReceived = (long)c.RxPackets,
        PacketsSent = (long)c.TxPackets,
        ErrorsReceived = (long)c.RxErrors,
        ErrorsSent = (long)c.TxErrors,
        PacketsDroppedInbound = (long)c.RxDropped,
        PacketsDroppedOutbound = (long)c.TxDropped,
    };

    private static NetworkAddress ToWire(LinkAddress address) => new()
    {
        Family = address.Address.AddressFamily == AddressFamily.InterNetwork ? "inet" : "inet6",
        Address = address.Address.ToString(),
        Netmask = address.PrefixLength.ToString(CultureInfo.InvariantCulture),
        Scope = address.Scope switch { 0 => "global", 253 => "link", _ => "local" },
    };
}
