using System.Net.Sockets;
using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Netlink;

namespace Holm.Node.Networks;

/// <summary>The bridges of managed networks. They are there as long as their network is written, whether anything runs or not.</summary>
internal sealed class ManagedBridges(string nodeId, RouteSocket host)
{
    private readonly Dictionary<string, NetworkConfig> _present = new(StringComparer.Ordinal);

    /// <summary>Those that are there.</summary>
    public IReadOnlyCollection<NetworkConfig> Present => _present.Values;

    /// <summary>Makes it so, whole; a second call with the same changes nothing.</summary>
    /// <returns>What could not be done, by network.</returns>
    public IReadOnlyDictionary<string, string> Set(IReadOnlyCollection<NetworkConfig> networks)
    {
        var refused = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var link in host.Links())
            if (Owner.Read(nodeId, link) is { App: "" } owner && networks.All(n => n.Name != owner.Device))
                host.Delete(link.Index);
        _present.Clear();
        foreach (var network in networks)
            try
            {
                Set(network);
                _present[network.Name] = network;
            }
            catch (Exception e) when (e is LinuxException or Refusal)
            {
                refused[network.Name] = e.Message;
            }
        return refused;
    }

    private void Set(NetworkConfig network)
    {
        var alias = Owner.BridgeAlias(nodeId, network.Name);
        var link = host.Find(network.Name);
        if (link is not null && link.Alias != alias)
            throw new Refusal(409, $"make network {network.Name}: the host has an interface of that name already; choose another name");
        var index = link?.Index ?? Add(network.Name, new LinkOptions
        {
            Address = Owner.InventAddress(nodeId, "", network.Name),
            Alias = alias,
            BornAs = Owner.BirthName(nodeId),
            Group = Owner.Group,
            Ipv6LinkLocal = false,
        });
        if (link is null)
            InterfaceSettings.DisableIpv6(network.Name);
        host.Set(index, new LinkChange { Mtu = network.Mtu ?? StandardMtu, Up = true });
        SetAddresses(index, network.Plan.Address);
    }

    /// <summary>With VLANs told apart where the kernel can, so that nics may ask for some.</summary>
    private int Add(string name, LinkOptions options)
    {
        try
        {
            return host.AddBridge(name, options, vlanFiltering: true);
        }
        catch (LinuxException e) when (e.Errno == Errnos.EOPNOTSUPP)
        {
            return host.AddBridge(name, options);
        }
    }

    private const int StandardMtu = 1500;

    private void SetAddresses(int index, Ipv4Interface? wanted)
    {
        var there = false;
        foreach (var address in host.Addresses().Where(a => a.Index == index && a.Address.AddressFamily == AddressFamily.InterNetwork))
            if (wanted is { } own && address.Address.Equals(own.ToIPAddress()) && address.PrefixLength == own.Length)
                there = true;
            else
                host.RemoveAddress(index, address.Address, address.PrefixLength);
        if (wanted is { } missing && !there)
            host.AddAddress(index, missing.ToIPAddress(), missing.Length);
    }
}
