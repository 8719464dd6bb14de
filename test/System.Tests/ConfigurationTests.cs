using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace System.Tests;

/// <summary>The configuration as one: what a session changed is brought about at once, on real apps.</summary>
public sealed class ConfigurationTests
{
    private const string Path = "/1.0/configuration";

    private static async Task<JsonElement> Send(TestNode node, HttpMethod method, string path, JsonObject? body = null)
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(node.Socket), ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://unix.socket") };
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await http.SendAsync(request);
        var envelope = await answer.Content.ReadFromJsonAsync<JsonElement>();
        if (envelope.GetProperty("type").GetString() != "async")
            return envelope;
        var url = envelope.GetProperty("operation").GetString() + "/wait";
        return (await http.GetFromJsonAsync<JsonElement>(url)).GetProperty("metadata");
    }

    private static Task<JsonElement> Patch(TestNode node, params (string Name, string Was, string Becomes)[] changes) =>
        Send(node, HttpMethod.Patch, Path, new JsonObject
        {
            ["changes"] = new JsonArray([.. changes.Select(c => new JsonObject
            {
                ["object"] = c.Name,
                ["was"] = c.Was,
                ["becomes"] = c.Becomes,
            })]),
        });

    /// <summary>The app's block, and those of its interfaces.</summary>
    private static async Task<string> Block(TestNode node, string app)
    {
        var text = (await Send(node, HttpMethod.Get, Path)).GetProperty("metadata").GetProperty("text").GetString()!;
        var from = text.IndexOf($"app {app} ", StringComparison.Ordinal);
        var next = text.IndexOf("\napp ", from, StringComparison.Ordinal);
        return text[from..(next < 0 ? text.Length : next + 1)];
    }

    private static async Task<int> InitPid(TestNode node, string app) =>
        (await Send(node, HttpMethod.Get, $"/1.0/instances/{app}/state")).GetProperty("metadata").GetProperty("pid").GetInt32();

    private static string App(string name, string pool = "ram", string more = "") =>
        $"app {name} sample\nenable\nconfig boot.autorestart true\ndevice root disk path=/ pool={pool}\n{more}\nend\n";

    private static void Well(JsonElement operation) => Assert.Equal("", operation.GetProperty("err").GetString());

    private static IEnumerable<string> Listed(JsonElement operation, string key) =>
        operation.GetProperty("metadata").TryGetProperty(key, out var list) ? list.EnumerateArray().Select(e => e.GetString()!) : [];

    [Fact]
    public async Task Twenty_apps_of_one_session_start_side_by_side()
    {
        await using var node = await TestNode.Start();
        var names = Enumerable.Range(1, 20).Select(i => $"app{i}").ToList();
        var clock = Stopwatch.StartNew();
        Well(await Patch(node, [.. names.Select(n => ($"app {n}", "", App(n)))]));
        TestContext.Current.TestOutputHelper?.WriteLine($"20 apps: {clock.Elapsed}");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(3), $"{clock.Elapsed}");
        Assert.Equal(20, node.Monitors().Count);
        Well(await Patch(node, [.. await Task.WhenAll(names.Select(async n => ($"app {n}", await Block(node, n), "")))]));
        Assert.Empty(node.Monitors());
    }

    [Fact]
    public async Task A_changed_setting_is_felt_at_once_by_a_restart_where_it_has_to_be()
    {
        await using var node = await TestNode.Start();
        Well(await Patch(node, ("app web", "", App("web"))));
        var pid = await InitPid(node, "web");

        var live = await Patch(node, ("app web", await Block(node, "web"), App("web", more: "config limits.memory 64MiB")));
        Well(live);
        Assert.Equal(pid, await InitPid(node, "web"));
        Assert.Equal(64 << 20, (await Send(node, HttpMethod.Get, "/1.0/instances/web/state")).GetProperty("metadata")
            .GetProperty("memory").GetProperty("total").GetInt64());

        var anew = await Patch(node, ("app web", await Block(node, "web"), App("web", more: "environment GREETING hello")));
        Well(anew);
        Assert.Equal(["web is restarted: environment changed"], Listed(anew, "progress"));
        Assert.NotEqual(pid, await InitPid(node, "web"));
        Assert.Equal("hello\n", await node.In("web", "echo $GREETING"));

        Well(await Patch(node, ("app web", await Block(node, "web"), App("web").Replace("enable", "no enable", StringComparison.Ordinal))));
        Assert.Equal("Stopped", await node.Status("web"));
    }

    [Fact]
    public async Task Nics_are_changed_while_an_app_runs_and_move_from_one_app_to_another()
    {
        await using var node = await TestNode.Start(ownHost: true);
        Well(await Patch(node, ("app web", "",
            App("web", more: "share veth myapp") + "iface myapp\ninet 10.9.0.1/24\ndhcp-server\nend\n")));
        var pid = await InitPid(node, "web");
        Assert.Contains("10.9.0.1/24", await node.OnHost("ip -o addr show dev myapp"), StringComparison.Ordinal);

        // When the operation is over, the interfaces are as it says.
        Well(await Patch(node, ("app web", await Block(node, "web"),
            App("web", more: "share veth myapp\nshare veth other as eth1") + "iface myapp\ninet 10.8.0.1/24\nend\n")));
        Assert.Contains("10.8.0.1/24", await node.OnHost("ip -o addr show dev myapp"), StringComparison.Ordinal);
        await node.OnHost("ip link show dev other");
        await node.In("web", "ip link show dev eth1");
        Assert.Equal(pid, await InitPid(node, "web"));

        Well(await Patch(node, ("app web", await Block(node, "web"), ""), ("app two", "", App("two", more: "share veth myapp"))));
        Assert.Equal(["two"], node.Monitors().Keys);
        await node.OnHost("ip link show dev myapp");
        await node.In("two", "ip link show dev eth0");
    }

    [Fact]
    public async Task An_app_that_is_not_configured_any_more_is_asked_to_end()
    {
        const string farewell = "cmd /bin/sh -c \"trap 'echo bye > /root/farewell; exit 0' USR2 PWR TERM; echo ready > /run/ready; "
            + "while :; do sleep 0.1; done\"";
        await using var node = await TestNode.Start();
        var kept = System.IO.Path.Combine(node.State, "pools/default/web");
        Well(await Patch(node, ("app web", "", App("web", "default", farewell))));
        await Shell.Until("it listens", async () => (await node.Holm("exec", "web", "--", "/bin/ls", "/run/ready")).Code == 0);

        // A whole new configuration keeps what the app wrote.
        var replaced = await Send(node, HttpMethod.Put, Path, new JsonObject { ["text"] = "" });
        Well(replaced);
        Assert.Equal(["web"], Listed(replaced, "kept"));
        Assert.Equal("bye\n", await File.ReadAllTextAsync(Directory.GetFiles(kept, "farewell", SearchOption.AllDirectories).Single()));
        Assert.Empty(node.Monitors());

        // Its removal does not.
        Well(await Patch(node, ("app web", "", App("web", "default", farewell))));
        Assert.Equal("bye\n", await node.In("web", "cat /root/farewell"));
        Well(await Patch(node, ("app web", await Block(node, "web"), "")));
        Assert.Empty(Directory.GetFileSystemEntries(System.IO.Path.GetDirectoryName(kept)!));
        Assert.Empty(node.Monitors());
    }

    [Fact]
    public async Task A_removal_is_finished_by_the_next_daemon()
    {
        const string slow = "cmd /bin/sh -c \"trap 'sleep 2; exit 0' USR2 PWR TERM; echo mine > /root/note; while :; do sleep 0.1; done\"";
        await using var node = await TestNode.Start();
        Well(await Patch(node, ("app web", "", App("web", "default", slow))));
        await Shell.Until("it listens", async () => (await node.Holm("exec", "web", "--", "/bin/cat", "/root/note")).Out == "mine\n");
        var removal = Patch(node, ("app web", await Block(node, "web"), ""));
        await Shell.Until("the configuration lacks it", async () =>
            !(await File.ReadAllTextAsync(System.IO.Path.Combine(node.RunFolder, "running-config"))).Contains("app web"));
        await node.KillDaemon();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => removal);
        await node.StartDaemon();
        await Shell.Until("it has ended", () => Task.FromResult(node.Monitors().Count == 0));
        await Shell.Until("its writes are gone", () =>
            Task.FromResult(Directory.GetFileSystemEntries(System.IO.Path.Combine(node.State, "pools/default")).Length == 0));
        // One of that name is a new one.
        Well(await Patch(node, ("app web", "", App("web", "default").Replace("enable", "no enable", StringComparison.Ordinal))));
        await Shell.Until("it is off", async () => await node.Status("web") == "Stopped");
    }

    [Fact]
    public async Task What_cannot_come_up_is_told_and_the_rest_runs()
    {
        await using var node = await TestNode.Start();
        var done = await Patch(node, ("app good", "", App("good")), ("app bad", "", App("bad", more: "cmd /no/such/init")));
        Assert.StartsWith("the configuration is applied, but not all runs as it should: bad: ", done.GetProperty("err").GetString());
        Assert.Equal("Running", await node.Status("good"));
        // Changed, it is tried again at once.
        Well(await Patch(node, ("app bad", await Block(node, "bad"), App("bad"))));
        Assert.Equal("Running", await node.Status("bad"));
    }

    [Fact]
    public async Task What_was_not_saved_is_gone_with_the_next_boot()
    {
        await using var node = await TestNode.Start();
        Well(await Patch(node, ("app one", "", App("one"))));
        await Send(node, HttpMethod.Put, Path + "/startup", []);
        Well(await Patch(node, ("app two", "", App("two"))));
        await node.KillDaemon();
        await node.StartDaemon();
        Assert.Equal(["one", "two"], node.Monitors().Keys.Order());
        Assert.DoesNotContain("app two", await File.ReadAllTextAsync(System.IO.Path.Combine(node.State, "startup-config.cfg")));
    }
}
