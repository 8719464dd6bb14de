using System.Net;
using System.Net.Sockets;
using System.Text;

namespace System.Tests;

/// <summary>Connections carried between the host and apps, by LXD's client: real bytes, both ways.</summary>
public sealed class ProxyTests
{
    /// <summary>More than any buffer on the way holds.</summary>
    private const int Much = 8 << 20;

    /// <summary>Inside, what comes to port 7007 goes back, and ports 7001 and 7002 say their numbers.</summary>
    private const string Servers = "init.cmd=/bin/sh -c \"nc -ll -p 7007 -e cat & nc -ll -p 7001 -e echo 7001 & " +
        "nc -ll -p 7002 -e echo 7002 & exec /sbin/init\"";

    [Fact]
    public async Task Tcp_from_the_host_reaches_the_app_and_survives_the_daemon_and_reboots()
    {
        await using var node = await TestNode.Start();
        var port = FreePort();
        await node.Lxc("launch", "sample", "web", "-c", Servers);
        await node.Lxc("config", "device", "add", "web", "way", "proxy", $"listen=tcp:127.0.0.1:{port}", "connect=tcp:127.0.0.1:7007");
        var there = new IPEndPoint(IPAddress.Loopback, port);
        await Carries(there);
        await CarriesAtOnce(there, 16);
        var proxy = await Proxy(node);

        // An open connection, and the process that carries it, outlive the daemon.
        using var open = await Connect(there);
        await node.KillDaemon();
        Assert.Equal("still", await Say(open, "still"));
        await node.StartDaemon();
        Assert.Equal("there", await Say(open, "there"));
        await Carries(there);
        Assert.Equal(proxy, await Proxy(node));
        // One that dies is replaced, also one that dies with the daemon.
        (await Shell.Sh($"kill -9 {proxy}")).Well();
        await Shell.Until("another carries", async () => await TryEcho(there));
        await node.KillDaemon();
        (await Shell.Sh($"kill -9 {await Proxy(node)}")).Well();
        await node.StartDaemon();
        await Shell.Until("another carries", async () => await TryEcho(there));
        // A new init has new namespaces.
        await node.Reboots("web");
        await Shell.Until("it carries again", async () => await TryEcho(there));
        await node.Lxc("stop", "web", "--force");
        Assert.Equal("", await Proxies(node));
        Assert.False(await TryEcho(there));
        await node.Lxc("start", "web");
        await Shell.Until("it carries again", async () => await TryEcho(there));
        // Taken away, it is gone, though the daemon is killed in the middle of that.
        var removed = node.TryLxc("config", "device", "remove", "web", "way");
        await node.KillDaemon();
        await removed;
        await node.StartDaemon();
        await node.TryLxc("config", "device", "remove", "web", "way");
        await Shell.Until("it is gone", async () => await Proxies(node) == "");
        Assert.False(await TryEcho(there));
    }

