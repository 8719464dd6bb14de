using System.Diagnostics;
using System.Text.Json;

namespace System.Tests;

/// <summary>Flakes with a network of their own, and apps in which nobody asks for an address.</summary>
public sealed class NatTests
{
    private const string Address = "set -- $(ip -4 -o addr show dev eth0); echo $4";

    [Fact]
    public async Task A_launch_reaches_the_world_behind_the_host_and_is_seen_as_the_host()
    {
        await using var flakes = await FlakeNode.Start(ownHost: true);
        await using var world = await World.Beside(flakes.Node);
        Register(flakes, "sh", "nat");
        Assert.Equal("198.51.100.1", await world.SeenFrom(line => Run(flakes, line)));
        Assert.Matches("^10[.]196[.][0-9.]+/30\n127.0.0.1/8\n$", await Run(flakes, "ip -4 -o addr | awk '{ print $4 }' | sort"));
        // Its host end answers, and what the host cannot reach, it cannot either.
        await Run(flakes, "ping -c 1 -W 5 $(ip route | awk '/default/ { print $3 }')");
        Assert.NotEqual(0, (await flakes.Bash("sh -c 'ping -c 1 -W 1 203.0.113.1'")).Code);
        await NothingIsLeft(flakes);
        Assert.Equal("0", (await flakes.Node.OnHost("cat /proc/sys/net/ipv4/ip_forward")).Trim());
    }

    [Fact]
    public async Task Names_are_asked_of_the_hosts_own_servers()
    {
        const string resolver = "nameserver 198.51.100.2\noptions timeout:2\n";
        await using var flakes = await FlakeNode.Start(ownHost: true, resolver);
        await using var world = await World.Beside(flakes.Node);
        using var names = world.ServeNames();
        Register(flakes, "sh", "nat");
        Assert.Equal(resolver, await Run(flakes, "cat /etc/resolv.conf"));
        await Shell.Until("the name is found", async () =>
            (await flakes.Bash("sh -c 'nslookup -type=a web.example'")).Out.Contains("198.51.100.2\n", StringComparison.Ordinal));
        using var called = await Begin(flakes, "echo up");
        Assert.Equal("", await flakes.Node.Served());
        await End(called);
        await NothingIsLeft(flakes);
    }

    [Fact]
    public async Task Where_the_hosts_servers_are_its_loopbacks_the_host_end_answers()
    {
        await using var flakes = await FlakeNode.Start(ownHost: true, "nameserver 127.0.0.53\nsearch example\n");
        using var names = World.ServeNames(flakes.Node, "127.0.0.53");
        Register(flakes, "sh", "nat");
        await Shell.Until("the host's server listens", async () =>
            (await flakes.Node.OnHost("ss -Huln")).Contains("127.0.0.53:53", StringComparison.Ordinal));
        // At its first question, asked at once, and by one who is not root, too.
        for (var i = 0; i < 5; i++)
            Assert.Contains("Address: 198.51.100.2\n", await Run(flakes, "nslookup -type=a web.example"), StringComparison.Ordinal);
        var told = await Run(flakes, "ip route | awk '/default/ { print $3 }'; cat /etc/resolv.conf");
        Assert.Matches("^(10[.]196[.][0-9.]+)\nsearch example\nnameserver \\1\n$", told);
        using var called = await Begin(flakes, "echo up");
        Assert.NotEqual("", await flakes.Node.Served());
        await End(called);
        await NothingIsLeft(flakes);
    }

    [Fact]
    public async Task Launches_at_once_have_subnets_of_their_own_that_nobody_else_has()
    {
        await using var flakes = await FlakeNode.Start(ownHost: true);
        await using var world = await World.Beside(flakes.Node);
        // Of 16,384 subnets 16 are left.
        await flakes.Node.OnHost("for n in 0/17 128/18 192/19 224/20 240/21 248/22 252/23 254/24 255.0/26 255.128/25; do " +
            "case $n in *.*) ip route add unreachable 10.196.$n;; *) ip route add unreachable 10.196.${n%/*}.0/${n#*/};; esac; done");
        Register(flakes, "sh", "nat");
        var called = new List<Process>();
        var addresses = new List<string>();
        for (var i = 0; i < 6; i++)
            called.Add(await Begin(flakes, Address, addresses.Add));
        Assert.Equal(6, addresses.Distinct().Count());
        Assert.All(addresses, a => Assert.Matches("^10[.]196[.]255[.](6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])/30$", a));
        Assert.Equal("6", (await flakes.Node.OnHost($"ip -o link | grep -c 'alias holm-{flakes.Node.Id}/'")).Trim());
        Assert.Equal("198.51.100.1", await world.SeenFrom(line => Run(flakes, line)));
        using var list = JsonDocument.Parse((await flakes.Node.Holm("list", "--format", "json")).Well().Out);
        Assert.All(list.RootElement.EnumerateArray(), i =>
            Assert.Equal("p2p", i.GetProperty("devices").GetProperty("eth0").GetProperty("nictype").GetString()));
        foreach (var one in called)
            await End(one);
        await NothingIsLeft(flakes);
    }

