namespace System.Tests;

/// <summary>A whole distribution with systemd boots to a login, unprivileged and privileged, and stops cleanly.</summary>
public sealed class DebianTests
{
    [Theory]
    [InlineData("unprivileged", "false")]
    [InlineData("privileged", "true")]
    public async Task Debian_boots_to_a_login_on_its_console(string name, string privileged)
    {
        await using var node = await TestNode.Start(withSample: false);
        (await node.Holm("image", "import", TestNode.DebianImage, "--alias", "debian")).Well();
        await node.Launch(name, "debian", "--config", $"security.privileged={privileged}");
        await Shell.Until("the console asks for a login", async () =>
            (await node.Holm("app", "logs", name)).Out.Contains("login:", StringComparison.Ordinal), 90);
        // degraded: a unit needs the host's debugfs, which an app is not given.
        await Shell.Until("systemd has settled", async () =>
            (await node.Holm("exec", name, "--", "systemctl", "is-system-running")).Out.Trim() is "running" or "degraded", 90);
        Assert.Equal("37\n", await node.In(name, "systemctl show -p Version >/dev/null; echo 37"));
        var stop = Diagnostics.Stopwatch.StartNew();
        (await node.Holm("app", "stop", name)).Well();
        // The clean way: systemd said so itself, long before the 30 s at which it would have been killed.
        Assert.Equal("Stopped", await node.Status(name));
        Assert.Equal("", (await node.Holm("list", "--format", "json")).Well().Out.Contains("killed", StringComparison.Ordinal) ? "killed" : "");
        Assert.True(stop.Elapsed < TimeSpan.FromSeconds(25), $"it took {stop.Elapsed}: the halt signal did not reach systemd");
    }
}
