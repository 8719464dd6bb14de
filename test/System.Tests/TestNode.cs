using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace System.Tests;

/// <summary>
/// A node of its own, from the published programs, in scratch folders: state on disk, run on tmpfs. Disposing it stops its apps and fails
/// the test when anything it made is left: mounts, loop devices, control groups, processes.
/// </summary>
public sealed class TestNode : IAsyncDisposable
{
    private Process? _daemon;
    private readonly List<string> _log = [];

    private readonly string? _resolver;

    private TestNode(string state, string run, string? host, string? resolver) =>
        (State, RunFolder, Host, _resolver) = (state, run, host, resolver);

    /// <summary>Its HOLM_STATE.</summary>
    public string State { get; }

    /// <summary>Its HOLM_RUN.</summary>
    public string RunFolder { get; }

    /// <summary>Name of the network namespace that is its host, as ip-netns(8) knows it; null: the machine's own.</summary>
    public string? Host { get; }

    /// <summary>Process id of its daemon.</summary>
    public int DaemonPid => _daemon!.Id;

    /// <summary>Its short id: part of the names of its control groups.</summary>
    public string Id => File.ReadAllText(Path.Combine(State, "id")).Trim();

    /// <summary>liblxc's lxcpath of it.</summary>
    public string LxcPath => Path.Combine(RunFolder, "instances");

    /// <summary>Its API.</summary>
    public string Socket => Path.Combine(RunFolder, "unix.socket");

