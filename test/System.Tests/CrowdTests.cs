namespace System.Tests;

/// <summary>Several clients at one instance: each is served, waits or is told why not, and none leaves it torn.</summary>
public sealed class CrowdTests
{
    private static readonly string[] Verbs =
    [
        "start web", "stop web --force", "restart web --force", "pause web", "exec web -- true", "config set web user.note=x",
        "config set web limits.memory=64MB", "snapshot web", "config device add web extra disk source=/srv path=/mnt",
        "config device remove web extra", "file push /etc/hostname web/root/h", "publish web --force", "rename web other",
        "rename other web", "copy web twin", "delete twin --force", "move web other", "delete web --force", "init sample web",
        "launch sample web", "restore web snap0", "list", "info web", "config show web",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Many_clients_at_one_instance_leave_it_whole(int seed)
    {
        await using var node = await TestNode.Start();
        await node.Lxc("launch", "sample", "web");
        var random = new Random(seed);
        string[][] turns = [.. Enumerable.Range(0, 6).Select(_ => random.GetItems(Verbs, 12))];
        var ran = (await Task.WhenAll(turns.Select(async verbs =>
        {
            var told = new List<(string Verb, Ran Ran)>();
            foreach (var verb in verbs)
                told.Add((verb, await node.TryLxc(verb.Split(' '))));
            return told;
        }))).SelectMany(t => t).ToList();
        Assert.Contains(ran, r => r.Ran.Code == 0);
        // Who is refused hears a sentence, and none that speaks of this program's own trouble.
        Assert.All(ran.Where(r => r.Ran.Code != 0), r => Assert.True(
            r.Ran.Err.Length > 0 && !new[] { "Exception", "unexpected", "nternal", "EOF", "has failed and" }.Any(r.Ran.Err.Contains),
            $"{r.Verb}: {r.Ran.Code} {r.Ran.Err}"));
        // Both doors tell of the same apps, nothing is being done to any, and each does what it is told.
        var names = (await node.Lxc("list", "-f", "csv", "-c", "n")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(names, (await node.Holm("list", "--format", "csv")).Well().Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..]
            .Select(l => l.Split(',')[0]));
        Assert.DoesNotContain("RUNNING", await node.Lxc("operation", "list"), StringComparison.Ordinal);
        foreach (var name in names)
        {
            if (await node.Status(name) == "Frozen")
                await node.Lxc("start", name);
            if (await node.Status(name) == "Running")
                await node.Lxc("stop", name, "--force");
            await node.Lxc("start", name);
            Assert.Equal("here\n", await node.In(name, "echo here"));
            await node.Lxc("delete", name, "--force");
        }
        Assert.Equal("", await node.Lxc("list", "-f", "csv"));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Path.Combine(node.State, "pools", "default"))
            .Select(f => Path.GetFileName(f)!), n => n[0] != '@');
    }
}
