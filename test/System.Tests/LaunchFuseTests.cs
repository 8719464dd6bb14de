using System.Diagnostics;

namespace System.Tests;

/// <summary>Callers that are in a filesystem of their own, of which they are the server (FUSE): the node waits for none of them.</summary>
public sealed class LaunchFuseTests
{
    [Fact]
    public async Task A_server_that_does_not_answer_holds_up_its_user_only()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("open", "--target", "/bin/sh", "--allow", "nobody");
        await flakes.Register("here", "--target", "/bin/sh", "--allow", "nobody", "--cwd", "share");
        await flakes.Register("closed", "--target", "/bin/sh");
        var home = Path.Combine(flakes.Node.State, "home");
        (await Shell.Sh($"mkdir -m 755 {home} && mkdir {home}/own && chown -R nobody {home} && " +
            $"chmod 711 {flakes.Node.RunFolder} {flakes.Node.State}")).Well();
        foreach (var source in (string[])["server.c", "caller.c"])
            (await Shell.Sh($"cd {TestNode.Programs}/../test/System.Tests && gcc -Wall -Werror -o {home}/{source[..^2]} {source}")).Well();
        // Mounted by root, because /dev/fuse is root's on some machines; its owner and its server is nobody, as after fusermount3.
        using var server = Shell.Start("/bin/bash",
            ["-c", $"exec 9<>/dev/fuse && mount -i -t fuse -o fd=9,rootmode=40000,user_id=$(id -u nobody),group_id=$(id -g nobody) own "
                + $"{home}/own && exec setpriv --reuid nobody --regid nogroup --clear-groups {home}/server"],
            flakes.Environment);
        Process? many = null;
        try
        {
            await Shell.Until("the filesystem is mounted", async () =>
                (await Shell.Run("findmnt", ["-t", "fuse", $"{home}/own"])).Code == 0);
            string[] Nobody(string line) =>
                ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "/bin/sh", "-c", $"cd {home}/own && {line}"];
            var environment = new Dictionary<string, string>(flakes.Environment) { ["HOME"] = home };
            Task<Ran> Inside(string line) => Shell.Run("setpriv", Nobody(line), environment);
            Assert.Equal("in\n", (await Inside("open -c 'echo in'")).Well().Out);
            // No idmapped mount can be had of it: a sentence, not somebody else's files.
            var refused = await Inside("here -c true");
            Assert.Equal(125, refused.Code);
            Assert.Contains($"{home}/own", refused.Err, StringComparison.Ordinal);
            // It answers nobody.
            Assert.Equal("in\n", (await Inside($"kill -STOP {server.Id} && open -c 'echo in'")).Well().Out);
            (await Shell.Sh($"kill -CONT {server.Id}")).Well();
            // All calls of its user's bring an open file of it, which to close means to ask it.
            many = Shell.Start("setpriv", Nobody(
                $"exec {home}/caller {flakes.Node.RunFolder}/launch.socket file 200 > {home}/told"), environment);
            await Shell.Until("all are answered", async () => (await Shell.Sh($"grep -c . {home}/told")).Out.Trim() == "200");
            var told = await File.ReadAllTextAsync($"{home}/told", TestContext.Current.CancellationToken);
            Assert.Contains("what holm-launch sent is not understood", told, StringComparison.Ordinal);
            Assert.Contains("128 calls of yours", told, StringComparison.Ordinal);
            Assert.Equal("still\n", (await flakes.Bash("closed -c 'echo still'")).Well().Out);
            (await flakes.Node.Holm("list")).Well();
        }
        finally
        {
            many?.Kill();
            await Shell.Sh($"kill -CONT {server.Id}; kill {server.Id}");
            await server.WaitForExitAsync(TestContext.Current.CancellationToken);
            await Shell.Sh($"umount -l {home}/own");
        }
        await flakes.NoneLeft();
    }
}