    [Fact]
    public async Task An_app_that_ends_while_no_daemon_runs_takes_its_proxies_along()
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        await node.Lxc("launch", "sample", "web", "-c", "boot.autorestart=false");
        await node.Lxc("config", "device", "add", "web", "way", "proxy", $"listen=unix:{host / "way"}", "connect=tcp:127.0.0.1:80");
        await Shell.Until("it runs", () => Task.FromResult(File.Exists(host / "way")));
        await Proxy(node);
        var init = await node.InitPid("web");
        await node.KillDaemon();
        (await Shell.Sh($"kill -9 {init}")).Well();
        await Shell.Until("it is gone", async () => await Proxies(node) == "");
        await node.StartDaemon();
        await Shell.Until("its socket is gone, too", () => Task.FromResult(!File.Exists(host / "way")));
    }

    [Fact]
    public async Task Tcp_from_the_app_reaches_the_host()
    {
        await using var node = await TestNode.Start();
        using var server = new EchoServer(new IPEndPoint(IPAddress.Loopback, 0));
        await node.Lxc("launch", "sample", "web");
        await node.Lxc("config", "device", "add", "web", "out", "proxy", "bind=instance", "listen=tcp:127.0.0.1:5005",
            $"connect=tcp:127.0.0.1:{((IPEndPoint)server.Address).Port}");
        await node.Sees("web", "[ \"$(echo hello | nc -w 5 127.0.0.1 5005)\" = hello ]");
        // On the host nobody listens there.
        Assert.Equal("", (await Shell.Sh("ss -Htln sport = :5005")).Out);
    }

    [Fact]
    public async Task Ports_go_one_by_one_or_all_to_one()
    {
        await using var node = await TestNode.Start();
        var first = FreePort();
        await node.Lxc("launch", "sample", "web", "-c", Servers);
        await node.Lxc("config", "device", "add", "web", "ways", "proxy", $"listen=tcp:127.0.0.1:{first}-{first + 1}",
            "connect=tcp:127.0.0.1:7001,7002");
        async Task<string> At(int port) => await Shell.Sh($"echo | busybox nc -w 5 127.0.0.1 {port}") is var ran ? ran.Out.Trim() : "";
        await Shell.Until("both answer", async () => await At(first) == "7001" && await At(first + 1) == "7002");
        await node.Lxc("config", "device", "set", "web", "ways", "connect=tcp:127.0.0.1:7002");
        await Shell.Until("one answers", async () => await At(first) == "7002" && await At(first + 1) == "7002");
    }

    [Fact]
    public async Task Udp_is_carried_both_ways_for_each_who_asks()
    {
        await using var node = await TestNode.Start();
        var port = FreePort(SocketType.Dgram);
        await node.Lxc("launch", "sample", "web");
        using var inside = Names(["nsenter", $"--net=/proc/{await node.InitPid("web")}/ns/net"], 7007);
        await node.Lxc("config", "device", "add", "web", "way", "proxy", $"listen=udp:127.0.0.1:{port}", "connect=udp:127.0.0.1:7007");
        await Shell.Until("it answers", async () => await Ask(port));
        // More than there is room for: the first ones have gone by then, and each has its own answer.
        for (var i = 0; i < 300; i++)
            Assert.True(await Ask(port), $"question {i}");
        await node.Lxc("config", "device", "remove", "web", "way");
        await Shell.Until("it is gone", async () => await Proxies(node) == "");
        Assert.False(await Ask(port));

        var own = FreePort(SocketType.Dgram);
        using var outside = Names([], own);
        await node.Lxc("config", "device", "add", "web", "out", "proxy", "bind=instance", "listen=udp:127.0.0.1:53",
            $"connect=udp:127.0.0.1:{own}");
        await node.Sees("web", "nslookup web.example 127.0.0.1 | grep -q 198.51.100.2");
    }

    /// <summary>Somebody who answers name questions on a port: web.example is 198.51.100.2.</summary>
    private static Background Names(string[] before, int port)
    {
        string[] all =
        [
            .. before, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file=",
            "--user=root", "--bind-interfaces", "--listen-address=127.0.0.1", $"--port={port}", "--address=/web.example/198.51.100.2",
        ];
        return new Background(Shell.Start(all[0], all[1..]));
    }

    /// <summary>Asks for web.example; RFC 1035, 4.1. Only who asked has an answer, and it is to his own question.</summary>
    private static async Task<bool> Ask(int port)
    {
        using var one = Sender(port);
        using var two = Sender(port);
        var id = new byte[2];
        Random.Shared.NextBytes(id);
        byte[] question = [.. id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, .. "web"u8, 7, .. "example"u8, 0, 0, 1, 0, 1];
        var buffer = new byte[1500];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await one.SendAsync(question);
            var answer = buffer.AsMemory(0, await one.ReceiveAsync(buffer, patience.Token));
            Assert.False(two.Poll(0, SelectMode.SelectRead), "the other got an answer");
            return answer.Span.StartsWith(id) && answer.Span.EndsWith((ReadOnlySpan<byte>)[198, 51, 100, 2]);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return false;
        }
    }

    private static Socket Sender(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    [Fact]
    public async Task Unix_sockets_are_found_in_the_apps_own_root_and_nowhere_else()
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        using var secret = new EchoServer(new UnixDomainSocketEndPoint(host / "secret"));
        using var shared = new HostFolder();
        using var server = new EchoServer(new UnixDomainSocketEndPoint(shared / "server"));
        (await Shell.Sh($"chmod 666 {shared / "server"} {host / "secret"} && chmod 755 {shared.Path} {host.Path}")).Well();
        await node.Lxc("launch", "sample", "web");
        await node.Share("web", "data", $"source={shared.Path}", "path=/srv/data");
        await node.Sees("web", "test -S /srv/data/server && ln -s /srv/data/server /run/link");
        await node.Lxc("config", "device", "add", "web", "way", "proxy", $"listen=unix:{host / "way"}", "connect=unix:/run/link", "uid=12",
            "gid=13", "mode=0660");
        await Shell.Until("it is there", () => Task.FromResult(File.Exists(host / "way")));
        Assert.Equal("12 13 660\n", (await Shell.Sh($"stat -c '%u %g %a' {host / "way"}")).Out);
        await Carries(new UnixDomainSocketEndPoint(host / "way"));
        // Links and dots of the app's own lead nowhere but into its own root.
        foreach (var link in (string[])[host / "secret", "../../../../../../../../.." + (host / "secret")])
        {
            await node.In("web", $"ln -sfn {link} /run/link");
            Assert.False(await TryEcho(new UnixDomainSocketEndPoint(host / "way")));
        }
        Assert.Equal(0, secret.Taken);
        await node.In("web", "ln -sfn /srv/data/server /run/link");
        await Carries(new UnixDomainSocketEndPoint(host / "way"));
        await node.Lxc("config", "device", "remove", "web", "way");
        await Shell.Until("it is gone", () => Task.FromResult(!File.Exists(host / "way")));
    }

    [Fact]
    public async Task A_unix_socket_inside_is_the_apps_and_leads_out()
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        using var server = new EchoServer(new UnixDomainSocketEndPoint(host / "server"));
        (await Shell.Sh($"chmod 600 {host / "server"}; chown 4711 {host / "server"}; chmod 755 {host.Path}")).Well();
        await node.Lxc("launch", "sample", "web");
        await node.Lxc("config", "device", "add", "web", "out", "proxy", "bind=instance", "listen=unix:/run/out",
            $"connect=unix:{host / "server"}", "uid=5", "gid=6", "mode=0600", "security.uid=4711", "security.gid=4711");
        await node.Sees("web", "test -S /run/out");
        Assert.Equal("5 6 600\n", await node.In("web", "stat -c '%u %g %a' /run/out"));
        await Carries(new UnixDomainSocketEndPoint($"/proc/{await node.InitPid("web")}/root/run/out"));
        Assert.Equal("4711\n", (await Shell.Sh($"stat -c %u /proc/{await Proxy(node)}")).Out);
        // Abstract names are of the network namespace.
        await node.Lxc("config", "device", "add", "web", "name", "proxy", "listen=unix:@holm-test-" + node.Id, $"connect=tcp:127.0.0.1:80");
        await Shell.Until("it is there", async () => (await Shell.Sh($"grep -q @holm-test-{node.Id} /proc/net/unix")).Code == 0);
        await node.In("web", $"! grep -q holm-test-{node.Id} /proc/net/unix");
    }

    [Fact]
    public async Task A_port_in_use_is_told_and_holds_up_nothing()
    {
        await using var node = await TestNode.Start();
        var busy = new EchoServer(new IPEndPoint(IPAddress.Loopback, 0));
        var (taken, free) = (((IPEndPoint)busy.Address).Port, FreePort());
        await node.Lxc("init", "sample", "web", "-c", Servers);
        await node.Lxc("config", "device", "add", "web", "a", "proxy", $"listen=tcp:127.0.0.1:{taken}", "connect=tcp:127.0.0.1:7007");
        await node.Lxc("config", "device", "add", "web", "b", "proxy", $"listen=tcp:127.0.0.1:{free}", "connect=tcp:127.0.0.1:7007");
        await node.Lxc("start", "web");
        await Carries(new IPEndPoint(IPAddress.Loopback, free));
        await Shell.Until("that is told", async () => (await node.Holm("list")).Out.Contains(
            $"carry connections from tcp:127.0.0.1:{taken} to tcp:127.0.0.1:7007 (device a of web)", StringComparison.Ordinal));
        busy.Dispose();
        await Shell.Until("it comes by itself", async () => await TryEcho(new IPEndPoint(IPAddress.Loopback, taken)));
        await Shell.Until("nothing is told", async () =>
            !(await node.Holm("list")).Out.Contains("carry connections", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("say where it listens", "connect=tcp:127.0.0.1:80")]
    [InlineData("say where it connects", "listen=tcp:127.0.0.1:80")]
    [InlineData("write tcp:ADDRESS:PORT", "listen=sctp:127.0.0.1:80", "connect=tcp:127.0.0.1:80")]
    [InlineData("it has no port", "listen=tcp:127.0.0.1", "connect=tcp:127.0.0.1:80")]
    [InlineData("its address is none such as", "listen=tcp:example.org:80", "connect=tcp:127.0.0.1:80")]
    [InlineData("its address is none such as", "listen=tcp:::1:80", "connect=tcp:127.0.0.1:80")]
    [InlineData("its ports are none such as", "listen=tcp:127.0.0.1:0", "connect=tcp:127.0.0.1:80")]
    [InlineData("its ports are none such as", "listen=tcp:127.0.0.1:9-8", "connect=tcp:127.0.0.1:80")]
    [InlineData("300 ports, 256 are allowed", "listen=tcp:127.0.0.1:1001-1300", "connect=tcp:127.0.0.1:80")]
    [InlineData("listens on 3 ports and connects to 2", "listen=tcp:127.0.0.1:1-3", "connect=tcp:127.0.0.1:1-2")]
    [InlineData("udp cannot be turned into tcp", "listen=udp:127.0.0.1:53", "connect=tcp:127.0.0.1:53")]
    [InlineData("a unix socket has an absolute path", "listen=unix:run/x", "connect=tcp:127.0.0.1:53")]
    [InlineData("a unix socket has an absolute path", "listen=unix:/run/../x", "connect=tcp:127.0.0.1:53")]
    [InlineData("bind \"there\" is not allowed", "listen=unix:/run/x", "connect=tcp:127.0.0.1:53", "bind=there")]
    [InlineData("mode is for a unix socket", "listen=tcp:127.0.0.1:53", "connect=tcp:127.0.0.1:53", "mode=0600")]
    [InlineData("security.uid \"root\" is not allowed", "listen=tcp:127.0.0.1:53", "connect=tcp:127.0.0.1:53", "security.uid=root")]
    [InlineData("nat=true is not supported by this node", "listen=tcp:127.0.0.1:53", "connect=tcp:127.0.0.1:53", "nat=true")]
    [InlineData("proxy_protocol=true is not supported", "listen=tcp:127.0.0.1:53", "connect=tcp:127.0.0.1:53", "proxy_protocol=true")]
    public async Task What_is_no_proxy_is_refused_and_nothing_changes(string why, params string[] keys)
    {
        await using var node = await TestNode.Start();
        await node.Lxc("init", "sample", "web");
        await node.IsRefused("web", why, ["config", "device", "add", "web", "it", "proxy", .. keys]);
    }

    private static Task<string> Proxies(TestNode node) =>
        Shell.Sh($"pgrep -f '^[^ ]*/holm-proxy {node.LxcPath}/' || true").ContinueWith(t => t.Result.Out.Trim(), TaskScheduler.Default);

    private static async Task<string> Proxy(TestNode node)
    {
        await Shell.Until("there is one", async () => await Proxies(node) is { Length: > 0 } one && int.TryParse(one, out _));
        return await Proxies(node);
    }

    private static async Task<Socket> Connect(EndPoint there)
    {
        var socket = there is UnixDomainSocketEndPoint ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Shell.Until($"{there} takes connections", async () =>
        {
            try
            {
                await socket.ConnectAsync(there);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
        return socket;
    }

    private static async Task<string> Say(Socket socket, string words)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes(words));
        var buffer = new byte[words.Length];
        using var patience = new CancellationTokenSource(Shell.Deadline);
        for (var got = 0; got < buffer.Length;)
            got += await socket.ReceiveAsync(buffer.AsMemory(got), patience.Token) is > 0 and var count ? count
                : throw new EndOfStreamException();
        return Encoding.ASCII.GetString(buffer);
    }

    /// <summary>Sends much and reads it back at the same time, to the end that the other side gives back.</summary>
    private static async Task Carries(EndPoint there)
    {
        // The proxy may be there before the server behind it is.
        await Shell.Until("it answers", () => TryEcho(there));
        using var socket = await Connect(there);
        await Carries(socket);
    }

    /// <summary>
    /// The same over many connections at once. They are opened one by one: BusyBox's nc lets two wait, and the kernel resets what comes
    /// over that under its SYN cookies (SyncookiesFailed).
    /// </summary>
    private static async Task CarriesAtOnce(EndPoint there, int count)
    {
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                sockets.Add(await Connect(there));
                Assert.Equal("first", await Say(sockets[^1], "first"));
            }
            await Task.WhenAll(sockets.Select(Carries));
        }
        finally
        {
            sockets.ForEach(s => s.Dispose());
        }
    }

    private static async Task Carries(Socket socket)
    {
        var (sent, got) = (new byte[Much], new MemoryStream());
        new Random(7).NextBytes(sent);
        var sending = Task.Run(async () =>
        {
            for (var at = 0; at < sent.Length;)
                at += await socket.SendAsync(sent.AsMemory(at));
            socket.Shutdown(SocketShutdown.Send);
        });
        var buffer = new byte[64 * 1024];
        using var patience = new CancellationTokenSource(Shell.Deadline);
        while (await socket.ReceiveAsync(buffer, patience.Token) is > 0 and var count)
            got.Write(buffer, 0, count);
        await sending;
        Assert.True(sent.AsSpan().SequenceEqual(got.ToArray()), $"{got.Length} of {sent.Length} bytes came back, or others");
    }

    private static async Task<bool> TryEcho(EndPoint there)
    {
        using var socket = there is UnixDomainSocketEndPoint ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(there);
            return await Say(socket, "hello") == "hello";
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException)
        {
            return false;
        }
    }

    private static int FreePort(SocketType type = SocketType.Stream)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, type, ProtocolType.IP);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
