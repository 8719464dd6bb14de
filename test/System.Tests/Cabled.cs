namespace System.Tests;

/// <summary>A machine at the other end of a cable: a namespace with interface <c>far</c>, whose peer is a port of a node's host.</summary>
public sealed class Cabled : IAsyncDisposable
{
    private readonly string _name;

    private Cabled(string name) => _name = name;

    /// <summary>Puts one at a port that is made.</summary>
    public static async Task<Cabled> To(TestNode node, string port, string suffix)
    {
        var name = $"{node.Host}-{suffix}";
        (await Shell.Sh($"ip netns add {name} && ip -n {node.Host} link add {port} type veth peer name far netns {name} && " +
            $"ip -n {node.Host} link set {port} up && ip -n {name} link set far up && ip -n {name} link set lo up")).Well();
        return new Cabled(name);
    }

    /// <summary>Runs a line of shell there; fails unless it ends well.</summary>
    public async Task<string> Run(string line) => (await Try(line)).Well().Out;

    /// <summary>Runs a line of shell there, however it ends.</summary>
    public Task<Ran> Try(string line) => Shell.Run("ip", ["netns", "exec", _name, "/bin/sh", "-c", line]);

    /// <summary>Starts a program there and leaves it running.</summary>
    public Background Begin(string program, params string[] arguments) =>
        new(Shell.Start("ip", ["netns", "exec", _name, program, .. arguments]));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => (await Shell.Sh($"ip netns delete {_name}")).Well();
}
