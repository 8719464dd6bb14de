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
}
