using System.Globalization;

namespace System.Tests;

/// <summary>LXD's keys of limits by LXD's client, read back from the kernel's control groups while the app runs.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task Processor_time_is_weighed_or_cut_at_once()
    {
        await using var node = await TestNode.Start();
        var groups = new Groups(node);
        await node.Lxc("launch", "sample", "web");
        Assert.Equal((1024, null), Cpu(groups));
        await node.Lxc("config", "set", "web", "limits.cpu.allowance=50%", "limits.cpu.priority=5");
        await Until(groups, 495, null);
        await node.Lxc("config", "set", "web", "limits.cpu.allowance=25ms/100ms");
        await Until(groups, 1019, 0.25);
        await node.Lxc("config", "set", "web", "limits.cpu.allowance=10ms/20ms", "limits.cpu.priority=0");
        await Until(groups, 1014, 0.5);
        // It is really held back: the kernel counts how often.
        await Shell.Until("it is throttled", async () =>
        {
            await node.TryLxc("exec", "web", "--", "timeout", "1", "sh", "-c", "while :; do :; done");
            return groups.Throttled("web") > 0;
        });
        await node.Lxc("config", "unset", "web", "limits.cpu.allowance");
        await node.Lxc("config", "unset", "web", "limits.cpu.priority");
        await Until(groups, 1024, null);
        await node.Lxc("config", "set", "web", "limits.cpu.allowance=200ms/100ms");
        await Until(groups, 1024, 2.0);
        // A start sets the same.
        await node.Lxc("restart", "web", "--force");
        Assert.Equal((1024, 2.0), Cpu(groups));
    }

    private static Task Until(Groups groups, int shares, double? quota) =>
        Shell.Until($"{shares} shares and a quota of {quota}: {Cpu(groups)}", () =>
            Task.FromResult(Cpu(groups) == (Seen(groups, shares), quota)));

    private static (int Shares, double? Quota) Cpu(Groups groups) =>
        (int.Parse(groups.Read("web", "cpu.shares", "cpu.weight")!, CultureInfo.InvariantCulture), groups.CpuQuota("web"));

    private static int Seen(Groups groups, int shares) => groups.CpuIsV2("web") ? shares * 100 / 1024 : shares;

    [Fact]
    public async Task Memory_is_a_wall_or_a_wish()
    {
        await using var node = await TestNode.Start();
        var groups = new Groups(node);
        await node.Lxc("launch", "sample", "web", "-c", "limits.memory=64MiB");
        Assert.Equal(64 << 20, groups.MemoryLimit("web"));
        await node.Lxc("config", "set", "web", "limits.memory.enforce=soft");
        await Shell.Until("it is a wish", () => Task.FromResult(groups.MemoryLimit("web") > 1L << 40 && Soft() == 64 << 20));
        await node.Lxc("config", "set", "web", "limits.memory=32MiB");
        await Shell.Until("a smaller one", () => Task.FromResult(Soft() == 32 << 20));
        await node.Lxc("config", "set", "web", "limits.memory.enforce=hard");
        await Shell.Until("it is a wall", () => Task.FromResult(groups.MemoryLimit("web") == 32 << 20 && Soft() is 0 or > 1L << 40));

        long Soft() => long.Parse(groups.Read("web", "memory.soft_limit_in_bytes", "memory.low")!, CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Disks_are_weighed_where_the_kernel_weighs_them_and_else_that_is_told()
    {
        await using var node = await TestNode.Start();
        var groups = new Groups(node);
        await node.Lxc("launch", "sample", "web");
        string? Weight() => groups.Read("web", "blkio.weight", "io.weight") ?? groups.Read("web", "blkio.bfq.weight", "io.bfq.weight");
        await node.Lxc("config", "set", "web", "limits.disk.priority=3");
        if (Weight() is null)
        {
            await Shell.Until("it is told", async () =>
                (await node.Holm("list")).Out.Contains("limits.disk.priority has no effect", StringComparison.Ordinal));
            return;
        }
        await Shell.Until("300", () => Task.FromResult(Number() == 300));
        await node.Lxc("config", "set", "web", "limits.disk.priority=0");
        await Shell.Until("10", () => Task.FromResult(Number() == 10));
        await node.Lxc("config", "unset", "web", "limits.disk.priority");
        await Shell.Until("100", () => Task.FromResult(Number() == 100));
        int Number() => int.Parse(Weight()!.Split(' ', '\n')[^1], CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_quota_above_the_partition_is_told_and_comes_when_there_is_room()
    {
        await using var node = await TestNode.Start();
        var groups = new Groups(node);
        await node.Launch("web");
        // The partition has a quarter of all processors.
        await node.Lxc("config", "set", "web", $"limits.cpu.allowance={Environment.ProcessorCount * 50}ms/100ms");
        await Shell.Until("it is told", async () =>
            (await node.Holm("app", "show", "web")).Out.Contains("more than partition apps has", StringComparison.Ordinal));
        Assert.Null(groups.CpuQuota(Groups.In("web")));
        (await node.Holm("resources", "cpu", "60")).Well();
        await Shell.Until("it fits", () => Task.FromResult(groups.CpuQuota(Groups.In("web")) == Environment.ProcessorCount * 0.5));
    }

    [Fact]
    public async Task Nesting_gives_a_whole_proc_to_those_inside()
    {
        await using var node = await TestNode.Start();
        const string nested = "unshare -U -r -m -p -f mount -t proc proc /mnt";
        await node.Lxc("launch", "sample", "web", "-c", "security.privileged=true");
        Assert.NotEqual(0, (await node.TryLxc("exec", "web", "--", "sh", "-c", nested)).Code);
        await node.Lxc("config", "set", "web", "security.nesting=true");
        await node.Lxc("restart", "web", "--force");
        await node.Lxc("exec", "web", "--", "sh", "-c", nested);
    }

    [Theory]
    [InlineData("limits.cpu.allowance=0%")]
    [InlineData("limits.cpu.allowance=half")]
    [InlineData("limits.cpu.allowance=25ms")]
    [InlineData("limits.cpu.allowance=1ms/2000ms")]
    [InlineData("limits.cpu.priority=11")]
    [InlineData("limits.cpu.priority=-1")]
    [InlineData("limits.disk.priority=high")]
    [InlineData("limits.memory.enforce=maybe")]
    [InlineData("limits.processes=0")]
    [InlineData("security.nesting=perhaps")]
    [InlineData("security.idmap.base=100000")]
    [InlineData("security.idmap.size=1000")]
    public async Task What_is_no_value_is_refused_by_the_keys_name(string setting)
    {
        await using var node = await TestNode.Start();
        await node.Lxc("init", "sample", "web");
        await node.IsRefused("web", $"config key {setting.Split('=')[0]}", "config", "set", "web", setting);
    }
}
