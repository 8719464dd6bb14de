using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace System.Tests;

/// <summary>The node by TLS: Debian's lxc with a token, and strangers.</summary>
public sealed class RemoteTests : IAsyncDisposable
{
    private readonly string _conf = Directory.CreateTempSubdirectory("holm-lxc-").FullName;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Directory.Delete(_conf, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_token_lets_a_client_in_once_and_it_does_all_that_the_socket_does()
    {
        await using var node = await TestNode.Start();
        var address = await Open(node);
        var token = (await node.Holm("token", "add", "alice")).Well().Out.Trim();
        Assert.Contains("alice", (await node.Holm("token", "list")).Well().Out, StringComparison.Ordinal);
        (await Lxc("remote", "add", "far", token)).Well();
        Assert.Equal("NAME,FINGERPRINT\nalice", (await node.Holm("trust", "list", "--format", "csv")).Well().Out.Split(',', 3) is
            [var name, var heading, _] ? $"{name},{heading}" : "");
        Assert.DoesNotContain("alice", (await node.Holm("token", "list")).Well().Out, StringComparison.Ordinal);
        // Image by image, stream by stream: as over the socket.
        (await Lxc("launch", "far:sample", "far:web")).Well();
        Assert.Equal("in\n", (await Lxc("exec", "far:web", "--", "/bin/sh", "-c", "echo in")).Well().Out);
        var typed = await Shell.Run("lxc", ["exec", "far:web", "--", "cat"], Client, "through");
        Assert.Equal("through", typed.Well().Out);
        Assert.Equal("3", (await Lxc("exec", "far:web", "--", "/bin/sh", "-c", "exit 3")).Code.ToString(CultureInfo.InvariantCulture));
        (await Shell.Sh($"echo pushed > {_conf}/file")).Well();
        (await Lxc("file", "push", $"{_conf}/file", "far:web/tmp/file")).Well();
        Assert.Equal("pushed\n", (await node.Holm("exec", "web", "--", "cat", "/tmp/file")).Well().Out);
        Assert.Contains("web", (await Lxc("list", "far:", "--format", "csv")).Well().Out, StringComparison.Ordinal);
        Assert.Contains($"core.https_address: {address}", (await Lxc("config", "show", "far:")).Well().Out, StringComparison.Ordinal);
        // Once means once, for another key.
        var stranger = new Dictionary<string, string> { ["LXD_CONF"] = $"{_conf}/other" };
        var second = await Shell.Run("lxc", ["remote", "add", "far", token], stranger);
        Assert.NotEqual(0, second.Code);
        Assert.Contains("not authorized", second.Err, StringComparison.Ordinal);
        // Trust outlives the daemon, not its end by the operator.
        await node.KillDaemon();
        await node.StartDaemon();
        await Shell.Until("it answers again", async () => (await Lxc("list", "far:")).Code == 0);
        var fingerprint = (await node.Holm("trust", "list", "--format", "csv")).Well().Out.Trim().Split(',')[^1];
        using var open = Shell.Start("lxc", ["exec", "far:web", "--", "sleep", "1000"], Client);
        await Shell.Until("it sleeps", async () => (await node.In("web", "ps")).Contains("sleep 1000", StringComparison.Ordinal));
        (await node.Holm("trust", "remove", fingerprint[..12])).Well();
        await open.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Shell.Deadline, TestContext.Current.CancellationToken);
        Assert.Contains("not authorized", (await Lxc("list", "far:")).Err, StringComparison.Ordinal);
        (await node.Holm("app", "delete", "--force", "web")).Well();
    }

