namespace Bench;

/// <summary><c>holm list</c>.</summary>
internal static class ListBench
{
    private const int Rounds = 40, Apps = 100;

    public static async Task Run(Report report)
    {
        await using var node = await BenchNode.Start();
        await node.Launch("app0");
        var one = await Measure(node);
        report.Add(new Line("list", "holm list, 1 app", "ms", one[0], AtMost: 15));
        report.Add(new Line("list", "holm --version: the program alone", "ms", one[1]));
        report.Add(new Line("list", "/bin/true: a spawn", "ms", one[2]));

        for (var i = 1; i < Apps; i++)
            await node.Create($"app{i}");
        var starts = await Clock.Of(() => Task.WhenAll(Enumerable.Range(1, Apps - 1).Select(i => node.SetPower($"app{i}", "start"))));
        report.Add(new Line("list", $"{Apps - 1} apps started at once", "ms", [starts]));
        report.Add(new Line("list", $"holm list, {Apps} running apps", "ms", (await Measure(node))[0], AtMost: 50));
        var asked = await Clock.InTurn(Rounds, () => Ask(node, 1), () => Ask(node, 2));
        report.Add(new Line("list", $"API: {Apps} apps without state", "ms", asked[0]));
        report.Add(new Line("list", $"API: {Apps} apps with state", "ms", asked[1]));
        report.Add(new Line("list", $"holmd's RSS with {Apps} running apps", "MB", [Usage.Of(node.DaemonPid).Rss]));
    }

    private static Task<double> Ask(BenchNode node, int recursion) =>
        Clock.Of(() => node.Api(HttpMethod.Get, $"/1.0/instances?recursion={recursion}"));

    private static Task<double[][]> Measure(BenchNode node) => Clock.InTurn(
        Rounds, () => node.TimeHolm("list"), () => node.TimeHolm("--version"),
        () => Clock.Program(new Dictionary<string, string>(), "/bin/true"));
}
