namespace System.Tests;

/// <summary>Snapshots, restores, copies and rebuilds by Debian's lxc, of apps that run and apps that do not.</summary>
public sealed class SnapshotTests
{
    private const string Write = """
        echo one > /root/file; ln /root/file /root/again; rm -r /etc/motd /usr/share 2>/dev/null; mkdir -p /usr/share; echo x > /usr/share/x
        chown 12:34 /usr/share/x; chmod 4755 /usr/share/x; mkfifo /root/pipe; ln -s nowhere /root/link; sync
        """;

    private const string Tell = "cd / && find root usr/share etc -xdev | sort | xargs stat -c '%N %u %g %a %h' && cat /root/file";

    [Fact]
    public async Task An_app_comes_back_to_what_it_was()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("launch", "sample", "c1", "-c", "user.note=old");
        await node.In("c1", Write);
        var before = await node.In("c1", Tell);
        await node.Lxc("snapshot", "c1", "good");
        Assert.Equal("Running", await node.Status("c1"));
        await node.Lxc("snapshot", "c1");
        var info = await node.Lxc("info", "c1");
        Assert.Contains("good", info, StringComparison.Ordinal);
        Assert.Contains("snap0", info, StringComparison.Ordinal);
        await node.In("c1", "rm -rf /root/* && echo two > /root/file && touch /etc/motd && rm -r /usr/share");
        await node.Lxc("config", "set", "c1", "user.note=new");

        await node.Lxc("restore", "c1", "good");
        Assert.Equal("Running", await node.Status("c1"));
        Assert.Equal(before, await node.In("c1", Tell));
        Assert.Equal("old\n", await node.Lxc("config", "get", "c1", "user.note"));

