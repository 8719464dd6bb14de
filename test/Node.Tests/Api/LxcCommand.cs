using System.Diagnostics;

namespace Node.Tests.Api;

/// <summary>Debian's own lxc client (package lxd-client), unmodified, against the API of a node.</summary>
internal static class LxcCommand
{
    /// <summary>Runs it; fails unless it ends well.</summary>
    public static async Task<string> Lxc(this SmallNode node, params string[] arguments)
    {
        var (code, text) = await node.TryLxc("", arguments);
        Assert.True(code == 0, $"lxc {string.Join(' ', arguments)}: {code}: {text}");
        return text;
    }

    /// <summary>Runs it, however it ends; what it said, with its errors where it failed.</summary>
    public static async Task<(int Code, string Text)> TryLxc(this SmallNode node, string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("lxc", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(node.Socket)!, "lxc-client")).FullName;
        // Without one it welcomes its user, who would come first.
        if (!File.Exists(Path.Combine(folder, "config.yml")))
            await File.WriteAllTextAsync(Path.Combine(folder, "config.yml"), "default-remote: local\n");
        start.Environment["LXD_SOCKET"] = node.Socket;
        start.Environment["LXD_CONF"] = folder;
        using var lxc = Process.Start(start)!;
        await lxc.StandardInput.WriteAsync(input);
        lxc.StandardInput.Close();
        var (output, error) = (lxc.StandardOutput.ReadToEndAsync(), lxc.StandardError.ReadToEndAsync());
        await lxc.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (lxc.ExitCode, await output + (lxc.ExitCode == 0 ? "" : await error));
    }
}
