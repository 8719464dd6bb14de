using System.Diagnostics;

namespace Bench;

/// <summary>A daemon of Debian's LXD with a folder of its own, and the sample image in it. Disposing it leaves nothing.</summary>
internal sealed class LxdPeer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly Process _daemon;

    private LxdPeer(string folder, Process daemon) => (_folder, _daemon) = (folder, daemon);

    /// <summary>Of its clients.</summary>
    public Dictionary<string, string> Environment => Client(Path.Combine(_folder, "unix.socket"), _folder);

    /// <summary>Process id of the daemon.</summary>
    public int DaemonPid => _daemon.Id;

    /// <summary>What a client of a socket has in its environment.</summary>
    public static Dictionary<string, string> Client(string socket, string folder) =>
        new() { ["LXD_SOCKET"] = socket, ["LXD_CONF"] = Path.Combine(folder, "lxc-client") };

    /// <summary>Starts one; null: lxd is not installed, or does not come up.</summary>
    public static async Task<LxdPeer?> TryStart()
    {
        if (!File.Exists("/usr/bin/lxd"))
            return null;
        var folder = $"/var/tmp/holm-lxd-{Guid.NewGuid().ToString("N")[..8]}";
        Directory.CreateDirectory(folder);
        var log = Path.Combine(folder, "log");
        var peer = new LxdPeer(folder, BenchNode.Program(
            "/usr/bin/lxd", ["--group", "root", "--logfile", log], new Dictionary<string, string> { ["LXD_DIR"] = folder }));
        _ = peer._daemon.StandardError.BaseStream.CopyToAsync(Stream.Null);
        _ = peer._daemon.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        try
        {
            await Lxc(new Dictionary<string, string> { ["LXD_DIR"] = folder }, "/usr/bin/lxd", ["waitready", "--timeout=60"]);
            await Lxc(peer.Environment, "storage", "create", "default", "dir");
            await Lxc(peer.Environment, "profile", "device", "add", "default", "root", "disk", "path=/", "pool=default");
            var metadata = Path.Combine(folder, "metadata.yaml");
            await File.WriteAllTextAsync(metadata, "architecture: x86_64\ncreation_date: 1\n");
            await Lxc(peer.Environment, "tar", ["-C", folder, "-cf", metadata + ".tar", "metadata.yaml"]);
            await Lxc(peer.Environment, "image", "import", metadata + ".tar", Repository.Out("sample.squashfs"), "--alias", "sample");
            return peer;
        }
        catch (InvalidOperationException e)
        {
            Console.Error.WriteLine($"lxd: {e.Message}");
            await peer.DisposeAsync();
            return null;
        }
    }

    /// <summary>Runs the client; fails unless it ends well.</summary>
    public static Task<string> Lxc(Dictionary<string, string> environment, params string[] arguments) =>
        Lxc(environment, "lxc", arguments);

    private static async Task<string> Lxc(Dictionary<string, string> environment, string program, string[] arguments)
    {
        using var process = BenchNode.Program(program, arguments, environment);
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {await output}{await errors}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_daemon.HasExited)
            try
            {
                var all = await Lxc(Environment, "list", "--format", "csv", "--columns", "n");
                foreach (var name in all.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    await Lxc(Environment, "delete", "--force", name);
                await Lxc(new Dictionary<string, string> { ["LXD_DIR"] = _folder }, "/usr/bin/lxd", ["shutdown", "--timeout=30"]);
            }
            catch (InvalidOperationException e)
            {
                Console.Error.WriteLine($"lxd: {e.Message}");
                _daemon.Kill();
            }
        await _daemon.WaitForExitAsync();
        _daemon.Dispose();
        foreach (var mount in File.ReadAllLines("/proc/self/mounts").Select(l => l.Split(' ')[1])
            .Where(m => m.StartsWith(_folder + "/", StringComparison.Ordinal)).Reverse())
            await Lxc([], "umount", ["-l", mount]);
        Directory.Delete(_folder, recursive: true);
    }
}
