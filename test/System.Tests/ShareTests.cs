namespace System.Tests;

/// <summary>Files and folders of the host in apps, from their start or while they run.</summary>
public sealed class ShareTests
{
    [Fact]
    public async Task What_is_shared_persists_and_nothing_beside_it_does()
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        (await node.Holm("app", "create", "web", "sample", "--pool", "ram")).Well();
        await node.Share("web", "data", $"source={host.Path}", "path=/srv/data");
        (await node.Holm("app", "start", "web")).Well();
        await node.In("web", "echo kept > /srv/data/file; echo lost > /srv/file; chown 1000:1000 /srv/data/file");
        Assert.Equal("kept\n", File.ReadAllText(host / "file"));
        Assert.Equal("1000 1000", (await Shell.Sh($"stat -c '%u %g' {host / "file"}")).Out.Trim());
        await node.In("web", "echo root > /srv/data/roots");
        Assert.Equal("0 0", (await Shell.Sh($"stat -c '%u %g' {host / "roots"}")).Out.Trim());
        (await node.Holm("app", "restart", "web")).Well();
        Assert.Equal("kept", (await node.In("web", "cat /srv/data/file")).Trim());
        Assert.NotEqual(0, (await node.Holm("exec", "web", "--", "cat", "/srv/file")).Code);
        // A reboot from inside makes new namespaces.
        await node.Reboots("web");
        Assert.Equal("kept", (await node.In("web", "cat /srv/data/file")).Trim());
        Assert.DoesNotContain(host.Path, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ram")]
    [InlineData("default")]
    public async Task Shares_of_every_kind_are_there_when_init_runs(string pool)
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        await File.WriteAllTextAsync(host / "motd", "of the day\n");
        // What it says is what its init saw first.
        (await node.Holm("app", "create", "web", "sample", "--pool", pool, "--config",
            "init.cmd=/bin/sh -c \"cat /etc/motd /run/x/motd > /seen; exec /sbin/init\"")).Well();
        await node.Share("web", "motd", $"source={host / "motd"}", "path=/etc/motd", "readonly=true");
        await node.Share("web", "linked", $"source={host / "motd"}", "path=/var/run/x/motd");
        await node.Share("web", "folder", $"source={host.Path}", "path=/a/b/c", "readonly=true");
        (await node.Holm("app", "start", "web")).Well();
        Assert.Equal("of the day\nof the day\n", await node.In("web", "cat /seen"));
        Assert.Equal("0:0 0:0 motd\n", await node.In("web", "echo $(stat -c %u:%g /a /run/x) $(ls /a/b/c)"));
        Assert.Contains("Read-only", (await node.Holm("exec", "web", "--", "touch", "/a/b/c/x")).Err, StringComparison.Ordinal);
        var written = await node.Holm("exec", "web", "--", "/bin/sh", "-c", "echo > /etc/motd");
        Assert.Contains("Read-only", written.Err, StringComparison.Ordinal);
        // The app's root is root in there, and cannot take that back.
        await node.Holm("exec", "web", "--", "mount", "-o", "remount,rw,bind", "/a/b/c");
        Assert.Contains("Read-only", (await node.Holm("exec", "web", "--", "touch", "/a/b/c/x")).Err, StringComparison.Ordinal);
        await node.In("web", "grep ' /a/b/c ' /proc/self/mounts | grep nosuid,nodev");
    }

