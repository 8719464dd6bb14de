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
            ip netns add {name} && ip -n {node.Host} link add uplink type veth peer name up netns {name} &&
            ip -n {node.Host} addr add 198.51.100.1/24 dev uplink && ip -n {node.Host} link set uplink up &&
            ip -n {name} addr add 198.51.100.2/24 dev up && ip -n {name} link set up up && ip -n {name} link set lo up
            """)).Well();
        return new World(name);
    }

    /// <summary>The address from which an app is seen here.</summary>
    public async Task<string> SeenFrom(TestNode node, string app)
    {
        using var listening = Shell.Start("ip", ["netns", "exec", _name, "timeout", "20", "busybox", "nc", "-l", "-p", "7", "-v"]);
        await Shell.Until("somebody listens", async () =>
            (await Shell.Sh($"ip netns exec {_name} ss -Htln")).Out.Contains(":7 ", StringComparison.Ordinal));
        await node.In(app, "echo hello | nc -w 2 198.51.100.2 7");
        var said = await listening.StandardError.ReadToEndAsync();
        return System.Text.RegularExpressions.Regex.Match(said, @"connect to .* from \S*?\[?(?<a>(?:\d+\.){3}\d+)").Groups["a"].Value is { Length: > 0 } a
            ? a : said;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => (await Shell.Sh($"ip netns delete {_name}")).Well();
}
