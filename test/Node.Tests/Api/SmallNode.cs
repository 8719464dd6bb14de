using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Holm.Config;
using Holm.Contract;
using Holm.Images;
using Holm.Linux;
using Holm.Linux.Processes;
using Holm.Linux.Terminals;
using Holm.Node;
using Holm.Node.Api;
using Holm.Node.Config;
using Holm.Node.Engines;
using Holm.Node.Files;
using Holm.Node.Flakes;
using Holm.Node.Instances;
using Holm.Node.Networks;
using Holm.Node.Trust;

namespace Node.Tests.Api;

/// <summary>
/// The real API on a real socket, with the real configuration on disk. Behind it stands a small node: power is a dictionary, commands
/// of exec are programs of this machine, images are files that are only hashed.
/// </summary>
public sealed class SmallNode : IAsyncLifetime
{
    private readonly ScratchFolder _folder = new();
    private readonly ConcurrentDictionary<string, StatusCode> _power = new();
    private readonly ConcurrentDictionary<string, Image> _images = new();
    private readonly ConcurrentDictionary<string, (string Target, string Description)> _aliases = new();
    private ApiServer? _server;

    public string Socket => Path.Combine(_folder.Run, "unix.socket");

    public ConfigStore Config { get; private set; } = null!;

    public ConcurrentQueue<string> Log { get; } = new();

    public string Fingerprint { get; private set; } = "";

    public HttpClient Http { get; private set; } = null!;

    public Events Events { get; } = new(TimeProvider.System);

    public Func<string, ExecRequest, ExecSession> Exec { get; set; } = Programs.Run;

    public byte[] Printed { get; set; } = [];

    /// <summary>What this node cannot make of its networks, by name; looked at again at each change.</summary>
    public ConcurrentDictionary<string, string> Impossible { get; } = new();

    /// <summary>What is run while a change of networks is being made.</summary>
    public Func<Task> WhileSettling { get; set; } = () => Task.CompletedTask;

    /// <summary>Interfaces of the host.</summary>
    public ConcurrentDictionary<string, (Network Shown, HostInterfaceState State)> Interfaces { get; } = new();

    /// <summary>What dnsmasq has written for each network.</summary>
    public string LeaseText { get; set; } = "";

    /// <summary>What uploads may still write.</summary>
    public long RoomBytes { get; set; } = long.MaxValue;

    /// <summary>More lines of checkconfig.</summary>
    public ConcurrentQueue<Check> Checks { get; } = new();

    /// <summary>The root of every instance of it.</summary>
    public string InstanceRoot => Directory.CreateDirectory(Path.Combine(_folder.Root, "root")).FullName;

    /// <summary>Where flakes put their commands.</summary>
    public string Bin => Path.Combine(_folder.Root, "bin");

    /// <summary>Names of flakes that run.</summary>
    public ConcurrentQueue<string> Running { get; } = new();

    /// <summary>Names of flakes that were reset.</summary>
    public ConcurrentQueue<string> WereReset { get; } = new();

    /// <summary>Its HOLM_STATE.</summary>
    public string State => _folder.State;

    /// <summary>A folder that nothing is in.</summary>
    public string Fresh() => Directory.CreateDirectory(Path.Combine(_folder.Root, Guid.NewGuid().ToString("N"))).FullName;

    public string[] Leftovers => Directory.GetFiles(_folder.State, ".staged-*");

