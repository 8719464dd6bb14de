using System.Diagnostics;

namespace System.Tests;

/// <summary>
/// Another network behind a node's host: a namespace with 198.51.100.2, which knows no way to what lies behind the host's 198.51.100.1.
/// </summary>
public sealed class World : IAsyncDisposable
{
    private readonly string _name;

    private World(string name) => _name = name;

    /// <summary>Connects one to the host of a node.</summary>
    public static async Task<World> Beside(TestNode node)
    {
        var name = node.Host + "-w";
        (await Shell.Sh(
            $"""
            ip netns add {name} && ip -n {node.Host} link add uplink type veth peer name far netns {name} &&
            ip -n {node.Host} addr add 198.51.100.1/24 dev uplink && ip -n {node.Host} link set uplink up &&
            ip -n {name} addr add 198.51.100.2/24 dev far && ip -n {name} link set far up && ip -n {name} link set lo up
            """)).Well();
        return new World(name);
    }

    /// <summary>Takes an interface of a node's host for its own, with an address.</summary>
    public static async Task<World> Behind(TestNode node, string link, string address)
    {
        var world = new World(node.Host + "-w");
        (await Shell.Sh($"ip netns add {world._name} && ip -n {node.Host} link set {link} netns {world._name} && " +
            $"ip -n {world._name} addr add {address} dev {link} && ip -n {world._name} link set {link} up")).Well();
        return world;
    }

    /// <summary>Runs a line of shell here; fails unless it ends well.</summary>
    public async Task<string> Run(string line) => (await Shell.Run("ip", ["netns", "exec", _name, "/bin/sh", "-c", line])).Well().Out;

    /// <summary>The address from which an app is seen here.</summary>
    public Task<string> SeenFrom(TestNode node, string app) => SeenFrom(line => node.In(app, line));

    /// <summary>The address from which whoever runs a line of shell is seen here.</summary>
    public async Task<string> SeenFrom(Func<string, Task<string>> shell)
    {
        const string tell = "ss -Htn sport = :7 | awk '{ print $5 }'";
        using var listening = Shell.Start(
            "ip", ["netns", "exec", _name, "busybox", "nc", "-w", "30", "-l", "-p", "7", "-e", "/bin/sh", "-c", tell]);
        await Shell.Until("somebody listens", async () => (await Run("ss -Htln")).Contains(":7 ", StringComparison.Ordinal), 10);
        return (await shell("nc -w 5 198.51.100.2 7 < /dev/null")).Trim().Replace("[::ffff:", "").Split([']', ':'])[0];
    }

    /// <summary>Begins to answer name questions here: web.example is 198.51.100.2.</summary>
    public Background ServeNames() => Names(_name, "198.51.100.2");

    /// <summary>The same on a node's host, at an address of its loopback.</summary>
    public static Background ServeNames(TestNode node, string address) => Names(node.Host!, address);

    private static Background Names(string space, string address) => new(Shell.Start("ip",
    [
        "netns", "exec", space, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file=",
        "--bind-interfaces", $"--listen-address={address}", "--address=/web.example/198.51.100.2",
    ]));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => (await Shell.Sh($"ip netns delete {_name}")).Well();
}

/// <summary>A program that runs until disposed.</summary>
/// <param name="process">The program.</param>
public sealed class Background(Process process) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        process.Kill();
        process.Dispose();
    }
}
