using System.Globalization;

namespace Bench;

/// <summary>Memory of a process, in MB (10^6 bytes), from /proc/PID/smaps_rollup; proc(5).</summary>
/// <param name="Rss">All that is resident.</param>
/// <param name="Anonymous">What no file holds.</param>
/// <param name="PrivateDirty">What is its own alone.</param>
internal sealed record Usage(double Rss, double Anonymous, double PrivateDirty)
{
    public static Usage Of(int pid)
    {
        var lines = File.ReadAllLines($"/proc/{pid}/smaps_rollup");
        double Mb(string key) =>
            1024 / 1e6 * double.Parse(
                lines.First(l => l.StartsWith(key, StringComparison.Ordinal))[key.Length..^2], CultureInfo.InvariantCulture);
        return new Usage(Mb("Rss:"), Mb("Anonymous:"), Mb("Private_Dirty:"));
    }
}

/// <summary>Memory of the daemon and of a monitor, and of the daemon over many starts and stops.</summary>
internal static class MemoryBench
{
    public static async Task Run(Report report, int cycles)
    {
        await using var node = await BenchNode.Start();
        await Task.Delay(TimeSpan.FromSeconds(2));
        Add("holmd idle, an image imported", Usage.Of(node.DaemonPid));
        await node.Launch("web");
        Add("holmd with 1 app, after 6 s", await AtRest(node));
        var monitor = Usage.Of(node.MonitorPid("web"));
        report.Add(new Line("memory", "monitor, RSS", "MB", [monitor.Rss], AtMost: 4));
        report.Add(new Line("memory", "monitor, private dirty", "MB", [monitor.PrivateDirty], AtMost: 0.5));

        // The first cycles make threads and load code; flat is what comes after, a little after the work.
        await Cycle(node, 20);
        var before = await AtRest(node);
        var samples = new List<double>();
        var took = 0.0;
        for (var done = 0; done < cycles; done += Math.Max(cycles / 10, 1))
        {
            took += await Clock.Of(() => Cycle(node, Math.Min(Math.Max(cycles / 10, 1), cycles - done)));
            samples.Add(Usage.Of(node.DaemonPid).Rss);
        }
        report.Add(new Line("memory", $"holmd during {cycles} cycles of start and stop, RSS", "MB", samples));
        var after = await AtRest(node);
        Add($"holmd 6 s after {cycles} cycles", after);
        report.Add(new Line("memory", $"growth over these {cycles} cycles, at rest", "MB", [after.Rss - before.Rss], AtMost: 1));
        report.Add(new Line("memory", "a cycle", "ms", [took / cycles]));

        void Add(string what, Usage usage)
        {
            report.Add(new Line("memory", what + ", RSS", "MB", [usage.Rss], AtMost: 30));
            report.Add(new Line("memory", what + ", anonymous", "MB", [usage.Anonymous]));
        }
    }

    private static async Task<Usage> AtRest(BenchNode node)
    {
        await Task.Delay(TimeSpan.FromSeconds(6));
        return Usage.Of(node.DaemonPid);
    }

    private static async Task Cycle(BenchNode node, int cycles)
    {
        for (var i = 0; i < cycles; i++)
        {
            await node.SetPower("web", "stop");
            await node.SetPower("web", "start");
        }
    }
}
