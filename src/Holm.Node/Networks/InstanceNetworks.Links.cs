using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Netlink;

namespace Holm.Node.Networks;

/// <summary>One nic at a time: refused, made, moved on, taken away. All of it under the lock.</summary>
public sealed partial class InstanceNetworks
{
    private void Prepare(string app, Nic nic)
    {
        switch (nic.Kind)
        {
            case NicKind.Physical when nic.Vlan is null:
                if (HasPartOf(app, nic) is { } other)
                    throw new Refusal(409, $"share port {nic.Parent} with {app}: app {other} has a macvlan or a VLAN on it");
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
                CheckBridge(app, nic, bridge);
                CheckFree(app, nic, HostName(app, nic));
                break;
            default:
                CheckFree(app, nic, HostName(app, nic));
                break;
        }
    }

    private Link ParentOf(string app, Nic nic) => _host.Find(nic.Network ?? nic.Parent) ?? throw new Refusal(
        409, $"connect {app}, device {nic.Device}: " + (IsOnPort(nic) && Ports.Find(nic.Parent) is { } lent
            ? $"app {lent.App} holds port {nic.Parent}" : $"there is no interface {nic.Network ?? nic.Parent} on the host"));

    /// <summary>Another app with a macvlan or a VLAN on the same port; null: none.</summary>
    private string? HasPartOf(string app, Nic nic)
    {
        var port = _host.Find(nic.Parent)?.Index;
        return port is null ? null : _connected.FirstOrDefault(c => c.Key != app &&
            c.Value.Nics.Any(n => (n.Kind == NicKind.Macvlan || n is { Kind: NicKind.Physical, Vlan: not null }) &&
                _host.Find(n.Parent)?.Index == port)).Key;
    }

    private static void CheckBridge(string app, Nic nic, Link bridge)
    {
        if (bridge.Kind != "bridge")
            throw new Refusal(409, $"connect {app}, device {nic.Device}: {bridge.Name} is no bridge");
        if (HasVlans(nic) && bridge.VlanFiltering != true)
            throw new Refusal(409, $"connect {app}, device {nic.Device}: bridge {bridge.Name} does not tell VLANs apart; switch its " +
                "vlan_filtering on, or take the VLANs away");
    }

    private static bool HasVlans(Nic nic) => nic.Vlan is not null || nic.Tagged.Length > 0;

    private void CheckFree(string app, Nic nic, string name)
    {
        if (_host.Find(name) is { } there && Owner.Read(nodeId, there) != (app, nic.Device))
            throw new Refusal(
                409, $"connect {app}, device {nic.Device}: the host has an interface {name} already; rename one of them");
    }

    /// <summary>Makes one link in the instance's namespace, or moves there what an earlier namespace of it has.</summary>
    private void Add(string app, Nic nic, Connection to, IReadOnlyList<RouteSocket> from)
    {
        switch (nic.Kind)
        {
            case NicKind.Physical when nic.Vlan is null:
                Ports.Move(Ports.Lend(app, nic), nic, from, to.Namespace);
                break;
            case NicKind.Physical:
                RemoveMade(app, nic, from.Append(to.Inside));
                AddVlan(app, nic, to);
                break;
            case NicKind.Macvlan:
                RemoveMade(app, nic, from.Append(to.Inside));
                _host.AddMacvlan(ParentOf(app, nic).Index, GuestEndOf(app, nic, to, nic.Mtu));
                Mark(app, nic, to);
                break;
            default:
                if (!from.Any(last => MoveOn(app, nic, to, last)))
                    AddVeth(app, nic, to);
                GiveAddress(nic, to.Inside);
                break;
        }
    }

    /// <summary>Born inside, so that nothing of it is ever on the host.</summary>
    private void AddVlan(string app, Nic nic, Connection to)
    {
        var port = ParentOf(app, nic);
        // A VLAN cannot be up on a port that is down (ENETDOWN).
        if (!port.IsUp)
            _host.Set(port.Index, new LinkChange { Up = true });
        try
        {
            _host.AddVlan(port.Index, nic.Vlan!.Value, new GuestEnd(nic.Name!, to.Namespace)
            {
                Mtu = nic.Mtu,
                Address = nic.Hwaddr,
                Up = true,
            });
        }
        catch (LinuxException e) when (e.Errno == Errnos.EEXIST && to.Inside.Find(nic.Name!) is null)
        {
            throw new Refusal(409, $"connect {app}, device {nic.Device}: VLAN {nic.Vlan} of {nic.Parent} is taken by an interface of the " +
                "host's or of another namespace; delete that, or choose another VLAN", e);
        }
        Mark(app, nic, to);
    }

