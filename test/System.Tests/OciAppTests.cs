namespace System.Tests;

/// <summary>Apps of images that are no systems: what the image says is done.</summary>
public sealed class OciAppTests
{
    [Fact]
    public async Task What_an_image_says_of_itself_is_honoured()
    {
        await using var flakes = await FlakeNode.Start();
        var node = flakes.Node;
        var shown = (await node.Holm("image", "show", "busybox")).Well().Out;
        foreach (var word in (string[])["80/tcp", "/data", "SIGUSR1", "org.example", "/srv/dir"])
            Assert.Contains(word, shown, StringComparison.Ordinal);
        await node.Launch("box", "busybox");
        await Log(node, "box", "started as 1000:1000 in /srv/dir with bar");
        Assert.Equal("77\n", await node.In("box", "sed -n 's/^Groups:[[:space:]]*//p' /proc/3/status | tr -d ' '"));
        Assert.Contains("tmpfs", await node.In("box", "grep ' /run ' /proc/mounts"), StringComparison.Ordinal);
        Assert.Equal("2\n", await node.In("box", "sed -n 's/^Seccomp:[[:space:]]*//p' /proc/1/status"));
        Assert.Equal("00000000a84425fb\n", await node.In("box", "sed -n 's/^CapBnd:[[:space:]]*//p' /proc/1/status"));
        // The image's own signal, and the program's own end.
        (await node.Holm("app", "stop", "box")).Well();
        await Log(node, "box", "stopped");
    }

    [Fact]
    public async Task Keys_have_the_last_word()
    {
        await using var flakes = await FlakeNode.Start();
        var node = flakes.Node;
        const string command = "init.cmd=/bin/sh -c \"echo $(id -u):$(id -g) $(pwd) $FOO; exec sleep 1000\"";
        (await node.Holm("app", "create", "box", "busybox", "--config", "oci.user=root:77", "--config", "init.cwd=/tmp/new/folder",
            "--config", "environment.FOO=mine", "--config", command)).Well();
        (await node.Holm("app", "start", "box")).Well();
        await Log(node, "box", "0:77 /tmp/new/folder mine");
        await Shell.Until("the program is sleep", async () => await node.In("box", "cat /proc/3/comm") == "sleep\n");
        (await node.Holm("app", "stop", "--force", "box")).Well();
        (await node.Holm("config", "set", "box", "oci.init=none")).Well();
        (await node.Holm("app", "start", "box")).Well();
        await Shell.Until("process 1 is the program", async () => await node.In("box", "cat /proc/1/comm") == "sleep\n");
        (await node.Holm("app", "stop", "--force", "box")).Well();
        (await node.Holm("config", "set", "box", "oci.user=nobody-there")).Well();
        Assert.Contains("is not in the image's /etc/passwd", (await node.Holm("app", "start", "box")).Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reboot -f")]
    [InlineData("reboot")]
    public async Task A_reboot_from_inside_boots_again(string command)
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Node.Launch("box", "busybox");
        var before = await flakes.Node.InitPid("box");
        await flakes.Node.Holm(["exec", "box", "--", .. command.Split(' ')]);
        await Shell.Until("it has another init", async () => await flakes.Node.FindInit("box") is { } now && now != before);
        Assert.Equal("Running", await flakes.Node.Status("box"));
        await Log(flakes.Node, "box", "started as 1000:1000 in /srv/dir with bar", times: 2);
    }

    [Fact]
    public async Task What_the_program_leaves_behind_is_reaped_and_its_end_is_the_apps()
    {
        await using var flakes = await FlakeNode.Start();
        var node = flakes.Node;
        (await node.Holm("app", "create", "box", "busybox", "--config",
            "init.cmd=/bin/sh -c \"(sleep 0.1 &); sleep 1; echo left $(ls -d /proc/[0-9]* | wc -l); exit 3\"",
            "--config", "boot.autorestart=false")).Well();
        (await node.Holm("app", "start", "box")).Well();
        await Shell.Until("it has ended", async () => await node.Status("box") is "Stopped" or "Error");
        Assert.Contains("exit code 3", (await node.Holm("list")).Well().Out, StringComparison.Ordinal);
        // Init, the shepherd, the program, and those that count.
        Assert.InRange(int.Parse((await node.Holm("app", "logs", "box")).Out.Split("left ")[1]), 3, 6);
    }

    [Fact]
    public async Task The_kernel_is_out_of_reach()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Node.Launch("box", "busybox");
        string[] lines =
        [
            "mount -t tmpfs x /tmp", "unshare -m true", "umount /run", "hostname x", "mknod /tmp/d b 8 0 && cat /tmp/d", "dmesg",
            "echo 1 > /proc/sysrq-trigger", "echo x > /dev/.holm-init",
        ];
        foreach (var line in lines)
            Assert.True((await flakes.Node.Holm("exec", "box", "--", "/bin/sh", "-c", line)).Code != 0, line);
    }

    private static Task Log(TestNode node, string app, string line, int times = 1) => Shell.Until($"the console of {app} shows '{line}'",
        async () => (await node.Holm("app", "logs", app)).Out.Split(line).Length - 1 >= times, 20);
}
