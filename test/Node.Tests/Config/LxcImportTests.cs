using System.Globalization;
using System.Text.RegularExpressions;
using Holm.Config.Lxc;
using Holm.Contract;

namespace Node.Tests.Config;

/// <summary>Configurations of LXC containers, and the lines of them that an app may have of its own.</summary>
public sealed partial class LxcImportTests
{
    /// <summary>The OpenWrt container of the deck, with its misprints.</summary>
    private const string Openwrt = """
        lxc.cap.drop = mac_admin
        lxc.cap.drop = mac_override
        lxc.cap.drop = sys_admin
        lxc.cap.drop = sys_boot
        lxc.cap.drop = wake_alarm
        lxc.cgroup.devices.deny = a
        lxc.cgroup.devices.allow = c 1:3 rwm
        lxc.cgroup.devices.allow = c 136:* rwm
        lxc.cgroup.devices.allow = c 10:200 rwm
        # Distribution configuration
        lxc.arch = x86_64
        lxc.rootfs.path = dir:/var/lib/lxc/openwrt/rootfs
        lxc.uts.name = openwrt

        lxc.mount.entry = /proc proc /proc nodev,noexec,nouid 0 0
        lxc.mount.entry = sysfs sys sysfs default 0 0
        lxc.net.0.type = veth
        lxc.net.0.link = lxcbr0
        lxc.net.0.flags = up
        lxc.net.0.name = eth0
        """;

    [Fact]
    public void The_decks_container_becomes_an_app()
    {
        var imported = LxcImport.Read(Openwrt);
        Assert.Equal(("openwrt", "/var/lib/lxc/openwrt/rootfs"), (imported.Name, imported.Rootfs));
        Assert.Equal("""
            lxc.cap.drop = sys_admin
            lxc.cap.drop = sys_boot
            lxc.cap.drop = wake_alarm
            lxc.cgroup.devices.deny = a
            lxc.cgroup.devices.allow = c 1:3 rwm
            lxc.cgroup.devices.allow = c 136:* rwm
            lxc.cgroup.devices.allow = c 10:200 rwm
            """, imported.Config["raw.lxc"]);
        Assert.Equal(["raw.lxc"], imported.Config.Keys);
        Assert.Equal(new Dictionary<string, string>
        {
            ["type"] = "nic",
            ["nictype"] = "bridged",
            ["parent"] = "lxcbr0",
            ["name"] = "eth0",
        }, Assert.Single(imported.Devices).Value);
        Assert.Empty(imported.NotTaken);
    }

    [Theory]
    [InlineData("lxc.network.type = macvlan\nlxc.network.link = eth1\nlxc.network.name = lan\nlxc.network.hwaddr = 00:16:3e:00:00:01",
        "eth0: hwaddr=00:16:3e:00:00:01 name=lan nictype=macvlan parent=eth1 type=nic")]
    [InlineData("lxc.network.type = phys\nlxc.network.link = eth1\nlxc.network.type = veth\nlxc.network.veth.pair = vx",
        "eth0: nictype=physical parent=eth1 type=nic; eth1: host_name=vx nictype=p2p type=nic")]
    [InlineData("lxc.net.1.type = veth\nlxc.net.1.link = br0\nlxc.net = \nlxc.net.0.type = empty", "")]
    [InlineData("lxc.mount.entry = /srv/my\\040data srv/data none bind,ro,optional,create=dir 0 0",
        "share0: path=/srv/data readonly=true required=false source=/srv/my data type=disk")]
    public void Interfaces_and_binds_become_devices(string text, string devices) => Assert.Equal(devices,
        string.Join("; ", LxcImport.Read(text).Devices.Select(d =>
            $"{d.Key}: {string.Join(' ', d.Value.Select(k => $"{k.Key}={k.Value}"))}")));

    [Theory]
    [InlineData("lxc.utsname = old\nlxc.rootfs = /srv/root\nlxc.id_map = u 0 100000 65536", "")]
    [InlineData("lxc.init.cmd = /sbin/procd\nlxc.signal.halt = SIGUSR2\nlxc.start.auto = 1\nlxc.start.order = 7\nlxc.environment = A=b c",
        "boot.autostart=true boot.autostart.priority=7 environment.A=b c init.cmd=/sbin/procd init.signal.halt=SIGUSR2")]
    [InlineData("lxc.cgroup.memory.limit_in_bytes = 256M\nlxc.cgroup2.cpuset.cpus = 0-1\nlxc.cgroup2.pids.max = 100",
        "limits.cpu=0-1 limits.memory=256MiB limits.processes=100")]
    [InlineData("lxc.cap.drop = sys_nice\nlxc.cap.drop =\nlxc.cap.drop = mac_admin", "")]
    [InlineData("lxc.prlimit.nofile = 1024:4096\nlxc.sysctl.net.ipv4.ip_forward = 1",
        "raw.lxc=lxc.prlimit.nofile = 1024:4096\nlxc.sysctl.net.ipv4.ip_forward = 1")]
    public void Keys_of_the_same_meaning_are_taken(string text, string keys) =>
        Assert.Equal(keys, string.Join(' ', LxcImport.Read(text).Config.Select(k => $"{k.Key}={k.Value}")));

