using System.Text.Json;

namespace System.Tests;

/// <summary>How apps are connected: layer 3, layer 2, macvlan, and what is left when they are gone.</summary>
public sealed class NetworkTests
{
    private static readonly string[] Routed =
        ["nic", "nictype=p2p", "host_name=myapp", "name=eth0", "ipv4.host_address=10.9.0.1/24", "ipv4.dhcp=true", "ipv4.nat=true"];

    [Fact]
    public async Task A_routed_app_gets_an_address_and_reaches_the_world_behind_the_hosts_own()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await using var world = await World.Beside(node);
        Assert.Equal("0", (await node.OnHost("cat /proc/sys/net/ipv4/ip_forward")).Trim());
        await node.Create("web", Routed);
        (await node.Holm("app", "start", "web")).Well();
        await node.GetsAddress("web", "10.9.0.");
        Assert.Contains("default via 10.9.0.1 dev eth0", await node.In("web", "ip route"), StringComparison.Ordinal);
        Assert.Contains("nameserver 10.9.0.1", await node.In("web", "cat /etc/resolv.conf"), StringComparison.Ordinal);
        // The world sees the host's address, and knows no way to the app's.
        Assert.Equal("198.51.100.1", await world.SeenFrom(node, "web"));
        await node.In("web", "ping -c 1 -W 2 198.51.100.2");

        // Its dnsmasq is bound to that interface alone, counts as the app's, and is started again when it dies.
        var pid = await node.Served("myapp");
        Assert.Contains($"/holm-{node.Id}/_apps/web/services", File.ReadAllText($"/proc/{pid}/cgroup"), StringComparison.Ordinal);
        var bound = await node.OnHost("ss -Hulnp | grep dnsmasq");
        Assert.All(bound.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => Assert.Matches("10[.]9[.]0[.]1:53|myapp:67", l));
        (await Shell.Sh($"kill -9 {pid}")).Well();
        await Shell.Until("dnsmasq is back", async () =>
            await node.Served("myapp") is { Length: > 0 } now && now != pid);

