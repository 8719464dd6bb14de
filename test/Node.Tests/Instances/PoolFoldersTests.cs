using Holm.Config;
using Holm.Contract;
using Holm.Node;
using Holm.Node.Instances;

namespace Node.Tests.Instances;

/// <summary>Pools on disks that others may reach, that are pulled, or that hold what a crash left.</summary>
public sealed class PoolFoldersTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly List<string> _told = [];
    private readonly NodePaths _paths;
    private readonly PoolFolders _pools;
    private Document _document;

    public PoolFoldersTests()
    {
        _paths = NodePaths.Open(_folder.State, _folder.Run);
        _document = In("default", new Document().With(new InstanceConfig { Name = "web", Image = "new" }));
        _pools = new PoolFolders(_paths, () => _document);
        foreach (var name in (string[])["@snapshots", "@volumes", "web/u", "web/w"])
            Directory.CreateDirectory(Path.Combine(Default, name));
    }

    private string Default => Path.Combine(_folder.State, "pools", "default");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_restore_that_was_cut_short_is_not_finished_under_an_app_that_runs()
    {
        Ready("web", "old");
        Assert.Contains("a restore of it was cut short", _pools.Missing("web"), StringComparison.Ordinal);
        var record = Path.Combine(_paths.Instances, "web", RunRecord.FileName);
        Directory.CreateDirectory(Path.GetDirectoryName(record)!);
        File.WriteAllText(record, "{}");
        Sweep();
        Assert.Contains("runs on what it had before its restore", Assert.Single(_told), StringComparison.Ordinal);
        Assert.Equal(("new", ""), Shown);
        File.Delete(record);
        _told.Clear();
        Sweep();
        Assert.Empty(_told);
        Assert.Equal(("old", "of the snapshot"), Shown);
        Assert.Null(_pools.Missing("web"));
    }

    [Fact]
    public void What_cannot_be_finished_holds_nothing_else_up()
    {
        // Nobody's name; it comes first.
        Directory.CreateDirectory(Path.Combine(Default, ".-x="));
        Ready("web", "old");
        Sweep();
        Assert.Contains(".-x= was being made, renamed or removed, and stays", Assert.Single(_told), StringComparison.Ordinal);
        Assert.Equal(("old", "of the snapshot"), Shown);
    }

    [Fact]
    public void An_app_whose_stick_is_pulled_is_neither_started_nor_taken_away()
    {
        var stick = Path.Combine(_folder.Root, "stick");
        Directory.CreateDirectory(Path.Combine(stick, "@volumes"));
        _document = _document.With(Stick(stick));
        _document = In("stick", _document);
        Assert.Null(_pools.Missing("web"));
        PoolFolders.RefuseAway(_document, "web");
        Directory.Delete(stick, recursive: true);
        Directory.CreateDirectory(stick);
        Assert.Contains($"it waits for {stick}", _pools.Missing("web"), StringComparison.Ordinal);
        var refused = Assert.Throws<Refusal>(() => PoolFolders.RefuseAway(_document, "web"));
        Assert.Contains("plug it in", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(stick));
    }

    [Theory]
    [InlineData("", "chmod 777 .", "does not belong to root alone")]
    [InlineData("/in", "mkdir in; chown 1000 in", "does not belong to root alone")]
    [InlineData("/in/in", "mkdir -p in/in; chmod o+w in", "lies in", "which others may write to")]
    [InlineData("/in/in", "mkdir -p in/in; chown 1000 in; chmod 1755 in", "which others may write to")]
    [InlineData("/to/in", "mkdir -p in/in; ln -s in to", "a symbolic link lies on the way")]
    [InlineData("/in", "mkdir in; touch in/x", "is not empty")]
    [InlineData("/none", "true", "make it first")]
    public void A_folder_that_others_could_change_is_no_pool(string below, string made, params string[] why)
    {
        var place = Directory.CreateDirectory(Path.Combine(_folder.Root, "place")).FullName;
        using var shell = System.Diagnostics.Process.Start("/bin/sh", ["-c", $"cd {place} && {made}"]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
        var refused = Assert.Throws<Refusal>(() =>
            _pools.Check(Stick(place + below)));
        Assert.All(why, w => Assert.Contains(w, refused.Message, StringComparison.Ordinal));
    }

    private (string Image, string Written) Shown => (_document.Instances["web"].Image,
        Path.Combine(Default, "web", "u", "file") is var file && File.Exists(file) ? File.ReadAllText(file) : "");

    /// <summary>What a restore has ready when it is cut before the configuration changes.</summary>
    private void Ready(string name, string image)
    {
        var (source, becomes) = (Path.Combine(_folder.Root, "snapshot"), _document.Instances[name] with { Image = image });
        Directory.CreateDirectory(Path.Combine(source, "u"));
        File.WriteAllText(Path.Combine(source, "u", "file"), "of the snapshot");
        var ready = SnapshotFolders.ReadyOf(Default, name);
        Assert.Throws<InvalidOperationException>(() => SnapshotFolders.Replace(Default, becomes, source, isCopy: false, _ =>
        {
            Directory.Move(ready, ready + ".kept");
            Directory.CreateDirectory(ready);
            throw new InvalidOperationException();
        }, _ => { }, default));
        Directory.Move(ready + ".kept", ready);
    }

    private static Document In(string pool, Document document) => document.With(document.Instances["web"] with
    {
        Devices = document.Instances["web"].Devices.SetItem("root", Maps.Of(("path", "/"), ("pool", pool), ("type", "disk"))),
    });

    private static PoolConfig Stick(string source) => new() { Name = "stick", Driver = "dir", Config = Maps.Of(("source", source)) };

    private void Sweep() => new SnapshotFolders(_pools).Sweep(i => _document = _document.With(i), _told.Add);
}
