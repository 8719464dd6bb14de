using System.Diagnostics;
using System.Security.Cryptography;

namespace System.Tests;

/// <summary>Files of an app through Debian's own lxc client (package lxd-client), unmodified.</summary>
public sealed class FileTests
{
    /// <summary>Where an app is and what keeps its writes; a stopped one's root is mounted for each request.</summary>
    public static TheoryData<string, bool> Apps => new() { { "ram", true }, { "default", true }, { "default", false } };

    [Theory]
    [MemberData(nameof(Apps))]
    public async Task Files_and_trees_go_in_and_come_back_as_they_were(string pool, bool runs)
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        await Make(node, pool, runs);
        await File.WriteAllTextAsync(host / "a", "hello\n");
        await Lxc(node, "file", "push", host / "a", "web/root/a", "--mode", "0640", "--uid", "7", "--gid", "8");
        await Lxc(node, "file", "push", host / "a", "web/srv/x/y/a", "-p");
        (await Shell.Sh($"cd {host.Path} && mkdir -p tree/sub/empty && echo 1 > tree/one && echo 2 > tree/sub/two && " +
            "chmod 600 tree/sub/two && chmod 711 tree/sub && ln -s ../one tree/sub/up && ln -s /etc/passwd tree/abs && ln -s no tree/no"))
            .Well();
        await Lxc(node, "file", "push", "-r", host / "tree", "web/root/");
        await Lxc(node, "file", "pull", "-r", "web/root/tree", host / "back/");
        const string list = "find . -printf '%P %y %m %l\\n' | sort";
        var sent = (await Shell.Sh($"cd {host / "tree"} && {list}")).Well().Out;
        // LXD's way: a link comes back as the absolute path that it means.
        Assert.Equal(sent.Replace("../one", "/root/tree/one", StringComparison.Ordinal)
            .Replace("777 no\n", "777 /root/tree/no\n", StringComparison.Ordinal),
            (await Shell.Sh($"cd {host / "back/tree"} && {list}")).Well().Out);
        Assert.Equal("hello\n", (await Lxc(node, "file", "pull", "web/root/a", "-")).Out);
        Assert.Contains("Directory not empty", (await TryLxc(node, "file", "delete", "web/root/tree")).Err, StringComparison.Ordinal);
        await Lxc(node, "file", "delete", "web/root/tree/abs");
        Assert.Contains("file does not exist", (await TryLxc(node, "file", "delete", "web/root/tree/abs")).Err, StringComparison.Ordinal);
        Assert.Contains("ids go from 0 to 65535", (await TryLxc(node, "file", "push", host / "a", "web/root/b", "--uid", "65536")).Err,
            StringComparison.Ordinal);

