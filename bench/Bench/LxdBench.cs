using System.Diagnostics;
using Tests.Lxd;

namespace Bench;

/// <summary>
/// The unmodified lxc client at this node and at Debian's LXD in turn, where lxd is installed and answers: starts, commands, lists, and
/// what the daemon holds with 100 instances. Both have the sample image, a folder for a pool and no network.
/// </summary>
internal static class LxdBench
{
    private const int Rounds = 15, Many = 100, AtOnce = 50;

    public static async Task Run(Report report)
    {
        await using var node = await BenchNode.Start();
        await using var lxd = await LxdPeer.TryStart(Repository.Out("sample.squashfs"));
        (string Name, Dictionary<string, string> Side, int Daemon)[] sides =
        [
            ("Holm", LxdPeer.Client(Path.Combine(node.RunFolder, "unix.socket"), node.State), node.DaemonPid),
            .. lxd is null ? [] : new[] { ("LXD", lxd.Environment, lxd.DaemonPid) },
        ];
        if (lxd is null)
            report.Add(new Line("lxd", "LXD", "-", [], Note: "lxd does not answer here: only this node is measured"));
        foreach (var (_, side, _) in sides)
            await LxdPeer.Lxc(side, "launch", "sample", "one");
        await InTurn(report, "lxc start", 0.25, sides, async side =>
        {
            await LxdPeer.Lxc(side, "stop", "--force", "one");
            return await Clock.Program(side, "lxc", "start", "one");
        });
        await InTurn(report, "lxc exec /bin/true", 0.5, sides, side => Clock.Program(side, "lxc", "exec", "one", "--", "/bin/true"));
        foreach (var (_, side, _) in sides)
            for (var i = 1; i < Many; i++)
                await LxdPeer.Lxc(side, "init", "sample", $"m{i}");
        await InTurn(report, $"lxc list of {Many}", 0.5, sides, side => Clock.Program(side, "lxc", "list"));
        // At rest: both give back what the work took.
        await Task.Delay(TimeSpan.FromSeconds(15));
        var memory = sides.Select(s => Resident(s.Daemon) / 1e6).ToArray();
        for (var i = 0; i < sides.Length; i++)
            report.Add(new Line("lxd", $"daemon at rest with {Many} instances, {sides[i].Name}", "MB", [memory[i]]));
        if (lxd is not null)
            report.Compare("lxd", "daemon", [memory[0]], "LXD", [memory[1]], atMost: 0.5);
        foreach (var (name, side, _) in sides)
        {
            var all = await Clock.Of(() =>
                Task.WhenAll(Enumerable.Range(0, AtOnce).Select(i => LxdPeer.Lxc(side, "launch", "sample", $"p{i}"))));
            report.Add(new Line("lxd", $"{AtOnce} lxc launch at once, none failed, {name}", "ms", [all]));
        }
    }

    private static double Resident(int pid)
    {
        using var process = Process.GetProcessById(pid);
        return process.WorkingSet64;
    }

    private static async Task InTurn(
        Report report, string what, double atMost, (string Name, Dictionary<string, string> Side, int Daemon)[] sides,
        Func<Dictionary<string, string>, Task<double>> time)
    {
        var times = await Clock.InTurn(Rounds, [.. sides.Select(s => (Func<Task<double>>)(() => time(s.Side)))]);
        for (var i = 0; i < sides.Length; i++)
            report.Add(new Line("lxd", $"{what}, {sides[i].Name}", "ms", times[i]));
        if (sides.Length == 2)
            report.Compare("lxd", what, times[0], "LXD", times[1], atMost);
    }
}
