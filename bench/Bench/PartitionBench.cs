using System.Security.Cryptography;

namespace Bench;

/// <summary>What the host keeps of its speed while 20 apps burn all they get: in partition apps, and outside it.</summary>
internal static class PartitionBench
{
    private const int Apps = 20, Rounds = 4, Times = 3;
    private const string Burner = "init.cmd=/bin/sh -c \"while :; do :; done\"";

    public static async Task Run(Report report)
    {
        await using var node = await BenchNode.Start();
        var inside = await Burners(node, "in");
        var outside = await Burners(node, "out", "--no-partition");
        var times = Enumerable.Range(0, 3).Select(_ => (Loop: new List<double>(), Hash: new List<double>())).ToArray();
        // In turn, so that a machine that is now slow, now fast is so for all three.
        for (var round = 0; round < Rounds; round++)
            for (var load = 0; load < times.Length; load++)
            {
                string[] burning = load switch { 0 => [], 1 => inside, _ => outside };
                await Task.WhenAll(burning.Select(app => node.SetPower(app, "unfreeze")));
                for (var time = 0; time < Times; time++)
                {
                    times[load].Loop.Add(await OnAllProcessors(CountPrimes));
                    times[load].Hash.Add(await OnAllProcessors(HashMegabytes));
                }
                await Task.WhenAll(burning.Select(app => node.SetPower(app, "freeze")));
            }
        Show(report, "a loop on all CPUs", [.. times.Select(t => t.Loop)]);
        Show(report, "sha256 of 512 MB on each CPU", [.. times.Select(t => t.Hash)]);
    }

    private static void Show(Report report, string work, IReadOnlyList<double>[] times)
    {
        report.Add(new Line("partition", $"{work}, apps idle", "ms", times[0]));
        report.Add(new Line("partition", $"{work}, {Apps} burners inside", "ms", times[1]));
        report.Add(new Line("partition", $"{work}, {Apps} burners outside", "ms", times[2]));
        // 0.7 of the speed is 1 / 0.7 of the time.
        report.Compare("partition", $"{work}: inside", times[1], "idle", times[0], atMost: 1.43);
        report.Compare("partition", $"{work}: outside", times[2], "idle", times[0], atMost: null);
    }

    private static async Task<string[]> Burners(BenchNode node, string prefix, params string[] options)
    {
        string[] apps = [.. Enumerable.Range(0, Apps).Select(i => $"{prefix}{i}")];
        foreach (var app in apps)
        {
            await node.Create(app, ["--config", Burner, .. options]);
            await node.SetPower(app, "start");
            await node.SetPower(app, "freeze");
        }
        return apps;
    }

    private static Task<double> OnAllProcessors(Action work) => Clock.Of(() => Task.WhenAll(
        Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(
            work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))));

    private static void CountPrimes()
    {
        var found = 0;
        for (var number = 2; number < 2_000_000; number++)
        {
            var divisor = 2;
            while (divisor * divisor <= number && number % divisor != 0)
                divisor++;
            found += divisor * divisor > number ? 1 : 0;
        }
        GC.KeepAlive(found);
    }

    private static void HashMegabytes()
    {
        var megabyte = new byte[1_000_000];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < 512; i++)
            hash.AppendData(megabyte);
        GC.KeepAlive(hash.GetHashAndReset());
    }
}