    [Fact]
    public void What_is_kept_is_what_is_not_dropped()
    {
        var dropped = LxcImport.Read("lxc.cap.keep = chown net_admin").Config["raw.lxc"].Split(' ');
        Assert.Contains("sys_admin", dropped);
        Assert.DoesNotContain("chown", dropped);
        Assert.DoesNotContain("net_admin", dropped);
    }

    [Theory]
    [InlineData("lxc.hook.pre-start = /bin/evil", "nothing of an app runs on the host")]
    [InlineData("lxc.include = /etc/lxc/default.conf", "what stands in another file is not read")]
    [InlineData("lxc.mount.entry = tmpfs tmp tmpfs size=1m 0 0", "of mounts only binds have an equal, not \"tmpfs\"")]
    [InlineData("lxc.mount.entry = /srv ../../etc none bind 0 0", "'..' is not allowed")]
    [InlineData("lxc.rootfs.path = loop:/srv/root.img", "only a folder can be packed")]
    [InlineData("lxc.net.0.type = vlan\nlxc.net.0.link = eth0", "has no equal")]
    [InlineData("lxc.net.0.type = veth\nlxc.net.0.ipv4.address = 10.0.0.2/24", "the system inside sets its addresses")]
    [InlineData("lxc.net.0.link = br0", "interface 0 has no type")]
    [InlineData("lxc.cap.drop = everything", "are no capabilities")]
    [InlineData("lxc.cgroup.devices.allow = c 1:3 x", "is no rule for devices")]
    [InlineData("lxc.sysctl.kernel.core_pattern = |/bin/evil", "is a setting of the whole host")]
    [InlineData("lxc.signal.halt = SIGNOTHING", "is not allowed")]
    [InlineData("lxc.seccomp.profile = /x", "the node sets that for every app")]
    [InlineData("lxc.monitor.unshare = 1", "it has no equal")]
    public void What_has_no_equal_is_told(string text, string why) =>
        Assert.Contains(LxcImport.Read(text).NotTaken, said => said.Contains(why, StringComparison.Ordinal));

    /// <summary>Of each line something is said, whatever stands in it.</summary>
    [Fact]
    public void No_line_is_dropped_in_silence()
    {
        var random = new Random(5);
        string[] keys =
        [
            "lxc.cap.drop", "lxc.cap.keep", "lxc.net", "lxc.net.0.type", "lxc.net.0.link", "lxc.net.1.type", "lxc.net.1.mtu",
            "lxc.network.type", "lxc.network.link", "lxc.network.ipv4", "lxc.mount.entry", "lxc.arch", "lxc.rootfs", "lxc.start.auto",
            "lxc.environment", "lxc.idmap", "lxc.cgroup.devices.allow", "lxc.prlimit.nofile", "lxc.sysctl.net.x", "lxc.hook.start",
            "lxc.group", "lxc.tty.max", "lxc.init.cmd",
        ];
        string[] values =
        [
            "", "veth", "macvlan", "phys", "empty", "br0", "none", "sys_admin", "c 1:3 rwm", "1", "/a", "A=b", "/a b none bind 0 0",
        ];
        for (var run = 0; run < 2000; run++)
        {
            var lines = Enumerable.Range(0, random.Next(1, 12)).Select(_ =>
                $"{keys[random.Next(keys.Length)]} = {values[random.Next(values.Length)]}").ToList();
            var imported = LxcImport.Read(string.Join('\n', lines));
            var told = imported.Taken.Concat(imported.NotTaken).Select(t => NumberOf().Match(t)).Where(m => m.Success)
                .Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ToHashSet();
            for (var i = 0; i < lines.Count; i++)
                Assert.True(told.Contains(i + 1), $"nothing is said of line {i + 1} of\n{string.Join('\n', lines)}");
        }
    }

    [Theory]
    [InlineData("lxc.hook.start-host = /bin/sh", "line 1: lxc.hook.start-host is not taken; lxc.cap.drop")]
    [InlineData("# fine\nlxc.cap.drop = sys_nice\nlxc.rootfs.path = /", "line 3: lxc.rootfs.path is not taken")]
    [InlineData("lxc.idmap = u 0 0 65536", "line 1: lxc.idmap is not taken")]
    [InlineData("lxc.cap.drop =", "are no capabilities")]
    [InlineData("lxc.sysctl.net..x = 1", "is a setting of the whole host")]
    [InlineData("lxc.sysctl.net.ipv4/../../kernel.core_pattern = 1", "is not of the form")]
    [InlineData("nonsense", "line 1: \"nonsense\" is not of the form lxc.KEY = VALUE")]
    public void Lines_that_reach_the_host_are_refused(string text, string why) =>
        Assert.Contains(why, Assert.Throws<Refusal>(() => RawLxc.Read(text)).Message, StringComparison.Ordinal);

    [GeneratedRegex("^line ([0-9]+):")]
    private static partial Regex NumberOf();
}
