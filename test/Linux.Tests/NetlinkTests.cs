using System.Net;
using Holm.Linux;
using Holm.Linux.Netlink;

namespace Linux.Tests;

/// <summary>Links on this kernel, held against what iproute2 says of them.</summary>
public sealed class NetlinkTests : IDisposable
{
    private readonly NetlinkSpace _host = new(), _guest = new();

    private RouteSocket Route => _host.Route;

    public void Dispose()
    {
        _host.Dispose();
        _guest.Dispose();
    }

    [Fact]
    public void A_veth_pair_is_born_in_two_namespaces_under_its_final_names()
    {
        var bridge = Route.AddBridge("br0", new LinkOptions { Up = true });
        var index = Route.AddVeth(
            "web-eth0",
            new LinkOptions
            {
                Mtu = 1400,
                Address = "02:00:00:00:00:01",
                Alias = "ä note",
                Group = 77,
                Master = bridge,
                Ipv6LinkLocal = false,
                Up = true,
            },
            new GuestEnd("eth0", _guest.Namespace) { Mtu = 1300, Address = "02:00:00:00:00:02", Up = true });

        var here = Route.Find(index)!;
        Assert.Equal(("web-eth0", "veth", 1400, "02:00:00:00:00:01"), (here.Name, here.Kind, here.Mtu, here.Address));
        Assert.Equal(("ä note", 77u, bridge, true, true), (here.Alias, here.Group, here.Master, here.IsUp, here.IsRunning));
        var there = _guest["eth0"];
        Assert.Equal(("veth", 1300, "02:00:00:00:00:02", true), (there.Kind, there.Mtu, there.Address, there.IsUp));
        Assert.Equal((index, there.Index), (there.LinkIndex, here.LinkIndex));
        Assert.NotNull(here.LinkNamespaceId);
        Assert.Null(_guest.Route.Find("web-eth0"));

        var told = Assert.Single(_host.Ask("ip", "link", "show", "web-eth0"));
        Assert.Equal("none", told.GetProperty("inet6_addr_gen_mode").GetString());
        Assert.Equal("ä note", told.GetProperty("ifalias").GetString());
        Assert.Equal("br0", told.GetProperty("master").GetString());
        Assert.DoesNotContain(Route.Addresses(), a => a.Index == index);

        Assert.True(Route.Delete(index));
        Assert.False(Route.Delete(index));
        Assert.Null(_guest.Route.Find("eth0"));
    }

    [Fact]
    public async Task A_link_has_its_name_only_with_its_alias()
    {
        using var looking = RouteSocket.OpenIn(_host.Namespace);
        using var made = new CancellationTokenSource();
        var seen = Task.Run(() =>
        {
            var aliases = new HashSet<string?>();
            while (!made.IsCancellationRequested)
                foreach (var name in (string[])["veth9", "br9"])
                    if (looking.Find(name) is { } link)
                        aliases.Add(link.Alias);
            return aliases;
        }, TestContext.Current.CancellationToken);
        var options = new LinkOptions { Alias = "mine", BornAs = "newborn", Ipv6LinkLocal = false };
        for (var i = 0; i < 40; i++)
        {
            var pair = Route.AddVeth("veth9", options, new GuestEnd("eth0", _guest.Namespace) { Up = true });
            var bridge = Route.AddBridge("br9", options);
            Assert.Equal(("veth9", "br9", true), (Route.Find(pair)!.Name, Route.Find(bridge)!.Name, _guest["eth0"].IsUp));
            Route.Delete(pair);
            Route.Delete(bridge);
        }
        await made.CancelAsync();
        Assert.Equal(["mine"], await seen);
        // What is in the way is not overwritten, and nothing is left of the newborn.
        _host.AddPair("veth9", "br9");
        Assert.Throws<LinuxException>(() => Route.AddBridge("br9", options));
        Assert.Throws<LinuxException>(() => Route.AddVeth("veth9", options, new GuestEnd("eth0", _guest.Namespace)));
        Assert.Null(Route.Find("newborn"));
        Assert.Null(_guest.Route.Find("eth0"));
    }

