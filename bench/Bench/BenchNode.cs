using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Tests.Lxd;

namespace Bench;

/// <summary>A node of its own, from the published programs: state on disk, run on tmpfs. Disposing it leaves nothing.</summary>
internal sealed class BenchNode : IAsyncDisposable
{
    private readonly Dictionary<string, string> _environment;
    private readonly HttpClient _api;
    private Process _daemon = null!;

    private BenchNode(string name, string? host)
    {
        (State, RunFolder, Host) = (Path.Combine("/var/tmp", name), Path.Combine("/dev/shm", name), host);
        _environment = new() { ["HOLM_STATE"] = State, ["HOLM_RUN"] = RunFolder };
        _api = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(RunFolder, "unix.socket")), ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://holm") };
    }

    /// <summary>HOLM_STATE.</summary>
    public string State { get; }

    /// <summary>HOLM_RUN.</summary>
    public string RunFolder { get; }

    /// <summary>liblxc's lxcpath.</summary>
    public string LxcPath => Path.Combine(RunFolder, "instances");

    /// <summary>Name of the network namespace that is its host, as ip-netns(8) knows it; null: the machine's own.</summary>
    public string? Host { get; }

    /// <summary>Process id of holmd.</summary>
    public int DaemonPid => _daemon.Id;

    /// <summary>Starts it with the sample image as <c>sample</c>.</summary>
    /// <param name="host">Name of a network namespace that is its host; null: the machine's own.</param>
    public static async Task<BenchNode> Start(string? host = null)
    {
        var node = new BenchNode($"holm-bench-{Guid.NewGuid().ToString("N")[..8]}", host);
        try
        {
            await node.StartDaemon();
            await node.Holm("image", "import", Repository.Out("sample.squashfs"), "--alias", "sample");
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
        return node;
    }

    /// <summary>Of a program that speaks with this node.</summary>
    public Task<double> Time(string program, params string[] arguments) => Clock.Program(_environment, program, arguments);

    /// <summary>Runs a line of bash whose programs speak with this node; its output.</summary>
    public async Task<string> Shell(string line)
    {
        using var process = Piped.Start("/bin/bash", ["-c", line], _environment);
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{line}: {await output}{await errors}");
    }

    /// <summary>Runs the command line; its output.</summary>
    public Task<string> Holm(params string[] arguments) => HolmWith("", arguments);

    /// <summary>Runs the command line with something on its standard input; its output.</summary>
    public async Task<string> HolmWith(string input, params string[] arguments)
    {
        using var process = Piped.Start(Repository.Out("holm"), arguments, _environment);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"holm {string.Join(' ', arguments)}: {process.ExitCode}\n{await output}{await errors}");
    }

    /// <summary>Milliseconds the command line takes, from its spawn to its end.</summary>
    public Task<double> TimeHolm(params string[] arguments) => Clock.Program(_environment, Repository.Out("holm"), arguments);

    /// <summary>Milliseconds from the spawn of the command line on a terminal until its prompt.</summary>
    public Task<double> TimePrompt() => Clock.Prompt(_environment, Repository.Out("holm"));

    /// <summary>Sends a request; what <c>metadata</c> says.</summary>
    public async Task<JsonElement> Api(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _api.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        using var document = JsonDocument.Parse(text);
        return answer.IsSuccessStatusCode
            ? document.RootElement.GetProperty("metadata").Clone()
            : throw new InvalidOperationException($"{method} {path}: {text}");
    }

    /// <summary>Sends a request that makes an operation, and waits until that is done well; the operation.</summary>
    public async Task<JsonElement> Operation(HttpMethod method, string path, string body)
    {
        var begun = await Api(method, path, body);
        var done = await Api(HttpMethod.Get, $"/1.0/operations/{begun.GetProperty("id").GetString()}/wait");
        return done.GetProperty("status").GetString() == "Success"
            ? done
            : throw new InvalidOperationException($"{method} {path}: {done.GetProperty("err").GetString()}");
    }

    /// <summary>Starts or stops an app.</summary>
    public Task SetPower(string app, string action) =>
        Operation(
            HttpMethod.Put, $"/1.0/instances/{app}/state",
            $$"""{"action":"{{action}}","force":{{(action == "stop" ? "true" : "false")}}}""");

    /// <summary>Makes an app of the sample.</summary>
    public Task<string> Create(string app, params string[] options) => Holm(["app", "create", app, "sample", .. options]);

    /// <summary>Makes an app of the sample and starts it.</summary>
    public async Task Launch(string app)
    {
        await Create(app);
        await SetPower(app, "start");
    }

    /// <summary>Process id of the init of an app that runs.</summary>
    public async Task<int> InitPid(string app) => (await Api(HttpMethod.Get, $"/1.0/instances/{app}/state")).GetProperty("pid").GetInt32();

    /// <summary>Deletes an app, running or not.</summary>
    public Task Delete(string app) => Holm("app", "delete", "--force", app);

    /// <summary>Process id of an app's monitor.</summary>
    public int MonitorPid(string app) =>
        Directory.EnumerateDirectories("/proc").Select(f => int.TryParse(Path.GetFileName(f), out var pid) ? pid : 0)
            .First(pid => pid > 0 && Words(pid) is [_, "start", var path, var name, ..] && path == LxcPath && name == app);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_daemon is { HasExited: false })
        {
            using var list = JsonDocument.Parse(await Holm("list", "--format", "json"));
            foreach (var app in list.RootElement.EnumerateArray().Select(i => i.GetProperty("name").GetString()!))
                await Delete(app);
            using var end = Piped.Start("/bin/kill", ["-TERM", DaemonPid.ToString(CultureInfo.InvariantCulture)], _environment);
            await end.WaitForExitAsync();
            await _daemon.WaitForExitAsync();
        }
        _daemon?.Dispose();
        _api.Dispose();
        foreach (var folder in (string[])[State, RunFolder])
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
    }

    private async Task StartDaemon()
    {
        string[] daemon = [.. Netspace.Into(Host), Repository.Out("holmd")];
        // nsenter turns into the daemon: the process id is one.
        _daemon = Piped.Start(daemon[0], daemon[1..], _environment);
        _daemon.StandardInput.Close();
        // It says one line once it answers; everything after is read away.
        var said = new StringBuilder();
        while (await _daemon.StandardError.ReadLineAsync() is { } line)
        {
            said.AppendLine(line);
            if (!line.Contains(" answers on ", StringComparison.Ordinal))
                continue;
            _ = _daemon.StandardError.BaseStream.CopyToAsync(Stream.Null);
            _ = _daemon.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            return;
        }
        throw new InvalidOperationException($"holmd did not start:\n{said}");
    }

    private static string[] Words(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            return [];
        }
    }
}
