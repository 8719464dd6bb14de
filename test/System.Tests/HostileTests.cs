using System.Text;

namespace System.Tests;

/// <summary>Bad input gets a clear error, and nothing is lost, half done or left.</summary>
public sealed class HostileTests
{
    [Fact]
    public async Task Names_that_are_none_are_refused_by_every_verb()
    {
        await using var node = await TestNode.Start();
        foreach (var name in (string[])["../x", "a/b", ".", "..", "-x", "a b", "a\nb", "wеb", new string('x', 300), "1web", "web-"])
        {
            var ran = await node.Holm("app", "create", "--", name, "sample");
            Assert.NotEqual(0, ran.Code);
            Assert.NotEqual("", ran.Err);
            Assert.DoesNotContain('\u001b', ran.Err);
            Assert.Single(ran.Err.TrimEnd('\n').Split('\n'));
        }
        Assert.Equal("[]", (await node.Holm("list", "--format", "json")).Well().Out.Trim().Replace("\n", "",
            StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateDirectories(node.LxcPath));
    }

    [Fact]
    public async Task Values_with_control_characters_and_unknown_keys_are_refused_by_name()
    {
        await using var node = await TestNode.Start();
        (await node.Holm("app", "create", "web", "sample")).Well();
        foreach (var pair in (string[])["user.x=a\u001b[2J", "init.cmd=/bin/sh\nlxc.hook.start=/bin/evil", "limits.memroy=1GiB",
            "raw.lxc=x", "environment.1X=y"])
        {
            var ran = await node.Holm("config", "set", "web", pair);
            Assert.NotEqual(0, ran.Code);
            Assert.Contains(pair.Split('=')[0].Replace("environment.", "", StringComparison.Ordinal), ran.Err, StringComparison.Ordinal);
            Assert.DoesNotContain('\u001b', ran.Err);
        }
        foreach (var device in (string[][])[["tpm"], ["nic", "nictype=p2p", "host_name=a;b"], ["nic", "nictype=p2p", "host_name=eth0"],
            ["nic", "nictype=physical", "parent=a/b"], ["disk", "path=/mnt", "source=../etc"], ["disk", "source=/etc", "path=/mnt/../.."]])
        {
            var refused = await node.Holm(["config", "device", "add", "web", "eth0", .. device]);
            Assert.NotEqual(0, refused.Code);
            Assert.Contains(device[^1].Split('=')[0], refused.Err, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_thousand_devices_and_a_gigabyte_of_body_get_a_clear_error()
    {
        await using var node = await TestNode.Start();
        var devices = string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"d{i}\":{{\"type\":\"none\"}}"));
        var many = await Curl(node, "/1.0/instances",
            $"{{\"name\":\"many\",\"devices\":{{{devices}}},\"source\":{{\"type\":\"image\",\"alias\":\"sample\"}}}}");
        Assert.Contains("\"error_code\":400", many, StringComparison.Ordinal);
        var big = await Zeros(node, "instances", "application/json");
        Assert.True(big.Out.Length == 0 || big.Out.Contains("\"error_code\":4", StringComparison.Ordinal), big.Out);
        var upload = await Zeros(node, "images", "application/octet-stream");
        Assert.True(upload.Out.Length == 0 || upload.Out.Contains("neither a SquashFS", StringComparison.Ordinal), upload.Out);
        Assert.Single(Directory.EnumerateFiles(Path.Combine(node.State, "layers")));
        (await node.Holm("list")).Well();
    }

    [Fact]
    public async Task Images_that_are_cut_or_lie_are_refused_and_nothing_is_left()
    {
        await using var node = await TestNode.Start();
        var sample = await File.ReadAllBytesAsync(TestNode.SampleImage);
        var folder = Directory.CreateTempSubdirectory("holm-hostile-");
        try
        {
            var cases = new Dictionary<string, byte[]>
            {
                ["empty"] = [],
                ["text"] = Encoding.ASCII.GetBytes("hello"),
                ["cut"] = sample[..(sample.Length / 2)],
                ["head-only"] = sample[..96],
                ["inodes"] = With(sample, 4, 0xff, 0xff, 0xff, 0xff),
                ["block-size"] = With(sample, 12, 1, 2, 3, 4),
                ["compressor"] = With(sample, 20, 99),
                ["tables"] = With(sample, 64, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
            };
            foreach (var (name, bytes) in cases)
            {
                var path = Path.Combine(folder.FullName, name);
                await File.WriteAllBytesAsync(path, bytes);
                var ran = await node.Holm("image", "import", path);
                Assert.True(ran.Code == 1, $"{name}: {ran.Code} {ran.Out} {ran.Err}");
                Assert.StartsWith("holm: ", ran.Err, StringComparison.Ordinal);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.Combine(node.State, "layers")));
        await Shell.Until("nothing is left", async () => await node.Residue() == "");
    }

    [Fact]
    public async Task An_apps_own_files_and_control_groups_do_not_keep_it_from_being_removed()
    {
        await using var node = await TestNode.Start();
        await node.Launch("evil", "sample", "--pool", "default");
        await node.In("evil", "touch /root/$(printf '\\377')");
        // Groups with names that are not UTF-8, and on version 1 a process that the app itself has frozen.
        await node.In("evil", """
            mkdir /tmp/pids /tmp/freezer /tmp/v2
            mount -t cgroup -o pids none /tmp/pids && mkdir /tmp/pids/$(printf '\377')
            mount -t cgroup -o freezer none /tmp/freezer && mkdir /tmp/freezer/own
            sleep 1000 & echo $! > /tmp/freezer/own/cgroup.procs && echo FROZEN > /tmp/freezer/own/freezer.state
            mount -t cgroup2 none /tmp/v2 && mkdir /tmp/v2/$(printf '\377')
            true
            """);
        (await node.Holm("app", "stop", "--force", "evil")).Well();
        await Shell.Until("nothing is left", async () => await node.Residue() == "");
        // What a crash in the middle of a deletion leaves must not keep the daemon from starting.
        await node.KillDaemon();
        Directory.Move(Path.Combine(node.State, "pools/default/evil"), Path.Combine(node.State, "pools/default/.evil"));
        await node.StartDaemon();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(node.State, "pools/default")));
    }

    [Fact]
    public async Task A_process_of_another_user_cannot_pass_for_a_monitor()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        await node.KillDaemon();
        var folder = Directory.CreateTempSubdirectory("holm-liar-");
        File.SetUnixFileMode(folder.FullName, (UnixFileMode)0x1ed);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "start"), "read nothing");
        using var other = Shell.Start("setpriv", ["--reuid=65534", "--clear-groups", "bash", "-c",
            $"cd {folder.FullName} && exec -a holm-monitor sh start {node.LxcPath} liar x x"]);
        try
        {
            await Shell.Until("it has its false name", async () => (await File.ReadAllTextAsync($"/proc/{other.Id}/cmdline"))
                .StartsWith($"holm-monitor\0start\0{node.LxcPath}\0liar", StringComparison.Ordinal));
            await node.StartDaemon();
            Assert.Equal("Running", await node.Status("web"));
            Assert.False(other.HasExited);
        }
        finally
        {
            other.Kill();
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_used_image_is_not_deleted_and_its_users_are_named()
    {
        await using var node = await TestNode.Start();
        (await node.Holm("app", "create", "web", "sample")).Well();
        var refused = await node.Holm("image", "delete", "sample");
        Assert.Equal(1, refused.Code);
        Assert.Contains("web", refused.Err, StringComparison.Ordinal);
        (await node.Holm("app", "delete", "web")).Well();
        (await node.Holm("image", "delete", "sample")).Well();
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(node.State, "layers")));
    }

    private static byte[] With(byte[] image, int at, params byte[] bytes)
    {
        var copy = image.ToArray();
        bytes.CopyTo(copy, at);
        return copy;
    }

    private static Task<Ran> Zeros(TestNode node, string collection, string type) => Shell.Sh(
        $"head -c 1G /dev/zero | curl -s -m 50 --unix-socket {node.Socket} -T - -X POST " +
        $"-H 'Content-Type: {type}' http://holm/1.0/{collection}");

    private static async Task<string> Curl(TestNode node, string path, string body) =>
        (await Shell.Run("curl", ["-s", "--unix-socket", node.Socket, "-X", "POST", "-H", "Content-Type: application/json",
            "--data-binary", "@-", "http://holm" + path], input: body)).Out;
}