    [Fact]
    public void A_taken_name_is_told_and_nothing_is_left()
    {
        Route.AddVeth("a", new LinkOptions(), new GuestEnd("eth0", _guest.Namespace));
        var mine = Assert.Throws<LinuxException>(() => Route.AddVeth("a", new LinkOptions(), new GuestEnd("eth1", _guest.Namespace)));
        Assert.Equal(Errnos.EEXIST, mine.Errno);
        Assert.StartsWith("make veth pair a and, in another network namespace, eth1", mine.Message, StringComparison.Ordinal);
        Assert.EndsWith("File exists (EEXIST)", mine.Message, StringComparison.Ordinal);
        var theirs = Assert.Throws<LinuxException>(() => Route.AddVeth("b", new LinkOptions(), new GuestEnd("eth0", _guest.Namespace)));
        Assert.Equal(Errnos.EEXIST, theirs.Errno);
        // The pair is made, and what is asked of it then refused: no link 99 can be its bridge.
        var late = Assert.Throws<LinuxException>(
            () => Route.AddVeth("c", new LinkOptions { Master = 99 }, new GuestEnd("eth2", _guest.Namespace)));
        Assert.StartsWith("make link c a port of link 99: ", late.Message, StringComparison.Ordinal);
        Assert.Equal(["lo", "a"], Route.Links().Select(l => l.Name));
        Assert.Equal(["lo", "eth0"], _guest.Route.Links().Select(l => l.Name));
    }

