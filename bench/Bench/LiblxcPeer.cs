using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Tests.Lxd;

namespace Bench;

/// <summary>
/// The same app by liblxc alone (bench/peers/lxc-start.c): the configuration holmd wrote for a running app, with paths and control groups
/// of its own; the same mounted layer, id range and tmpfs options.
/// </summary>
internal sealed partial class LiblxcPeer : IAsyncDisposable
{
    private const string Name = "alone";

    // Without newuidmap, which liblxc would prefer and which costs 6 ms: as holmd does.
    private static readonly Dictionary<string, string> Variables = new() { ["PATH"] = "/sbin:/nonexistent" };

    private readonly string _path, _group, _layer, _first;
    private readonly string? _host;
    private readonly Process _keeper;

    private LiblxcPeer(string path, string group, string layer, string first, string? host, Process keeper) =>
        (_path, _group, _layer, _first, _host, _keeper) = (path, group, layer, first, host, keeper);

    /// <summary>Prepares it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="app">An app that runs now, without a network card.</param>
    /// <param name="network">Lines of its network in liblxc's words.</param>
    public static async Task<LiblxcPeer> Like(BenchNode node, string app, string network = "lxc.net.0.type = empty")
    {
        var path = Path.Combine(node.RunFolder, "peer");
        var folder = Directory.CreateDirectory(Path.Combine(path, Name)).FullName;
        var group = $"holm-bench-{Path.GetFileName(node.RunFolder)[^8..]}";
        var config = await File.ReadAllTextAsync(Path.Combine(node.LxcPath, app, "config"));
        config = config.Replace(Path.Combine(node.LxcPath, app), folder, StringComparison.Ordinal);
        config = Groups().Replace(config, $"$1{group}/{Name}/").Replace("lxc.net.0.type = empty", network, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, "config"), config.Replace($"= {app}\n", $"= {Name}\n", StringComparison.Ordinal));

        var range = Range().Match(config);
        var keeper = Piped.Start(Repository.Peer("lxc-start"), ["hold", range.Groups[1].Value, range.Groups[2].Value], Variables);
        if (await keeper.StandardOutput.ReadLineAsync() != "ready")
            throw new InvalidOperationException(await keeper.StandardError.ReadToEndAsync());
        var layer = Directory.EnumerateDirectories(Path.Combine(node.RunFolder, "layers")).Single();
        return new LiblxcPeer(path, group, layer, range.Groups[1].Value, node.Host, keeper);
    }

    /// <summary>Milliseconds of one start, until liblxc says RUNNING.</summary>
    public Task<double> TimeStart() => Clock.In(
        _host, Variables, Repository.Peer("lxc-start"), "start", _path, Name, _layer, "size=4294967296,nr_inodes=262144,mode=0755", _first,
        _keeper.Id.ToString(CultureInfo.InvariantCulture));

    /// <summary>Kills it, and waits until nothing of it is left.</summary>
    public async Task<double> TimeStop()
    {
        var took = await Clock.In(_host, Variables, "/usr/bin/lxc-stop", "-k", "-P", _path, "-n", Name);
        while (Remains().Any())
            await Task.Delay(2);
        return took;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _keeper.StandardInput.Close();
        _keeper.WaitForExit();
        _keeper.Dispose();
        foreach (var group in Remains().Concat(Hierarchies().Select(h => Path.Combine(h, _group))).Where(Directory.Exists))
            Prune(group);
        Directory.Delete(_path, recursive: true);
        return ValueTask.CompletedTask;
    }

    private IEnumerable<string> Remains() =>
        Hierarchies()
            .SelectMany(h => ((string[])["monitor", "payload"]).Select(g => Path.Combine(h, _group, Name, g)))
            .Where(Directory.Exists);

    private static IEnumerable<string> Hierarchies() => Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup");

    /// <summary>Control groups go by rmdir, leaves first.</summary>
    private static void Prune(string group)
    {
        foreach (var child in Directory.EnumerateDirectories(group))
            Prune(child);
        Directory.Delete(group);
    }

    [GeneratedRegex(@"(lxc\.cgroup\.dir\.(?:monitor|monitor\.pivot|container) = )holm-[^/\n]+/(?:_apps/)?[^/\n]+/")]
    private static partial Regex Groups();

    [GeneratedRegex(@"lxc\.idmap = u 0 (\d+) (\d+)")]
    private static partial Regex Range();
}