        // Mode and owner are those of the first time; LXD's client says "edit" with whatever EDITOR says.
        await Lxc(node, "file", "push", host / "a", "web/root/a", "--mode", "0777", "--uid", "0");
        await File.WriteAllTextAsync(host / "edit", "#!/bin/sh\necho edited >> \"$1\"\n");
        File.SetUnixFileMode(host / "edit", UnixFileMode.UserRead | UnixFileMode.UserExecute);
        (await Shell.Run("script", ["-qec", "lxc file edit web/root/a", "/dev/null"],
            new Dictionary<string, string>(Client(node)) { ["EDITOR"] = host / "edit" })).Well();
        await Curl(node, "-H X-LXD-write:append --data-binary more", "web/files?path=root/a");
        if (!runs)
            (await node.Holm("app", "start", "web")).Well();
        Assert.Equal("hello\nedited\nmore640 7 8\n", await node.In("web", "cat /root/a; stat -c '%a %u %g' /root/a"));
        Assert.Equal("../one\n711\n600\nno\n", await node.In("web",
            "cd /root/tree; readlink sub/up; stat -c %a sub sub/two; readlink no; test -d sub/empty"));
        Assert.Equal("", await node.In("web", "find / -xdev -name '.holm-*'"));
    }

    [Fact]
    public async Task A_stopped_app_in_memory_shows_its_image_and_takes_nothing()
    {
        await using var node = await TestNode.Start();
        await Make(node, "ram", runs: false);
        Assert.Contains("root:", (await Lxc(node, "file", "pull", "web/etc/passwd", "-")).Out, StringComparison.Ordinal);
        Assert.Contains("keeps nothing; start it first", (await TryLxc(node, "file", "push", "/etc/hostname", "web/root/a")).Err,
            StringComparison.Ordinal);
        Assert.Contains("keeps nothing", (await TryLxc(node, "file", "delete", "web/etc/passwd")).Err, StringComparison.Ordinal);
        // Looked at only, an app whose writes are kept has none yet.
        (await node.Holm("app", "create", "kept", "sample", "--pool", "default")).Well();
        await Lxc(node, "file", "pull", "kept/etc/passwd", "-");
        Assert.False(Directory.Exists(Path.Combine(node.State, "pools", "default", "kept")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_large_file_goes_through_and_does_not_stay_in_memory(bool runs)
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        await Make(node, "default", runs);
        (await Shell.Sh($"head -c 300M /dev/urandom > {host / "big"}")).Well();
        await Lxc(node, "file", "pull", "web/etc/passwd", "-");
        var before = Peak(node);
        await Lxc(node, "file", "push", host / "big", "web/root/big");
        await Lxc(node, "file", "pull", "web/root/big", host / "back");
        Assert.Equal(await Sha(host / "big"), await Sha(host / "back"));
        Assert.InRange(Peak(node) - before, 0, 64 * 1024);
    }

    [Fact]
    public async Task A_client_that_is_killed_leaves_the_old_file()
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        await node.Launch("web", "sample", "--pool", "default");
        await node.In("web", "echo old > /root/a");
        var app = await node.InitPid("web");
        foreach (var path in (string[])["web/root/a", "web/root/b"])
        {
            using var client = Shell.Start("lxc", ["file", "push", "-", path], Client(node));
            var piece = new byte[1024 * 1024];
            for (var i = 0; i < 8; i++)
                await client.StandardInput.BaseStream.WriteAsync(piece, TestContext.Current.CancellationToken);
            client.Kill();
            await client.WaitForExitAsync(TestContext.Current.CancellationToken);
            await Shell.Until("nothing of it is open any more", async () =>
                (await Shell.Sh($"ls -l /proc/{node.DaemonPid}/fd | grep -c '/#[0-9]* (deleted)' || true")).Out.Trim() == "0");
        }
        Assert.Equal("old\na\n", await node.In("web", "cat /root/a; ls -A /root"));
        Assert.Equal(app, await node.InitPid("web"));
    }

    [Fact]
    public async Task A_stop_ends_a_push_and_a_push_holds_up_a_start()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web", "sample", "--pool", "default");
        using (var push = await BeginPush(node))
        {
            (await node.Holm("app", "stop", "--force", "web")).Well();
            await push.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.NotEqual(0, push.ExitCode);
        }
        using (var push = await BeginPush(node))
        {
            var start = node.Holm("app", "start", "web");
            Assert.NotEqual("Running", await node.Status("web"));
            push.StandardInput.Close();
            await push.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, push.ExitCode);
            (await start).Well();
        }
        Assert.Equal("1048576\n", await node.In("web", "stat -c %s /root/a"));
    }

    [Fact]
    public async Task What_the_app_makes_of_its_own_files_hangs_nothing_and_opens_nothing()
    {
        await using var node = await TestNode.Start();
        using var host = new HostFolder();
        await node.Launch("web");
        await File.WriteAllTextAsync(host / "a", "pushed\n");
        var out1 = $"holm-out-{Path.GetFileName(host.Path)}";
        await node.In("web", $"mkfifo /tmp/fifo; ln -s ../../../../../../../../{out1} /tmp/out; " +
            "ln -s /proc/1/root/etc/shadow /tmp/magic; ln -s /proc/kmsg /tmp/kmsg; mkdir /tmp/dir; ln -s fifo /tmp/to");
        foreach (var path in (string[])["fifo", "to"])
            Assert.Contains("use exec", (await TryLxc(node, "file", "push", host / "a", "web/tmp/" + path)).Err, StringComparison.Ordinal);
        Assert.Contains("named pipe", (await TryLxc(node, "file", "pull", "web/tmp/fifo", "-")).Err, StringComparison.Ordinal);
        Assert.NotEqual(0, (await TryLxc(node, "file", "pull", "web/tmp/kmsg", "-")).Code);
        Assert.NotEqual(0, (await TryLxc(node, "file", "push", host / "a", "web/tmp/magic")).Code);
        await Lxc(node, "file", "push", host / "a", "web/tmp/out");
        Assert.Equal("pushed\n", await node.In("web", $"cat /{out1}"));
        Assert.False(File.Exists("/" + out1));
        // Its own mounts are seen, and what is mounted is not lost by a push on top.
        await node.In("web", "mount -t tmpfs none /mnt; echo in > /mnt/file; touch /tmp/on; mount --bind /mnt/file /tmp/on");
        Assert.Equal("in\n", (await Lxc(node, "file", "pull", "web/mnt/file", "-")).Out);
        await Lxc(node, "file", "push", host / "a", "web/tmp/on");
        Assert.Equal("pushed\n", await node.In("web", "cat /mnt/file"));
        await Lxc(node, "file", "push", host / "a", "web/mnt/new", "--uid", "5");
        Assert.Equal("5\n", await node.In("web", "stat -c %u /mnt/new"));
    }

    private static async Task Make(TestNode node, string pool, bool runs)
    {
        (await node.Holm("app", "create", "web", "sample", "--pool", pool)).Well();
        if (runs)
            (await node.Holm("app", "start", "web")).Well();
    }

    /// <summary>A push that has sent a mebibyte and waits for more.</summary>
    private static async Task<Process> BeginPush(TestNode node)
    {
        var push = Shell.Start("lxc", ["file", "push", "-", "web/root/a"], Client(node));
        await push.StandardInput.BaseStream.WriteAsync(new byte[1024 * 1024], TestContext.Current.CancellationToken);
        await push.StandardInput.BaseStream.FlushAsync(TestContext.Current.CancellationToken);
        await Shell.Until("the file is begun", async () =>
            (await Shell.Sh($"ls -l /proc/{node.DaemonPid}/fd | grep -c '/#[0-9]* (deleted)' || true")).Out.Trim() != "0");
        return push;
    }

    private static long Peak(TestNode node) => long.Parse(File.ReadLines($"/proc/{node.DaemonPid}/status")
        .Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]);

    private static async Task<string> Sha(string path)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexString(await SHA256.HashDataAsync(file, TestContext.Current.CancellationToken));
    }

    private static Dictionary<string, string> Client(TestNode node) =>
        new() { ["LXD_SOCKET"] = node.Socket, ["LXD_CONF"] = Path.Combine(node.RunFolder, "lxc-client") };

    private static async Task<Ran> Lxc(TestNode node, params string[] arguments) => (await TryLxc(node, arguments)).Well();

    private static Task<Ran> TryLxc(TestNode node, params string[] arguments) => Shell.Run("lxc", arguments, Client(node));

    private static async Task Curl(TestNode node, string options, string path) =>
        (await Shell.Sh($"curl -sf --unix-socket {node.Socket} -X POST {options} 'http://x/1.0/instances/{path}'")).Well();
}