    /// <summary>For people who look inside, and for the next daemon, which knows it without, too.</summary>
    private void Mark(string app, Nic nic, Connection to)
    {
        if (to.Inside.Find(nic.Name!) is { } made)
            to.Inside.Set(made.Index, new LinkChange { Alias = Owner.Alias(nodeId, app, nic.Device) });
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
            BornAs = Owner.BirthName(nodeId),
            Group = Owner.Group,
            Master = bridge?.Index,
            // No address unless one is configured: a link-local one would be a way to whatever listens on the host.
            Ipv6LinkLocal = false,
        };
        // Up last: a bridge lets every new port into its own VLAN, and a router's advertisement would be believed.
        var index = _host.AddVeth(name, host, GuestEndOf(app, nic, to, mtu));
        InterfaceSettings.DisableIpv6(name);
        if (bridge is not null)
            Join(nic, index);
        else if (nic.Host.Address is { } own)
            _host.AddAddress(index, own.ToIPAddress(), own.Length);
        _host.Set(index, new LinkChange { Up = true });
    }

    private GuestEnd GuestEndOf(string app, Nic nic, Connection to, int? mtu) => new(nic.Name!, to.Namespace)
    {
        Mtu = mtu,
        Address = Hwaddr(app, nic),
        Up = true,
    };

    private void Join(Nic nic, int index)
    {
        if (HasVlans(nic))
            foreach (var vlan in _host.PortVlans(index))
                _host.RemovePortVlan(index, vlan.Vid);
        if (nic.Vlan is > 0 and var untagged)
            _host.AddPortVlan(index, untagged, pvid: true, untagged: true);
        foreach (var vid in nic.Tagged.Where(vid => vid != nic.Vlan))
            _host.AddPortVlan(index, vid, pvid: false, untagged: false);
    }

    /// <summary>Makes a host end that is a port of nothing one of its bridge, where there is one again.</summary>
    /// <returns>Why that cannot be, as a sentence; null: there is nothing to do, or it is done.</returns>
    private string? TryRejoin(string app, Nic nic)
    {
        try
        {
            if (_host.Find(HostName(app, nic)) is not { Master: null } end || Owner.Read(nodeId, end) != (app, nic.Device) ||
                _host.Find(nic.Network ?? nic.Parent) is not { } bridge)
                return null;
            CheckBridge(app, nic, bridge);
            // Down meanwhile: a bridge lets every new port into its own VLAN.
            _host.Set(end.Index, new LinkChange { Up = false });
            _host.Set(end.Index, new LinkChange { Master = bridge.Index });
            Join(nic, end.Index);
            _host.Set(end.Index, new LinkChange { Up = true });
            return null;
        }
        catch (Exception e) when (e is LinuxException or Refusal)
        {
            return e.Message;
        }
    }

    /// <summary>A reboot from inside: the guest end of a pair that is still whole moves on; its host end has not noticed.</summary>
    private bool MoveOn(string app, Nic nic, Connection to, RouteSocket from)
    {
        if (_host.Find(HostName(app, nic)) is not { Kind: "veth", LinkIndex: { } peer } host ||
            Owner.Read(nodeId, host) != (app, nic.Device) ||
            from.Find(peer) is not { Kind: "veth" } guest || guest.LinkIndex != host.Index)
            return false;
        if (nic.Kind == NicKind.Bridged)
            Join(nic, host.Index);
        else if (nic.Host.Address is { } own)
            _host.AddAddress(host.Index, own.ToIPAddress(), own.Length);
        from.Set(peer, new LinkChange
        {
            Namespace = to.Namespace,
            Name = nic.Name,
            Mtu = host.Mtu,
            Address = Hwaddr(app, nic),
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
                    if (Ports.BringHome(record, [from.Inside], ended: false) is { Problem: { } problem })
                        throw new Refusal(409, problem);
                break;
            case NicKind.Physical or NicKind.Macvlan:
                if (!RemoveMade(app, nic, [from.Inside]))
                    throw new Refusal(409, $"take device {nic.Device} from {app}: {app} has moved it elsewhere; restart {app}");
                break;
            default:
                DeleteOwn(HostName(app, nic));
                break;
        }
    }

    /// <summary>Deletes the macvlan, or the VLAN on a port, that was made for a nic.</summary>
    /// <returns>False: there was none.</returns>
    private bool RemoveMade(string app, Nic nic, IEnumerable<RouteSocket> places)
    {
        var found = false;
        foreach (var place in places)
            foreach (var link in place.Links().Where(l => IsMadeFor(app, nic, l)))
                found |= place.Delete(link.Index);
        return found;
    }

    /// <summary>Its kind, its number and what it stands on decide; the app can write over its name and its mark.</summary>
    private bool IsMadeFor(string app, Nic nic, Link link) =>
        link.LinkNamespaceId is not null && link.LinkIndex == _host.Find(nic.Parent)?.Index &&
        (nic.Kind == NicKind.Physical ? link.Kind == "vlan" && link.VlanId == nic.Vlan
            : link.Kind == "macvlan" && (link.Alias == Owner.Alias(nodeId, app, nic.Device) || link.Name == nic.Name ||
                _connected.GetValueOrDefault(app)?.Nics.Count(n => n.Kind == nic.Kind && n.Parent == nic.Parent) == 1));

    /// <summary>The link stays, its ends get other addresses: only those that Holm gave them are taken away.</summary>
    private void Readdress(string app, Nic before, Nic after, Connection connection)
    {
        var guest = (before.Address, before.Gateway) != (after.Address, after.Gateway);
        if (guest)
            TakeAddress(before, connection.Inside);
        if (before.Host.Address != after.Host.Address && _host.Find(HostName(app, after)) is { } host)
        {
            if (before.Host.Address is { } old)
                _host.RemoveAddress(host.Index, old.ToIPAddress(), old.Length);
            if (after.Host.Address is { } own)
                _host.AddAddress(host.Index, own.ToIPAddress(), own.Length);
        }
        if (guest)
            GiveAddress(after, connection.Inside);
    }

    /// <summary>Gives an end inside the address that is written for it, and the way to the rest of the world by the host end.</summary>
    private static void GiveAddress(Nic nic, RouteSocket inside)
    {
        if (nic.Address is not { } own || inside.Find(nic.Name!) is not { } end)
            return;
        inside.AddAddress(end.Index, own.ToIPAddress(), own.Length);
        if (nic.Gateway is { } gateway)
            inside.AddDefaultRoute(end.Index, (own with { Address = gateway }).ToIPAddress());
    }

    /// <summary>Takes both away again; what the app has taken away itself is fine.</summary>
    private static void TakeAddress(Nic nic, RouteSocket inside)
    {
        if (nic.Address is not { } own || inside.Find(nic.Name!) is not { } end)
            return;
        if (nic.Gateway is { } gateway)
            inside.RemoveDefaultRoute(end.Index, (own with { Address = gateway }).ToIPAddress());
        inside.RemoveAddress(end.Index, own.ToIPAddress(), own.Length);
    }

    /// <summary>A host end was given an address by DHCP, or has lost it.</summary>
    private void Lease(string name, Ipv4Interface? address)
    {
        lock (_lock)
        {
            if (address is { } offered && WhyNotLease(name, offered) is { } reason)
            {
                tell($"{name} was given {offered} by DHCP: {reason}; it is not taken");
                return;
            }
            var link = _host.Find(name) is { } found && Owner.Read(nodeId, found) is not null ? found : null;
            if (_leases.Remove(name, out var old) && old != address && link is not null)
                _host.RemoveAddress(link.Index, old.ToIPAddress(), old.Length);
            if (address is { } given && link is not null)
            {
                _leases[name] = given;
                _host.AddAddress(link.Index, given.ToIPAddress(), given.Length);
            }
        }
    }

    /// <summary>An app that hands out addresses shall not draw the host's other traffic to itself.</summary>
    private string? WhyNotLease(string name, Ipv4Interface offered)
    {
        var (first, second) = (offered.Address >> 24, offered.Address >> 16 & 255);
        if (!(first == 10 || (first == 172 && second is >= 16 and < 32) || (first, second) is (192, 168) or (169, 254)))
            return "it is no private address";
        var own = _host.Find(name)?.Index;
        foreach (var other in _host.Addresses().Where(a => a.Index != own))
            if (Ipv4Interface.TryParse($"{other.Address}/{other.PrefixLength}") is { } there && there.Overlaps(offered))
                return $"it overlaps {there}, which the host has elsewhere";
        return null;
    }

    /// <summary>Deletes an interface of the host if it is this node's.</summary>
    private void DeleteOwn(string name)
    {
        if (_host.Find(name) is { } link && Owner.Read(nodeId, link) is not null)
            _host.Delete(link.Index);
    }
}