        await node.Lxc("stop", "c1", "--force");
        await node.Lxc("restore", "c1", "good");
        // It ran when the snapshot was made; the next boot leaves it as it was left.
        Assert.Equal("STOPPED\n", await node.Lxc("config", "get", "c1", "volatile.last_state.power"));
        await node.Lxc("move", "c1/snap0", "c1/better");
        await node.Lxc("delete", "c1/good");
        Assert.Contains("not found", (await node.TryLxc("restore", "c1", "good")).Err, StringComparison.Ordinal);
        await node.Lxc("move", "c1", "c2");
        await node.Lxc("restore", "c2", "better");
        await node.Lxc("start", "c2");
        Assert.Equal(before, await node.In("c2", Tell));
        await node.Lxc("delete", "--force", "c2");
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(node.State, "pools", "default", "@snapshots")));
    }

    [Fact]
    public async Task Copies_are_apps_of_their_own()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("storage", "create", "other", "dir");
        await node.Lxc("launch", "sample", "c1");
        await node.In("c1", Write);
        var before = await node.In("c1", Tell);
        await node.Lxc("snapshot", "c1", "s");
        await node.In("c1", "echo two > /root/file");
        await node.Lxc("copy", "c1/s", "of-snapshot", "-c", "user.note=mine", "-s", "other");
        await node.Lxc("copy", "c1", "of-app");
        await node.Lxc("copy", "c1", "alone", "--instance-only");
        foreach (var name in (string[])["of-snapshot", "of-app", "alone"])
            await node.Lxc("start", name);
        Assert.Equal(before, await node.In("of-snapshot", Tell));
        Assert.Equal("mine\n", await node.Lxc("config", "get", "of-snapshot", "user.note"));
        Assert.Equal("two\n", await node.In("of-app", "cat /root/file"));
        Assert.Contains("| s ", await node.Lxc("info", "of-app"), StringComparison.Ordinal);
        Assert.DoesNotContain("| s ", await node.Lxc("info", "alone"), StringComparison.Ordinal);
        await node.In("of-app", "echo three > /root/file");
        Assert.Equal("two\n", await node.In("c1", "cat /root/file"));
        Assert.True(Directory.Exists(Path.Combine(node.State, "pools", "other", "of-snapshot", "u")));

        await node.Lxc("stop", "of-app", "--force");
        await node.Lxc("query", "-X", "POST", "--wait", "/1.0/instances/of-app/rebuild", "-d",
            """{"source":{"type":"image","alias":"sample"}}""");
        await node.Lxc("start", "of-app");
        Assert.Equal("gone\n", await node.In("of-app", "test -e /root/file || echo gone"));
        foreach (var name in (string[])["of-snapshot", "of-app", "alone", "c1"])
            await node.Lxc("delete", "--force", name);
        await node.Lxc("storage", "delete", "other");
    }

    [Fact]
    public async Task A_copy_is_brought_up_to_its_original()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("launch", "sample", "c1", "-c", "user.note=theirs");
        await node.Lxc("snapshot", "c1", "same");
        await node.Lxc("snapshot", "c1", "other");
        await node.Lxc("snapshot", "c1", "gone");
        await node.Lxc("copy", "c1", "c2", "-c", "user.note=mine");
        await node.Lxc("snapshot", "c2", "own");
        await node.Lxc("start", "c2");
        await node.In("c2", "echo c2 > /root/file; touch /root/c2");
        Assert.Contains("running", (await node.TryLxc("copy", "c1", "c2", "--refresh")).Err, StringComparison.Ordinal);
        await node.Lxc("stop", "c2", "--force");

        await node.In("c1", Write);
        var before = await node.In("c1", Tell);
        await node.Lxc("delete", "c1/gone");
        await node.Lxc("delete", "c1/other");
        await node.Lxc("snapshot", "c1", "other");
        await node.Lxc("snapshot", "c1", "new");
        await node.Lxc("copy", "c1", "c2", "--refresh");
        Assert.Equal("Running", await node.Status("c1"));
        // Debian's client writes the original's configuration over the copy's besides; the node itself leaves it.
        Assert.Equal("theirs\n", await node.Lxc("config", "get", "c2", "user.note"));
        await node.Lxc("config", "set", "c2", "user.note=mine");
        await node.Lxc("query", "-X", "POST", "--wait", "/1.0/instances", "-d",
            """{"name":"c2","source":{"type":"copy","source":"c1","refresh":true}}""");
        Assert.Equal("mine\n", await node.Lxc("config", "get", "c2", "user.note"));
        await node.Lxc("start", "c2");
        Assert.Equal(before, await node.In("c2", Tell));
        Assert.Equal("same\nother\nnew\n", (await Shell.Sh($"curl -s --unix-socket {node.RunFolder}/unix.socket " +
            "'http://x/1.0/instances/c2/snapshots?recursion=1' | jq -r '.metadata[].name | sub(\".*/\"; \"\")'")).Well().Out);
        await node.Lxc("restore", "c2", "other");
        Assert.Equal(before, await node.In("c2", Tell));

        // Only what it has, and of a snapshot.
        await node.Lxc("stop", "c2", "--force");
        await node.Lxc("query", "-X", "POST", "--wait", "/1.0/instances", "-d",
            """{"name":"c2","source":{"type":"copy","source":"c1/same","refresh":true}}""");
        await node.Lxc("start", "c2");
        Assert.Equal("gone\n", await node.In("c2", "test -e /root/file || echo gone"));
        // One that is not there is made.
        await node.Lxc("copy", "c1", "c3", "--refresh");
        await node.Lxc("start", "c3");
        Assert.Equal(before, await node.In("c3", Tell));
    }

    [Fact]
    public async Task What_cannot_be_kept_is_said()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("init", "sample", "c1", "-s", "ram");
        Assert.Contains("there is nothing to keep", (await node.TryLxc("snapshot", "c1")).Err, StringComparison.Ordinal);
        await node.Lxc("init", "sample", "c2");
        foreach (var name in (string[])["../x", ".x", "a b"])
            Assert.NotEqual(0, (await node.TryLxc("query", "-X", "POST", "--wait", "/1.0/instances/c2/snapshots", "-d",
                $$"""{"name":"{{name}}"}""")).Code);
        await node.Lxc("snapshot", "c2", "s");
        Assert.Contains("already exists", (await node.TryLxc("snapshot", "c2", "s")).Err, StringComparison.Ordinal);
        Assert.Contains("already exists", (await node.TryLxc("copy", "c2/s", "c1")).Err, StringComparison.Ordinal);
        Assert.NotEqual(0, (await node.TryLxc("copy", "c2/nosuch", "c3")).Code);
    }

    [Fact]
    public async Task A_daemon_that_is_killed_while_it_copies_leaves_nothing_and_an_app_that_goes_on()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("launch", "sample", "c1");
        await node.In("c1", "i=0; while [ $i -lt 3000 ]; do echo $i > /root/$i; i=$((i+1)); done");
        var random = new Random(7);
        for (var round = 0; round < 5; round++)
        {
            var snapshot = node.TryLxc("snapshot", "c1", $"s{round}");
            await Task.Delay(random.Next(20, 300), TestContext.Current.CancellationToken);
            await node.KillDaemon();
            await snapshot;
            await node.StartDaemon();
            await Shell.Until("c1 runs", async () => await node.Status("c1") == "Running");
            Assert.Equal("3000\n", await node.In("c1", "ls /root | wc -l"));
            var folder = Path.Combine(node.State, "pools", "default", "@snapshots", "c1");
            foreach (var kept in Directory.Exists(folder) ? Directory.EnumerateDirectories(folder) : [])
                Assert.Equal(3000, Directory.GetFiles(Path.Combine(kept, "u", "root")).Length);
        }
    }

    [Fact]
    public async Task A_daemon_that_is_killed_while_it_copies_an_app_or_a_volume_leaves_whole_ones_only()
    {
        await using var node = await TestNode.Start();
        await node.Lxc("storage", "volume", "create", "default", "data");
        await node.Lxc("launch", "sample", "c1");
        await node.Lxc("storage", "volume", "attach", "default", "data", "c1", "/srv/data");
        await node.In("c1", "i=0; while [ $i -lt 2000 ]; do echo $i > /root/$i; echo $i > /srv/data/$i; i=$((i+1)); done");
        await node.Lxc("stop", "c1", "--force");
        await node.Lxc("snapshot", "c1", "s");
        await node.Lxc("storage", "volume", "snapshot", "default", "data", "s");
        var pool = Path.Combine(node.State, "pools", "default");
        var random = new Random(11);
        for (var round = 0; round < 8; round++)
        {
            var work = node.TryLxc((round % 4) switch
            {
                0 => ["copy", "c1", $"c1-{round}"],
                1 => ["storage", "volume", "copy", "default/data", $"default/data-{round}"],
                2 => ["restore", "c1", "s"],
                _ => ["storage", "volume", "restore", "default", "data", "s"],
            });
            await Task.Delay(random.Next(20, 250), TestContext.Current.CancellationToken);
            await node.KillDaemon();
            await work;
            await node.StartDaemon();
            Assert.Empty(Directory.EnumerateFileSystemEntries(pool, ".*", new EnumerationOptions { AttributesToSkip = 0 }));
            var apps = (await node.Lxc("list", "-f", "csv", "-c", "n")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(apps.Order(),
                Directory.EnumerateDirectories(pool).Select(f => Path.GetFileName(f)).Where(n => n[0] != '@').Order());
            foreach (var app in apps)
                Assert.Equal(2000, Directory.GetFiles(Path.Combine(pool, app, "u", "root")).Length);
            foreach (var volume in Directory.EnumerateDirectories(Path.Combine(pool, "@volumes")))
            {
                Assert.Equal(2000, Directory.GetFiles(Path.Combine(volume, "data")).Length);
                Assert.Equal(2000, Directory.GetFiles(Path.Combine(volume, "snapshots", "s", "data")).Length);
            }
        }
    }
}
