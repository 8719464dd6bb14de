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
                Counters = new NetworkCounters
                {
                    BytesReceived = (long)link.Counters.RxBytes,
                    BytesSent = (long)link.Counters.TxBytes,
                    PacketsReceived = (long)link.Counters.RxPackets,
                    PacketsSent = (long)link.Counters.TxPackets,
                    ErrorsReceived = (long)link.Counters.RxErrors,
                    ErrorsSent = (long)link.Counters.TxErrors,
                    PacketsDroppedInbound = (long)link.Counters.RxDropped,
                    PacketsDroppedOutbound = (long)link.Counters.TxDropped,
                },
            };
        return states;
    }

    private static NetworkAddress ToWire(LinkAddress address) => new()
    {
        Family = address.Address.AddressFamily == AddressFamily.InterNetwork ? "inet" : "inet6",
        Address = address.Address.ToString(),
        Netmask = address.PrefixLength.ToString(CultureInfo.InvariantCulture),
        Scope = address.Scope switch { 0 => "global", 253 => "link", _ => "local" },
    };
}
