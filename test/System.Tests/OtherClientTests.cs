using System.Text.RegularExpressions;

namespace System.Tests;

/// <summary>Other unmodified clients of LXD's API than <c>lxc</c>, as Debian has them.</summary>
public sealed class OtherClientTests
{
    /// <summary>pylxd is from the time before virtual machines: it asks for containers.</summary>
    [Fact]
    public async Task Pylxd_makes_runs_changes_and_deletes()
    {
        await using var node = await TestNode.Start();
        (await Shell.Run("/usr/bin/python3", [Path.Combine(TestNode.Programs, "../test/System.Tests/pylxdcaller.py"), node.Socket])).Well();
        Assert.Empty(await node.Lxc("list", "--format", "csv"));
    }

    [Fact]
    public async Task LXDs_benchmark_launches_stops_and_deletes_side_by_side()
    {
        await using var node = await TestNode.Start();
        await Benchmark(node, "launch", "--count", "6", "--parallel", "6", "sample");
        Assert.Equal(6, Regex.Count(await node.Lxc("list", "--format", "csv", "-c", "s"), "RUNNING"));
        await Benchmark(node, "stop");
        Assert.Equal(6, Regex.Count(await node.Lxc("list", "--format", "csv", "-c", "s"), "STOPPED"));
        await Benchmark(node, "delete");
        Assert.Empty(await node.Lxc("list", "--format", "csv"));
    }

    private static async Task Benchmark(TestNode node, params string[] arguments) => Assert.Contains("Batch processing completed",
        (await Shell.Run("lxd-benchmark", arguments, new Dictionary<string, string> { ["LXD_DIR"] = node.RunFolder })).Well().Out,
        StringComparison.Ordinal);
}
