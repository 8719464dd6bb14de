namespace Bench;

/// <summary>Start of the sample without a network card, until it runs.</summary>
internal static class StartBench
{
    private const int Rounds = 30;

    public static async Task Run(Report report)
    {
        await using var node = await BenchNode.Start();
        // It keeps the layer mounted, for Holm and for the peer.
        await node.Create("other");
        var first = await Clock.Of(() => node.SetPower("other", "start"));
        await node.Create("web");
        await using var peer = await LiblxcPeer.Like(node, "other");
        var stops = new List<double>();
        var peerStops = new List<double>();

        var times = await Clock.InTurn(
            Rounds,
            async () =>
            {
                var took = await Clock.Of(() => node.SetPower("web", "start"));
                stops.Add(await Clock.Of(() => node.SetPower("web", "stop")));
                return took;
            },
            async () =>
            {
                var took = await peer.TimeStart();
                peerStops.Add(await peer.TimeStop());
                return took;
            },
            async () =>
            {
                var took = await node.TimeHolm("app", "start", "web");
                await node.SetPower("web", "stop");
                return took;
            });

        report.Add(new Line("start", "API: request to end of operation", "ms", times[0]));
        report.Add(new Line("start", "holm app start", "ms", times[2]));
        report.Add(new Line("start", "C program on liblxc, same root", "ms", times[1]));
        report.Compare("start", "API", times[0], "C program on liblxc", times[1], atMost: 1.5);
        report.Compare("start", "holm app start", times[2], "C program on liblxc", times[1], atMost: null);
        report.Add(new Line("start", "the first app: daemon cold, layer not mounted", "ms", [first]));
        report.Add(new Line("start", "API: stop by force", "ms", stops));
        report.Add(new Line("start", "lxc-stop -k of the C program's", "ms", peerStops));
    }
}