    [Fact]
    public async Task Strangers_see_what_is_public_and_nothing_else()
    {
        await using var node = await TestNode.Start();
        Assert.Contains("https 8443", (await node.Holm("token", "add", "early")).Err, StringComparison.Ordinal);
        var address = await Open(node);
        async Task<string> Curl(params string[] arguments) => (await Shell.Run("curl", ["-sk", .. arguments])).Out;
        var root = await Curl($"https://{address}/1.0");
        Assert.Contains("\"auth\":\"untrusted\"", root, StringComparison.Ordinal);
        Assert.DoesNotContain("environment", root, StringComparison.Ordinal);
        (await Shell.Sh($"cd {_conf} && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -out c " +
            "-subj /CN=x -days 1 2> err")).Well();
        string[] shows = ["--cert", $"{_conf}/c", "--key", $"{_conf}/k"];
        foreach (var known in (string[][])[[], shows])
        {
            foreach (var path in (string[])["/1.0/instances", "/1.0/events", "/1.0/", "//1.0/instances", "/1.0/../1.0/instances",
                "/1.0/certificates", "/1.0/operations", "/nothing", "/1.0/metrics"])
            {
                var answer = await Curl([.. known, "--path-as-is", $"https://{address}{path}"]);
                Assert.True(answer.Contains("not authorized", StringComparison.Ordinal), $"{path}: {answer}");
            }
            Assert.Contains("not authorized", await Curl([.. known, "-X", "PUT", "-d", "{}", $"https://{address}/1.0"]),
                StringComparison.Ordinal);
            Assert.Contains("not authorized", await Curl([.. known, "-d", """{"token":true,"name":"x"}""",
                $"https://{address}/1.0/certificates"]), StringComparison.Ordinal);
            // Another's certificate is nobody's to bring: only whose key was shown counts, and only with a token.
            Assert.Contains("not authorized", await Curl([.. known, "-d", """{"certificate":"eA==","password":"guess"}""",
                $"https://{address}/1.0/certificates"]), StringComparison.Ordinal);
        }
        // What they may send is short.
        await File.WriteAllBytesAsync($"{_conf}/long", new byte[20000], TestContext.Current.CancellationToken);
        Assert.Contains("too long: 16 KiB are allowed", await Curl(
            [.. shows, "--data-binary", $"@{_conf}/long", $"https://{address}/1.0/certificates"]), StringComparison.Ordinal);
        Assert.NotEqual(0, (await Shell.Run("curl", ["-sk", "--tls-max", "1.2", $"https://{address}/1.0"])).Code);
        Assert.NotEqual(0, (await Shell.Run("curl", ["-s", $"http://{address}/1.0"])).Code);
        Assert.Equal("700 600 600\n", (await Shell.Sh(
            $"cd {node.State} && stat -c %a trust trust/server.key trust/server.crt | xargs")).Out);
        // Of many who guess at once, most are sent away; the one who knows comes in at once.
        var token = (await node.Holm("token", "add", "knows")).Well().Out.Trim();
        var guesses = Enumerable.Range(0, 40).Select(i => Curl([.. shows, "-d", $$"""{"password":"{{i}}"}""",
            $"https://{address}/1.0/certificates"])).ToList();
        (await Lxc("remote", "add", "far", token)).Well();
        var told = await Task.WhenAll(guesses);
        Assert.All(told, t => Assert.Contains("\"error_code\":4", t, StringComparison.Ordinal));
        Assert.Contains(told, t => t.Contains("too many wrong tokens", StringComparison.Ordinal));
        // A token that nobody used in time, and one that was taken back.
        var late = (await node.Holm("token", "add", "late", "--expires", "1s")).Well().Out.Trim();
        await Shell.Until("it has expired", async () =>
            !(await node.Holm("token", "list")).Well().Out.Contains("late", StringComparison.Ordinal));
        var back = (await node.Holm("token", "add", "back")).Well().Out.Trim();
        (await node.Holm("token", "remove", "back")).Well();
        foreach (var gone in (string[])[late, back])
            Assert.Contains("not authorized", await Curl([.. shows, "-d", $$"""{"password":"{{gone}}"}""",
                $"https://{address}/1.0/certificates"]), StringComparison.Ordinal);
    }

