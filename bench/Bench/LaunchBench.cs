using System.Globalization;

namespace Bench;

/// <summary>Flakes: /bin/true from spawn to exit, beside what others need for it, and what passes through a flake.</summary>
internal static class LaunchBench
{
    private const int Rounds = 30, PipeRounds = 3, AtOnce = 50, CpuLaunches = 100;

    public static async Task Run(Report report)
    {
        await using var node = await BenchNode.Start();
        var commands = Path.Combine(node.State, "commands");
        var root = Path.Combine(node.State, "peer");
        Directory.CreateDirectory(commands);
        await PeerBench.Shell($"{Path.Combine(Repository.Root, "test/images/busybox-oci.sh")} {node.State}/busybox.tar");
        await node.Holm("load", node.State + "/busybox.tar", "--alias", "busybox");
        foreach (var (name, target, more) in ((string, string, string[])[])
            [("true", "/bin/true", []), ("kept", "/bin/true", ["--resume"]), ("cat", "/bin/cat", [])])
            await node.Holm(["flake", "register", name, "--image", "busybox", "--app", Path.Combine(commands, name), "--target", target,
                "--network", "none", .. more]);
        await LxcRoot(root);

        Task<double> Command(string name) => node.Time(Path.Combine(commands, name));
        var first = await Command("true");
        await Command("kept");
        var none = new Dictionary<string, string>();
        // With newuidmap on its PATH it asks that, which takes longer and allows only what /etc/subuid lists.
        var withoutHelpers = new Dictionary<string, string> { ["PATH"] = "/sbin:/nonexistent" };
        var times = await Clock.InTurn(
            Rounds,
            () => Command("true"),
            () => Command("kept"),
            () => Clock.Program(none, "/bin/busybox", "true"),
            () => Clock.Program(withoutHelpers, "/usr/bin/lxc-execute", "-P", root, "-n", "peer", "--", "/bin/true"));
        report.Add(new Line("launch", "a flake's /bin/true, no network, spawn to exit", "ms", times[0]));
        report.Add(new Line("launch", "the same in a kept instance", "ms", times[1]));
        report.Add(new Line("launch", "bare exec", "ms", times[2]));
        report.Add(new Line("launch", "lxc-execute of the same root", "ms", times[3]));
        report.Add(new Line("launch", "the first: layer not mounted, daemon cold", "ms", [first]));
        report.Compare("launch", "flake", times[0], "lxc-execute", times[3], atMost: 1.3);
        var over = Statistics.Median(times[1]) - Statistics.Median(times[2]);
        report.Add(new Line("launch", "kept, over bare exec", "ms", [over], AtMost: 8));
        await Others(report, root, times[0]);
        await Launcher(report, node, commands);
        await Crowd(report, () => Command("true"));
        await Pipes(report, node, commands);
    }

    /// <summary>The same tree, as lxc-execute wants it: owned by the ids of the container, with its init inside.</summary>
    private static Task<string> LxcRoot(string root) => PeerBench.Shell(
        $"mkdir -p {root}/peer/root && cd {root}/peer && (cd root && mkdir bin proc sys dev tmp etc sbin) && " +
        "cp /bin/busybox root/bin/true && " +
        "cp /usr/sbin/init.lxc.static root/sbin/init.lxc.static && chown -R 1000000:1000000 root && " +
        "printf '%s\\n' 'lxc.rootfs.path = dir:'$PWD/root 'lxc.net.0.type = empty' 'lxc.idmap = u 0 1000000 65536' " +
        "'lxc.idmap = g 0 1000000 65536' 'lxc.mount.auto = proc:rw sys:rw cgroup:mixed' 'lxc.uts.name = peer' > config && " +
        $"chmod 711 {root} {root}/peer");

    private static async Task Others(Report report, string root, double[] ours)
    {
        if (Repository.Installed("bwrap") is not null)
            report.Add(new Line("launch", "bubblewrap", "ms", (await Clock.InTurn(Rounds, () => Clock.Program(
                new Dictionary<string, string>(), "/usr/bin/bwrap", "--bind", root + "/peer/root", "/", "--unshare-all", "--dev", "/dev",
                "--proc", "/proc", "/bin/true")))[0]));
        var podman = await PeerBench.Run(report);
        if (podman.Count > 0)
            report.Compare("launch", "flake", ours, "podman run", podman, atMost: 0.1);
    }

    /// <summary>What holm-launch itself takes, by the shell that waits for it.</summary>
    private static async Task Launcher(Report report, BenchNode node, string commands)
    {
        var said = await node.Shell($"for i in $(seq {CpuLaunches}); do {commands}/kept; done; times");
        // The last line of times: user and system time of the children, 0m0.123s each.
        var cpu = said.Trim().Split('\n')[^1].Split(' ').Sum(t => double.Parse(t.Split('m')[1].TrimEnd('s'), CultureInfo.InvariantCulture));
        report.Add(new Line("launch", "holm-launch, processor time", "ms", [cpu * 1000 / CpuLaunches], AtMost: 5));
        if (Repository.Installed("time") is not null)
            report.Add(new Line("launch", "holm-launch, RSS", "MB",
                [double.Parse((await node.Shell($"/usr/bin/time -f %M {commands}/kept 2>&1")).Trim(), CultureInfo.InvariantCulture) / 1000],
                AtMost: 5));
    }

    private static async Task Crowd(Report report, Func<Task<double>> launch)
    {
        var all = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => launch()));
        Array.Sort(all);
        report.Add(new Line("launch", $"{AtOnce} at once, each", "ms", all));
        report.Add(new Line("launch", $"{AtOnce} at once, 95 of 100", "ms", [all[(int)(AtOnce * 0.95)]]));
    }

    private static async Task Pipes(Report report, BenchNode node, string commands)
    {
        Task<double> Through(string cat) => Clock.Of(() => node.Shell($"head -c 1G /dev/zero | {cat} | cat > /dev/null"));
        var times = await Clock.InTurn(PipeRounds, () => Through(commands + "/cat"), () => Through("/bin/busybox cat"));
        double[] speeds = [.. times[0].Select(t => 1e3 / t)], bare = [.. times[1].Select(t => 1e3 / t)];
        report.Add(new Line("launch", "1 GB through a flake's cat", "GB/s", speeds));
        report.Add(new Line("launch", "1 GB through a bare one", "GB/s", bare));
        report.Compare("launch", "pipe through a flake", speeds, "bare pipe", bare, atMost: null, atLeast: 0.95);
    }
}