    [Fact]
    public async Task They_come_and_go_while_it_runs()
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        await node.Launch("web");
        var init = await node.InitPid("web");
        var before = await node.Mounts("web");
        await node.Share("web", "data", $"source={host.Path}", "path=/srv/data");
        await node.Sees("web", "touch /srv/data/x");
        Assert.True(File.Exists(host / "x"));
        (await node.Holm("config", "device", "set", "web", "data", "readonly=true")).Well();
        await node.Sees("web", "! touch /srv/data/x");
        (await node.Holm("config", "device", "set", "web", "data", "path=/srv/other")).Well();
        await node.Sees("web", "test -e /srv/other/x && ! test -e /srv/data/x");
        (await node.Holm("app", "freeze", "web")).Well();
        (await node.Holm("config", "device", "remove", "web", "data")).Well();
        await Shell.Until("it is gone", async () => await node.Mounts("web") == before);
        (await node.Holm("app", "unfreeze", "web")).Well();
        Assert.Equal(init, await node.InitPid("web"));
    }

    [Fact]
    public async Task A_share_of_an_app_that_began_without_any_is_there_after_a_reboot_from_inside()
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        await node.Launch("web");
        await node.Share("web", "data", $"source={host.Path}", "path=/srv/data");
        await node.Sees("web", "touch /srv/data/x");
        await node.Reboots("web");
        await node.Sees("web", "test -e /srv/data/x");
    }

    [Fact]
    public async Task Sys_is_for_the_privileged_and_a_reason_is_given()
    {
        await using var node = await TestNode.Start();
        (await node.Holm("app", "create", "relay", "sample")).Well();
        await node.Share("relay", "sys", "source=/sys", "path=/sys");
        var refused = await node.Holm("app", "start", "relay");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("start relay: it waits for /sys (device sys): its filesystem cannot map ids on this kernel; with shift=false",
            refused.Err, StringComparison.Ordinal);
        (await node.Holm("config", "device", "set", "relay", "sys", "shift=false")).Well();
        (await node.Holm("app", "start", "relay")).Well();
        // Writes to a file of the host's what it says already.
        const string write =
            "file=$(ls /sys/devices/virtual/block/loop*/queue/read_ahead_kb | head -n 1); cat $file > /tmp/x; cat /tmp/x > $file";
        Assert.NotEqual(0, (await node.Holm("exec", "relay", "--", "/bin/sh", "-c", write)).Code);
        (await node.Holm("app", "stop", "relay")).Well();
        (await node.Holm("config", "set", "relay", "security.privileged=true")).Well();
        (await node.Holm("app", "start", "relay")).Well();
        await node.In("relay", write);
    }

    [Fact]
    public async Task A_missing_source_is_refused_to_a_person_waited_for_by_an_app_and_nothing_to_an_optional_share()
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        (await node.Holm("app", "create", "web", "sample", "--config", "boot.autostart=true")).Well();
        await node.Share("web", "data", $"source={host / "later"}", "path=/srv/data");
        var refused = await node.Holm("app", "start", "web");
        Assert.Contains($"start web: it waits for {host / "later"} (device data), which is not there", refused.Err,
            StringComparison.Ordinal);
        (await node.Holm("config", "device", "set", "web", "data", "required=false")).Well();
        (await node.Holm("app", "start", "web")).Well();
        await node.Sees("web", "! test -e /srv/data");
        Directory.CreateDirectory(host / "later");
        await node.Sees("web", "touch /srv/data/x");
        (await node.Holm("config", "device", "set", "web", "data", "required=true")).Well();
        // At a boot it waits, and says so.
        Assert.Equal(0, await node.EndDaemon("PWR"));
        Directory.Delete(host / "later", recursive: true);
        await node.LoseRunFolder();
        await node.StartDaemon();
        await Shell.Until("it waits", async () =>
            (await node.Holm("app", "show", "web")).Out.Contains("it waits for", StringComparison.Ordinal));
        Directory.CreateDirectory(host / "later");
        await Shell.Until("it runs", async () => await node.Status("web") == "Running");
        await node.Sees("web", "touch /srv/data/x");
    }

    [Theory]
    [InlineData("required=true", "ext4")]
    [InlineData("required=false", "ext4")]
    [InlineData("required=false", "vfat")]
    public async Task A_stick_comes_and_goes(string required, string type)
    {
        Assert.SkipUnless(await Stick.CanBe(type), $"this kernel has no {type}; Guest.Tests has it on Debian's");
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        await using var stick = await Stick.Make(host, type);
        await stick.Plug();
        // One that has nothing to do with it holds it no more than one that has.
        await node.Launch("other");
        (await node.Holm("app", "create", "web", "sample")).Well();
        await node.Share("web", "usb", $"source={stick.Folder}", "path=/mnt", required);
        (await node.Holm("app", "start", "web")).Well();
        for (var i = 0; i < 3; i++)
        {
            await node.In("web", $"echo {i} > /mnt/count && sync");
            await stick.Unplug();
            await stick.IsFree();
            await node.Sees("web", "! test -e /mnt/count");
            await stick.Plug();
            await node.Sees("web", $"test $(cat /mnt/count) = {i}");
        }
        (await node.Holm("app", "stop", "--force", "web")).Well();
        await stick.Unplug();
        await stick.IsFree();
    }

    [Fact]
    public async Task A_daemon_that_is_killed_leaves_every_share_once()
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        await node.Launch("web");
        var before = (await node.Mounts("web")).Split('\n').Length;
        await node.KillDaemon();
        for (var i = 0; i < 8; i++)
        {
            await node.StartDaemon();
            await node.Share("web", $"d{i}", $"source={host.Path}", $"path=/srv/{i}");
            // Somewhere between the request and the record.
            await Task.Delay(i * 3);
            await node.KillDaemon();
        }
        await node.StartDaemon();
        foreach (var i in Enumerable.Range(0, 8))
            await node.Sees("web", $"touch /srv/{i}/x");
        Assert.Equal(before + 8, (await node.Mounts("web")).Split('\n').Length);
        // And those that are taken away while nobody looks.
        await TakeAway();
        Assert.Equal(before, (await node.Mounts("web")).Split('\n').Length);

        async Task TakeAway()
        {
            foreach (var i in Enumerable.Range(0, 8))
                (await node.Holm("config", "device", "remove", "web", $"d{i}")).Well();
            await node.KillDaemon();
            await node.StartDaemon();
            await Shell.Until("all are gone", async () => (await node.Mounts("web")).Split('\n').Length == before);
        }
    }

    [Fact]
    public async Task An_app_that_swaps_what_is_mounted_on_gains_nothing()
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        await node.Launch("web");
        var hosts = await File.ReadAllTextAsync("/proc/self/mountinfo");
        await node.In("web", "mkdir -p /srv/a /srv/keep; (while :; do mv /srv/a /srv/b; ln -s ../../../../../../ /srv/a; rm /srv/a; " +
            "mv /srv/b /srv/a; done) >/dev/null 2>&1 & echo");
        var before = await node.Mounts("web");
        for (var i = 0; i < 20; i++)
        {
            await node.Share("web", "data", $"source={host.Path}", $"path=/srv/a/holm-swap/{i % 3}");
            (await node.Holm("config", "device", "remove", "web", "data")).Well();
        }
        await Shell.Until("all are gone", async () => await node.Mounts("web") == before);
        Assert.False(Directory.Exists("/holm-swap"));
        Assert.DoesNotContain(host.Path, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.Equal("Running", await node.Status("web"));
    }

    [Fact]
    public async Task Wrong_words_are_refused_before_anything_happens()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        foreach (var (keys, reason) in ((string, string)[])[
            ("source=/usb", "say where the app sees it"),
            ("source=usb path=/mnt", "it must begin with /"),
            ("source=/usb path=/proc/x", "/proc is the kernel's"),
            ("source=/usb path=/mnt propagation=shared", "propagation")])
        {
            var refused = await node.Holm(["config", "device", "add", "web", "d", "disk", .. keys.Split(' ')]);
            Assert.NotEqual(0, refused.Code);
            Assert.Contains(reason, refused.Err, StringComparison.Ordinal);
        }
    }
}
