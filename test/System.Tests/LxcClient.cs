namespace System.Tests;

/// <summary>Debian's unmodified lxc client (package lxd-client) at a node.</summary>
internal static class LxcClient
{
    /// <summary>Runs it, however it ends.</summary>
    public static Task<Ran> TryLxc(this TestNode node, params string[] arguments) => Shell.Run("lxc", arguments,
        new Dictionary<string, string> { ["LXD_SOCKET"] = node.Socket, ["LXD_CONF"] = Path.Combine(node.State, "lxc-client") });

    /// <summary>Runs it; fails unless it ends well.</summary>
    public static async Task<string> Lxc(this TestNode node, params string[] arguments) => (await node.TryLxc(arguments)).Well().Out;

    /// <summary>
    /// Runs it; fails unless it is refused as LXD refuses: one line that says why, exit status 1, and the instance as it was.
    /// </summary>
    public static async Task IsRefused(this TestNode node, string app, string why, params string[] arguments)
    {
        var before = await node.Lxc("query", "/1.0/instances/" + app);
        var ran = await node.TryLxc(arguments);
        Assert.Equal(1, ran.Code);
        Assert.StartsWith("Error: ", ran.Err, StringComparison.Ordinal);
        Assert.Contains(why, ran.Err, StringComparison.Ordinal);
        Assert.Equal(before, await node.Lxc("query", "/1.0/instances/" + app));
    }
}
