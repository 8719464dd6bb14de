namespace Bench;

/// <summary>The router's console: until it can be typed at, and until what was configured runs.</summary>
internal static class ConsoleBench
{
    private const int Rounds = 40, Leaves = 5, Apps = 20;

    public static async Task Run(Report report)
    {
        await using var node = await BenchNode.Start();
        var starts = await Clock.InTurn(Rounds, () => node.TimePrompt(), () => node.TimeHolm("--version"));
        report.Add(new Line("console", "holm at a terminal, until its prompt", "ms", starts[0], AtMost: 30));
        report.Add(new Line("console", "holm --version: the program alone", "ms", starts[1]));

        var names = Enumerable.Range(0, Apps).Select(i => $"app{i}").ToList();
        var make = "configure\n" + string.Concat(names.Select(n => $"app {n} sample\nend\n")) + "leave\n";
        var remove = "configure\n" + string.Concat(names.Select(n => $"no app {n}\n")) + "leave\n";
        var (made, removed) = (new List<double>(), new List<double>());
        for (var round = 0; round < Leaves; round++)
        {
            made.Add(await Clock.Of(() => node.HolmWith(make)));
            var list = await node.Holm("show", "app");
            if (list.Split(" RUNNING ").Length != Apps + 1)
                throw new InvalidOperationException($"not all of them run:\n{list}");
            removed.Add(await Clock.Of(() => node.HolmWith(remove)));
        }
        report.Add(new Line("console", $"leave with {Apps} new apps, until all run", "ms", made, AtMost: 3000));
        report.Add(new Line("console", $"leave that removes {Apps} running apps", "ms", removed));
    }
}
