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
        await Shell.Until("systemd has settled", async () =>
            (await node.Holm("exec", name, "--", "systemctl", "is-system-running")).Out.Trim() is "running" or "degraded", 90);
        // One unit needs the host's debugfs where the kernel has it, and an app is not given that.
        var failed = (await node.Holm("exec", name, "--", "systemctl", "--failed", "--plain", "--no-legend")).Well().Out;
        Assert.Empty(failed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[0])
            .Except(["sys-kernel-debug.mount"]));
        // Whoever is not root inside can enter and look around.
        Assert.Contains("os-release", (await node.Holm("exec", name, "--user", "1000", "--", "ls", "/etc")).Well().Out,
            StringComparison.Ordinal);
        // A signal that systemd does not take would leave this waiting for the kill ten minutes later, past any deadline of this test.
        (await node.Holm("app", "stop", "--timeout", "600", name)).Well();
        Assert.Equal("Stopped", await node.Status(name));
    }
}
