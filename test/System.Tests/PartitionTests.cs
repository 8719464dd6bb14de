using System.Diagnostics;
using System.Text.Json;

namespace System.Tests;

/// <summary>Partition apps on the real kernel: what its apps may use together, how it is divided, and who does not notice.</summary>
public sealed class PartitionTests
{
    private const string Burners = "init.cmd=/bin/sh -c \"while :; do :; done & while :; do :; done & while :; do :; done\"";
    private static readonly int Cpus = Environment.ProcessorCount;

    [Fact]
    public async Task All_apps_together_get_a_quarter_of_the_processors_and_share_it_equally()
    {
        await using var node = await TestNode.Start();
        string[] apps = ["a", "b", "c"];
        foreach (var app in apps)
            await node.Launch(app, "sample", "--config", Burners);
        await node.Launch("outside", "sample", "--config", Burners, "--no-partition");
        var groups = new Groups(node);
        Assert.Equal(Cpus * 0.25, groups.CpuQuota(Groups.Apps));
        Assert.All(apps, a => Assert.Null(groups.CpuQuota(Groups.In(a))));

        // Accounting over intervals of the wall clock. Never more than the quota; as much, as soon as the machine has it to give.
        var (total, outside) = (new double[apps.Length], 0.0);
        var shares = new List<double>();
        while (shares.Count < 20 && (shares.Count < 3 || shares.Max() < 0.22))
        {
            var window = await Used(groups, [.. apps.Select(Groups.In), "outside"]);
            shares.Add(window[..3].Sum() / Cpus);
            for (var i = 0; i < apps.Length; i++)
                total[i] += window[i];
            outside += window[3];
        }
        Assert.All(shares, s => Assert.InRange(s, 0, 0.28));
        Assert.InRange(shares.Max(), 0.22, 0.28);
        Assert.All(total, t => Assert.InRange(t / total.Sum(), 0.20, 0.47));
        Assert.True(outside > total.Sum(), $"an app outside got {outside} while three inside got {total.Sum()}");
    }

    /// <summary>Processor seconds that each group uses in a second of the wall clock.</summary>
    private static async Task<double[]> Used(Groups groups, string[] names)
    {
        var (before, watch) = (names.Select(groups.Cpu).ToArray(), Stopwatch.StartNew());
        await Task.Delay(3000);
        var (after, seconds) = (names.Select(groups.Cpu).ToArray(), watch.Elapsed.TotalSeconds);
        return [.. before.Zip(after, (b, a) => (a - b).TotalSeconds / seconds)];
    }

    [Fact]
    public async Task Memory_is_divided_among_the_apps_that_are_enabled_or_run()
    {
        await using var node = await TestNode.Start();
        var groups = new Groups(node);
        (await node.Holm("resources", "memory", "1")).Well();
        await node.Launch("a");
        var whole = groups.MemoryLimit(Groups.Apps);
        Assert.InRange(whole, Ram() / 100 - 4096, Ram() / 100);
        Assert.Equal(Part(whole, 1), groups.MemoryLimit(Groups.In("a")));
        // Created is enabled; deleted is neither; one with a limit of its own takes no more than that.
        (await node.Holm("app", "create", "b", "sample", "--config", "limits.memory=10MiB")).Well();
        await HoldsUntil(groups, "a", Part(whole, 2));
        (await node.Holm("app", "start", "b")).Well();
        Assert.Equal(10 << 20, groups.MemoryLimit(Groups.In("b")));
        (await node.Holm("config", "set", "b", "boot.autostart=false")).Well();
        (await node.Holm("app", "stop", "b", "--force")).Well();
        await HoldsUntil(groups, "a", Part(whole, 1));
        // The whole grows and shrinks: parts follow at once.
        (await node.Holm("resources", "memory", "2", "cpu", "40")).Well();
        await HoldsUntil(groups, "a", Part(Ram() / 50, 1));
        Assert.InRange(groups.MemoryLimit(Groups.Apps), Ram() / 50 - 4096, Ram() / 50);
        Assert.Equal(Cpus * 0.4, groups.CpuQuota(Groups.Apps));
        (await node.Holm("resources", "memory", "1")).Well();
        await HoldsUntil(groups, "a", Part(whole, 1));
        await Shell.Until("the whole is small again", () => Task.FromResult(groups.MemoryLimit(Groups.Apps) == whole));
        Assert.Contains("40%", (await node.Holm("resources")).Well().Out, StringComparison.Ordinal);
        Assert.Contains("resources cpu 40 memory 1\n", await File.ReadAllTextAsync(Path.Combine(node.State, "startup-config.cfg")),
            StringComparison.Ordinal);
        var shown = (await node.Holm("app", "show", "a")).Well().Out;
        Assert.Matches(@"Partition +: apps: 40% of the CPUs together, \d", shown);
        using var json = JsonDocument.Parse((await node.Holm("app", "show", "a", "--format", "json")).Well().Out);
        var state = json.RootElement.GetProperty("state");
        Assert.Equal(Part(whole, 1), state.GetProperty("memory").GetProperty("total").GetInt64());
        Assert.Equal(Cpus * 400_000_000L, state.GetProperty("cpu").GetProperty("allocated_time").GetInt64());
    }

