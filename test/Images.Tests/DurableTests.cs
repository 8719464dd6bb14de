using Holm.Images;
using Holm.Linux.Files;

namespace Images.Tests;

/// <summary>A power cut before any step leaves the old state or the new one, and nothing beside it after the sweep.</summary>
public sealed class DurableTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private int _disks;

    public void Dispose() => _scratch.Dispose();

    /// <summary>
    /// Cuts <paramref name="act"/> before every step, loses data in every way, and gives what was found to <paramref name="check"/>.
    /// </summary>
    private async Task<int> CutEverywhere(Action<string> prepare, Func<string, Task> act, Action<string, string> check)
    {
        var cases = 0;
        for (var (cutAt, more) = (0, true); more; cutAt++)
            foreach (var loss in PowerCut.Losses)
            {
                var root = _scratch[$"disk{++_disks}"];
                var backups = _scratch[$"backup{_disks}"];
                cases++;
                Directory.CreateDirectory(root);
                Directory.CreateDirectory(backups);
                prepare(root);
                var cut = new PowerCut(root, backups);
                more = await cut.Run(() => act(root), cutAt);
                cut.Lose(loss);
                check(root, $"cut before step {cutAt}, losing {loss.Name}");
            }
        return cases;
    }

    [Fact]
    public async Task A_written_file_is_old_or_new()
    {
        var seen = new HashSet<string>();
        var cases = await CutEverywhere(
            root => Durable.Write(Path.Combine(root, "f"), "old"u8),
            root =>
            {
                Durable.Write(Path.Combine(root, "f"), "new!"u8);
                return Task.CompletedTask;
            },
            (root, what) =>
            {
                var text = File.ReadAllText(Path.Combine(root, "f"));
                Assert.True(text is "old" or "new!", $"{what}: '{text}'");
                seen.Add(text);
                Durable.SweepStaged(root);
                Assert.True(Directory.GetFileSystemEntries(root).Length == 1, what);
            });
        Assert.Equal(2, seen.Count);
        Assert.True(cases >= 25, $"{cases}");
    }

    [Fact]
    public async Task Remove_and_rename_are_done_or_not_done()
    {
        await CutEverywhere(
            root =>
            {
                Durable.Write(Path.Combine(root, "a"), "A"u8);
                Durable.Write(Path.Combine(root, "b"), "B"u8);
            },
            root =>
            {
                Durable.Rename(Path.Combine(root, "a"), Path.Combine(root, "b"));
                Durable.Remove(Path.Combine(root, "b"));
                return Task.CompletedTask;
            },
            (root, what) =>
            {
                var left = string.Concat(Directory.GetFiles(root).Order().Select(f => Path.GetFileName(f) + File.ReadAllText(f)));
                Assert.True(left is "aAbB" or "bA" or "", $"{what}: {left}");
            });
    }

    [Fact]
    public async Task A_writer_that_forgets_the_fsync_would_be_caught()
    {
        var broken = 0;
        await CutEverywhere(
            root => Durable.Write(Path.Combine(root, "f"), "old"u8),
            root =>
            {
                using var staged = Durable.Stage(root);
                staged.Write("new!"u8);
                Durable.RenameOnly(staged.Path, Path.Combine(root, "f"));
                Durable.SyncFolder(root);
                return Task.CompletedTask;
            },
            (root, _) => broken += File.ReadAllText(Path.Combine(root, "f")) is "old" or "new!" ? 0 : 1);
        Assert.NotEqual(0, broken);
    }

    [Fact]
    public async Task The_store_is_old_or_new_after_every_cut()
    {
        _scratch.Shell("""
            mkdir r; echo x > r/f; mksquashfs r a.sqfs -quiet -no-progress >/dev/null; tar -C r -cf b.tar f
            mkdir u; cp -r r u/rootfs; touch u/metadata.yaml; tar -C u -cf c.tar .; tar -C u -cf half.tar metadata.yaml
            """);
        foreach (var file in (string[])["a.sqfs", "b.tar", "c.tar", "a.sqfs half.tar"])
        {
            async Task Import(string root)
            {
                var store = Store(root);
                using var half = file.Contains(' ', StringComparison.Ordinal) ? Durable.Stage(store.StagingFolder) : null;
                half?.Write(File.ReadAllBytes(_scratch["half.tar"]));
                await store.Import(new ImportRequest(_scratch[file.Split(' ')[0]], NoInit: true)
                {
                    Metadata = half,
                    Describe = (_, _) => new Holm.Contract.ImageMetadata(),
                }, null, TestContext.Current.CancellationToken);
            }
            await CutEverywhere(_ => { }, Import, (root, what) => Holds(root, what, "", "image"));
            await CutEverywhere(root => Import(root).Wait(), root =>
            {
                var store = Store(root);
                store.SetAlias("web", store.List().Single().Fingerprint);
                return Task.CompletedTask;
            }, (root, what) => Holds(root, what, "image", "image web"));
            await CutEverywhere(root =>
            {
                Import(root).Wait();
                var store = Store(root);
                store.SetAlias("web", store.List().Single().Fingerprint);
            }, root =>
            {
                var store = Store(root);
                store.Delete(store.List().Single().Fingerprint);
                return Task.CompletedTask;
            }, (root, what) => Holds(root, what, "image web", ""));
        }
    }

    private static ImageStore Store(string root)
    {
        var store = new ImageStore(root, TimeProvider.System);
        store.Open();
        return store;
    }

    /// <summary>Opens the store again: it shows the old or the new state, and every file in it belongs to what it shows.</summary>
    private static void Holds(string root, string what, string before, string after)
    {
        var store = Store(root);
        var state = string.Join(' ', store.List().Select(_ => "image").Concat(store.Aliases.Keys));
        Assert.True(state == before || state == after, $"{what}: '{state}'");
        var files = Directory.GetFiles(root, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetFileName(f)!).Where(f => f != "aliases.json");
        var wanted = store.List().SelectMany(i => (string[])[i.Fingerprint + ".json", .. i.Layers.Select(l => l + ".squashfs"),
            .. i.Lxd is null ? Array.Empty<string>() : [i.Fingerprint + ".metadata"]]);
        Assert.True(files.Order().SequenceEqual(wanted.Order()), $"{what}: {string.Join(' ', files)}");
        foreach (var layer in store.List().SelectMany(i => i.Layers))
            Assert.Equal(
                layer, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(store.LayerPath(layer)))));
    }

    [Fact]
    public void The_sweep_takes_its_own_files_only()
    {
        Durable.Write(_scratch["kept"], "x"u8);
        File.WriteAllText(_scratch[".hidden"], "x");
        Directory.CreateDirectory(_scratch[".staged-folder"]);
        File.WriteAllText(_scratch[".staged-0123"], "x");
        Assert.Equal([".staged-0123"], Durable.SweepStaged(_scratch.Folder));
        Assert.Equal(
            [".hidden", ".staged-folder", "kept"],
            Directory.GetFileSystemEntries(_scratch.Folder).Select(p => Path.GetFileName(p)!).Order());
    }

    [Fact]
    public void Modes_are_exact_and_bytes_are_counted()
    {
        var before = Durable.BytesWritten;
        Durable.CreateFolder(_scratch["d"], 0x1C0);
        Durable.Write(_scratch["d/f"], new byte[1000], 0x1B6);
        Assert.Equal("700 666\n", _scratch.Shell("echo $(stat -c %a d d/f)"));
        Assert.True(Durable.BytesWritten >= before + 1000);
    }

    [Fact]
    public void A_staged_file_without_commit_leaves_nothing()
    {
        using (var staged = Durable.Stage(_scratch.Folder))
            staged.Write("x"u8);
        Assert.Empty(Directory.GetFileSystemEntries(_scratch.Folder));
    }
}