    [Fact]
    public async Task A_killed_daemon_leaves_no_launch_without_its_network_and_nothing_of_one_that_ended()
    {
        await using var flakes = await FlakeNode.Start(ownHost: true, "nameserver 127.0.0.53\n");
        await using var world = await World.Beside(flakes.Node);
        Register(flakes, "sh", "nat");
        using var ends = await Begin(flakes, Address);
        using var stays = await Begin(flakes, Address);
        await flakes.Node.KillDaemon();
        await End(ends);
        await flakes.Node.StartDaemon();
        await Shell.Until("one is left", async () => (await flakes.Instances()).Count == 1);
        var left = Assert.Single(await flakes.Instances());
        Assert.Equal("198.51.100.1", await world.SeenFrom(flakes.Node, left));
        Assert.Equal("198.51.100.1", await world.SeenFrom(line => Run(flakes, line)));
        await End(stays);
        await NothingIsLeft(flakes);
    }

    [Fact]
    public async Task What_a_network_lacks_is_told_to_who_calls()
    {
        await using var flakes = await FlakeNode.Start(ownHost: true);
        await flakes.Node.OnHost("ip route add unreachable 10.0.0.0/8; ip route add unreachable 172.16.0.0/12");
        Register(flakes, "sh", "nat");
        var refused = await flakes.Bash("sh -c true");
        Assert.Equal(125, refused.Code);
        Assert.Contains("no subnet is free for it in 10.196.0.0/16 and 172.30.0.0/16", refused.Err, StringComparison.Ordinal);
        await NothingIsLeft(flakes);
    }

