namespace System.Tests;

/// <summary>What process 1 of an app is given, and what it is kept from; read inside and outside.</summary>
public sealed class IsolationTests
{
    [Fact]
    public async Task Process_1_inherits_nothing_from_the_daemon()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web", "sample", "--config", "environment.A=first\nsecond");
        var pid = await node.InitPid("web");
        var status = "";
        // While init forks a child its C library blocks everything for a moment.
        await Shell.Until($"no signal is blocked:\n{status}", async () =>
        {
            status = await File.ReadAllTextAsync($"/proc/{pid}/status");
            return status.Contains("SigBlk:\t0000000000000000", StringComparison.Ordinal);
        });
        // BusyBox init catches what it needs; SIGPIPE (bit 12), which .NET ignores, is not ignored here.
        var ignored = Convert.ToUInt64(Line(status, "SigIgn:"), 16);
        Assert.Equal(0ul, ignored & (1ul << 12));
        Assert.Equal(["0", "1", "2"], Directory.EnumerateFiles($"/proc/{pid}/fd").Select(f => Path.GetFileName(f)!).Order());
        var environment = (await File.ReadAllTextAsync($"/proc/{pid}/environ")).TrimEnd('\0').Split('\0');
        Assert.Equal(["A=first\nsecond", "container=lxc"], environment.Order(StringComparer.Ordinal));
        Assert.Matches(@"Max open files\s+1024", await node.In("web", "cat /proc/1/limits"));
    }

    [Fact]
    public async Task An_app_is_unprivileged_unless_it_is_said_otherwise()
    {
        await using var node = await TestNode.Start();
        await node.Launch("plain");
        await node.Launch("root", "sample", "--config", "security.privileged=true");
        Assert.NotEqual("0", (await Shell.Sh($"stat -c %u /proc/{await node.InitPid("plain")}")).Out.Trim());
        Assert.Equal("0", (await Shell.Sh($"stat -c %u /proc/{await node.InitPid("root")}")).Out.Trim());
        Assert.Equal("0 0\n", await node.In("plain", "stat -c '%u %g' /bin/busybox | tr -d '\\r'"));
        // LXC's list of dropped capabilities: sys_module 16, sys_rawio 17, sys_time 25, mac_override 32, mac_admin 33.
        var effective = Convert.ToUInt64(Line(await File.ReadAllTextAsync($"/proc/{await node.InitPid("root")}/status"), "CapBnd:"), 16);
        foreach (var capability in (int[])[16, 17, 25, 32, 33])
            Assert.Equal(0ul, effective & (1ul << capability));
        Assert.Equal("2", Line(await File.ReadAllTextAsync($"/proc/{await node.InitPid("plain")}/status"), "Seccomp:"));
    }

    [Fact]
    public async Task Isolated_apps_have_ids_of_their_own()
    {
        await using var node = await TestNode.Start();
        await node.Launch("shared");
        await node.Launch("alone", "sample", "--config", "security.idmap.isolated=true");
        var (shared, alone) = (await Uid("shared"), await Uid("alone"));
        Assert.NotEqual(shared, alone);
        Assert.Equal(0, (alone - shared) % 65536);
        async Task<long> Uid(string app) => long.Parse((await Shell.Sh($"stat -c %u /proc/{await node.InitPid(app)}")).Out);
    }

    [Fact]
    public async Task Only_layers_are_mounted_in_the_hosts_table()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        var ours = File.ReadLines("/proc/self/mountinfo").Where(l => l.Contains(node.RunFolder, StringComparison.Ordinal)).ToList();
        var layer = Assert.Single(ours);
        Assert.Contains(" ro,nosuid,nodev,noexec", layer, StringComparison.Ordinal);
        Assert.Contains("squashfs", layer, StringComparison.Ordinal);
        Assert.Equal("700", (await Shell.Sh($"stat -c %a {node.RunFolder}/layers")).Out.Trim());
        var inside = await node.In("web", "cat /proc/1/mountinfo");
        Assert.Contains(" / / rw,nodev", inside, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Devices_are_those_of_LXCs_list_only()
    {
        await using var node = await TestNode.Start();
        await node.Launch("root", "sample", "--config", "security.privileged=true");
        (await node.Holm("exec", "root", "--", "/bin/sh", "-c", "head -c1 /dev/zero > /dev/null && echo x > /dev/null")).Well();
        // /dev/kmsg (1:11) and /dev/loop-control (10:237) can be made, and not opened.
        Assert.Contains("not permitted", (await node.Holm(
            "exec", "root", "--", "/bin/sh", "-c", "mknod /dev/k c 1 11 && head -c1 /dev/k")).Err, StringComparison.Ordinal);
        Assert.Contains("not permitted", (await node.Holm(
            "exec", "root", "--", "/bin/sh", "-c", "mknod /dev/l c 10 237 && head -c1 /dev/l")).Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_hold_and_counters_count()
    {
        await using var node = await TestNode.Start();
        await node.Launch("small", "sample", "--config", "limits.memory=32MiB", "--config", "limits.processes=40");
        // 64 MiB in a tmpfs of its own count against its 32 MiB: it is killed, the app lives on.
        var hog = await node.Holm("exec", "small", "--", "/bin/sh", "-c", "head -c 64m /dev/zero | tail -c 64m | wc -c");
        Assert.NotEqual("67108864\n", hog.Out);
        Assert.Equal("Running", await node.Status("small"));
        var bomb = await node.Holm("exec", "small", "--", "/bin/sh", "-c", "for i in $(seq 100); do sleep 5 & done; wait");
        Assert.Contains("fork", bomb.Err, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\"usage\"", (await node.Holm("app", "show", "small", "--format", "json")).Well().Out, StringComparison.Ordinal);
        // Live: a new limit is felt at once; the group holds the monitor besides.
        (await node.Holm("config", "set", "small", "limits.processes=500")).Well();
        var group = $"holm-{node.Id}/_apps/small/pids.max";
        await Shell.Until("the new limit is set", async () =>
            (await Shell.Sh($"cat /sys/fs/cgroup/pids/{group} /sys/fs/cgroup/{group} 2>/dev/null")).Out.Trim() == "501");
    }

    [Fact]
    public async Task A_memory_limit_below_what_is_used_waits_until_it_fits()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        await node.In("web", "head -c 40m /dev/zero > /tmp/ballast");
        (await node.Holm("config", "set", "web", "limits.memory=20MiB", "limits.processes=77")).Well();
        await Shell.Until("it says why", async () => (await node.Holm("app", "show", "web")).Out.Contains("the old limit holds",
            StringComparison.Ordinal));
        Assert.Equal("Running", await node.Status("web"));
        var group = $"holm-{node.Id}/_apps/web";
        Assert.Equal("78", (await Shell.Sh($"cat /sys/fs/cgroup/pids/{group}/pids.max /sys/fs/cgroup/{group}/pids.max 2>/dev/null"))
            .Out.Trim());
        await node.In("web", "rm /tmp/ballast");
        await Shell.Until("it is set", async () =>
            (await Shell.Sh($"cat /sys/fs/cgroup/memory/{group}/memory.limit_in_bytes /sys/fs/cgroup/{group}/memory.max 2>/dev/null"))
                .Out.Trim() == $"{20 << 20}");
        Assert.DoesNotContain("limit", (await node.Holm("app", "show", "web")).Well().Out.Split("Config")[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Processors_are_given_and_taken_while_it_runs()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web", "sample", "--config", "limits.processes=1");
        foreach (var cpu in (string[])["0", "1", "0"])
        {
            (await node.Holm("config", "set", "web", $"limits.cpu={cpu}-{cpu}")).Well();
            await Shell.Until($"it is on {cpu}", async () => Line(await File.ReadAllTextAsync(
                $"/proc/{await node.InitPid("web")}/status"), "Cpus_allowed_list:") == cpu);
            Assert.Equal("Running", await node.Status("web"));
        }
    }

    [Fact]
    public async Task A_full_root_fills_only_itself()
    {
        await using var node = await TestNode.Start();
        await node.Launch("tiny", "sample", "--size", "4MiB");
        var full = await node.Holm("exec", "tiny", "--", "/bin/sh", "-c", "dd if=/dev/zero of=/root/big bs=64k count=128");
        Assert.Contains("No space left", full.Err, StringComparison.Ordinal);
        var inodes = await node.Holm("exec", "tiny", "--", "/bin/sh", "-c",
            "rm /root/big; i=0; while [ $i -lt 3000 ]; do : > /root/$i || exit 1; i=$((i+1)); done");
        Assert.NotEqual(0, inodes.Code);
    }

    private static string Line(string status, string key) =>
        status.Split('\n').Single(l => l.StartsWith(key, StringComparison.Ordinal))[key.Length..].Trim();
}