    public async ValueTask InitializeAsync()
    {
        Config = new ConfigStore(_folder.State, _folder.Run);
        _server = await ApiServer.Start(Socket, Face());
        Http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = (_, _) =>
            Connect()
        })
        { BaseAddress = new Uri("http://unix.socket") };
        var image = Path.Combine(_folder.Root, "netbox.img");
        await File.WriteAllTextAsync(image, "not really a SquashFS");
        var done = await Do("POST", "/1.0/images", new JsonText($$"""
            {"source":{"type":"file","path":"{{image}}"},"aliases":[{"name":"netbox"}],"properties":{"os":"Net Box"} }
            """));
        Fingerprint = done.GetProperty("metadata").GetProperty("fingerprint").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>One request; the answer's envelope.</summary>
    public async Task<(HttpStatusCode Code, JsonElement Body, HttpResponseMessage Whole)> Send(
        string method, string path, JsonText? body = null, params (string Key, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body.Text, Encoding.UTF8, body.Type);
        foreach (var (key, value) in headers)
            request.Headers.TryAddWithoutValidation(key, value);
        var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default, response);
    }

    /// <summary>A request that succeeds; waits for its operation. Returns the metadata: of the answer, or the finished operation.</summary>
    public async Task<JsonElement> Do(string method, string path, JsonText? body = null)
    {
        var (_, answer, _) = await Send(method, path, body);
        Assert.NotEqual("error", answer.GetProperty("type").GetString() + answer.GetProperty("error").GetString());
        Assert.Equal("", answer.GetProperty("error").GetString());
        if (answer.GetProperty("type").GetString() == "sync")
            return answer.GetProperty("metadata");
        var (_, final, _) = await Send("GET", answer.GetProperty("operation").GetString() + "/wait");
        return final.GetProperty("metadata");
    }

    public Task<JsonElement> Create(string name, bool follow = false)
    {
        var image = follow ? "\"alias\":\"netbox\",\"follow\":true" : $"\"fingerprint\":\"{Fingerprint[..12]}\"";
        return Do("POST", "/1.0/instances", new JsonText($"{{\"name\":\"{name}\",\"source\":{{\"type\":\"image\",{image}}}}}"));
    }

    public Task<JsonElement> Power(string name, string action) =>
        Do("PUT", $"/1.0/instances/{name}/state", new JsonText($$"""{"action":"{{action}}","timeout":-1}"""));

    public async Task<ClientWebSocket> Join(string path)
    {
        var socket = new ClientWebSocket();
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { ConnectCallback = (_, _) => Connect() });
        await socket.ConnectAsync(new Uri("ws://unix.socket" + path), invoker, TestContext.Current.CancellationToken);
        return socket;
    }

    public async ValueTask<Stream> Connect()
    {
        var socket = new System.Net.Sockets.Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
        return new NetworkStream(socket, ownsSocket: true);
    }

    private NodeFace Face() => new()
    {
        Config = Config,
        Configuration = new ConfigurationFace
        {
            Change = (what, change, saving, _) =>
            {
                Document? before = null;
                var after = Config.Change(what, now => change(before = now), saving);
                return (before!, after);
            },
            Activate = Activate,
        },
        Events = Events,
        Environment = () => new ServerEnvironment { KernelArchitecture = "x86_64", ServerName = "small" },
        CheckConfig = () => [new Check { Feature = "kernel", Found = "yes", Holm = "uses it" }, .. Checks],
        Flakes = Flakes(),
        Trust = NodeTrust.Open(Path.Combine(_folder.State, "trust"), TimeProvider.System, Log.Enqueue),
        Storage = Storage(),
        Snapshots = Snapshots(),
        UploadFolder = _folder.State,
        Log = Log.Enqueue,
        Networks = new NetworkFace
        {
            Settle = async _ =>
            {
                await WhileSettling();
                return Impossible;
            },
            Problem = name => Impossible.GetValueOrDefault(name),
            State = name => Interfaces.TryGetValue(name, out var found) ? found.State : null,
            Leases = _ => LeaseFile.Parse(LeaseText),
            Unmanaged = () => [.. Interfaces.Values.Select(i => i.Shown).Where(n => !Config.Current.Networks.ContainsKey(n.Name))],
        },
        Instances = new InstanceFace
        {
            Status = name => new InstanceStatus(_power.GetValueOrDefault(name, StatusCode.Stopped), "", default),
            State = name => new InstanceState { Status = _power.GetValueOrDefault(name, StatusCode.Stopped).ToString() },
            SetPower = (name, action, _, _) =>
            {
                if (Config.Current.Instances[name].Config.ContainsKey("user.fault"))
                    throw new InvalidOperationException("boom");
                _power[name] = action switch
                {
                    PowerAction.Stop => StatusCode.Stopped,
                    PowerAction.Freeze => StatusCode.Frozen,
                    _ => StatusCode.Running,
                };
                return Task.CompletedTask;
            },
            Delete = (name, _) => Task.FromResult(Config.Change("delete", d => d.WithoutInstance(name))),
            Rename = (from, to) => Task.FromResult(Config.Change("rename", d => d.Renamed(from, to))),
            Exec = (name, request) => Exec(name, request),
            OpenConsole = _ => throw new Refusal(409, "nobody prints here"),
            ConsoleLog = _ => Printed,
            ClearConsoleLog = _ => Printed = [],
            EngineLog = name => Encoding.UTF8.GetBytes($"lxc {name} WARN"),
            LogFolder = _ => Directory.CreateDirectory(InstanceRoot + "-logs").FullName,
            Files = async (name, _, work, ct) =>
            {
                using var root = Fd.Open(InstanceRoot, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
                await work(new InnerFiles(name, root, InnerIds.Privileged), ct);
            },
        },
        Images = new ImageFace
        {
            List = () => [.. _images.Values.Select(Named)],
            Find = Find,
            Aliases = () => [.. _aliases.Select(a => new ImageAlias { Name = a.Key, Target = a.Value.Target,
                Description = a.Value.Description })],
            CheckRoom = bytes =>
            {
                if ((RoomBytes -= bytes) < 0)
                    throw new Refusal(507, "no room");
            },
            Import = Import,
            Delete = fingerprint => _images.TryRemove(fingerprint, out _),
            SetAlias = (name, fingerprint, description) => _aliases[name] = (fingerprint, description),
            RenameAlias = (from, to) => _aliases[to] = _aliases.TryRemove(from, out var was) ? was : default,
            DeleteAlias = name => _aliases.TryRemove(name, out _),
            Edit = (fingerprint, edit) => _images[fingerprint] = _images[fingerprint] with
            {
                Properties = edit.Properties,
                Profiles = edit.Profiles,
                ExpiresAt = edit.ExpiresAt,
            },
            Export = fingerprint => new ImageExport(new MemoryStream(Encoding.UTF8.GetBytes(fingerprint)), 64, "netbox.squashfs"),
        },
    };

    /// <summary>Its pools and volumes.</summary>
    public StorageFace Disk { get; private set; } = null!;

    private StorageFace Storage()
    {
        var pools = new PoolFolders(NodePaths.Open(_folder.State, _folder.Run), () => Config.Current);
        return Disk = Faces.StorageOf(pools, new VolumeFolders(pools, TimeProvider.System), TimeProvider.System);
    }

    /// <summary>On the disk alone: nothing runs here.</summary>
    private SnapshotFace Snapshots()
    {
        var pools = new PoolFolders(NodePaths.Open(_folder.State, _folder.Run), () => Config.Current);
        var folders = new SnapshotFolders(pools);
        return new SnapshotFace
        {
            List = folders.Of,
            Create = (name, snapshot, tell, ct) => Task.Run(() =>
                folders.Create(pools.Ready(Config.Current.FindPool("default")!), snapshot, Config.Current.Instances[name], tell, ct), ct),
            Delete = (name, snapshot, ct) => Task.Run(() => folders.Delete(name, snapshot), ct),
            Rename = (name, from, to, ct) => Task.Run(() => folders.Rename(name, from, to), ct),
            Copy = (_, _, instance, _, _, _) => Task.FromResult(Config.Change("copy", d => d.With(instance))),
        };
    }

    private FlakeFace Flakes()
    {
        var folder = Path.Combine(_folder.State, "flakes");
        var store = new FlakeStore(folder, Path.Combine(_folder.Root, "holm-launch"), name => Running.Contains(name));
        store.Open();
        var images = new ImageStore(_folder.State, TimeProvider.System);
        images.Open();
        var includes = new FlakeIncludes(folder, images);
        return Faces.FlakesOf(new FlakeControl(store, includes, (name, called) =>
        {
            WereReset.Enqueue(called is null ? name : $"{name}@{called}");
            return Task.CompletedTask;
        }), new FlakeStacks(images, includes, Log.Enqueue));
    }

    private Task<Activated> Activate(Document before, Document after, bool keepWrites, Action<string> tell, CancellationToken ct)
    {
        var turns = ActivationPlan.Of(before, after, name => new AppNow(
            _power.GetValueOrDefault(name, StatusCode.Stopped) != StatusCode.Stopped, false));
        foreach (var turn in turns.Where(t => t.Turn != Turn.Live))
        {
            tell(turn.ToString());
            _power[turn.Name] = turn.Turn is Turn.Start or Turn.Restart ? StatusCode.Running : StatusCode.Stopped;
        }
        return Task.FromResult(new Activated(
            [.. turns.Where(t => after.Instances.GetValueOrDefault(t.Name)?.Config.ContainsKey("user.fault") == true)
                .Select(t => $"{t.Name}: boom")],
            [], keepWrites ? [.. turns.Where(t => t.Turn == Turn.Remove).Select(t => t.Name)] : []));
    }

    private async Task<Image> Import(ImageFile file, IProgress<string> progress, CancellationToken ct)
    {
        progress.Report("hashing");
        var bytes = await File.ReadAllBytesAsync(file.Path, ct);
        var image = new Image
        {
            Fingerprint = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            Size = bytes.Length,
            Filename = file.Filename,
            Properties = file.Properties,
        };
        return _images[image.Fingerprint] = image;
    }

    private Image Named(Image image) => image with
    {
        Aliases = [.. _aliases.Where(a => a.Value.Target == image.Fingerprint).Select(a => new ImageAlias { Name = a.Key })],
    };

    private Image? Find(string name)
    {
        var fingerprint = _aliases.TryGetValue(name, out var alias) ? alias.Target : name;
        return _images.Values.SingleOrDefault(i => i.Fingerprint.StartsWith(fingerprint, StringComparison.Ordinal)) is { } image
            ? Named(image) : null;
    }
}

/// <summary>JSON as text.</summary>
public sealed record JsonText(string Text, string Type = "application/json");

/// <summary>Programs of this machine in place of an instance's.</summary>
internal static class Programs
{
    public static ExecSession Run(string instance, ExecRequest request)
    {
        var streams = new ExecStreams();
        if (request.Interactive)
        {
            using var devpts = Fd.Open("/dev/pts", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
            (streams.Master, streams.Slave) = Pty.Open(devpts, 0, 0);
            Pty.Resize(streams.Master, request.Width, request.Height);
        }
        else
        {
            streams.MakePipes();
        }
        var child = Child.Spawn(new Command
        {
            Path = request.Command[0],
            Arguments = [.. request.Command.Skip(1)],
            Environment = [.. request.Environment.Select(e => $"{e.Key}={e.Value}"), "PATH=/usr/bin:/bin"],
            Stdin = streams.ChildStdin,
            Stdout = streams.ChildStdout,
            Stderr = streams.ChildStderr,
            NewSession = true,
        });
        // Nobody waits for the word to go: the program runs already.
        var (nobody, life) = Fd.Pipe();
        nobody.Dispose();
        return new ExecSession(child, life, streams);
    }
}