    [Fact]
    public async Task Without_a_network_there_is_a_loopback_that_is_up()
    {
        await using var flakes = await FlakeNode.Start(ownHost: true);
        Register(flakes, "sh", "none");
        Assert.Equal("1: lo inet 127.0.0.1/8\n", await Run(flakes, "ip -4 -o addr | awk '{ print $1, $2, $3, $4 }'"));
        await Run(flakes, "test \"$(ls /sys/class/net)\" = lo; ping -c 1 -W 5 127.0.0.1");
        await flakes.Node.Launch("app", "busybox");
        Assert.Contains("inet 127.0.0.1/8", await flakes.Node.In("app", "ip -4 -o addr show dev lo"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_in_which_nobody_asks_has_what_it_would_be_told()
    {
        await using var flakes = await FlakeNode.Start(ownHost: true);
        var node = flakes.Node;
        await using var world = await World.Beside(node);
        (await node.Holm("app", "create", "web", "busybox")).Well();
        const string program = $"({Address}; cat /etc/resolv.conf) > /tmp/first; while :; do sleep 1; done";
        (await node.Holm("config", "set", "web", "oci.user=root", $"init.cmd=/bin/sh -c \"{program}\"")).Well();
        await node.Add("web", "eth0", "nictype=p2p", "host_name=web0", "name=eth0", "ipv4.host_address=10.9.0.1/24", "ipv4.dhcp=true",
            "ipv4.dhcp.ranges=10.9.0.20-10.9.0.29", "ipv4.nat=true", "dns.domain=shop.example");
        (await node.Holm("app", "start", "web")).Well();
        Assert.Equal("198.51.100.1", await world.SeenFrom(node, "web"));
        // Before its program ran; and again after it booted from inside.
        const string first = "10.9.0.20/24\nsearch shop.example\nnameserver 10.9.0.1\n";
        Assert.Equal(first, await node.In("web", "cat /tmp/first; rm /tmp/first"));
        var (init, link) = (await node.InitPid("web"), await Index(node));
        await node.Holm("exec", "web", "--", "kill", "-TERM", "1");
        await Shell.Until("it runs again", async () => await node.FindInit("web") is { } now && now != init);
        Assert.Equal(first, await node.In("web", "cat /tmp/first"));
        Assert.Equal("198.51.100.1", await world.SeenFrom(node, "web"));
        // Changed while it runs, on one and the same link.
        await node.Set("web", "eth0", "ipv4.address=10.9.0.77/24");
        await Shell.Until("it has another", async () => await node.In("web", Address) == "10.9.0.77/24\n");
        Assert.Equal("198.51.100.1", await world.SeenFrom(node, "web"));
        await node.Set("web", "eth0", "ipv4.address=10.8.0.2/24", "ipv4.host_address=10.8.0.1/24", "ipv4.dhcp.ranges=");
        await Shell.Until("both ends have others", async () => (await node.In("web", Address + "; ip route")).StartsWith(
            "10.8.0.2/24\ndefault via 10.8.0.1 ", StringComparison.Ordinal));
        await node.Set("web", "eth0", "ipv4.address=none");
        await Shell.Until("it has none", async () => await node.In("web", Address + "; ip route") == "\n");
        Assert.Equal(link, await Index(node));
        var refused = await node.Holm("config", "device", "set", "web", "eth0", "ipv4.address=10.7.0.2/24");
        Assert.Contains("is not in 10.8.0.0/24", refused.Err, StringComparison.Ordinal);

        static async Task<string> Index(TestNode node) => (await node.OnHost("ip -o link show dev web0")).Split(':')[0];
    }

    [Fact]
    public async Task A_system_that_asks_is_given_the_address_it_has()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.Create("web", "nic", "nictype=p2p", "host_name=web0", "name=eth0", "ipv4.host_address=10.9.0.1/24", "ipv4.dhcp=true",
            "ipv4.address=10.9.0.7/24");
        (await node.Holm("app", "start", "web")).Well();
        await Shell.Until("it has asked", async () =>
            (await node.TryOnHost($"cat {node.RunFolder}/networks/web0.leases")).Out.Contains(" 10.9.0.7 ", StringComparison.Ordinal));
        await node.GetsAddress("web", "10.9.0.7/24");
        Assert.DoesNotContain("10.9.0.2", await node.In("web", "ip -4 -o addr show dev eth0"), StringComparison.Ordinal);
        await node.KillDaemon();
        await node.StartDaemon();
        await node.Set("web", "eth0", "ipv4.address=10.9.0.8/24");
        await Shell.Until("it has another", async () =>
            (await node.In("web", "ip -4 -o addr show dev eth0")).Contains("inet 10.9.0.8/24", StringComparison.Ordinal));
    }

    /// <summary>A flake of the image's shell, as root.</summary>
    private static void Register(FlakeNode flakes, string name, string network)
    {
        var command = Path.Combine(flakes.Commands, name);
        File.WriteAllText(Path.Combine(flakes.Node.State, "flakes", name + ".yaml"),
            $"image: busybox\ncommands:\n  {command}: /bin/sh\nnetwork: {network}\nuser: root\n");
        File.CreateSymbolicLink(command, Path.Combine(TestNode.Programs, "holm-launch"));
    }

    private static async Task<string> Run(FlakeNode flakes, string line) =>
        (await Shell.Run(Path.Combine(flakes.Commands, "sh"), ["-c", line], flakes.Environment, "")).Well().Out;

    /// <summary>Launches a line of shell that prints a line, and is there until it can read one.</summary>
    private static async Task<Process> Begin(FlakeNode flakes, string line, Action<string>? printed = null)
    {
        var called = flakes.Begin("sh", "-c", line + "; read end");
        var first = await called.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        if (first is null)
            Assert.Fail(await called.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        printed?.Invoke(first);
        return called;
    }

    private static async Task End(Process called)
    {
        await called.StandardInput.WriteLineAsync();
        await called.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, called.ExitCode);
    }

    private static async Task NothingIsLeft(FlakeNode flakes)
    {
        await flakes.NoneLeft();
        await Shell.Until("nothing is left", async () => await flakes.Node.Residue() == "");
        Assert.Equal("", (await Shell.Sh($"ls -A {flakes.Node.RunFolder}/networks 2>/dev/null || true")).Out);
    }
}
