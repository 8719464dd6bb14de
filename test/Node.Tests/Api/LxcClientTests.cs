using System.Diagnostics;

namespace Node.Tests.Api;

/// <summary>Debian's own lxc client (package lxd-client), unmodified, against the API.</summary>
public sealed class LxcClientTests(SmallNode node) : IClassFixture<SmallNode>
{
    [Fact]
    public async Task The_client_does_a_days_work()
    {
        Assert.Contains("netbox", await Lxc("image", "list"), StringComparison.Ordinal);
        Assert.Contains("fingerprint: " + node.Fingerprint, await Lxc("image", "info", "netbox").ContinueWith(t =>
            t.Result.ToLowerInvariant(),
            TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("default", await Lxc("profile", "list"), StringComparison.Ordinal);
        Assert.Contains("pool: default", await Lxc("profile", "show", "default"), StringComparison.Ordinal);
        await Lxc("profile", "create", "small");
        await Lxc("init", "netbox", "w1");
        Assert.Contains("STOPPED", await Lxc("list"), StringComparison.Ordinal);
        await Lxc("profile", "add", "w1", "small");
        await Lxc("config", "set", "w1", "limits.memory=64MiB");
        Assert.Equal("64MiB\n", await Lxc("config", "get", "w1", "limits.memory"));
        Assert.Contains("limits.memory: 64MiB", await Lxc("config", "show", "w1"), StringComparison.Ordinal);
        await Lxc("start", "w1");
        Assert.Contains("RUNNING", await Lxc("list"), StringComparison.Ordinal);
        Assert.Equal("hello\n", await Lxc("exec", "w1", "--", "/bin/echo", "hello"));
        Assert.Equal(7, (await Run("exec", "w1", "--", "/bin/sh", "-c", "exit 7")).Code);
        Assert.Contains("Status: RUNNING", await Lxc("info", "w1"), StringComparison.Ordinal);
        node.Printed = "login: "u8.ToArray();
        Assert.Contains("login: ", await Lxc("console", "w1", "--show-log"), StringComparison.Ordinal);
        await Lxc("pause", "w1");
        await Lxc("start", "w1");
        await Lxc("restart", "w1");
        await Lxc("stop", "w1");
        await Lxc("rename", "w1", "w2");
        var (code, error) = await Run("config", "set", "w2", "limits.memry=1");
        Assert.Equal(1, code);
        Assert.Contains("did you mean limits.memory", error, StringComparison.Ordinal);
        await Lxc("delete", "w2");
        await Lxc("profile", "delete", "small");
        Assert.DoesNotContain("w2", await Lxc("list"), StringComparison.Ordinal);
    }

    private async Task<string> Lxc(params string[] arguments)
    {
        var (code, text) = await Run(arguments);
        Assert.True(code == 0, $"lxc {string.Join(' ', arguments)}: {code}: {text}");
        return text;
    }

    private async Task<(int Code, string Text)> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("lxc", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        start.Environment["LXD_SOCKET"] = node.Socket;
        start.Environment["LXD_CONF"] = Path.Combine(Path.GetDirectoryName(node.Socket)!, "lxc-client");
        using var lxc = Process.Start(start)!;
        lxc.StandardInput.Close();
        var (output, error) = (lxc.StandardOutput.ReadToEndAsync(), lxc.StandardError.ReadToEndAsync());
        await lxc.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (lxc.ExitCode, await output + (lxc.ExitCode == 0 ? "" : await error));
    }
}
