namespace System.Tests;

/// <summary>Device files of the host in apps, by LXD's client, on this kernel.</summary>
public sealed class DeviceTests
{
    private const string Tunnel = "tunctl -t tap7 > /dev/null && tunctl -d tap7 > /dev/null";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_character_device_comes_and_goes_while_it_runs_and_stays_over_every_start(bool privileged)
    {
        await using var node = await TestNode.Start();
        await node.Lxc("launch", "sample", "web", "-c", $"security.privileged={privileged}");
        Assert.NotEqual(0, (await node.Holm("exec", "web", "--", "sh", "-c", Tunnel)).Code);
        await node.Lxc("config", "device", "add", "web", "tun", "unix-char", "path=/dev/net/tun", "uid=7", "gid=8", "mode=0640");
        await node.Sees("web", Tunnel);
        Assert.Equal("7 8 640 a c8\n", await node.In("web", "stat -c '%u %g %a %t %T' /dev/net/tun"));
        await node.In("web", "grep -q ' /dev/net/tun .*nosuid.*noexec' /proc/self/mounts");
        await node.Reboots("web");
        await node.In("web", Tunnel);
        await node.Lxc("restart", "web", "--force");
        await node.In("web", Tunnel);
        await node.KillDaemon();
        await node.StartDaemon();
        await node.In("web", Tunnel);
        await node.Lxc("config", "device", "set", "web", "tun", "mode=0600");
        await node.Sees("web", "[ $(stat -c %a /dev/net/tun) = 600 ]");
        await node.In("web", Tunnel);
        await node.Lxc("config", "device", "remove", "web", "tun");
        await node.Sees("web", "! test -e /dev/net/tun");
        // Nor by a file of its own: the control group forbids it again.
        if (privileged)
            Assert.NotEqual(0, (await node.Holm("exec", "web", "--", "sh", "-c", $"mknod /dev/net/tun c 10 200; {Tunnel}")).Code);
        Assert.Equal("", (await node.Status("web")).Replace("Running", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Just_that_device_is_allowed()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("launch", "sample", "web", "-c", "security.privileged=true");
        await node.Lxc("config", "device", "add", "web", "tun", "unix-char", "source=/dev/net/tun", "path=/dev/tun");
        await node.Sees("web", "test -c /dev/tun");
        var list = new Groups(node).Read("web/payload", "devices.list", "devices.list");
        if (list is not null)
            Assert.Contains("c 10:200 rwm", list.Split('\n'));
        // Its neighbours are not: loop-control, and the disk of this machine.
        foreach (var (kind, numbers) in ((string, string)[])[("c", "10 237"), ("c", "10 199"), ("b", "7 0")])
        {
            var line = $"rm -f /dev/x; mknod /dev/x {kind} {numbers} && : < /dev/x";
            Assert.NotEqual(0, (await node.Holm("exec", "web", "--", "sh", "-c", line)).Code);
        }
        await node.In("web", "mknod /dev/y c 10 200 && : < /dev/y");
    }

    [Fact]
    public async Task A_usual_device_stays_when_the_device_that_names_it_goes()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("launch", "sample", "web");
        await node.Lxc("config", "device", "add", "web", "z", "unix-char", "source=/dev/zero", "path=/srv/zero");
        await node.Sees("web", "head -c 4 /srv/zero > /dev/null");
        await node.Lxc("config", "device", "remove", "web", "z");
        await Shell.Until("it is gone", async () => !(await node.Mounts("web")).Contains("/srv/zero", StringComparison.Ordinal));
        await node.In("web", "[ $(head -c 4 /dev/zero | wc -c) = 4 ]");
    }

    [Fact]
    public async Task A_block_device_carries_bytes_both_ways()
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        (await Shell.Sh($"truncate -s 1M {host / "disk"} && printf from-host | dd of={host / "disk"} conv=notrunc")).Well();
        var loop = (await Shell.Sh($"losetup -f --show {host / "disk"}")).Well().Out.Trim();
        try
        {
            await node.Lxc("launch", "sample", "web");
            await node.Lxc("config", "device", "add", "web", "disk", "unix-block", $"source={loop}", "path=/dev/my/disk");
            await node.Sees("web", "test -b /dev/my/disk");
            Assert.Equal("from-host", await node.In("web", "head -c 9 /dev/my/disk"));
            await node.In("web", "printf from-app | dd of=/dev/my/disk conv=notrunc,fsync 2> /dev/null");
            Assert.Equal("from-appt", (await Shell.Sh($"head -c 9 {host / "disk"}")).Out);
            // By its numbers, without any file on the host; the wrong kind is refused by name.
            var minor = loop["/dev/loop".Length..];
            await node.Lxc("config", "device", "add", "web", "two", "unix-block", "path=/dev/two", "major=7", $"minor={minor}");
            await node.Sees("web", "[ \"$(head -c 8 /dev/two)\" = from-app ]");
            await node.Lxc("config", "device", "add", "web", "wrong", "unix-char", $"source={loop}", "path=/dev/wrong");
            await Shell.Until("it is told", async () =>
                (await node.Holm("list")).Out.Contains("is no character device", StringComparison.Ordinal));
            await node.Lxc("config", "device", "remove", "web", "wrong");
            await node.Lxc("config", "device", "remove", "web", "two");
            await node.Sees("web", "! test -e /dev/two && test -b /dev/my/disk");
            await node.Lxc("stop", "web", "--force");
        }
        finally
        {
            (await Shell.Sh($"losetup -d {loop}")).Well();
        }
    }

