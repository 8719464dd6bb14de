using System.Text.Json;
using Holm.Linux;
using Holm.Linux.Netlink;

namespace Linux.Tests;

/// <summary>VLANs. Where this kernel has none, it is the refusals that are looked at; Debian's has them.</summary>
public sealed class NetlinkVlanTests : IDisposable
{
    private readonly NetlinkSpace _space = new();

    private RouteSocket Route => _space.Route;

    public void Dispose() => _space.Dispose();

    [Fact]
    public void A_bridge_s_ports_let_through_what_they_are_told()
    {
        var bridge = Route.AddBridge("br0", new LinkOptions());
        var (first, second) = (_space.AddPair("a", "b"), _space.AddPair("c", "d"));
        Route.Set(first, new LinkChange { Master = bridge });
        Route.Set(second, new LinkChange { Master = bridge });
        if (Record.Exception(() => Route.SetVlanFiltering(bridge, true)) is { } none)
        {
            Assert.Equal("turn VLAN filtering of bridge br0 on: Operation not supported (EOPNOTSUPP)", none.Message);
            var refused = Assert.Throws<LinuxException>(() => Route.AddPortVlan(first, 5));
            Assert.Equal("let VLAN 5 through port a: Operation not supported (EOPNOTSUPP)", refused.Message);
            Assert.Throws<LinuxException>(() => Route.AddBridge("br1", new LinkOptions(), vlanFiltering: true));
            Assert.Empty(Route.AllPortVlans());
            return;
        }
        Assert.True(_space["br0"].VlanFiltering);
        Assert.Equal([new PortVlan(1, true, true)], Route.PortVlans(first));
        Route.RemovePortVlan(first, 1);
        Route.RemovePortVlan(first, 1);
        Route.AddPortVlan(first, 5, pvid: true, untagged: true);
        Route.AddPortVlan(first, 7);
        Route.AddPortVlan(first, 8, untagged: true);
        Route.AddPortVlan(first, 4094);
        Assert.Equal(
            [new PortVlan(5, true, true), new PortVlan(7, false, false), new PortVlan(8, false, true), new PortVlan(4094, false, false)],
            Route.PortVlans(first));
        Route.AddPortVlan(first, 7, pvid: true);
        Assert.Equal([new PortVlan(5, false, true), new PortVlan(7, true, false)], Route.PortVlans(first).Take(2));

        var told = _space.Ask("bridge", "vlan", "show");
        Assert.Equal(["a", "br0", "c"], told.Select(p => p.GetProperty("ifname").GetString()).Order());
        Assert.All(told, port => Assert.Equal(
            port.GetProperty("vlans").EnumerateArray().Select(Told),
            Route.PortVlans(_space[port.GetProperty("ifname").GetString()!].Index)));
        Route.SetVlanFiltering(bridge, false);
        Assert.False(_space["br0"].VlanFiltering);
        Assert.True(Route.Find(Route.AddBridge("br1", new LinkOptions(), vlanFiltering: true))!.VlanFiltering);
    }

    [Fact]
    public void Numbers_that_no_VLAN_has_never_reach_the_kernel()
    {
        foreach (var vid in (int[])[-1, 0, 4095, 65537])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => Route.AddPortVlan(1, vid));
            Assert.Throws<ArgumentOutOfRangeException>(() => Route.RemovePortVlan(1, vid));
            Assert.Throws<ArgumentOutOfRangeException>(() => Route.AddVlan(1, vid, new GuestEnd("v", _space.Namespace)));
        }
        Assert.Throws<LinuxException>(() => Route.AddPortVlan(1, 5));
    }

    [Fact]
    public void A_VLAN_of_a_link_is_born_in_another_namespace()
    {
        using var guest = new NetlinkSpace();
        var parent = _space.AddPair("a", "b");
        if (Record.Exception(() => Route.AddVlan(parent, 12, new GuestEnd("lan", guest.Namespace))) is { } none)
        {
            const string why = "Unknown device type: Operation not supported (EOPNOTSUPP)";
            Assert.Equal($"make link lan for VLAN 12 of link a in another network namespace: {why}", none.Message);
            return;
        }
        var link = guest["lan"];
        Assert.Equal(("vlan", 12, parent), (link.Kind, link.VlanId, link.LinkIndex));
        Assert.Null(Route.Find("lan"));
        Assert.Equal(Errnos.EEXIST,
            Assert.Throws<LinuxException>(() => Route.AddVlan(parent, 12, new GuestEnd("other", guest.Namespace))).Errno);
    }

    private static PortVlan Told(JsonElement vlan)
    {
        var flags = vlan.TryGetProperty("flags", out var list) ? list.EnumerateArray().Select(f => f.GetString()).ToList() : [];
        return new PortVlan(vlan.GetProperty("vlan").GetInt32(), flags.Contains("PVID"), flags.Contains("Egress Untagged"));
    }
}