    /// <summary>A certificate says where its issuer is to be had: wherever its holder would like this node to ask.</summary>
    [Fact]
    public async Task A_strangers_certificate_leads_nowhere()
    {
        await using var node = await TestNode.Start();
        var address = await Open(node);
        using var issuer = new TcpListener(IPAddress.Loopback, 0);
        issuer.Start();
        const string key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        (await Shell.Sh($"cd {_conf} && exec 2> err && openssl req -x509 {key} -keyout ca.key -out ca.crt -subj /CN=ca -days 1 && " +
            $"openssl req {key} -keyout k -out csr -subj /CN=leaf && " +
            $"echo 'authorityInfoAccess=caIssuers;URI:http://{issuer.LocalEndpoint}/ca' > ext && " +
            "openssl x509 -req -in csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile ext -out c -days 1")).Well();
        var told = await Shell.Run("curl", ["-sk", "--cert", $"{_conf}/c", "--key", $"{_conf}/k", $"https://{address}/1.0"]);
        Assert.Contains("\"auth\":\"untrusted\"", told.Well().Out, StringComparison.Ordinal);
        Assert.False(issuer.Pending());
    }

    [Fact]
    public async Task Who_opens_all_connections_that_he_can_keeps_nobody_else_out()
    {
        await using var node = await TestNode.Start();
        var address = IPEndPoint.Parse(await Open(node));
        List<Socket> silent = [];
        try
        {
            for (var i = 0; i < 400; i++)
            {
                silent.Add(new Socket(SocketType.Stream, ProtocolType.Tcp));
                await silent[^1].ConnectAsync(address, TestContext.Current.CancellationToken);
            }
            Task<Ran> Ask(string from) =>
                Shell.Run("curl", ["-sk", "--max-time", "20", "--interface", from, $"https://{address}/1.0"]);
            Assert.NotEqual(0, (await Ask("127.0.0.1")).Code);
            Assert.Contains("\"auth\":\"untrusted\"", (await Ask("127.0.0.2")).Well().Out, StringComparison.Ordinal);
        }
        finally
        {
            silent.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task The_door_follows_the_configuration()
    {
        await using var node = await TestNode.Start();
        var address = await Open(node);
        Assert.Contains($"https {address}", (await node.Holm("show", "running-config")).Well().Out, StringComparison.Ordinal);
        // As LXD's client says it, and back; what cannot be is refused, and the old door stays.
        var other = FreeAddress();
        await node.Lxc("config", "set", "core.https_address", other);
        Assert.NotEqual(0, (await Shell.Run("curl", ["-sk", $"https://{address}/1.0"])).Code);
        (await Shell.Run("curl", ["-sk", $"https://{other}/1.0"])).Well();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var busy = taken.LocalEndpoint.ToString()!;
        foreach (var wrong in (string[])[busy, "nonsense", "127.0.0.1:0", "127.0.0.1:99999", "192.0.2.1:8443"])
        {
            Assert.NotEqual(0, (await node.TryLxc("config", "set", "core.https_address", wrong)).Code);
            (await Shell.Run("curl", ["-sk", $"https://{other}/1.0"])).Well();
        }
        Assert.Contains("core.https_address is", (await node.TryLxc("config", "set", "core.trust_password", "x")).Err,
            StringComparison.Ordinal);
        Assert.Contains("cannot answer there", (await node.Holm("configure", "https", busy)).Err, StringComparison.Ordinal);
        taken.Stop();
        // Once the port is free it is taken: nobody has to say it again.
        await Shell.Until("the door is open", async () =>
            (await Shell.Run("curl", ["-sk", $"https://{busy}/1.0"])).Code == 0);
        await node.Lxc("config", "unset", "core.https_address");
        Assert.NotEqual(0, (await Shell.Run("curl", ["-sk", $"https://{other}/1.0"])).Code);
        Assert.DoesNotContain("https", (await node.Holm("show", "running-config")).Well().Out, StringComparison.Ordinal);
    }

    private Dictionary<string, string> Client => new() { ["LXD_CONF"] = _conf };

    private Task<Ran> Lxc(params string[] arguments) => Shell.Run("lxc", arguments, Client);

    private static async Task<string> Open(TestNode node)
    {
        var address = FreeAddress();
        (await node.Holm("configure", "https", address)).Well();
        return address;
    }

    private static string FreeAddress()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        return free.LocalEndpoint.ToString()!;
    }
}
