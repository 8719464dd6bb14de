namespace Guest.Tests;

/// <summary>
/// Holm on Debian 12's own kernel: pure cgroup v2, layers that cannot be idmapped, AppArmor in the kernel without its tools.
/// </summary>
public sealed class HolmTests(HolmTests.Booted booted) : IClassFixture<HolmTests.Booted>
{
    private readonly HolmGuest _holm = booted.Holm;

    [Theory]
    [InlineData("idmapped SquashFS", "no", "shifted copy")]
    [InlineData("cgroups", "v2", "limits")]
    [InlineData("controller memory", "v2", "work")]
    [InlineData("device filter", "v2", "BPF")]
    [InlineData("AppArmor", "missing", "package apparmor")]
    [InlineData("project quota of HOLM_STATE", "yes", "enforced")]
    public async Task Checkconfig_says_how_this_node_works(string feature, string found, string says)
    {
        var checks = await _holm.Json("checkconfig");
        var check = checks.EnumerateArray().Single(c => c.GetProperty("feature").GetString() == feature);
        Assert.Equal(found, check.GetProperty("found").GetString());
        Assert.Contains(says, check.GetProperty("holm").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unprivileged_apps_share_one_shifted_copy_and_the_image_stays_as_it_was()
    {
        const string copies = "stat -c '%n %i %Y' /state/holm/layers/*.*.squashfs";
        await _holm.Launch("one");
        var copy = await _holm.Must(copies);
        Assert.Single(copy.TrimEnd().Split('\n'));
        await _holm.Launch("two");
        Assert.Equal(copy, await _holm.Must(copies));

        Assert.Matches(@"^\s*0\s+[1-9][0-9]{9}\s+65536\s*$", await _holm.Must($"cat /proc/{await _holm.Init("one")}/uid_map"));
        Assert.NotEqual("0\n", await _holm.Must($"stat -c %u /proc/{await _holm.Init("one")}"));
        // Links and folders, too, are root's inside; modes are as packed.
        Assert.Equal("0 0 755\n0 0 777\n0 0 700\n0 0 1777\n0 0 755\n", await _holm.Must(
            "holm exec one -- stat -c '%u %g %a' /bin/busybox /bin/sh /root /tmp /"));
        Assert.Equal(new GuestResult(37, "out\n"), await _holm.Run("holm exec one -- sh -c 'echo out; exit 37'"));
        Assert.Equal("mine\n", await _holm.Must("holm exec one -- sh -c 'echo mine > /etc/motd; chown 5:5 /etc/motd; cat /etc/motd'"));

        var fingerprint = (await _holm.Json("image list")).EnumerateArray().Single().GetProperty("fingerprint").GetString();
        Assert.Equal($"{fingerprint}  -\n", await _holm.Must("holm image export sample - | sha256sum"));
    }

    [Fact]
    public async Task A_privileged_app_stands_on_the_original()
    {
        await _holm.Launch("priv", "--config security.privileged=true");
        var init = await _holm.Init("priv");
        Assert.Equal("0\n", await _holm.Must($"stat -c %u /proc/{init}"));
        Assert.Equal("0 0\n", await _holm.Must("holm exec priv -- stat -c '%u %g' /bin/busybox"));
        var layer = await _holm.Must(
            $$"""
            monitor=$(awk '$1 == "PPid:" { print $2 }' /proc/{{init}}/status)
            loop=$(nsenter -t $monitor -m findmnt -n -o SOURCE /run/holm/instances/priv/0)
            basename $(losetup -n -O BACK-FILE $loop)
            """);
        Assert.Matches("^[0-9a-f]{64}[.]squashfs\n$", layer);
    }

    [Fact]
    public async Task Devices_are_filtered_for_a_privileged_app()
    {
        await _holm.Launch("filtered", "--config security.privileged=true");
        await _holm.Must(
            "holm exec filtered -- sh -c 'head -c1 /dev/zero > /dev/null && mknod /dev/z c 1 5 && head -c1 /dev/z > /dev/null'");
        foreach (var device in (string[])["c 1 11", "c 10 237", "b 7 0"])
        {
            var refused = await _holm.Run($"holm exec filtered -- sh -c 'rm -f /dev/k; mknod /dev/k {device} && head -c1 /dev/k'");
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("not permitted", refused.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Limits_and_counters_are_on_the_apps_own_group()
    {
        await _holm.Launch("small", "--no-partition --config limits.memory=64MiB --config limits.processes=40 --config limits.cpu=1");
        const string files = "cd /sys/fs/cgroup/holm-$id/small; cat memory.max pids.max; wc -w < cpuset.cpus";
        // The monitor is in the group, too.
        Assert.Equal("67108864\n41\n1\n", await _holm.Must(files));
        Assert.Contains("fork", (await _holm.Run("holm exec small -- sh -c 'for i in $(seq 60); do sleep 3 & done; wait'")).Output,
            StringComparison.OrdinalIgnoreCase);
        var hog = await _holm.Run("holm exec small -- sh -c 'head -c 80m /dev/zero | tail -c 80m | wc -c'");
        Assert.NotEqual("83886080\n", hog.Output);
        await _holm.Must("holm config set small limits.processes=500");
        await _holm.Until("cat /sys/fs/cgroup/holm-$id/small/pids.max", "501");

        // Written through the page cache of a real disk, so that block counters move.
        await _holm.Launch("writer", "--pool default");
        await _holm.Must("holm exec writer -- sh -c 'head -c 2m /dev/urandom > /root/data && sync && cat /root/data > /dev/null'");
        var state = (await _holm.Json("app show writer")).GetProperty("state");
        Assert.InRange(state.GetProperty("processes").GetInt64(), 1, 40);
        Assert.InRange(state.GetProperty("cpu").GetProperty("usage").GetInt64(), 1, long.MaxValue);
        Assert.InRange(state.GetProperty("memory").GetProperty("usage").GetInt64(), 1, long.MaxValue);
        Assert.InRange(state.GetProperty("block").GetProperty("bytes_written").GetInt64(), 1 << 20, long.MaxValue);
        var limited = (await _holm.Json("app show small")).GetProperty("state").GetProperty("memory");
        Assert.Equal(67108864, limited.GetProperty("total").GetInt64());
    }

    [Fact]
    public async Task Limits_of_LXDs_are_the_kernels_at_once()
    {
        const string group = "cd /sys/fs/cgroup/holm-$id/weighed; ";
        await _holm.Launch("weighed", "--no-partition --config limits.memory=64MiB");
        await _holm.Until(group + "cat cpu.weight cpu.max memory.max memory.low | xargs", "100 max 100000 67108864 0");
        await _holm.Must("holm config set weighed limits.cpu.allowance=50% limits.cpu.priority=5 limits.memory.enforce=soft");
        await _holm.Until(group + "cat cpu.weight cpu.max memory.max memory.low | xargs", "48 max 100000 max 67108864");
        await _holm.Must("holm config set weighed limits.cpu.allowance=25ms/100ms limits.memory=32MiB && " +
            "holm config unset weighed limits.cpu.priority");
        await _holm.Until(group + "cat cpu.weight cpu.max memory.max memory.low | xargs", "100 25000 100000 max 33554432");
        await _holm.Must("holm config set weighed limits.memory.enforce=hard && timeout 60 holm app restart weighed");
        await _holm.Until(group + "cat cpu.weight cpu.max memory.max memory.low | xargs", "100 25000 100000 33554432 0");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_device_comes_and_goes_while_it_runs(bool privileged)
    {
        var app = privileged ? "given-privileged" : "given";
        const string open = ": < /dev/loop-control";
        await _holm.Launch(app, $"--config security.privileged={privileged}");
        Assert.NotEqual(0, (await _holm.Run($"holm exec {app} -- sh -c '{open}'")).ExitCode);
        await _holm.Must($"holm config device add {app} loops unix-char path=/dev/loop-control");
        await _holm.Until($"holm exec {app} -- sh -c '{open}; echo $?'", "0");
        Assert.Equal("a ed\n", await _holm.Must($"holm exec {app} -- stat -c '%t %T' /dev/loop-control"));
        // Its neighbours are not: a disk, and what is numbered beside it.
        foreach (var device in privileged ? (string[])["b 7 0", "c 10 236"] : [])
            Assert.Contains("not permitted", (await _holm.Run(
                $"holm exec {app} -- sh -c 'rm -f /dev/k; mknod /dev/k {device} && head -c1 /dev/k'")).Output, StringComparison.Ordinal);
        await _holm.Must($"timeout 60 holm app restart {app}");
        await _holm.Until($"holm exec {app} -- sh -c '{open}; echo $?'", "0");
        await _holm.Must($"holm config device remove {app} loops");
        await _holm.Until($"holm exec {app} -- sh -c 'test -e /dev/loop-control; echo $?'", "1");
        if (privileged)
            Assert.Contains("not permitted", (await _holm.Run(
                $"holm exec {app} -- sh -c 'mknod /dev/loop-control c 10 237; {open}'")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Partition_apps_is_limited_and_what_does_not_fit_its_part_is_not_killed()
    {
        const string group = "/sys/fs/cgroup/holm-$id/_apps";
        const string files = $"cd {group}; cat cpu.max memory.max; cd part; cat cpu.max memory.max";
        await _holm.Launch("part");
        var partition = await _holm.Json("resources");
        var whole = partition.GetProperty("memory").GetProperty("total").GetInt64();
        var part = partition.GetProperty("memory_part").GetInt64();
        Assert.Equal(whole / partition.GetProperty("apps").GetInt32() / 4096 * 4096, part);
        Assert.Equal($"50000 100000\n{whole / 4096 * 4096}\nmax 100000\n{part}\n", await _holm.Must(files));

        await _holm.Must($"holm exec part -- sh -c 'head -c {part / 4 * 3} /dev/zero > /tmp/ballast'");
        var init = await _holm.Init("part");
        await _holm.Must("holm resources memory 25 cpu 50");
        await _holm.Until("holm app show part | grep -c 'the old limit holds'", "1");
        Assert.Equal($"max\n{part}\n", await _holm.Must($"cd {group}/part; cat memory.high memory.max"));
        await _holm.Must("holm exec part -- rm /tmp/ballast");
        await _holm.Until($"cat {group}/cpu.max {group}/part/memory.max", $"100000 100000\n{await Now()}");
        Assert.Equal("oom_kill 0\n", await _holm.Must($"grep '^oom_kill ' {group}/part/memory.events"));
        Assert.Equal(init, await _holm.Init("part"));
        await _holm.Must("holm resources memory 50 cpu 25");

        async Task<long> Now() => (await _holm.Json("resources")).GetProperty("memory_part").GetInt64();
    }

    [Fact]
    public async Task Freeze_holds_the_app_and_unfreeze_lets_it_go()
    {
        await _holm.Launch("cold");
        await _holm.Must("holm app freeze cold");
        Assert.Equal("1\nfrozen 1\n", await _holm.Must(
            "cd /sys/fs/cgroup/holm-$id/_apps/cold/payload; cat cgroup.freeze; grep frozen cgroup.events"));
        Assert.Contains("cold Frozen", await _holm.Apps());
        await _holm.Must("holm app unfreeze cold && holm exec cold -- true");
        Assert.Equal("0\n", await _holm.Must("cat /sys/fs/cgroup/holm-$id/_apps/cold/payload/cgroup.freeze"));
        await _holm.Must("holm app freeze cold && holm app stop --force cold");
        Assert.Contains("cold Stopped", await _holm.Apps());
    }

    [Fact]
    public async Task A_killed_monitor_takes_the_app_down_and_leaves_no_group()
    {
        await _holm.Launch("doomed", "--config boot.autorestart=false");
        var init = await _holm.Init("doomed");
        await _holm.Must($"kill -9 $(awk '$1 == \"PPid:\" {{ print $2 }}' /proc/{init}/status)");
        await _holm.Until("[ -e /sys/fs/cgroup/holm-$id/_apps/doomed ] && echo there || echo gone", "gone");
        await _holm.Until($"[ -d /proc/{init} ] && echo there || echo gone", "gone");
        var doomed = (await _holm.Json("list")).EnumerateArray().Single(a => a.GetProperty("name").GetString() == "doomed");
        Assert.NotEqual("Running", doomed.GetProperty("status").GetString());
        Assert.Contains("monitor", doomed.GetProperty("reason").GetString(), StringComparison.Ordinal);
        await _holm.Must("timeout 60 holm app start doomed && holm exec doomed -- true");
    }

    [Fact]
    public async Task A_kept_root_survives_restarts_and_its_size_is_enforced()
    {
        await _holm.Launch("kept", "--pool default --size 8MiB");
        await _holm.Must("holm exec kept -- sh -c 'echo keep > /root/note; chown 7:8 /root/note; rm /etc/motd; mv /var/www /var/web'");
        const string fill = "holm exec kept -- dd if=/dev/zero of=/root/big bs=1M count=20";
        var full = await _holm.Run(fill);
        Assert.NotEqual(0, full.ExitCode);
        Assert.Matches("No space left|[Qq]uota exceeded", full.Output);
        Assert.Equal("yes\n", await _holm.Must("[ $(stat -c %s /state/holm/pools/default/kept/u/root/big) -le 8388608 ] && echo yes"));
        // The container's own ids are kept, whatever range it runs in.
        Assert.Equal("7 8\n", await _holm.Must("stat -c '%u %g' /state/holm/pools/default/kept/u/root/note"));

        await _holm.Must("holm exec kept -- rm /root/big; timeout 90 holm app restart kept");
        Assert.Equal("keep\n7 8\n", await _holm.Must("holm exec kept -- sh -c 'cat /root/note; stat -c \"%u %g\" /root/note'"));
        await _holm.Must("holm exec kept -- sh -c '[ ! -e /etc/motd ] && [ ! -e /var/www ] && cat /var/web/index.html'");

        // A size given, changed or taken away later counts from the next start on.
        await _holm.Must("holm config device set kept root size=40MiB && timeout 90 holm app restart kept");
        await _holm.Must(fill);
    }

    [Fact]
    public async Task A_boot_in_1970_brings_back_what_ran_and_a_clock_set_forward_changes_nothing()
    {
        const string states = "holm list --format json | jq -r '.[] | select(.name | startswith(\"clock-\")) | .name + \" \" + .status'";
        await _holm.Launch("clock-on");
        await _holm.Must("holm app create clock-off sample --no-enable && holm app create clock-failing sample " +
            "--config init.cmd=/bin/false && timeout 60 holm app start clock-off && holm app stop clock-off");
        // The kernel takes no time before its own start, so a minute past 1970 would be too early for a guest that is up longer.
        await _holm.BootAgain(clock: 3600);
        await _holm.Until(states + " | grep -v failing", "clock-off Stopped\nclock-on Running");
        // Pauses and deadlines are kept by another clock: a stop is neither forced at once nor never, a failing app goes on being tried.
        await _holm.Must("date -s @2000000000 && timeout 60 holm app restart clock-on && holm exec clock-on -- true");
        await _holm.Must("date -s @1000000000 && timeout 60 holm app restart clock-on && holm exec clock-on -- true");
        await _holm.Until("holm app show clock-failing --format json | jq -r .reason | grep -o '^init ended[^;]*'",
            "init ended with exit code 1");
        await _holm.Must("holm app stop clock-failing");
    }

    [Fact]
    public async Task Without_apparmor_parser_an_app_starts_unconfined()
    {
        await _holm.Must("[ -d /sys/kernel/security/apparmor ] && ! command -v apparmor_parser");
        await _holm.Launch("armour");
        Assert.Equal("unconfined\n", await _holm.Must($"cat /proc/{await _holm.Init("armour")}/attr/current"));
    }

    /// <summary>One guest with one node for all tests of this class; each test has apps of its own.</summary>
    public sealed class Booted : IAsyncLifetime
    {
        private StateDisk? _state;

        public HolmGuest Holm { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _state = await StateDisk.Create(512, projectQuota: true);
            Holm = await HolmGuest.Boot(_state);
            await Holm.Must("holm image import /payload/sample.squashfs --alias sample");
        }

        public async ValueTask DisposeAsync()
        {
            if (Holm is not null)
                await Holm.DisposeAsync();
            _state?.Dispose();
        }
    }
}
