namespace System.Tests;

/// <summary>Debian's lxc client (package lxd-client), unmodified, on a test's node.</summary>
internal static class LxcNode
{
    /// <summary>Runs it, however it ends.</summary>
    public static Task<Ran> TryLxc(this TestNode node, params string[] arguments)
    {
        var (socket, conf) = (node.Socket, Path.Combine(node.RunFolder, "lxc-client"));
        return Shell.Run("lxc", arguments, new Dictionary<string, string> { ["LXD_SOCKET"] = socket, ["LXD_CONF"] = conf });
    }

    /// <summary>Runs it; fails unless it ends well. What it printed.</summary>
    public static async Task<string> Lxc(this TestNode node, params string[] arguments) => (await node.TryLxc(arguments)).Well().Out;
}
