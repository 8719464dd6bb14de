namespace System.Tests;

/// <summary>Storage pools and volumes by Debian's lxc, with apps that write to them.</summary>
public sealed class StorageTests
{
    [Fact]
    public async Task The_decks_pool_keeps_what_its_app_writes()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("storage", "create", "workstation-pool", "dir");
        await node.Lxc("profile", "create", "deck");
        await node.Lxc("profile", "device", "add", "deck", "root", "disk", "path=/", "pool=workstation-pool");
        await node.Lxc("launch", "sample", "c1", "-p", "deck");
        await node.Lxc("exec", "c1", "--", "/bin/sh", "-c", "echo kept > /root/file");
        await node.Lxc("restart", "c1");
        Assert.Equal("kept\n", await node.Lxc("exec", "c1", "--", "cat", "/root/file"));
        Assert.True(File.Exists(Path.Combine(node.State, "pools", "workstation-pool", "c1", "u", "root", "file")));
        Assert.Contains("profile deck", (await node.TryLxc("storage", "delete", "workstation-pool")).Err, StringComparison.Ordinal);
        // What the router's console prints gives the pool back.
        Assert.Contains("pool workstation-pool dir", (await node.Holm("show", "running-config")).Well().Out, StringComparison.Ordinal);
        await node.KillDaemon();
        await node.StartDaemon();
        Assert.Contains("workstation-pool", await node.Lxc("storage", "list"), StringComparison.Ordinal);
        await node.Lxc("delete", "--force", "c1");
        await node.Lxc("profile", "delete", "deck");
        await node.Lxc("storage", "delete", "workstation-pool");
        Assert.False(Directory.Exists(Path.Combine(node.State, "pools", "workstation-pool")));
    }

    [Fact]
    public async Task A_pool_in_a_folder_that_is_gone_is_not_written_beside()
    {
        await using var node = await TestNode.Start();
        var source = Directory.CreateDirectory(node.State + "-stick").FullName;
        try
        {
            await node.Lxc("storage", "create", "stick", "dir", $"source={source}");
            await node.Lxc("init", "sample", "c1", "-s", "stick");
            Directory.Move(source, source + "-away");
            Directory.CreateDirectory(source);
            Assert.Contains("which is not there", (await node.TryLxc("start", "c1")).Err, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(source));
            Assert.Contains("UNAVAILABLE", await node.Lxc("storage", "list"), StringComparison.Ordinal);
            Directory.Delete(source);
            Directory.Move(source + "-away", source);
            await node.Lxc("start", "c1");
            await node.Lxc("delete", "--force", "c1");
            await node.Lxc("storage", "delete", "stick");
            Assert.Empty(Directory.EnumerateFileSystemEntries(source));
        }
        finally
        {
            Directory.Delete(source, recursive: true);
        }
    }

    [Fact]
    public async Task A_volume_is_shared_by_apps_and_outlives_them()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("storage", "volume", "create", "default", "data");
        await node.Lxc("launch", "sample", "one");
        await node.Lxc("launch", "sample", "two");
        foreach (var app in (string[])["one", "two"])
            await node.Lxc("storage", "volume", "attach", "default", "data", app, "/srv/data");
        await node.In("one", "echo hello > /srv/data/file && chmod 600 /srv/data/file");
        Assert.Equal("hello\n0 0\n", await node.In("two", "cat /srv/data/file && stat -c '%u %g' /srv/data/file"));
        var data = Path.Combine(node.State, "pools", "default", "@volumes", "data", "data");
        Assert.Equal("0 711\n", (await Shell.Sh($"stat -c '%u %a' {data}")).Well().Out);
        Assert.Contains("still in use by instance one, instance two",
            (await node.TryLxc("storage", "volume", "delete", "default", "data")).Err, StringComparison.Ordinal);
        await node.Lxc("storage", "volume", "detach", "default", "data", "one");
        Assert.Equal("gone\n", await node.In("one", "test -e /srv/data/file || echo gone"));
        await node.Lxc("delete", "--force", "two");
        Assert.True(File.Exists(Path.Combine(data, "file")));
        Assert.NotEqual(0, (await node.TryLxc("storage", "volume", "attach", "default", "nosuch", "one", "/srv/x")).Code);
        await node.Lxc("storage", "volume", "delete", "default", "data");
        Assert.False(Directory.Exists(Path.GetDirectoryName(data)));
    }

    [Fact]
    public async Task The_command_line_makes_pools_and_volumes_and_moves_an_app()
    {
        await using var node = await TestNode.Start();
        async Task<string> Holm(params string[] words) => (await node.Holm(words)).Well().Out;
        await Holm("storage", "create", "fast", "--description", "for the app", "user.a=b");
        await Holm("volume", "create", "fast", "data", "user.owner=alice");
        await Holm("app", "create", "web", "sample", "--pool", "fast", "--start");
        await Holm("volume", "attach", "fast", "data", "web", "/srv/data");
        Assert.Equal("shared\n", await node.In("web", "echo kept > /root/file; echo shared > /srv/data/file; cat /srv/data/file"));
        Assert.Contains("Used by      : web, volume data\n", await Holm("storage", "show", "fast"), StringComparison.Ordinal);
        Assert.StartsWith("NAME,TYPE,\"USED BY\",CREATED,DESCRIPTION\ndata,custom,web,", await Holm("volume", "list", "fast", "-f", "csv"));
        Assert.Contains("\"user.owner\": \"alice\"", await Holm("volume", "show", "fast", "data", "-f", "json"), StringComparison.Ordinal);
        Assert.Equal("holm: The storage volume is still in use by instance web: detach it first\n",
            (await node.Holm("volume", "delete", "fast", "data")).Err);
        await Holm("volume", "detach", "fast", "data", "web");
        Assert.Equal("gone\n", await node.In("web", "test -e /srv/data/file || echo gone"));
        await Holm("volume", "delete", "fast", "data");
        var running = await node.Holm("app", "move", "web", "--pool", "default");
        Assert.Equal((1, "holm: Instance is running: stop web first\n"), (running.Code, running.Err));
        await Holm("app", "stop", "web");
        Assert.Equal("holm: move web: it has kept writes, and pool ram is memory; choose a pool of driver dir\n",
            (await node.Holm("app", "move", "web", "--pool", "ram")).Err);
        await Holm("app", "move", "web", "--pool", "default");
        await Holm("storage", "delete", "fast");
        Assert.DoesNotContain("fast", await Holm("storage", "list"), StringComparison.Ordinal);
        await Holm("app", "start", "web");
        Assert.Equal("kept\n", await node.In("web", "cat /root/file"));
    }

    [Fact]
    public async Task A_volume_comes_back_and_is_copied_while_its_app_writes()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("storage", "create", "other", "dir");
        await node.Lxc("storage", "volume", "create", "default", "data");
        await node.Lxc("launch", "sample", "one");
        await node.Lxc("storage", "volume", "attach", "default", "data", "one", "/srv/data");
        await node.In("one", "echo first > /srv/data/file; chown 7:8 /srv/data/file; ln /srv/data/file /srv/data/again");
        await node.Lxc("storage", "volume", "snapshot", "default", "data", "s");
        await node.Lxc("storage", "volume", "snapshot", "default", "data");
        Assert.Contains("already in use", (await node.TryLxc("storage", "volume", "snapshot", "default", "data", "s")).Err,
            StringComparison.Ordinal);
        await node.In("one", "echo second > /srv/data/file");
        Assert.Contains("| custom (snapshot) | data/s ", await node.Lxc("storage", "volume", "list", "default"), StringComparison.Ordinal);
        var info = await node.Lxc("storage", "volume", "info", "default", "data");
        Assert.Contains("| snap0 ", info, StringComparison.Ordinal);
        Assert.Contains("stop one first", (await node.TryLxc("storage", "volume", "restore", "default", "data", "s")).Err,
            StringComparison.Ordinal);
        Assert.Equal("second\n", await node.In("one", "cat /srv/data/file"));

        await node.Lxc("storage", "volume", "copy", "default/data", "other/all");
        await node.Lxc("storage", "volume", "copy", "default/data", "default/alone", "--volume-only");
        await node.Lxc("storage", "volume", "copy", "default/data/s", "other/of-snapshot");
        Assert.Equal("custom,all,,filesystem,0\ncustom (snapshot),all/s,,filesystem,0\ncustom (snapshot),all/snap0,,filesystem,0\n" +
            "custom,of-snapshot,,filesystem,0\n", await node.Lxc("storage", "volume", "list", "other", "-f", "csv"));
        await node.Lxc("storage", "volume", "attach", "other", "of-snapshot", "one", "/srv/old");
        Assert.Equal("first\n7 8 2\n", await node.In("one", "cat /srv/old/again; stat -c '%u %g %h' /srv/old/file"));

        await node.Lxc("stop", "one", "--force");
        await node.Lxc("storage", "volume", "restore", "default", "data", "s");
        await node.Lxc("start", "one");
        Assert.Equal("first\n", await node.In("one", "cat /srv/data/file"));
        await node.Lxc("storage", "volume", "rename", "default", "data/snap0", "data/later");
        await node.Lxc("storage", "volume", "delete", "default", "data/later");
        await node.Lxc("storage", "volume", "detach", "default", "data", "one");
        await node.Lxc("storage", "volume", "move", "default/data", "other/moved");
        Assert.Equal("custom,alone,,filesystem,0\n", await node.Lxc("storage", "volume", "list", "default", "-f", "csv"));
        await node.Lxc("delete", "--force", "one");
        foreach (var name in (string[])["all", "of-snapshot", "moved"])
            await node.Lxc("storage", "volume", "delete", "other", name);
        await node.Lxc("storage", "delete", "other");
    }

    [Fact]
    public async Task A_full_pool_is_said_and_nothing_is_left_in_it()
    {
        await using var node = await TestNode.Start();
        var small = Directory.CreateDirectory(node.State + "-small").FullName;
        (await Shell.Run("mount", ["-t", "tmpfs", "-o", "size=6m,mode=700", "holm-test-small", small])).Well();
        try
        {
            await node.Lxc("storage", "create", "small", "dir", $"source={small}");
            await node.Lxc("storage", "volume", "create", "small", "data");
            await node.Lxc("launch", "sample", "c1", "-s", "small");
            await node.Lxc("storage", "volume", "attach", "small", "data", "c1", "/srv/data");
            await node.In("c1", "head -c 2500000 /dev/urandom > /root/big");
            await node.Lxc("snapshot", "c1", "fits");
            await node.In("c1", "head -c 1000000 /dev/urandom > /srv/data/big && echo new > /root/note");
            var before = await Everything(small);
            foreach (var full in (string[][])[["snapshot", "c1"], ["copy", "c1", "c2"], ["copy", "c1/fits", "c2"],
                ["restore", "c1", "fits"], ["storage", "volume", "snapshot", "small", "data"],
                ["storage", "volume", "copy", "small/data", "small/again"]])
            {
                var ran = await node.TryLxc(full);
                Assert.Equal(1, ran.Code);
                Assert.Contains("No space left on device", ran.Err, StringComparison.Ordinal);
                Assert.Contains("nothing was changed; make room there, or choose another pool", ran.Err, StringComparison.Ordinal);
                Assert.Equal(before, await Everything(small));
                Assert.Equal("Running", await node.Status("c1"));
            }
            Assert.Equal("new\n", await node.In("c1", "cat /root/note"));
            Assert.Equal("c1,RUNNING,,,CONTAINER,1\n", await node.Lxc("list", "-f", "csv"));
            await node.In("c1", "rm /root/big /srv/data/big");
            await node.Lxc("snapshot", "c1");
            await node.Lxc("delete", "--force", "c1");
            await node.Lxc("storage", "volume", "delete", "small", "data");
            await node.Lxc("storage", "delete", "small");
        }
        finally
        {
            await Shell.Run("umount", [small]);
            Directory.Delete(small);
        }
    }

    // What apps write to is not looked at: they run.
    private static async Task<string> Everything(string pool) =>
        (await Shell.Sh($"cd {pool} && find . -path './*/u/*' -prune -o -path './*/w/*' -prune -o -type d -print | sort")).Well().Out;
}