    [Fact]
    public async Task What_is_not_there_is_waited_for_or_comes_by_itself_as_the_kernel_tells()
    {
        Assert.SkipUnless(File.Exists("/sys/class/zram-control/hot_add"), "no zram here, the one device that can be plugged in");
        await using var node = await TestNode.Start();
        await node.Lxc("init", "sample", "web");
        var number = (await Shell.Sh("cat /sys/class/zram-control/hot_add")).Well().Out.Trim();
        var gone = Unplug(number);
        await node.Lxc("config", "device", "add", "web", "stick", "unix-block", $"path=/dev/zram{number}");
        (await gone).Well();
        Assert.Contains($"start web: it waits for /dev/zram{number} (device stick), which is not there",
            (await node.TryLxc("start", "web")).Err, StringComparison.Ordinal);
        await node.Lxc("config", "device", "set", "web", "stick", "required=false");
        await node.Lxc("start", "web");
        Assert.NotEqual(0, (await node.Holm("exec", "web", "--", "test", "-e", $"/dev/zram{number}")).Code);
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(number, (await Shell.Sh("cat /sys/class/zram-control/hot_add")).Well().Out.Trim());
            await node.Sees("web", $"test -b /dev/zram{number} && head -c 1 /dev/zram{number}");
            (await Unplug(number)).Well();
            await node.Sees("web", $"! test -e /dev/zram{number}");
        }
    }

    private static Task<Ran> Unplug(string number) => Shell.Sh($"echo {number} > /sys/class/zram-control/hot_remove");

    [Fact]
    public async Task None_masks_what_a_profile_gives()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("profile", "create", "parts");
        await node.Lxc("profile", "device", "add", "parts", "tun", "unix-char", "path=/dev/net/tun");
        await node.Lxc("profile", "device", "add", "parts", "way", "proxy", "listen=unix:@holm-masked", "connect=tcp:127.0.0.1:80");
        await node.Lxc("profile", "device", "add", "parts", "usb", "usb", "required=true", "vendorid=dead");
        await node.Lxc("profile", "device", "add", "parts", "card", "gpu", "vendorid=dead");
        await node.Lxc("init", "sample", "web", "-p", "default", "-p", "parts");
        Assert.Contains("it waits for a GPU of vendor dead (device card), which is not there", (await node.TryLxc("start", "web")).Err,
            StringComparison.Ordinal);
        foreach (var device in (string[])["tun", "way", "usb", "card"])
            await node.Lxc("config", "device", "add", "web", device, "none");
        await node.Lxc("start", "web");
        Assert.NotEqual(0, (await node.Holm("exec", "web", "--", "test", "-e", "/dev/net/tun")).Code);
        Assert.Equal(1, (await Shell.Sh("grep -q @holm-masked /proc/net/unix")).Code);
        // Taken back, what the profile gives is there.
        await node.Lxc("config", "device", "remove", "web", "tun");
        await node.Sees("web", "test -c /dev/net/tun");
    }

    [Theory]
    [InlineData("say which file of the host it is", "unix-char", "uid=0")]
    [InlineData("it must begin with /", "unix-char", "source=dev/x")]
    [InlineData("'..' is not allowed", "unix-char", "source=/dev/../x")]
    [InlineData("a device file cannot be at \"/proc/x\"", "unix-char", "source=/dev/null", "path=/proc/x")]
    [InlineData("major and minor are given together", "unix-block", "path=/dev/x", "major=7")]
    [InlineData("minor \"-1\" is not allowed", "unix-block", "path=/dev/x", "major=7", "minor=-1")]
    [InlineData("uid \"65536\" is not allowed", "unix-char", "path=/dev/x", "uid=65536")]
    [InlineData("gid \"root\" is not allowed", "unix-char", "path=/dev/x", "gid=root")]
    [InlineData("mode \"rw\" is not allowed", "unix-char", "path=/dev/x", "mode=rw")]
    [InlineData("mode \"4755\" is not allowed", "unix-char", "path=/dev/x", "mode=4755")]
    [InlineData("required \"so\" is not allowed", "unix-char", "path=/dev/x", "required=so")]
    [InlineData("key \"pool\" is not known for type unix-char", "unix-char", "path=/dev/x", "pool=ram")]
    [InlineData("vendorid \"1\" is not allowed", "usb", "vendorid=1")]
    [InlineData("productid \"wxyz\" is not allowed", "usb", "productid=wxyz")]
    [InlineData("gputype \"mdev\" is not supported by this node", "gpu", "gputype=mdev")]
    [InlineData("pci \"zero\" is not allowed", "gpu", "pci=zero")]
    [InlineData("id \"-1\" is not allowed", "gpu", "id=-1")]
    [InlineData("type tpm is not supported by this node", "tpm", "path=/dev/tpm0")]
    [InlineData("type \"toaster\" is not known", "toaster", "path=/dev/x")]
    public async Task What_is_no_device_is_refused_and_nothing_changes(string why, params string[] typeAndKeys)
    {
        await using var node = await TestNode.Start();
        await node.Lxc("init", "sample", "web");
        await node.IsRefused("web", why, ["config", "device", "add", "web", "it", .. typeAndKeys]);
    }
}
