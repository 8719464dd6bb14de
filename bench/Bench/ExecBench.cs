namespace Bench;

/// <summary>A command inside a running app, to its end.</summary>
internal static class ExecBench
{
    private const int Rounds = 50;

    public static async Task Run(Report report)
    {
        await using var node = await BenchNode.Start();
        await node.Launch("web");
        var none = new Dictionary<string, string>();
        const string alone = """{"command":["/bin/true"],"wait-for-websocket":false}""";
        var times = await Clock.InTurn(
            Rounds,
            () => node.TimeHolm("exec", "web", "--", "/bin/true"),
            () => Clock.Program(none, "/usr/bin/lxc-attach", "-P", node.LxcPath, "-n", "web", "--", "/bin/true"),
            () => Clock.Of(() => node.Operation(HttpMethod.Post, "/1.0/instances/web/exec", alone)));
        report.Add(new Line("exec", "holm exec web -- /bin/true", "ms", times[0]));
        report.Add(new Line("exec", "lxc-attach of the same", "ms", times[1]));
        report.Add(new Line("exec", "API, without streams", "ms", times[2]));
        report.Compare("exec", "holm exec", times[0], "lxc-attach", times[1], atMost: 1.3);
        report.Compare("exec", "API", times[2], "lxc-attach", times[1], atMost: null);
    }
}
