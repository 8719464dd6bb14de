using System.Text.Json;
using Tests.Lxd;

namespace Bench;

/// <summary>Start of the sample with a network card, and how fast TCP goes over one. All in network namespaces of its own.</summary>
internal static class NetworkBench
{
    private const int Rounds = 30, PathRounds = 3;

    /// <summary>One run of iperf3.</summary>
    private const int Seconds = 3;

    /// <summary>The kernel takes a namespace apart after the stop, under a lock that the next start would wait for.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(100);

    public static async Task Run(Report report)
    {
        await Starts(report);
        await Paths(report);
    }

    private static async Task Starts(Report report)
    {
        await using var host = await Netspace.Make();
        await using var node = await BenchNode.Start(host.Name);
        // It keeps the layer mounted, for Holm and for the peer.
        await node.Launch("other");
        await node.Create("bare");
        await Create(node, "web", "nictype=p2p", "host_name=myapp");
        await Create(node, "served", "nictype=p2p", "host_name=served0", "ipv4.host_address=10.66.0.1/24",
            "ipv4.dhcp=true", "ipv4.nat=true");
        await using var peer = await LiblxcPeer.Like(
            node, "other",
            "lxc.net.0.type = veth\nlxc.net.0.veth.pair = peer0\nlxc.net.0.name = eth0\nlxc.net.0.flags = up");

        var times = await Clock.InTurn(
            Rounds,
            () => TimeStart(node, "web"),
            async () =>
            {
                var took = await peer.TimeStart();
                await peer.TimeStop();
                await Task.Delay(Settle);
                return took;
            },
            () => TimeStart(node, "served"),
            () => TimeStart(node, "bare"));

        report.Add(new Line("network", "API start, a veth pair", "ms", times[0]));
        report.Add(new Line("network", "C program on liblxc, a veth pair", "ms", times[1]));
        report.Add(new Line("network", "API start, with address, DHCP and NAT", "ms", times[2]));
        report.Add(new Line("network", "API start, no network card", "ms", times[3]));
        report.Compare("network", "API, veth", times[0], "C program on liblxc", times[1], atMost: 1.3);
        report.Compare("network", "API, all of it", times[2], "C program on liblxc", times[1], atMost: null);
    }

    private static async Task<double> TimeStart(BenchNode node, string app)
    {
        var took = await Clock.Of(() => node.SetPower(app, "start"));
        await node.SetPower(app, "stop");
        await Task.Delay(Settle);
        return took;
    }

    /// <summary>
    /// A client on the host, a server in the app's network namespace, which the app's processes have no part in. Beside them the same
    /// two ways made by hand, from the host to a namespace: a pair alone, and a bridge.
    /// </summary>
    private static async Task Paths(Report report)
    {
        await using var host = await Netspace.Make();
        await using var other = await Netspace.Make();
        await host.Sh("ip link add br0 type bridge && ip link set br0 up && ip addr add 10.67.1.1/24 dev br0");
        await using var node = await BenchNode.Start(host.Name);
        await Create(node, "routed", "nictype=p2p", "host_name=routed0", "ipv4.host_address=10.67.0.1/24");
        await Create(node, "port", "nictype=bridged", "parent=br0");
        foreach (var app in (string[])["routed", "port"])
        {
            // The sample's own DHCP client would take the address away that is given here.
            await node.Holm("config", "set", app, "init.cmd=/bin/sleep 100000");
            await node.SetPower(app, "start");
        }
        var (routed, port) = (Netspace.IntoThatOf(await node.InitPid("routed")), Netspace.IntoThatOf(await node.InitPid("port")));
        await Netspace.Run([.. routed, "ip", "addr", "add", "10.67.0.2/24", "dev", "eth0"]);
        await Netspace.Run([.. port, "ip", "addr", "add", "10.67.1.2/24", "dev", "eth0"]);
        await host.Sh(
            $"ip link add pair0 type veth peer name eth0 netns {other.Name} && ip link set pair0 up && " +
            "ip addr add 10.67.2.1/24 dev pair0 && " +
            $"ip link add br1 type bridge && ip link set br1 up && ip addr add 10.67.3.1/24 dev br1 && " +
            $"ip link add pair1 type veth peer name eth1 netns {other.Name} && ip link set pair1 master br1 up");
        await other.Sh(
            "ip addr add 10.67.2.2/24 dev eth0 && ip link set eth0 up && ip addr add 10.67.3.2/24 dev eth1 && ip link set eth1 up");

        var bare = Netspace.Into(other.Name);
        (string[] Into, string Address)[] paths = [(routed, "10.67.0.2"), (port, "10.67.1.2"), (bare, "10.67.2.2"), (bare, "10.67.3.2")];
        var speeds = paths.Select(_ => new List<double>()).ToArray();
        // In turn, every second round backwards; the first round warms up.
        for (var round = -1; round < PathRounds; round++)
            foreach (var i in round % 2 == 0 ? Enumerable.Range(0, paths.Length) : Enumerable.Range(0, paths.Length).Reverse())
                if (await Speed(host, paths[i].Into, paths[i].Address) is var speed && round >= 0)
                    speeds[i].Add(speed);

        report.Add(new Line("network", "TCP to an app, over its host end", "Gbit/s", speeds[0]));
        report.Add(new Line("network", "TCP to an app, over a bridge", "Gbit/s", speeds[1]));
        report.Add(new Line("network", "TCP over a veth pair made by hand", "Gbit/s", speeds[2]));
        report.Add(new Line("network", "TCP over a bridge made by hand", "Gbit/s", speeds[3]));
        report.Compare("network", "host end", speeds[0], "veth by hand", speeds[2], atMost: null, atLeast: 0.95);
        report.Compare("network", "bridge port", speeds[1], "veth by hand", speeds[2], atMost: null, atLeast: 0.95);
        report.Compare("network", "bridge port", speeds[1], "bridge by hand", speeds[3], atMost: null);
    }

    private static async Task Create(BenchNode node, string app, params string[] nic)
    {
        await node.Create(app);
        await node.Holm(["config", "device", "add", app, "eth0", "nic", "name=eth0", .. nic]);
    }

    /// <summary>Gbit/s that arrive.</summary>
    private static async Task<double> Speed(Netspace host, string[] into, string address)
    {
        string[] words = [.. into, "iperf3", "--server", "--one-off", "--forceflush"];
        using var server = Piped.Start(words[0], words[1..], new Dictionary<string, string>());
        server.StandardInput.Close();
        while (await server.StandardOutput.ReadLineAsync() is { } line && !line.Contains("listening", StringComparison.Ordinal))
            continue;
        _ = server.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        _ = server.StandardError.BaseStream.CopyToAsync(Stream.Null);
        using var result = JsonDocument.Parse(await host.Sh($"iperf3 --client {address} --time {Seconds} --json"));
        // It says so there, and ends well; the server would wait for ever.
        if (result.RootElement.TryGetProperty("error", out var error))
        {
            server.Kill();
            throw new InvalidOperationException($"iperf3 to {address}: {error.GetString()}");
        }
        await server.WaitForExitAsync();
        return result.RootElement.GetProperty("end").GetProperty("sum_received").GetProperty("bits_per_second").GetDouble() / 1e9;
    }
}