    [Fact]
    public async Task A_memory_hog_dies_alone_and_is_started_again()
    {
        await using var node = await TestNode.Start();
        (await node.Holm("resources", "memory", "1")).Well();
        await node.Launch("quiet");
        await node.Launch("other");
        var inits = (await node.InitPid("quiet"), await node.InitPid("other"));
        // tail keeps a line that does not end.
        await node.Launch("hog", "sample", "--config", "init.cmd=/bin/sh -c \"sleep 1; exec tail /dev/zero\"");
        var ends = 0;
        for (var pid = await node.InitPid("hog"); ends < 2; ends++)
        {
            var before = pid;
            await Shell.Until("the hog is killed and started again", async () =>
                (await Shell.Run("lxc-info", ["-P", node.LxcPath, "-n", "hog", "-p", "-H"])).Out.Trim() is { Length: > 0 } now
                && int.TryParse(now, out pid) && pid != before);
        }
        var groups = new Groups(node);
        Assert.Equal(0, groups.OutOfMemory(Groups.In("quiet")) + groups.OutOfMemory(Groups.In("other")));
        // A process of an app that eats dies likewise, and is counted.
        Assert.NotEqual(0, (await node.Holm("exec", "other", "--", "tail", "/dev/zero")).Code);
        Assert.Equal((0, 1), (groups.OutOfMemory(Groups.In("quiet")), groups.OutOfMemory(Groups.In("other"))));
        Assert.Equal(inits, (await node.InitPid("quiet"), await node.InitPid("other")));
        Assert.Equal("Running", await node.Status("quiet"));
        Assert.Contains("here", await node.In("other", "echo here"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_below_what_is_used_kills_nothing_and_a_start_waits_for_it_and_says_so()
    {
        await using var node = await TestNode.Start();
        var groups = new Groups(node);
        (await node.Holm("resources", "memory", "1")).Well();
        await node.Launch("big", "sample", "--no-enable");
        var (whole, init) = (groups.MemoryLimit(Groups.Apps), await node.InitPid("big"));
        await node.In("big", $"head -c {whole * 2 / 3} /dev/zero > /tmp/ballast");

        (await node.Holm("app", "create", "late", "sample")).Well();
        var watch = Stopwatch.StartNew();
        var refused = await node.Holm("app", "start", "late");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("no room in partition apps", refused.Err, StringComparison.Ordinal);
        Assert.Contains("big holds", refused.Err, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 30);
        var list = (await node.Holm("list", "--format", "csv")).Well().Out.Split('\n');
        Assert.Contains("no room in partition apps", list.Single(l => l.StartsWith("late,", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.Contains("the old limit holds", list.Single(l => l.StartsWith("big,", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal("Starting", await node.Status("late"));
        Assert.Equal(whole, groups.MemoryLimit(Groups.In("big")));

        // Smaller than what is used: the whole stays, too, until they have shrunk.
        (await node.Holm("resources", "memory", "2")).Well();
        await Shell.Until("there is room for late", async () => await node.Status("late") == "Running");
        (await node.Holm("resources", "memory", "1")).Well();
        await Task.Delay(500);
        Assert.InRange(groups.MemoryLimit(Groups.Apps), whole * 3 / 2, whole * 2 + 4096);

        await node.In("big", "rm /tmp/ballast");
        await HoldsUntil(groups, "big", Part(whole, 2));
        await HoldsUntil(groups, "late", Part(whole, 2));
        await Shell.Until("the whole is small again", () => Task.FromResult(groups.MemoryLimit(Groups.Apps) == whole));
        Assert.Equal(init, await node.InitPid("big"));
        Assert.Equal(0, groups.OutOfMemory(Groups.In("big")));
    }

    [Fact]
    public async Task A_start_that_waits_begins_by_itself_when_there_is_room()
    {
        await using var node = await TestNode.Start();
        var groups = new Groups(node);
        (await node.Holm("resources", "memory", "1")).Well();
        await node.Launch("big", "sample", "--no-enable");
        var whole = groups.MemoryLimit(Groups.Apps);
        await node.In("big", $"head -c {whole * 2 / 3} /dev/zero > /tmp/ballast");
        (await node.Holm("app", "create", "late", "sample")).Well();
        Assert.NotEqual(0, (await node.Holm("app", "start", "late")).Code);
        await node.In("big", "rm /tmp/ballast");
        await Shell.Until("late runs", async () => await node.Status("late") == "Running");
        Assert.Equal(Part(whole, 2), groups.MemoryLimit(Groups.In("late")));
        Assert.Equal(Part(whole, 2), groups.MemoryLimit(Groups.In("big")));
        // What was waited for is withdrawn as any start is.
        await node.In("big", $"head -c {whole / 3} /dev/zero > /tmp/ballast");
        (await node.Holm("app", "create", "later", "sample")).Well();
        (await node.Holm("app", "create", "latest", "sample")).Well();
        Assert.NotEqual(0, (await node.Holm("app", "start", "later", "latest")).Code);
        (await node.Holm("app", "stop", "later", "latest")).Well();
        Assert.Equal("Stopped", await node.Status("latest"));
    }

    [Fact]
    public async Task Files_in_the_page_cache_make_room_for_a_start()
    {
        await using var node = await TestNode.Start();
        var groups = new Groups(node);
        (await node.Holm("resources", "memory", "1")).Well();
        await node.Launch("reader", "sample", "--no-enable", "--pool", "default");
        var whole = groups.MemoryLimit(Groups.Apps);
        await node.In("reader", $"head -c {whole * 3 / 4} /dev/urandom > /root/data; sync; cat /root/data > /dev/null");
        await node.Launch("next");
        Assert.Equal(Part(whole, 2), groups.MemoryLimit(Groups.In("reader")));
        Assert.Equal(0, groups.OutOfMemory(Groups.In("reader")));
    }

    [Fact]
    public async Task The_next_daemon_finds_the_same_division()
    {
        await using var node = await TestNode.Start();
        var groups = new Groups(node);
        (await node.Holm("resources", "memory", "1", "cpu", "30")).Well();
        await node.Launch("a");
        await node.Launch("b");
        await node.Launch("outside", "sample", "--no-partition");
        (long, long, long, double?) Seen() => (groups.MemoryLimit(Groups.Apps), groups.MemoryLimit(Groups.In("a")),
            groups.MemoryLimit(Groups.In("b")), groups.CpuQuota(Groups.Apps));
        var (before, inits) = (Seen(), (await node.InitPid("a"), await node.InitPid("outside")));
        Assert.Equal(Part(before.Item1, 2), before.Item2);
        await node.KillDaemon();
        await node.StartDaemon();
        Assert.Equal("Running", await node.Status("a"));
        Assert.Equal(before, Seen());
        Assert.Equal(inits, (await node.InitPid("a"), await node.InitPid("outside")));
        // It knows them well enough to divide anew, to end them and to leave nothing.
        (await node.Holm("app", "delete", "--force", "b")).Well();
        await HoldsUntil(groups, "a", Part(before.Item1, 1));
        (await node.Holm("app", "stop", "a", "outside")).Well();
        await Shell.Until("no group is left", () => Task.FromResult(!groups.Exist(Groups.Apps) && !groups.Exist("outside")));
    }

    [Fact]
    public async Task A_changed_key_counts_from_the_next_start()
    {
        await using var node = await TestNode.Start();
        var groups = new Groups(node);
        await node.Launch("a");
        (await node.Holm("config", "set", "a", "limits.partition=none")).Well();
        Assert.True(groups.Exist(Groups.In("a")));
        (await node.Holm("app", "restart", "a")).Well();
        Assert.True(groups.Exist("a"));
        Assert.False(groups.Exist(Groups.In("a")));
        Assert.Equal(4, (await node.Holm("exec", "a", "--", "sh", "-c", "exit 4")).Code);
    }

    [Fact]
    public async Task Nodes_side_by_side_have_partitions_of_their_own()
    {
        await using var one = await TestNode.Start();
        await using var two = await TestNode.Start();
        await one.Launch("web");
        await two.Launch("web");
        var (first, second) = (new Groups(one), new Groups(two));
        (await one.Holm("resources", "cpu", "10", "memory", "1")).Well();
        await HoldsUntil(first, "web", Part(Ram() / 100, 1));
        Assert.Equal(Cpus * 0.1, first.CpuQuota(Groups.Apps));
        Assert.Equal(Cpus * 0.25, second.CpuQuota(Groups.Apps));
        Assert.InRange(second.MemoryLimit(Groups.In("web")), Ram() / 2 - 8192, Ram() / 2);
        (await one.Holm("app", "stop", "--force", "web")).Well();
        Assert.True(second.Exist(Groups.In("web")));
    }

    private static long Part(long whole, int apps) => whole / apps / 4096 * 4096;

    private static long Ram() => long.Parse(
        File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;

    private static Task HoldsUntil(Groups groups, string app, long bytes) =>
        Shell.Until($"{app} holds {bytes}", () => Task.FromResult(groups.MemoryLimit(Groups.In(app)) == bytes));
}
