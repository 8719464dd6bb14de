namespace System.Tests;

/// <summary>LXC containers that become apps: the deck's OpenWrt, with the sample system in its place.</summary>
public sealed class ImportLxcTests
{
    private const string Config = """
        lxc.cap.drop = mac_admin
        lxc.cap.drop = sys_admin
        lxc.cap.drop = sys_nice
        lxc.cap.drop = wake_alarm
        lxc.cgroup.devices.deny = a
        lxc.cgroup.devices.allow = c 1:3 rwm
        lxc.cgroup.devices.allow = c 1:5 rwm
        lxc.cgroup.devices.allow = c 5:* rwm
        lxc.cgroup.devices.allow = c 136:* rwm
        lxc.arch = x86_64
        lxc.rootfs.path = dir:ROOTFS
        lxc.uts.name = openwrt
        lxc.mount.entry = /proc proc /proc nodev,noexec,nouid 0 0
        lxc.mount.entry = sysfs sys sysfs default 0 0
        lxc.net.0.type = veth
        lxc.net.0.link = lxcbr0
        lxc.net.0.flags = up
        lxc.net.0.name = eth0
        lxc.hook.pre-start = /bin/false
        """;

    [Fact]
    public async Task The_decks_container_runs_as_an_app()
    {
        await using var node = await TestNode.Start(withSample: false, ownHost: true);
        await node.OnHost("ip link add lxcbr0 type bridge && ip link set lxcbr0 up");
        var (folder, rootfs) = (Path.Combine(node.State, "lxc"), Path.Combine(node.State, "lxc/rootfs"));
        (await Shell.Sh($"mkdir {folder} && unsquashfs -q -n -d {rootfs} {TestNode.SampleImage}")).Well();
        var config = Path.Combine(folder, "config");
        await File.WriteAllTextAsync(
            config, Config.Replace("ROOTFS", rootfs, StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var dry = (await node.Holm("import", "lxc", config, "--dry-run")).Well();
        Assert.Contains("  not taken  line 19: lxc.hook.pre-start = /bin/false: nothing of an app runs on the host\n", dry.Out,
            StringComparison.Ordinal);
        Assert.DoesNotContain("openwrt", (await node.Holm("list")).Well().Out, StringComparison.Ordinal);

        (await node.Holm("import", "lxc", config)).Well();
        (await node.Holm("app", "start", "openwrt")).Well();
        Assert.Equal("openwrt", (await node.In("openwrt", "hostname")).Trim());
        // Bit 21 is sys_admin, 23 sys_nice, 33 mac_admin, 35 wake_alarm; bit 0, chown, is left.
        var held = Convert.ToUInt64((await node.In("openwrt", "awk '/^CapBnd/ {print $2}' /proc/1/status")).Trim(), 16);
        Assert.Equal(1ul, held & (1ul | 1ul << 21 | 1ul << 23 | 1ul << 33 | 1ul << 35));
        Assert.Contains("eth0", await node.In("openwrt", "ip link"), StringComparison.Ordinal);
        Assert.Contains("master lxcbr0", await node.OnHost("ip link"), StringComparison.Ordinal);
        // Not among the rules, though it is in /dev: /dev/full, 1:7.
        Assert.NotEqual(0, (await node.Holm("exec", "openwrt", "--", "sh", "-c", "head -c 1 < /dev/full > /dev/null")).Code);
        await node.In("openwrt", "head -c 1 < /dev/zero > /dev/null");
        (await node.Holm("app", "delete", "--force", "openwrt")).Well();
    }

    [Fact]
    public async Task A_line_of_raw_lxc_that_reaches_the_host_is_refused()
    {
        await using var node = await TestNode.Start();
        (await node.Holm("app", "create", "web", "sample")).Well();
        var refused = await node.Holm("config", "set", "web", "raw.lxc=lxc.hook.start-host = /bin/false");
        Assert.Equal(1, refused.Code);
        Assert.Contains("raw.lxc: line 1: lxc.hook.start-host is not taken", refused.Err, StringComparison.Ordinal);
        (await node.Holm("config", "set", "web", "raw.lxc=lxc.prlimit.nofile = 77:88")).Well();
        (await node.Holm("app", "start", "web")).Well();
        Assert.Equal("77", (await node.In("web", "awk '/open files/ {print $4}' /proc/1/limits")).Trim());
    }
}
