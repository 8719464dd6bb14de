namespace System.Tests;

/// <summary>What was written is never left where nobody looks, whatever is asked for at the same time or step by step.</summary>
public sealed class StorageLossTests
{
    [Fact]
    public async Task A_pool_in_which_something_is_made_is_not_deleted()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("storage", "volume", "create", "default", "big");
        var data = Path.Combine(node.State, "pools", "default", "@volumes", "big", "data");
        (await Shell.Run("dd", ["if=/dev/urandom", $"of={Path.Combine(data, "f")}", "bs=1M", "count=64"])).Well();
        var moves = 0;
        for (var i = 0; i < 4; i++)
        {
            await node.Lxc("storage", "create", "px", "dir");
            var move = node.TryLxc("storage", "volume", "move", "default/big", "px/big");
            await Task.Delay(TimeSpan.FromMilliseconds(20 * i));
            var delete = await node.TryLxc("storage", "delete", "px");
            var moved = (await move).Code == 0;
            moves += moved ? 1 : 0;
            Assert.False(moved && delete.Code == 0, "both are told that it is done");
            Assert.Contains("big", await node.Lxc("storage", "volume", "list", moved ? "px" : "default", "-f", "csv"),
                StringComparison.Ordinal);
            if (moved)
                await node.Lxc("storage", "volume", "move", "px/big", "default/big");
            if (delete.Code != 0)
                await node.Lxc("storage", "delete", "px");
            Assert.Equal(64 << 20, new FileInfo(Path.Combine(data, "f")).Length);
            Assert.Equal(["default"], Pools(node));
        }
        Assert.True(moves > 0);
        for (var i = 0; i < 10; i++)
        {
            await node.Lxc("storage", "create", "px", "dir");
            var create = node.TryLxc("storage", "volume", "create", "px", "v");
            var delete = await node.TryLxc("storage", "delete", "px");
            Assert.True(delete.Code != 0 || (await create).Code != 0);
            await create;
            if (delete.Code == 0)
                continue;
            await node.TryLxc("storage", "volume", "delete", "px", "v");
            await node.Lxc("storage", "delete", "px");
        }
        Assert.Equal(["default"], Pools(node));
    }

    private static IEnumerable<string?> Pools(TestNode node) =>
        Directory.EnumerateDirectories(Path.Combine(node.State, "pools")).Select(Path.GetFileName);

    [Fact]
    public async Task The_image_that_a_snapshot_stands_on_stays()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("launch", "sample", "web");
        await node.Lxc("exec", "web", "--", "touch", "/etc/second");
        await node.Lxc("snapshot", "web", "s");
        await node.Lxc("publish", "web/s", "--alias", "second");
        await node.Lxc("init", "second", "copy");
        await node.Lxc("snapshot", "copy", "keep");
        await node.Lxc("copy", "web", "copy", "--refresh", "--instance-only");
        Assert.Contains("in use by copy/keep", (await node.TryLxc("image", "delete", "second")).Err, StringComparison.Ordinal);
        await node.Lxc("restore", "copy", "keep");
        await node.Lxc("start", "copy");
        await node.In("copy", "test -e /etc/second");
        await node.Lxc("delete", "--force", "copy");
        await node.Lxc("image", "delete", "second");
        await node.Lxc("delete", "--force", "web");
    }

    [Fact]
    public async Task An_image_is_deleted_or_given_to_an_instance_and_never_both()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("init", "sample", "web");
        for (var i = 0; i < 6; i++)
        {
            await node.Lxc("publish", "web", "--alias", "short", $"round={i}");
            var init = node.TryLxc("init", "short", "child");
            await Task.Delay(TimeSpan.FromMilliseconds(8 * i));
            var delete = node.TryLxc("image", "delete", "short");
            var (made, deleted) = ((await init).Code == 0, (await delete).Code == 0);
            Assert.NotEqual(made, deleted);
            if (!made)
                continue;
            await node.Lxc("start", "child");
            await node.Lxc("delete", "--force", "child");
            await node.Lxc("image", "delete", "short");
        }
    }

    [Fact]
    public async Task A_root_goes_to_another_pool_with_what_was_written_or_not_at_all()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("storage", "create", "other", "dir");
        await node.Lxc("profile", "create", "rootless");
        await node.Lxc("launch", "sample", "web");
        await node.In("web", "echo kept > /root/f");
        await node.Lxc("stop", "--force", "web");
        const string lost = "what web has written is in ";
        Assert.Contains(lost, (await node.TryLxc("config", "device", "add", "web", "root", "disk", "path=/", "pool=other")).Err,
            StringComparison.Ordinal);
        // Nor in two steps.
        await node.Lxc("profile", "assign", "web", "rootless");
        Assert.Contains(lost, (await node.TryLxc("config", "device", "add", "web", "root", "disk", "path=/", "pool=other")).Err,
            StringComparison.Ordinal);
        Assert.Contains(lost, (await node.TryLxc("config", "device", "add", "web", "root", "disk", "path=/", "pool=ram")).Err,
            StringComparison.Ordinal);
        await node.Lxc("profile", "assign", "web", "default");
        // Of two pools one may be called as the other begins.
        await node.Lxc("storage", "create", "other2", "dir");
        foreach (var pool in (string[])["other2", "other"])
            await node.Lxc("move", "web", "web", "--storage", pool);
        await node.Lxc("storage", "delete", "other2");
        await node.Lxc("start", "web");
        Assert.Equal("kept\n", await node.In("web", "cat /root/f"));
        await node.Lxc("delete", "--force", "web");
        await node.Lxc("storage", "delete", "other");
    }
}