        // What the host forwards for others, it still does not.
        Assert.Equal("1", (await node.OnHost("cat /proc/sys/net/ipv4/ip_forward")).Trim());
        Assert.Contains("drop", await node.OnHost($"nft list chain inet holm_{node.Id} forward"), StringComparison.Ordinal);
        (await node.Holm("app", "stop", "web")).Well();
        Assert.Equal("0", (await node.OnHost("cat /proc/sys/net/ipv4/ip_forward")).Trim());
        await Shell.Until("nothing of it is left", async () => await node.Residue() == "");
    }

    [Fact]
    public async Task What_is_masqueraded_is_forwarded_and_nothing_else()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await using var world = await World.Beside(node);
        await node.Create("web", Routed);
        await node.Create("plain", "nic", "nictype=p2p", "host_name=plain", "name=eth0", "ipv4.host_address=10.8.0.1/24", "ipv4.dhcp=true");
        (await node.Holm("app", "start", "web", "plain")).Well();
        await node.GetsAddress("web", "10.9.0.");
        await node.GetsAddress("plain", "10.8.0.");
        // The world knows the way to all of them: it is the host that does not forward.
        await world.Run("ip route add 10.8.0.0/16 via 198.51.100.1; ip route add 10.9.0.0/16 via 198.51.100.1");
        await node.In("plain", "ping -c 1 -W 5 10.8.0.1");
        Assert.NotEqual(0, (await node.Holm("exec", "plain", "--", "ping", "-c", "1", "-W", "2", "198.51.100.2")).Code);
        // Nor for an address that is not of the subnet, though the host itself believes it.
        await node.OnHost("ip route add 10.9.7.7/32 dev myapp");
        await node.In("web", "ip addr add 10.9.7.7/32 dev eth0; ping -c 1 -W 5 -I 10.9.7.7 10.9.0.1; ping -c 1 -W 5 198.51.100.2");
        Assert.NotEqual(0, (await node.Holm("exec", "web", "--", "ping", "-c", "1", "-W", "2", "-I", "10.9.7.7", "198.51.100.2")).Code);
    }

    [Fact]
    public async Task No_address_unless_configured_and_changes_are_felt_at_once()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.Create("web", "nic", "nictype=p2p", "host_name=myapp", "name=eth0");
        (await node.Holm("app", "start", "web")).Well();
        Assert.Equal("", await node.OnHost("ip -o addr show dev myapp"));
        var link = await node.OnHost("ip -o link show dev myapp");
        await node.Set("web", "eth0", "ipv4.host_address=10.9.0.1/24", "ipv4.dhcp=true");
        await Shell.Until("it has its address", async () => (await node.OnHost("ip -o addr show dev myapp")).Contains("10.9.0.1/24"));
        await node.GetsAddress("web", "10.9.0.");
        await node.Set("web", "eth0", "ipv4.host_address=10.8.0.1/24");
        await Shell.Until("it has another", async () => (await node.OnHost("ip -o addr show dev myapp")) is var now &&
            now.Contains("10.8.0.1/24", StringComparison.Ordinal) && !now.Contains("10.9.0.1", StringComparison.Ordinal));
        // All the while it was one and the same pair.
        Assert.Equal(Index(link), Index(await node.OnHost("ip -o link show dev myapp")));
        await node.Set("web", "eth0", "ipv4.host_address=", "ipv4.dhcp=");
        await Shell.Until("it has none", async () => (await node.OnHost("ip -o addr show dev myapp")) == "" && await node.Served() == "");
    }

    [Fact]
    public async Task Nics_come_and_go_while_it_runs()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.OnHost("ip link add br0 type bridge && ip link set br0 up && " +
            "ip link add up0 type veth peer name up1 && ip link set up0 up");
        await node.Launch("web");
        Assert.Equal("lo", await node.LinksIn("web"));
        await node.Add("web", "one", "nictype=p2p", "host_name=h1", "name=lan");
        await node.Add("web", "two", "nictype=bridged", "parent=br0", "host_name=h2", "mtu=1400", "hwaddr=02:00:00:00:00:07");
        await node.Add("web", "three", "nictype=macvlan", "parent=up0", "name=mac");
        await Shell.Until("all three are inside", async () => await node.LinksIn("web") == "eth0 lan lo mac");
        Assert.Equal("1400 02:00:00:00:00:07\n", await node.In("web", "cat /sys/class/net/eth0/mtu /sys/class/net/eth0/address | xargs"));
        Assert.Equal("br0", (await node.OnHost("ip -j link show dev h2 | jq -r '.[0].master'")).Trim());
        foreach (var device in (string[])["one", "two", "three"])
            (await node.Holm("config", "device", "remove", "web", device)).Well();
        await Shell.Until("none is left", async () => await node.LinksIn("web") == "lo");
        Assert.DoesNotContain("h1", await node.OnHost("ip -o link"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bridged_apps_are_ports_of_one_wire()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.OnHost("ip link add br0 type bridge && ip link set br0 up && ip addr add 10.5.0.1/24 dev br0");
        await node.Create("a", "nic", "nictype=bridged", "parent=br0", "host_name=pa", "name=eth0");
        await node.Create("b", "nic", "nictype=bridged", "parent=br0", "name=eth0");
        (await node.Holm("app", "start", "a", "b")).Well();
        Assert.Equal("br0", (await node.OnHost("ip -j link show dev pa | jq -r '.[0].master'")).Trim());
        await node.In("a", "ip addr add 10.5.0.2/24 dev eth0");
        await node.In("b", "ip addr add 10.5.0.3/24 dev eth0");
        await node.In("a", "ping -c 1 -W 5 10.5.0.3 && ping -c 1 -W 5 10.5.0.1");
        // VLANs are told apart by a bridge that can: in Guest.Tests. This one cannot, and says so.
        await node.Create("c", "nic", "nictype=bridged", "parent=br0", "vlan=5");
        Assert.Contains("does not tell VLANs apart", (await node.Holm("app", "start", "c")).Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bridge_that_is_made_again_has_its_ports_again()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.OnHost("ip link add br0 type bridge && ip link set br0 up");
        (await node.Holm("network", "create", "lan0", "ipv4.address=10.6.0.1/24")).Well();
        await node.Create("a", "nic", "nictype=bridged", "parent=br0", "host_name=pa", "name=eth0");
        await node.Create("b", "nic", "network=lan0", "host_name=pb", "name=eth0");
        (await node.Holm("app", "start", "a", "b")).Well();
        // The image asks by DHCP, nobody answers, and between two tries its script takes addresses away.
        const string ping = "ip addr add 10.6.0.2/24 dev eth0 2>/dev/null; ping -c 1 -W 5 10.6.0.1";
        await node.OnHost("ip link delete br0 && ip link delete lan0");
        // One is made by Holm, the other by whoever made it before.
        await Shell.Until("pb is a port", async () => await Master("pb") == "lan0");
        Assert.Equal("null", await Master("pa"));
        await node.OnHost("ip link add br0 type bridge && ip link set br0 up");
        await Shell.Until("pa is a port", async () => await Master("pa") == "br0");
        await node.In("b", ping);
        // While no daemon runs it is the next that sees to it. What somebody put elsewhere stays there.
        await node.KillDaemon();
        await node.OnHost("ip link delete br0; ip link add br0 type bridge; ip link set br0 up; ip link add br1 type bridge; " +
            "ip link set pb master br1");
        await node.StartDaemon();
        await Shell.Until("pa is a port", async () => await Master("pa") == "br0");
        Assert.Equal("br1", await Master("pb"));
        Assert.Contains("UP", await node.OnHost("ip -o link show dev pa"), StringComparison.Ordinal);
        (await node.Holm("app", "delete", "--force", "b")).Well();
        (await node.Holm("network", "delete", "lan0")).Well();

        async Task<string> Master(string port) => (await node.OnHost($"ip -j link show dev {port} | jq -r '.[0].master'")).Trim();
    }

    [Fact]
    public async Task What_is_not_there_is_waited_for_or_refused_with_a_sentence()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.Create("web", "nic", "nictype=bridged", "parent=br7");
        var refused = await node.Holm("app", "start", "web");
        Assert.Contains("waits for interface br7, which is not there", refused.Err, StringComparison.Ordinal);
        await node.OnHost("ip link add taken type veth peer name other");
        await node.Create("other", "nic", "nictype=p2p", "host_name=taken");
        Assert.Contains("has an interface taken already", (await node.Holm("app", "start", "other")).Err, StringComparison.Ordinal);
        await node.OnHost("ip link add br7 type veth peer name peer7");
        Assert.Contains("br7 is no bridge", (await node.Holm("app", "start", "web")).Err, StringComparison.Ordinal);
        // The kernel lets a loop device go in its own time.
        await Shell.Until("nothing is left", async () => await node.Residue() == "");
    }

    [Fact]
    public async Task A_reboot_from_inside_keeps_the_host_end_and_the_lease()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.Create("web", Routed);
        (await node.Holm("app", "start", "web")).Well();
        await node.GetsAddress("web", "10.9.0.");
        await node.OnHost("ip addr add 192.0.2.1/32 dev myapp");
        var (link, init) = (await node.OnHost("ip -o link show dev myapp"), await node.InitPid("web"));
        var address = await node.In("web", "ip -4 -o addr show dev eth0 | awk '{print $4}'");
        var server = await node.Served();
        await node.Holm("exec", "web", "--", "reboot");
        await Shell.Until("it runs again", async () => await node.FindInit("web") is { } now && now != init);
        await node.GetsAddress("web", "10.9.0.");
        Assert.Equal(Index(link), Index(await node.OnHost("ip -o link show dev myapp")));
        Assert.Contains("192.0.2.1/32", await node.OnHost("ip -o addr show dev myapp"), StringComparison.Ordinal);
        Assert.Equal(address, await node.In("web", "ip -4 -o addr show dev eth0 | awk '{print $4}'"));
        Assert.Equal(server, await node.Served());
    }

    [Fact]
    public async Task A_daemon_that_was_killed_finds_everything_again()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.Create("web", Routed);
        await node.Create("gone", "nic", "nictype=p2p", "host_name=gone0", "ipv4.host_address=10.7.0.1/24", "ipv4.dhcp=true",
            "ipv4.nat=true");
        (await node.Holm("app", "start", "web", "gone")).Well();
        await node.GetsAddress("web", "10.9.0.");
        var server = await node.Served("myapp");
        var init = await node.InitPid("gone");
        await node.KillDaemon();
        (await Shell.Sh($"kill -9 {init}")).Well();
        await node.StartDaemon();
        Assert.Equal(server, await node.Served("myapp"));
        await Shell.Until("gone is back", async () => await node.Status("gone") == "Running");
        await node.GetsAddress("gone", "10.7.0.");
        // A reboot from inside while no daemon runs waits for the next.
        await node.KillDaemon();
        init = await node.InitPid("web");
        (await Shell.Sh($"kill -TERM {init}")).Well();
        await Task.Delay(1000);
        await node.StartDaemon();
        await node.GetsAddress("web", "10.9.0.");
        Assert.Equal("lo eth0", string.Join(' ', (await node.LinksIn("web")).Split(' ').Order().Reverse()));
    }

    /// <summary>
    /// Whenever a daemon dies, the next finds what it was about to make: no record tells of it, and a link has no mark yet.
    /// </summary>
    [Fact]
    public async Task What_a_daemon_was_about_to_make_when_it_died_is_found()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.Create("web", Routed);
        await node.Create("gone", "nic", "nictype=p2p", "host_name=gone0", "name=eth0", "ipv4.host_address=10.7.0.1/24", "ipv4.dhcp=true");
        await node.Create("asks", "nic", "nictype=p2p", "host_name=asks", "name=eth0", "ipv4.host_address=dhcp");
        (await node.Holm("config", "set", "gone", "boot.autorestart=false")).Well();
        (await node.Holm("app", "start", "web", "gone", "asks")).Well();
        await node.GetsAddress("web", "10.9.0.");
        await Shell.Until("it asks", async () => await Clients() != "");
        var (server, client, init) = (await node.Served("myapp"), await Clients(), await node.InitPid("gone"));
        Assert.NotEqual("", await node.Served("gone0"));
        await node.KillDaemon();
        // As it is between a spawn and all that follows: no record, and not counted yet. And between a link's birth and its mark.
        (await Shell.Sh($"kill -9 {init}; find {node.RunFolder}/networks -name '*.pid' -o -name '*.client' | xargs -r rm; " +
            $"for hierarchy in /sys/fs/cgroup/*/cgroup.procs; do echo {server} > $hierarchy; done 2>/dev/null || true")).Well();
        var born = $"holm~{node.Id}";
        await node.OnHost($"ip link add {born} group 18543 type veth peer name left && ip link add holm~other group 18543 type bridge");
        await node.StartDaemon();
        Assert.Equal("holm~other", (await node.OnHost("ip -o link show group 18543 | grep -o 'holm~[a-z0-9]*'")).Trim());
        await Shell.Until("who asks is another, and alone", async () =>
            await Clients() is { Length: > 0 } now && !now.Contains('\n', StringComparison.Ordinal) && now != client);
        await Shell.Until("gone's is gone", async () => await node.Served("gone0") == "");
        await node.GetsAddress("web", "10.9.0.");
        Assert.Equal(server, await node.Served("myapp"));
        Assert.Contains($"/holm-{node.Id}/_apps/web/services", File.ReadAllText($"/proc/{server}/cgroup"), StringComparison.Ordinal);
        (await node.Holm("app", "stop", "web", "asks")).Well();
        Assert.Equal("", await Clients() + await node.Served());

        async Task<string> Clients() => (await Shell.Sh($"pgrep -f '[u]dhcpc.*{node.RunFolder}/' || true")).Out.Trim();
    }

    [Fact]
    public async Task Managed_networks_are_there_with_their_services_and_go_with_their_object()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await using var world = await World.Beside(node);
        (await node.Holm("network", "create", "lan0", "ipv4.address=10.6.0.1/24", "ipv4.dhcp=true", "ipv4.nat=true")).Well();
        await node.Create("a", "nic", "network=lan0", "name=eth0");
        await node.Create("b", "nic", "network=lan0", "name=eth0");
        (await node.Holm("app", "start", "a", "b")).Well();
        await node.GetsAddress("a", "10.6.0.");
        await node.GetsAddress("b", "10.6.0.");
        Assert.Equal("198.51.100.1", await world.SeenFrom(node, "a"));
        var other = (await node.In("b", "ip -4 -o addr show dev eth0 | awk '{print $4}' | cut -d/ -f1")).Trim();
        await node.In("a", $"ping -c 1 -W 2 {other}");
        Assert.NotEqual(0, (await node.Holm("network", "delete", "lan0")).Code);
        (await node.Holm("app", "delete", "--force", "a")).Well();
        (await node.Holm("app", "delete", "--force", "b")).Well();
        (await node.Holm("network", "delete", "lan0")).Well();
        await Shell.Until("nothing of it is left", async () => await node.Residue() == "");
    }

    [Fact]
    public async Task The_hosts_other_interfaces_are_listed_with_who_uses_them()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.OnHost("ip link add br0 type bridge && ip link set br0 up && ip link add up0 type veth peer name up1");
        (await node.Holm("network", "create", "lan0")).Well();
        await node.Create("a", "nic", "nictype=bridged", "parent=br0", "host_name=pa");
        (await node.Holm("app", "start", "a")).Well();
        using var list = JsonDocument.Parse((await node.Holm("network", "list", "--format", "json")).Well().Out);
        var shown = list.RootElement.EnumerateArray().Select(n => (n.GetProperty("name").GetString(), n.GetProperty("type").GetString(),
            n.GetProperty("managed").GetBoolean(), n.GetProperty("used_by").GetArrayLength())).Order();
        Assert.Equal([("br0", "bridge", false, 1), ("lan0", "bridge", true, 0), ("lo", "loopback", false, 0)], shown);
        (await node.Holm("network", "delete", "lan0")).Well();
    }

    [Fact]
    public async Task A_host_end_is_given_an_address_by_its_app()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.Create("cfg", "nic", "nictype=p2p", "host_name=cfg", "name=eth0", "ipv4.host_address=dhcp", "ipv4.dhcp.options=66,67");
        (await node.Holm("app", "start", "cfg")).Well();
        await node.In("cfg", "ip addr add 10.0.0.1/30 dev eth0; mkdir -p /var/lib/misc; touch /var/lib/misc/udhcpd.leases; " +
            "printf 'start 10.0.0.2\\nend 10.0.0.2\\ninterface eth0\\noption subnet 255.255.255.252\\noption router 10.0.0.1\\n" +
            "option tftp 10.0.0.1\\noption bootfile config.cfg\\n' > /tmp/udhcpd.conf; udhcpd /tmp/udhcpd.conf");
        // The image asks by DHCP too, and its script takes the address away whenever nobody answers.
        await Shell.Until("the host end has its address", async () =>
        {
            await node.In("cfg", "ip addr add 10.0.0.1/30 dev eth0 2>/dev/null || true");
            return (await node.OnHost("ip -o addr show dev cfg")).Contains("10.0.0.2/30", StringComparison.Ordinal);
        });
        Assert.DoesNotContain("default", await node.OnHost("ip route"), StringComparison.Ordinal);
        var lease = await node.OnHost($"cat {node.RunFolder}/networks/cfg.lease");
        Assert.Contains("config.cfg", lease, StringComparison.Ordinal);
        await node.Set("cfg", "eth0", "ipv4.host_address=", "ipv4.dhcp.options=");
        await Shell.Until("the address is gone", async () => await node.OnHost("ip -o addr show dev cfg") == "");
        Assert.Equal("", (await Shell.Sh($"pgrep -f '[u]dhcpc.*{node.RunFolder}' || true")).Out);
    }

    [Fact]
    public async Task Addresses_inside_are_shown()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.Create("web", Routed);
        (await node.Holm("app", "start", "web")).Well();
        await node.GetsAddress("web", "10.9.0.");
        using var list = JsonDocument.Parse((await node.Holm("list", "--format", "json")).Well().Out);
        var nic = list.RootElement[0].GetProperty("state").GetProperty("network").GetProperty("eth0");
        Assert.Equal("myapp", nic.GetProperty("host_name").GetString());
        Assert.StartsWith("00:16:3e:", nic.GetProperty("hwaddr").GetString(), StringComparison.Ordinal);
        Assert.Contains("10.9.0.", (await node.Holm("list")).Out, StringComparison.Ordinal);
    }

    private static string Index(string line) => line.Split(':')[0];
}
