using System.Diagnostics;

namespace Tests.Lxd;

/// <summary>
/// A daemon of Debian's LXD with a folder, a network and mounts of its own, and the sample image in it. Disposing it leaves nothing.
/// </summary>
public sealed class LxdPeer : IAsyncDisposable
{
    /// <summary>
    /// Gives the daemon the /sys of its own network, with the machine's control groups, and turns into it. $0: its folder.
    /// </summary>
    private const string Begin = """
        mkdir "$0/groups" && mount --rbind /sys/fs/cgroup "$0/groups" && mount -t sysfs sysfs /sys &&
        mount --move "$0/groups" /sys/fs/cgroup && exec /usr/bin/lxd --group root --logfile "$0/log"
        """;

    private readonly string _name;
    private readonly Process _daemon;

    private LxdPeer(string name, Process daemon) => (_name, _daemon) = (name, daemon);

    /// <summary>Its folder.</summary>
    public string Folder => FolderOf(_name);

    /// <summary>Name of the network namespace that is its host, as ip-netns(8) knows it.</summary>
    public string Host => _name;

    /// <summary>Of its clients.</summary>
    public Dictionary<string, string> Environment => Client(Path.Combine(Folder, "unix.socket"), Folder);

    /// <summary>Process id of the daemon.</summary>
    public int DaemonPid => _daemon.Id;

    /// <summary>What a client of a socket has in its environment.</summary>
    public static Dictionary<string, string> Client(string socket, string folder) =>
        new() { ["LXD_SOCKET"] = socket, ["LXD_CONF"] = Path.Combine(folder, "lxc-client") };

    /// <summary>Starts one; null: lxd is not installed, or does not come up.</summary>
    /// <param name="sample">The SquashFS that becomes the image <c>sample</c>.</param>
    public static async Task<LxdPeer?> TryStart(string sample)
    {
        if (!File.Exists("/usr/bin/lxd"))
            return null;
        var name = $"holm-lxd-{Guid.NewGuid().ToString("N")[..8]}";
        Directory.CreateDirectory(FolderOf(name));
        await Run([], "/bin/sh", "-c", $"ip netns add {name} && ip -n {name} link set lo up");
        // Each program turns into the next: the process id is one.
        var peer = new LxdPeer(name, Piped.Start("nsenter",
            [$"--net=/run/netns/{name}", "unshare", "--mount", "--propagation", "slave", "/bin/sh", "-c", Begin, FolderOf(name)],
            new Dictionary<string, string> { ["LXD_DIR"] = FolderOf(name) }));
        _ = peer._daemon.StandardError.BaseStream.CopyToAsync(Stream.Null);
        _ = peer._daemon.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        try
        {
            await peer.Lxd("waitready", "--timeout=60");
            await Lxc(peer.Environment, "storage", "create", "default", "dir");
            await Lxc(peer.Environment, "profile", "device", "add", "default", "root", "disk", "path=/", "pool=default");
            var metadata = Path.Combine(peer.Folder, "metadata.yaml");
            await File.WriteAllTextAsync(metadata, "architecture: x86_64\ncreation_date: 1\n");
            await Run([], "tar", "-C", peer.Folder, "-cf", metadata + ".tar", "metadata.yaml");
            await Lxc(peer.Environment, "image", "import", metadata + ".tar", sample, "--alias", "sample");
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
        Run(environment, "lxc", arguments);

    private static string FolderOf(string name) => $"/var/tmp/{name}";

    private Task<string> Lxd(params string[] arguments) =>
        Run(new Dictionary<string, string> { ["LXD_DIR"] = Folder }, "/usr/bin/lxd", arguments);

    private static async Task<string> Run(Dictionary<string, string> environment, string program, params string[] arguments)
    {
        using var process = Piped.Start(program, arguments, environment);
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
                await Lxd("shutdown", "--timeout=30");
            }
            catch (InvalidOperationException e)
            {
                Console.Error.WriteLine($"lxd: {e.Message}");
                _daemon.Kill();
            }
        await _daemon.WaitForExitAsync();
        _daemon.Dispose();
        // What it leaves running in its network ends with that; its mounts, in a namespace of their own, ended with it.
        await Run([], "/bin/sh", "-c", $"ip netns pids {_name} | xargs -r kill -9; ip netns delete {_name}");
        Directory.Delete(Folder, recursive: true);
    }
}