    /// <summary>What its daemons printed.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return string.Join('\n', _log);
        }
    }

    /// <summary>Folder with the programs.</summary>
    public static string Programs { get; } = Path.Combine(Root(), "out");

    /// <summary>The sample system image.</summary>
    public static string SampleImage { get; } = Path.Combine(Programs, "sample.squashfs");

    /// <summary>The Debian 12 system image.</summary>
    public static string DebianImage { get; } = Path.Combine(Programs, "debian.squashfs");

    /// <summary>What makes a program talk to this node.</summary>
    public Dictionary<string, string> Environment => new() { ["HOLM_STATE"] = State, ["HOLM_RUN"] = RunFolder };

    /// <summary>Starts a fresh node; with the sample image as <c>sample</c> unless told otherwise.</summary>
    /// <param name="withSample">False: no image.</param>
    /// <param name="ownHost">True: in a network namespace of its own, where nothing of the machine's network is.</param>
    /// <param name="resolver">With that: what its host's /etc/resolv.conf says; null: what the machine's does.</param>
    public static async Task<TestNode> Start(bool withSample = true, bool ownHost = false, string? resolver = null)
    {
        var name = $"holm-test-{Guid.NewGuid().ToString("N")[..8]}";
        if (ownHost)
            (await Shell.Sh($"ip netns add {name} && ip -n {name} link set lo up")).Well();
        var node = new TestNode(Path.Combine("/var/tmp", name), Path.Combine("/dev/shm", name), ownHost ? name : null,
            resolver is null ? null : Path.Combine("/dev/shm", name + ".resolv"));
        if (resolver is not null)
            await File.WriteAllTextAsync(node._resolver!, resolver);
        await node.StartDaemon();
        if (withSample)
            (await node.Holm("image", "import", SampleImage, "--alias", "sample")).Well();
        return node;
    }

    /// <summary>Starts the daemon and waits until it answers.</summary>
    public async Task StartDaemon()
    {
        SpawnDaemon();
        await Shell.Until($"holmd answers:\n{Log}", async () =>
        {
            Assert.False(_daemon!.HasExited, $"holmd ended with {(_daemon.HasExited ? _daemon.ExitCode : 0)}:\n{Log}");
            return await Listener() == DaemonPid;
        });
    }

    /// <summary>Starts the daemon.</summary>
    public void SpawnDaemon()
    {
        var daemon = Path.Combine(Programs, "holmd");
        // nsenter turns into the daemon: the process id is one.
        _daemon = Host is null ? Shell.Start(daemon, [], Environment)
            : Shell.Start("nsenter", [$"--net=/run/netns/{Host}", .. WithResolver, daemon], Environment);
        _daemon.StandardInput.Close();
        Collect(_daemon.StandardOutput);
        Collect(_daemon.StandardError);
    }

    /// <summary>What makes a program see the host's resolv.conf, by turning into it.</summary>
    private string[] WithResolver => _resolver is null ? [] :
        ["unshare", "--mount", "--propagation", "slave", "/bin/sh", "-c", $"mount --bind {_resolver} /etc/resolv.conf && exec \"$0\""];

    /// <summary>Process id of whoever listens on the node's socket; null: nobody does. unix(7), SO_PEERCRED.</summary>
    public async Task<int?> Listener()
    {
        const int SOL_SOCKET = 1, SO_PEERCRED = 17;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
        }
        catch (SocketException)
        {
            return null;
        }
        var credentials = new byte[3 * sizeof(int)];
        socket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, credentials);
        return BitConverter.ToInt32(credentials);
    }

    /// <summary>kill -9 of the daemon.</summary>
    public async Task KillDaemon()
    {
        _daemon!.Kill();
        await _daemon.WaitForExitAsync();
    }

    /// <summary>Sends the daemon a signal and waits for its end.</summary>
    public async Task<int> EndDaemon(string signal)
    {
        await Shell.Run("/bin/kill", [$"-{signal}", $"{DaemonPid}"]);
        using var deadline = new CancellationTokenSource(Shell.Deadline);
        await _daemon!.WaitForExitAsync(deadline.Token);
        return _daemon.ExitCode;
    }

    /// <summary>
    /// What a boot does to HOLM_RUN. A layer that a namespace of somebody else's held when the daemon ended is still mounted in it.
    /// </summary>
    public async Task LoseRunFolder()
    {
        var layers = Path.Combine(RunFolder, "layers");
        foreach (var layer in Directory.Exists(layers) ? Directory.EnumerateDirectories(layers) : [])
            await Shell.Run("umount", ["--lazy", layer]);
        Directory.Delete(RunFolder, recursive: true);
    }

    /// <summary>Runs the command line.</summary>
    public Task<Ran> Holm(params string[] arguments) => Shell.Run(Path.Combine(Programs, "holm"), arguments, Environment);

    /// <summary>Runs the command line with something on its standard input.</summary>
    public Task<Ran> HolmWith(string input, params string[] arguments) =>
        Shell.Run(Path.Combine(Programs, "holm"), arguments, Environment, input);

    /// <summary>Runs a line of shell on the host's network; fails unless it ends well.</summary>
    public async Task<string> OnHost(string line) => (await TryOnHost(line)).Well().Out;

    /// <summary>The same, however it ends.</summary>
    public Task<Ran> TryOnHost(string line) => Host is null ? Shell.Sh(line)
        : Shell.Run("nsenter", [$"--net=/run/netns/{Host}", "/bin/sh", "-c", line]);

    /// <summary>Runs a line of shell inside an app; fails unless it ends well.</summary>
    public async Task<string> In(string app, string line) => (await Holm("exec", app, "--", "/bin/sh", "-c", line)).Well().Out;

    /// <summary>Makes an app of an image and starts it.</summary>
    public async Task Launch(string app, string image = "sample", params string[] options)
    {
        (await Holm(["app", "create", app, image, .. options])).Well();
        (await Holm("app", "start", app)).Well();
    }

    /// <summary>What <c>holm list</c> says of an app.</summary>
    public async Task<string> Status(string app)
    {
        using var list = JsonDocument.Parse((await Holm("list", "--format", "json")).Well().Out);
        return list.RootElement.EnumerateArray().Single(i => i.GetProperty("name").GetString() == app).GetProperty("status").GetString()!;
    }

    /// <summary>Process id of an app's init, as the host sees it.</summary>
    public async Task<int> InitPid(string app) => await FindInit(app) ?? throw new InvalidOperationException($"{app} has no init");

    /// <summary>The same; null: it has none. liblxc's sockets are abstract ones: they are found in the node's own network only.</summary>
    public async Task<int?> FindInit(string app) =>
        int.TryParse((await TryOnHost($"lxc-info -P {LxcPath} -n {app} -p -H")).Out, out var pid) ? pid : null;

    /// <summary>Process ids of the monitors that run now, by app; a zombie counts as gone.</summary>
    public Dictionary<string, int> Monitors()
    {
        var found = new Dictionary<string, int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(f => int.TryParse(Path.GetFileName(f), out _)))
            try
            {
                var words = File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0');
                if (words is [_, "start", var path, var app, ..] && path == LxcPath)
                    found[app] = int.Parse(Path.GetFileName(folder));
            }
            catch (IOException)
            {
                continue;
            }
        return found;
    }

    /// <summary>Everything outside its folders that carries this node's name, as readable lines; empty when nothing is left.</summary>
    public async Task<string> Residue()
    {
        var id = Id;
        var lines = new List<string>();
        lines.AddRange(File.ReadLines("/proc/self/mountinfo").Where(l => l.Contains(RunFolder, StringComparison.Ordinal)).Select(l =>
            "mount " + l));
        lines.AddRange((await Shell.Sh($"losetup -l -n -O NAME,BACK-FILE | grep -F {State} || true")).Out.Split('\n',
            StringSplitOptions.RemoveEmptyEntries).Select(l => "loop " + l));
        lines.AddRange((await Shell.Sh($"find /sys/fs/cgroup -maxdepth 3 -type d -path '*/holm-{id}/*'")).Out.Split('\n',
            StringSplitOptions.RemoveEmptyEntries).Select(l => "cgroup " + l));
        lines.AddRange(Monitors().Select(m => $"monitor {m.Value} of {m.Key}"));
        lines.AddRange(Lines(await OnHost($"ip -o link | grep -F 'alias holm-{id}/' || true")).Select(l => "link " + l));
        lines.AddRange(Lines(await OnHost($"nft list tables 2>/dev/null | grep holm_{id} || true")).Select(l => "rules " + l));
        lines.AddRange(Lines((await Shell.Sh($"pgrep -a 'dnsmasq|udhcpc|holm-proxy' | grep -F {RunFolder}/ || true")).Out)
            .Select(l => "process " + l));
        return string.Join('\n', lines);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_daemon is null || _daemon.HasExited)
            await StartDaemon();
        try
        {
            await DeleteAll();
            await Shell.Until("nothing of the node is left", async () => await Residue() == "", 30);
            Assert.Equal(0, await EndDaemon("TERM"));
        }
        catch (Exception e)
        {
            await KillDaemon();
            throw new InvalidOperationException($"{e.Message}\nleft: {await Residue()}\nthe daemon said:\n{Log}", e);
        }
        Directory.Delete(State, recursive: true);
        Directory.Delete(RunFolder, recursive: true);
        if (_resolver is not null)
            File.Delete(_resolver);
        if (Host is not null)
            (await Shell.Sh($"ip netns delete {Host}")).Well();
    }

    private async Task DeleteAll()
    {
        using var list = JsonDocument.Parse((await Holm("list", "--format", "json")).Well().Out);
        foreach (var name in list.RootElement.EnumerateArray().Select(i => i.GetProperty("name").GetString()!))
            // What a launch made ends by itself.
            if (await Holm("app", "delete", "--force", name) is var deleted && !deleted.Err.Contains("not found", StringComparison.Ordinal))
                deleted.Well();
        using var networks = JsonDocument.Parse((await Holm("network", "list", "--format", "json")).Well().Out);
        foreach (var network in networks.RootElement.EnumerateArray().Where(n => n.GetProperty("managed").GetBoolean()))
            (await Holm("network", "delete", network.GetProperty("name").GetString()!)).Well();
    }

    private void Collect(StreamReader reader) => _ = Task.Run(async () =>
    {
        while (await reader.ReadLineAsync() is { } line)
            lock (_log)
                _log.Add(line);
    });

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Holm.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not inside the repository");
        return folder;
    }
}
