namespace System.Tests;

/// <summary>What is changed of a running app, and what stands in its way.</summary>
public sealed class ChangeTests
{
    /// <summary>As a script has it: the next line of it already works with what this line gave.</summary>
    [Fact]
    public async Task A_change_is_there_when_its_command_has_ended()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("launch", "sample", "web");
        await node.Lxc("profile", "create", "extra");
        await node.Lxc("profile", "assign", "web", "default,extra");
        for (var i = 0; i < 5; i++)
        {
            await node.Lxc("config", "device", "add", "web", "etc", "disk", "source=/etc", "path=/mnt");
            await node.In("web", "test -e /mnt/passwd");
            await node.Lxc("config", "device", "add", "web", "cable", "nic", "nictype=p2p", "name=cable");
            await node.In("web", "test -d /sys/class/net/cable");
            await node.Lxc("profile", "device", "add", "extra", "null", "unix-char", "source=/dev/null", "path=/srv/null");
            await node.In("web", "test -c /srv/null");
            await node.Lxc("config", "device", "remove", "web", "etc");
            await node.In("web", "test ! -e /mnt/passwd");
            await node.Lxc("config", "device", "remove", "web", "cable");
            await node.In("web", "test ! -e /sys/class/net/cable");
            await node.Lxc("profile", "device", "remove", "extra", "null");
            await node.In("web", "test ! -e /srv/null");
        }
    }

    [Fact]
    public async Task Nics_that_are_changed_during_a_reboot_from_inside_are_there_after_it()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.Create("web", "nic", "nictype=p2p", "host_name=h0", "name=n0");
        // Boots again in the moment that it is told to.
        const string init0 = "init.cmd=/bin/sh -c \"trap 'reboot -f' TERM; while :; do sleep 1000 & wait; done\"";
        (await node.Holm("config", "set", "web", init0)).Well();
        (await node.Holm("app", "start", "web")).Well();
        for (var round = 0; round < 24; round++)
        {
            // Now many, now one; somewhere between the old init's end and the new one's begin.
            var count = round % 2 == 0 ? 8 : 1;
            var (init, changed) = (await node.InitPid("web"), await node.WithNics("web", count));
            var reboot = Shell.Sh($"sleep 0.05; kill -TERM {init}");
            await Task.Delay(round / 2 * 6);
            (await node.HolmWith(changed, "config", "edit", "web")).Well();
            await reboot;
            var expected = string.Join(' ', Enumerable.Range(0, count).Select(i => $"n{i}").Prepend("lo"));
            await Shell.Until($"round {round}: it has booted again and has {expected}", async () =>
                await node.FindInit("web") is { } now && now != init &&
                Words((await node.Holm("exec", "web", "--", "ls", "/sys/class/net")).Out) == expected, 20);
            Assert.Equal(string.Join(' ', Enumerable.Range(0, count).Select(i => $"h{i}")),
                Words(await node.OnHost("ip -o link show type veth | awk '{ print $2 }' | cut -d@ -f1")));
        }
    }

    [Fact]
    public async Task A_nic_that_cannot_be_had_holds_up_nothing_else_is_told_and_comes_by_itself()
    {
        await using var node = await TestNode.Start(ownHost: true);
        using var host = new HostFolder();
        await node.Create("web", "nic", "nictype=p2p", "host_name=h0", "name=n0");
        (await node.Holm("app", "start", "web")).Well();
        await node.Add("web", "two", "nictype=bridged", "parent=br7", "host_name=h2", "name=n2");
        const string why = "connect web, device two: there is no interface br7 on the host";
        await Shell.Until("that is told", async () => (await node.Holm("list")).Out.Contains(why, StringComparison.Ordinal));
        // Neither a share nor another nic nor a freeze waits for it.
        await node.Share("web", "data", $"source={host.Path}", "path=/srv/data");
        await node.Sees("web", "touch /srv/data/x");
        (await node.Holm("app", "freeze", "web")).Well();
        (await node.Holm("app", "unfreeze", "web")).Well();
        Assert.Contains(why, (await node.Holm("app", "show", "web")).Out, StringComparison.Ordinal);
        // What it really has it keeps over a reboot.
        await node.Reboots("web");
        Assert.Equal("lo n0", await node.LinksIn("web"));
        await node.Sees("web", "test -e /srv/data/x");
        await node.OnHost("ip link add br7 type bridge && ip link set br7 up");
        await Shell.Until("it has both", async () => await node.LinksIn("web") == "lo n0 n2");
        await Shell.Until("nothing is told any more", async () =>
            !(await node.Holm("list")).Out.Contains("br7", StringComparison.Ordinal));
        Assert.Equal("Running", await node.Status("web"));
    }

    [Fact]
    public async Task A_nic_that_could_not_be_had_and_is_taken_back_is_not_told_any_more()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.Launch("web");
        await node.Add("web", "two", "nictype=bridged", "parent=br7", "name=n2");
        await Shell.Until("it is told", async () => (await node.Holm("list")).Out.Contains("br7", StringComparison.Ordinal));
        (await node.Holm("config", "device", "remove", "web", "two")).Well();
        await Shell.Until("it is not told", async () => !(await node.Holm("list")).Out.Contains("br7", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_boot_from_inside_that_cannot_be_says_why()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await node.OnHost("ip link add up0 type veth peer name up1 && ip link set up0 up");
        await node.Create("web", "nic", "nictype=macvlan", "parent=up0", "name=mac");
        (await node.Holm("config", "set", "web", "boot.autorestart=false")).Well();
        (await node.Holm("app", "start", "web")).Well();
        await node.OnHost("ip link delete up0");
        await node.Holm("exec", "web", "--", "reboot");
        await Shell.Until("it has ended", async () => await node.Status("web") == "Error");
        Assert.Contains("its boot from inside failed: connect web, device eth0: there is no interface up0 on the host",
            (await node.Holm("app", "show", "web")).Well().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delete_waits_for_a_port_that_is_late_in_coming_home()
    {
        await using var node = await TestNode.Start(ownHost: true);
        var elsewhere = node.Host + "-e";
        await node.OnHost("ip link add eth4 type veth peer name cable && ip link set eth4 up");
        await node.Create("fw", "nic", "nictype=physical", "parent=eth4", "name=wan");
        (await node.Holm("config", "set", "fw", "boot.autorestart=false")).Well();
        (await node.Holm("app", "start", "fw")).Well();
        (await Shell.Sh($"ip netns add {elsewhere}")).Well();
        try
        {
            // Where Holm does not find it: it is waited for.
            var init = await node.InitPid("fw");
            (await Shell.Sh($"nsenter --net=/proc/{init}/ns/net ip link set wan netns {elsewhere}")).Well();
            (await Shell.Sh($"kill -9 {init}")).Well();
            await Shell.Until("it has ended", async () => await node.Status("fw") is "Stopped" or "Error");
            (await node.Holm("app", "delete", "--force", "fw")).Well();
            Assert.DoesNotContain("fw", (await node.Holm("list")).Well().Out, StringComparison.Ordinal);
        }
        finally
        {
            (await Shell.Sh($"ip netns delete {elsewhere}")).Well();
        }
    }

    [Fact]
    public async Task What_is_felt_at_the_next_start_is_told()
    {
        await using var node = await TestNode.Start();
        (await node.Holm("app", "create", "web", "sample")).Well();
        Assert.Equal("", (await node.Holm("config", "set", "web", "limits.partition=none")).Well().Err);
        (await node.Holm("app", "start", "web")).Well();
        Assert.Equal("app web runs: limits.partition takes effect at its next start\n",
            (await node.Holm("config", "set", "web", "limits.partition=apps", "limits.memory=64MiB")).Well().Err);
        Assert.Equal("app web runs: limits.partition takes effect at its next start\n",
            (await node.Holm("config", "unset", "web", "limits.partition")).Well().Err);
        Assert.Equal("", (await node.Holm("config", "set", "web", "limits.memory=32MiB")).Well().Err);
    }

    private static string Words(string text) =>
        string.Join(' ', text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
}
