namespace System.Tests;

/// <summary>LXC's own tools work on a running node.</summary>
public sealed class LxcToolsTests
{
    [Fact]
    public async Task Lxc_ls_info_and_attach_see_a_running_app()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web", "sample", "--config", "environment.MULTI=a\nb");
        Assert.Contains("web", (await Shell.Run("lxc-ls", ["-P", node.LxcPath, "--running"])).Well().Out, StringComparison.Ordinal);
        Assert.Contains("RUNNING", (await Shell.Run("lxc-info", ["-P", node.LxcPath, "-n", "web"])).Well().Out, StringComparison.Ordinal);
        Assert.Equal("web\n", (await Shell.Run("lxc-attach", ["-P", node.LxcPath, "-n", "web", "--", "/bin/hostname"])).Well().Out);
    }
}
