namespace System.Tests;

/// <summary>
/// Ports of the host that apps hold come home, whatever happens. Here the port is one end of a veth pair, which the kernel destroys with
/// its namespace: nothing but the pin saves it. Real hardware is in Guest.Tests.
/// </summary>
public sealed class PortTests
{
    private const string Port = "ip link add eth4 address 02:00:00:00:00:44 mtu 1400 txqueuelen 500 type veth peer name cable && " +
        "ip link set eth4 up && ip link set cable up";

    /// <summary>What happens to an app that has port eth4 as wan; after each the port is to be home as it was.</summary>
    public static TheoryData<string> Ends =>
    [
        "stopped", "stopped by force", "killed init", "killed monitor", "killed daemon, monitor and init",
        "monitor killed while no daemon runs",
        "renamed and changed inside", "powered off from inside", "rebooted inside and stopped", "device removed while it runs",
        "moved on inside", "app deleted",
    ];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_port_comes_home(string end)
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.OnHost(Port);
        var before = await Shown(node);
        await node.Create("fw", "nic", "nictype=physical", "parent=eth4", "name=wan");
        (await node.Holm("config", "set", "fw", "boot.autorestart=false")).Well();
        (await node.Holm("app", "start", "fw")).Well();
        Assert.Equal("lo wan", await node.LinksIn("fw"));
        Assert.DoesNotContain("eth4", await node.OnHost("ip -o link"), StringComparison.Ordinal);
        Assert.Equal("1400 02:00:00:00:00:44 up\n", await node.In("fw", "cd /sys/class/net/wan; echo $(cat mtu address operstate)"));
        var init = await node.InitPid("fw");
        var monitor = node.Monitors()["fw"];
        switch (end)
        {
            case "stopped": (await node.Holm("app", "stop", "fw")).Well(); break;
            case "stopped by force": (await node.Holm("app", "stop", "--force", "fw")).Well(); break;
            case "killed init": await Kill(init); break;
            case "killed monitor": await Kill(monitor); break;
            case "killed daemon, monitor and init":
                await Kill(node.DaemonPid, monitor, init);
                await node.KillDaemon();
                await node.StartDaemon();
                break;
            case "monitor killed while no daemon runs":
                await node.KillDaemon();
                await Kill(monitor);
                await Shell.Until("it is gone", () => Task.FromResult(!node.Monitors().ContainsKey("fw")));
                await node.StartDaemon();
                break;
            case "renamed and changed inside":
                await node.In("fw", "ip link set wan down; ip link set wan name eth0 mtu 900 address 02:00:00:00:00:99; " +
                    "ip link set eth0 up");
                (await Shell.Sh($"nsenter -t {init} -n ip link set eth0 txqueuelen 7")).Well();
                await Kill(monitor);
                break;
            case "powered off from inside": await node.Holm("exec", "fw", "--", "poweroff"); break;
            case "rebooted inside and stopped":
                await node.Holm("exec", "fw", "--", "reboot");
                await Shell.Until("it has booted again", async () => await node.FindInit("fw") is { } now && now != init);
                Assert.Equal("lo wan", await node.LinksIn("fw"));
                (await node.Holm("app", "stop", "fw")).Well();
                break;
            case "device removed while it runs": (await node.Holm("config", "device", "remove", "fw", "eth0")).Well(); break;
            case "moved on inside":
                await node.In("fw", "unshare -n sleep 600 & sleep 1; ip link set wan netns $! || true");
                (await node.Holm("app", "stop", "--force", "fw")).Well();
                break;
            default: (await node.Holm("app", "delete", "--force", "fw")).Well(); break;
        }
        // Where the app took it elsewhere the kernel destroys a veth; hardware comes back from there (Guest.Tests).
        if (end == "moved on inside")
            await Shell.Until("that is told", async () =>
                (await node.Holm("list")).Out.Contains("port eth4 is gone", StringComparison.Ordinal));
        else
            await Shell.Until($"eth4 is home as it was, {before}", async () => await Shown(node) == before);
        Assert.Equal("", await Pins(node));
    }

    [Fact]
    public async Task A_name_that_was_taken_meanwhile_is_told_and_given_back_once_it_is_free()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.OnHost(Port);
        var before = await Shown(node);
        await node.Create("fw", "nic", "nictype=physical", "parent=eth4");
        (await node.Holm("app", "start", "fw")).Well();
        await node.OnHost("ip link add eth4 type veth peer name eth4-peer");
        await node.Holm("app", "stop", "fw");
        Assert.Contains("another interface of the host is called eth4", (await node.Holm("list")).Well().Out, StringComparison.Ordinal);
        await node.OnHost("ip link delete eth4");
        await Shell.Until("eth4 has its name back", async () => await Shown(node) == before);
        await Shell.Until("nothing is wrong any more", async () => await node.Status("fw") == "Stopped");
    }

    [Fact]
    public async Task A_start_that_fails_brings_the_port_home()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.OnHost(Port);
        var before = await Shown(node);
        await node.Create("fw", "nic", "nictype=physical", "parent=eth4");
        // Its second nic cannot be made: the first is inside by then.
        await node.Add("fw", "zz", "nictype=macvlan", "parent=cable", "mtu=9000");
        Assert.NotEqual(0, (await node.Holm("app", "start", "fw")).Code);
        await Shell.Until($"eth4 is home as it was, {before}", async () => await Shown(node) == before);
        (await node.Holm("config", "device", "remove", "fw", "zz")).Well();
        (await node.Holm("config", "set", "fw", "init.cmd=/bin/nothing")).Well();
        await node.Holm("app", "start", "fw");
        await Shell.Until($"eth4 is home as it was, {before}", async () => await Shown(node) == before);
    }

    [Fact]
    public async Task One_app_has_a_port_and_the_next_waits_for_it_by_name()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.OnHost(Port);
        await node.Create("fw", "nic", "nictype=physical", "parent=eth4");
        await node.Create("spare", "nic", "nictype=physical", "parent=eth4");
        (await node.Holm("app", "start", "fw")).Well();
        var second = await node.Holm("app", "start", "spare");
        Assert.Contains("waits for port eth4, which app fw has", second.Err, StringComparison.Ordinal);
        Assert.Contains("waits for port eth4, which app fw has", (await node.Holm("list")).Out, StringComparison.Ordinal);
        (await node.Holm("app", "stop", "fw")).Well();
        await Shell.Until("the second has it", async () =>
            await node.Status("spare") == "Running" && await node.LinksIn("spare") == "eth0 lo");
    }

    [Fact]
    public async Task Another_name_of_a_port_is_that_port()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.OnHost(Port + " && ip link property add dev eth4 altname wan-port");
        var before = await Shown(node);
        await node.Create("fw", "nic", "nictype=physical", "parent=wan-port", "name=wan");
        await node.Create("spare", "nic", "nictype=physical", "parent=eth4", "name=wan");
        (await node.Holm("app", "start", "fw")).Well();
        var init = await node.InitPid("fw");
        await node.Holm("exec", "fw", "--", "reboot");
        await Shell.Until("it has booted again", async () => await node.FindInit("fw") is { } now && now != init);
        Assert.Equal("lo wan", await node.LinksIn("fw"));
        Assert.Contains("waits for port eth4, which app fw has", (await node.Holm("app", "start", "spare")).Err, StringComparison.Ordinal);
        (await node.Holm("app", "stop", "spare")).Well();
        // The next daemon knows it as well, also the other way round.
        await node.KillDaemon();
        await node.StartDaemon();
        Assert.Contains("waits for port eth4, which app fw has", (await node.Holm("app", "start", "spare")).Err, StringComparison.Ordinal);
        (await node.Holm("app", "stop", "fw")).Well();
        await Shell.Until("spare has it", async () => await node.Status("spare") == "Running");
        Assert.Contains("waits for port wan-port, which app spare has", (await node.Holm("app", "start", "fw")).Err,
            StringComparison.Ordinal);
        (await node.Holm("app", "stop", "fw", "spare")).Well();
        Assert.Equal(before, await Shown(node));
        Assert.Contains("wan-port", await node.OnHost("ip -o link show dev eth4"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_with_a_macvlan_on_it_is_waited_for_and_the_other_way_round()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.OnHost(Port);
        await node.Create("mac", "nic", "nictype=macvlan", "parent=eth4");
        await node.Create("whole", "nic", "nictype=physical", "parent=eth4");
        (await node.Holm("app", "start", "mac")).Well();
        Assert.Contains("waits for port eth4, which app mac has", (await node.Holm("app", "start", "whole")).Err, StringComparison.Ordinal);
        (await node.Holm("app", "stop", "mac")).Well();
        await Shell.Until("it begins by itself", async () => await node.Status("whole") == "Running");
        Assert.Equal("eth0 lo", await node.LinksIn("whole"));
        Assert.Contains("waits for port eth4, which app whole has", (await node.Holm("app", "start", "mac")).Err, StringComparison.Ordinal);
        (await node.Holm("app", "stop", "whole")).Well();
        await Shell.Until("it begins by itself", async () => await node.Status("mac") == "Running");
        // Nor is it taken from under it while both run.
        await node.Launch("late");
        await node.Add("late", "eth0", "nictype=physical", "parent=eth4");
        await Shell.Until("that is told", async () => (await node.Holm("list")).Out.Contains(
            "share port eth4 with late: app mac has a macvlan or a VLAN on it", StringComparison.Ordinal));
        (await node.Holm("app", "stop", "mac")).Well();
        await Shell.Until("it has it once that has ended", async () => await node.LinksIn("late") == "eth0 lo");
    }

    [Fact]
    public async Task Ports_and_macvlans_come_and_go_while_an_app_runs()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.OnHost(Port + " && ip link add up0 type veth peer name up1 && ip link set up0 up");
        var before = await Shown(node);
        await node.Launch("fw");
        var init = await node.InitPid("fw");
        await node.Add("fw", "one", "nictype=physical", "parent=eth4", "name=wan");
        await node.Add("fw", "two", "nictype=macvlan", "parent=up0", "name=mac", "hwaddr=02:00:00:00:00:07");
        await Shell.Until("both are inside", async () => await node.LinksIn("fw") == "lo mac wan");
        Assert.Equal("02:00:00:00:00:44 02:00:00:00:00:07\n",
            await node.In("fw", "cd /sys/class/net; echo $(cat wan/address mac/address)"));
        await node.Set("fw", "two", "hwaddr=02:00:00:00:00:08");
        await node.Set("fw", "one", "mtu=1300");
        await Shell.Until("both are otherwise", async () =>
            (await node.Holm("exec", "fw", "--", "cat", "/sys/class/net/wan/mtu", "/sys/class/net/mac/address")).Out ==
            "1300\n02:00:00:00:00:08\n");
        // The next daemon goes on with it.
        await node.KillDaemon();
        await node.StartDaemon();
        foreach (var device in (string[])["one", "two"])
            (await node.Holm("config", "device", "remove", "fw", device)).Well();
        await Shell.Until("none is inside", async () => await node.LinksIn("fw") == "lo");
        Assert.Equal(before, await Shown(node));
        Assert.Equal("", await Pins(node));
        await node.Add("fw", "one", "nictype=physical", "parent=eth4", "name=wan");
        await Shell.Until("it is inside again", async () => await node.LinksIn("fw") == "lo wan");
        // All the while it was one and the same run, and it keeps the port over a reboot that no hook sees.
        Assert.Equal(init, await node.InitPid("fw"));
        await node.Holm("exec", "fw", "--", "reboot");
        await Shell.Until("it has booted again", async () => await node.FindInit("fw") is { } now && now != init);
        await Shell.Until("it is inside again", async () => await node.LinksIn("fw") == "lo wan");
        (await node.Holm("app", "stop", "fw")).Well();
        Assert.Equal(before, await Shown(node));
    }

    [Fact]
    public async Task A_port_that_is_not_there_is_waited_for_and_one_that_cannot_leave_is_refused()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.Create("fw", "nic", "nictype=physical", "parent=eth4");
        (await node.Holm("config", "set", "fw", "boot.autostart=true")).Well();
        const string missing = "waits for interface eth4, which is not there";
        Assert.Contains(missing, (await node.Holm("app", "start", "fw")).Err, StringComparison.Ordinal);
        Assert.Equal(0, await node.EndDaemon("TERM"));
        await node.LoseRunFolder();
        await node.StartDaemon();
        Assert.Contains(missing, (await node.Holm("list")).Out, StringComparison.Ordinal);
        await node.OnHost(Port);
        await Shell.Until("it starts by itself", async () => await node.Status("fw") == "Running");
        (await node.Holm("app", "stop", "fw")).Well();

        await node.OnHost("ip link add br0 type bridge && ip link set eth4 master br0");
        Assert.Contains("it is a port of br0; take it out of that first", (await node.Holm("app", "start", "fw")).Err,
            StringComparison.Ordinal);
        await node.Create("whole", "nic", "nictype=physical", "parent=br0");
        Assert.Contains("an interface of kind bridge cannot leave the host", (await node.Holm("app", "start", "whole")).Err,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_firewall_of_the_seed_stands_between_a_port_and_the_switch()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.OnHost(Port + " && ip link add br0 type bridge && ip link set br0 up && ip addr add 192.168.1.2/24 dev br0");
        await using var isp = await World.Behind(node, "cable", "203.0.113.1/24");
        await node.Create("fw", "nic", "nictype=physical", "parent=eth4", "name=eth4");
        await node.Add("fw", "inside", "nictype=bridged", "parent=br0", "host_name=fw0", "name=host");
        (await node.Holm("app", "start", "fw")).Well();
        await node.In("fw", "ip addr add 203.0.113.2/24 dev eth4; ip addr add 192.168.1.1/24 dev host; " +
            "echo 1 > /proc/sys/net/ipv4/ip_forward");
        await isp.Run("ip route add 192.168.1.0/24 via 203.0.113.2");
        await node.OnHost("ip route add 203.0.113.0/24 via 192.168.1.1");
        // From the switch through the firewall to the ISP and back.
        await node.OnHost("busybox ping -c 1 -W 5 203.0.113.1");
        (await node.Holm("app", "stop", "fw")).Well();
        Assert.Contains("eth4", await node.OnHost("ip -o link"), StringComparison.Ordinal);
        Assert.DoesNotContain("fw0", await node.OnHost("ip -o link"), StringComparison.Ordinal);
    }

    private static async Task Kill(params int[] pids) => (await Shell.Run("/bin/kill", ["-9", .. pids.Select(p => $"{p}")])).Well();

    /// <summary>Index, MTU, queue, state and address of eth4 on the host; empty: it is not there.</summary>
    private static async Task<string> Shown(TestNode node) => (await node.TryOnHost(
        "ip -j link show dev eth4 | jq -r '.[0] | \"\\(.ifindex) \\(.mtu) \\(.txqlen) \\(.flags | contains([\"UP\"])) " +
        "\\(.address)\"'")).Out.Trim();

    private static async Task<string> Pins(TestNode node)
    {
        var pins = Path.Combine(node.RunFolder, "netns");
        await Shell.Until("no namespace is pinned", () => Task.FromResult(
            !Directory.Exists(pins) || !Directory.EnumerateFiles(pins).Any()), 20);
        return "";
    }
}