    [Fact]
    public void The_kernel_s_own_words_are_in_the_sentence()
    {
        // Either this kernel has dummies, or it says why not.
        if (Record.Exception(() => Route.AddDummy("d0", new LinkOptions())) is { } none)
            Assert.Equal("make dummy link d0: Unknown device type: Operation not supported (EOPNOTSUPP)", none.Message);
        else
            Assert.Equal("dummy", _host["d0"].Kind);
        var e = Assert.Throws<LinuxException>(() => Route.AddAddress(1, IPAddress.Loopback, 33));
        Assert.Equal(Errnos.EINVAL, e.Errno);
        Assert.StartsWith("give link lo the address 127.0.0.1/33: ", e.Message, StringComparison.Ordinal);
        Assert.StartsWith("delete link lo: ", Assert.Throws<LinuxException>(() => Route.Delete(1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_moves_under_a_new_name_with_all_else_in_one_message_and_back()
    {
        var index = _host.AddPair("port", "other");
        Route.AddAltName(index, "enp3s0-the-long-name");
        Route.Set(index, new LinkChange { Up = true });
        Route.Set(index, new LinkChange
        {
            Namespace = _guest.Namespace,
            Name = "eth4",
            Mtu = 1234,
            Address = "02:00:00:00:00:09",
            Group = 5,
            Alias = "web",
            Up = true,
        });
        Assert.Null(Route.Find(index));
        var moved = _guest["eth4"];
        Assert.Equal((1234, "02:00:00:00:00:09", 5u, "web", true), (moved.Mtu, moved.Address, moved.Group, moved.Alias, moved.IsUp));
        Assert.Equal(["enp3s0-the-long-name"], moved.AltNames);

        _guest.Route.Set(moved.Index, new LinkChange { Namespace = _host.Namespace, Name = "port", Alias = "", Group = 0 });
        var back = _host["port"];
        Assert.Equal((null, 0u, false, 1234), (back.Alias, back.Group, back.IsUp, back.Mtu));
        Assert.Null(_guest.Route.Find("eth4"));
        Assert.NotNull(Route.Find("other"));
    }

    [Fact]
    public void A_refused_move_leaves_the_link_and_a_refusal_after_the_move_says_so()
    {
        var index = _host.AddPair("port", "other");
        _guest.AddPair("port", "eth9");
        var taken = Assert.Throws<LinuxException>(() => Route.Set(index, new LinkChange { Namespace = _guest.Namespace }));
        Assert.Equal(Errnos.EEXIST, taken.Errno);
        Assert.StartsWith("move link port to another network namespace: ", taken.Message, StringComparison.Ordinal);
        taken = Assert.Throws<LinuxException>(() => Route.Set(index, new LinkChange { Namespace = _guest.Namespace, Name = "eth9" }));
        Assert.Equal(Errnos.EEXIST, taken.Errno);
        Assert.StartsWith("move link port to another network namespace as eth9: ", taken.Message, StringComparison.Ordinal);
        Assert.NotNull(Route.Find("port"));

        var late = Assert.Throws<LinuxException>(
            () => Route.Set(index, new LinkChange { Namespace = _guest.Namespace, Name = "eth4", Mtu = 10, Alias = "web" }));
        Assert.Equal(Errnos.EINVAL, late.Errno);
        Assert.StartsWith($"change link {index} after it has moved to another network namespace: ", late.Message, StringComparison.Ordinal);
        Assert.Null(Route.Find("port"));
        Assert.Null(_guest.Route.Links().Single(l => l.LinkNamespaceId is not null).Alias);

        var bridge = Route.AddBridge("br0", new LinkOptions());
        var stays = Assert.Throws<LinuxException>(() => Route.Set(bridge, new LinkChange { Namespace = _guest.Namespace }));
        Assert.Equal(Errnos.EINVAL, stays.Errno);
        Assert.StartsWith("move link br0 to another network namespace: ", stays.Message, StringComparison.Ordinal);
        Assert.Equal(Errnos.ENODEV, Assert.Throws<LinuxException>(() => Route.Set(99, new LinkChange { Up = true })).Errno);
    }

    [Fact]
    public void Parts_are_carried_out_in_the_order_that_is_written_down()
    {
        var index = _host.AddPair("a", "b");
        Assert.Throws<LinuxException>(() => Route.Set(index, new LinkChange { Mtu = 1400, Group = 4, Name = "b", Alias = "x", Up = true }));
        var after = _host["a"];
        Assert.Equal((1400, 4u, null, false), (after.Mtu, after.Group, after.Alias, after.IsUp));
    }

    [Fact]
    public void Names_that_fit_no_attribute_never_reach_the_kernel()
    {
        var fits = new string('x', 15);
        Assert.Null(Route.Find(fits));
        foreach (var name in (string[])["", "ääääääää", fits + "y", "a\0b"])
        {
            Assert.ThrowsAny<ArgumentException>(() => Route.Find(name));
            Assert.ThrowsAny<ArgumentException>(() => Route.Set(1, new LinkChange { Name = name }));
            Assert.ThrowsAny<ArgumentException>(() => Route.AddBridge(name, new LinkOptions()));
            Assert.ThrowsAny<ArgumentException>(() => _host.AddPair("a", name));
        }
        Assert.Throws<ArgumentException>(() => Route.AddBridge("br0", new LinkOptions { Alias = new string('x', 256) }));
        foreach (var address in (string[])["", "02:00:00:00:00", "02-00-00-00-00-01", "02:00:00:00:00:0g", "02:00:00:00:00:001"])
            Assert.Throws<ArgumentException>(() => Route.AddBridge("br0", new LinkOptions { Address = address }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Route.Delete(0));
        Assert.Equal(["lo"], Route.Links().Select(l => l.Name));
    }

    [Fact]
    public void A_bridge_keeps_what_it_was_given_and_takes_ports()
    {
        var options = new LinkOptions { Address = "02:00:00:00:00:aa", Mtu = 1450, Alias = "holm", Group = 9, Up = true };
        var bridge = Route.AddBridge("br0", options);
        var port = _host.AddPair("port", "other");
        Route.Set(port, new LinkChange { Master = bridge, Mtu = 1300, Address = "02:00:00:00:00:01" });
        var seen = _host["br0"];
        Assert.Equal(("bridge", 1450, "02:00:00:00:00:aa", "holm", 9u), (seen.Kind, seen.Mtu, seen.Address, seen.Alias, seen.Group));
        Assert.Equal((false, true, bridge), (seen.VlanFiltering, seen.IsUp, _host["port"].Master));
        Route.Set(port, new LinkChange { Master = 0 });
        Assert.Null(_host["port"].Master);
    }

    [Fact]
    public void A_macvlan_is_born_in_the_other_namespace()
    {
        var parent = _host.AddPair("port", "other");
        Route.AddMacvlan(parent, new GuestEnd("eth0", _guest.Namespace) { Address = "02:00:00:00:00:05", Mtu = 1280 });
        var seen = _guest["eth0"];
        Assert.Equal(("macvlan", 1280, "02:00:00:00:00:05", parent), (seen.Kind, seen.Mtu, seen.Address, seen.LinkIndex));
        var told = Assert.Single(_guest.Ask("ip", "link", "show", "eth0"));
        Assert.Equal("bridge", told.GetProperty("linkinfo").GetProperty("info_data").GetProperty("mode").GetString());
        var e = Assert.Throws<LinuxException>(() => Route.AddMacvlan(parent, new GuestEnd("eth0", _guest.Namespace)));
        Assert.StartsWith("make macvlan eth0 of link port in another network namespace: ", e.Message, StringComparison.Ordinal);
        Route.Delete(parent);
        Assert.Null(_guest.Route.Find("eth0"));
    }

    [Fact]
    public void Alternative_names_find_the_link()
    {
        var index = _host.AddPair("a", "b");
        var name = new string('n', 127);
        Route.AddAltName(index, name);
        Route.AddAltName(index, "short");
        Assert.Equal([name, "short"], Route.Find("short")!.AltNames);
        Assert.Equal(Errnos.EEXIST, Assert.Throws<LinuxException>(() => Route.AddAltName(index, "b")).Errno);
        Route.RemoveAltName(index, "short");
        Assert.Null(Route.Find("short"));
        var e = Assert.Throws<LinuxException>(() => Route.RemoveAltName(index, "short"));
        Assert.StartsWith("take name short from link a: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_lo_is_like()
    {
        var lo = Route.Find(1)!;
        Assert.Equal(("lo", "", 772, "00:00:00:00:00:00", false), (lo.Name, lo.Kind, lo.HardwareType, lo.Address, lo.IsUp));
        Assert.Equal((null, null, null, null), (lo.ParentDevice, lo.PermanentAddress, lo.Master, lo.LinkIndex));
        var (major, minor) = (Environment.OSVersion.Version.Major, Environment.OSVersion.Version.Minor);
        Assert.Equal(major > 6 || (major == 6 && minor >= 15) ? true : null, lo.NetnsImmutable);
        Assert.Equal(default, lo.Counters);
        Assert.False(Link.IsWireless("lo"));
        Route.Set(1, new LinkChange { Up = true });
        _host.Run("bash", "-c", "echo x > /dev/udp/127.0.0.1/9");
        Assert.True(_host["lo"].Counters is { RxBytes: > 0, RxPackets: > 0, TxPackets: > 0, RxErrors: 0 } counted
            && counted.RxBytes == counted.TxBytes);
    }

    [Fact]
    public void A_list_of_hundreds_of_links_is_whole_while_others_come_and_go()
    {
        for (var i = 0; i < 150; i++)
            Route.AddVeth($"a{i}", new LinkOptions { Alias = new string('x', 255) }, new GuestEnd($"b{i}", _host.Namespace));
        var links = Route.Links();
        var told = _host.Ask("ip", "link");
        Assert.Equal(301, links.Count);
        Assert.Equal(
            told.Select(l => $"{l.GetProperty("ifindex")} {l.GetProperty("ifname")} {l.GetProperty("address")} {l.GetProperty("mtu")}"),
            links.Select(l => $"{l.Index} {l.Name} {l.Address} {l.Mtu}"));

        using var stop = new CancellationTokenSource();
        var others = new Thread(() =>
        {
            using var second = RouteSocket.OpenIn(_host.Namespace);
            while (!stop.IsCancellationRequested)
                second.Delete(second.AddVeth("come", new LinkOptions(), new GuestEnd("go", _host.Namespace)));
        });
        others.Start();
        for (var look = 0; look < 100; look++)
            Assert.Equal(301, Route.Links().Count(l => l.Name is not ("come" or "go")));
        stop.Cancel();
        others.Join();
    }

    [Fact]
    public void Routes_lead_where_iproute2_says()
    {
        var (one, two) = (_host.AddPair("a", "b"), _host.AddPair("c", "d"));
        Assert.Throws<LinuxException>(() => Route.AddDefaultRoute(one, IPAddress.Parse("10.1.2.4")));
        foreach (var name in (string[])["a", "b", "c", "d"])
            Route.Set(_host[name].Index, new LinkChange { Up = true });
        var lost = Assert.Throws<LinuxException>(() => Route.AddDefaultRoute(one, IPAddress.Parse("10.1.2.4")));
        Assert.StartsWith("make 10.1.2.4 on link a the default route: ", lost.Message, StringComparison.Ordinal);
        Route.AddAddress(one, IPAddress.Parse("10.1.2.3"), 20);
        Route.AddAddress(two, IPAddress.Parse("10.2.0.1"), 30);
        Assert.True(Route.AddDefaultRoute(one, IPAddress.Parse("10.1.2.4")));
        Assert.False(Route.AddDefaultRoute(one, IPAddress.Parse("10.1.2.4")));
        // The first one stays in use.
        Assert.True(Route.AddDefaultRoute(two, IPAddress.Parse("10.2.0.2")));
        Assert.Contains("via 10.1.2.4 dev a", _host.Run("ip", "route", "get", "192.0.2.1"), StringComparison.Ordinal);
        _host.Run("ip", "route", "add", "unreachable", "172.16.0.0/12", "table", "77");
        Assert.Subset(Route.Routes().ToHashSet(), new HashSet<RouteTarget>
        {
            new(IPAddress.Any, 0), new(IPAddress.Parse("10.1.0.0"), 20), new(IPAddress.Parse("10.2.0.0"), 30),
            new(IPAddress.Parse("10.1.2.3"), 32), new(IPAddress.Parse("172.16.0.0"), 12),
        });
        Assert.True(Route.RemoveDefaultRoute(one, IPAddress.Parse("10.1.2.4")));
        Assert.False(Route.RemoveDefaultRoute(one, IPAddress.Parse("10.1.2.4")));
        Assert.Contains("via 10.2.0.2 dev c", _host.Run("ip", "route", "get", "192.0.2.1"), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Route.AddDefaultRoute(one, IPAddress.IPv6Loopback));
    }

    [Fact]
    public void Addresses_come_and_go()
    {
        var index = _host.AddPair("a", "b");
        Assert.True(Route.AddAddress(index, IPAddress.Parse("10.1.2.3"), 20));
        Assert.False(Route.AddAddress(index, IPAddress.Parse("10.1.2.3"), 20));
        Assert.True(Route.AddAddress(index, IPAddress.Parse("10.9.9.9"), 32));
        Assert.True(Route.AddAddress(index, IPAddress.Parse("fd00::1"), 64));
        Assert.False(Route.AddAddress(index, IPAddress.Parse("fd00::1"), 64));
        Assert.Equal(
            [
                new LinkAddress(index, IPAddress.Parse("10.1.2.3"), 20, 0, "a"),
                new LinkAddress(index, IPAddress.Parse("10.9.9.9"), 32, 0, "a"),
                new LinkAddress(index, IPAddress.Parse("fd00::1"), 64, 0, null),
            ],
            Route.Addresses());
        var told = _host.Ask("ip", "addr", "show", "dev", "a").Single(l => l.TryGetProperty("addr_info", out _)).GetProperty("addr_info");
        Assert.Equal("10.1.15.255", told[0].GetProperty("broadcast").GetString());
        Assert.False(told[1].TryGetProperty("broadcast", out _));

        Assert.True(Route.RemoveAddress(index, IPAddress.Parse("10.1.2.3"), 20));
        Assert.False(Route.RemoveAddress(index, IPAddress.Parse("10.1.2.3"), 20));
        Assert.True(Route.RemoveAddress(index, IPAddress.Parse("fd00::1"), 64));
        Assert.False(Route.RemoveAddress(index, IPAddress.Parse("fd00::1"), 64));
        Assert.False(Route.RemoveAddress(99, IPAddress.Parse("10.9.9.9"), 32));
        Assert.Equal(Errnos.ENODEV, Assert.Throws<LinuxException>(() => Route.AddAddress(99, IPAddress.Parse("10.9.9.9"), 32)).Errno);
        Assert.Single(Route.Addresses());
    }
}
