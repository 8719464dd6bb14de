using Holm.Config;
using Holm.Linux.Files;
using Holm.Node;
using Holm.Node.Config;
using Holm.Node.Instances;
using Images.Tests;

namespace Node.Tests.Instances;

/// <summary>
/// Snapshots, restores and copies on a real disk, cut before each of their steps: what the next daemon finds is as it was, or done.
/// </summary>
public sealed class SnapshotCutTests
{
    /// <summary>A node whose one app has written "one", then had a snapshot, then "two" and another image.</summary>
    private sealed class Disk : IDisposable
    {
        private readonly ScratchFolder _folder = new();

        public Disk()
        {
            Open();
            Config.Change("make", d => d.With(Second).With(new InstanceConfig { Name = "web", Image = "old" }));
            Pools.Mark(Second);
            Write("web", "one");
            Snapshots.Create(Pool, "s", Config.Current.Instances["web"], _ => { }, default);
            Config.Change("change", d => d.With(d.Instances["web"] with { Image = "new" }));
            Write("web", "two");
            // It has started since, and its templates were written.
            Directory.CreateDirectory(Path.Combine(Pool, "web", "t"));
        }

        public string Root => _folder.Root;

        public string Pool => Path.Combine(_folder.State, "pools", "default");

        /// <summary>A pool beside it, with nothing in it.</summary>
        public static PoolConfig Second { get; } = new() { Name = "second", Driver = "dir" };

        public ConfigStore Config { get; private set; } = null!;

        public PoolFolders Pools { get; private set; } = null!;

        public SnapshotFolders Snapshots { get; private set; } = null!;

        /// <summary>What a daemon does as it starts.</summary>
        public void Open()
        {
            Config = new ConfigStore(_folder.State, _folder.Run);
            Pools = new PoolFolders(NodePaths.Open(_folder.State, _folder.Run), () => Config.Current);
            Snapshots = new SnapshotFolders(Pools);
            List<string> told = [];
            Snapshots.Sweep(Change, told.Add);
            KeptWrites.Sweep(Pools, Config.Current, told.Add);
            Assert.Empty(told);
        }

        public void Change(InstanceConfig becomes) => Config.Change("restore", d =>
            d.Instances.ContainsKey(becomes.Name) ? d.With(becomes) : d);

        /// <summary>Each app with its image, its pool if it is the second, and what it has written; snapshots likewise.</summary>
        public string Shown => string.Join('\n', Config.Current.Instances.Values.SelectMany(i => (string[])[
            $"{i.Name} {Of(i)} {Read(Path.Combine(Pools.Places.First(p => Pools.IsPlaceOf(Config.Current, i.Name, p)), i.Name))}",
            .. Snapshots.Of(i.Name).Select(s => $"{i.Name}/{s.Name} {Of(s.Instance)} {Read(s.Folder)}")]));

        private static string Of(InstanceConfig instance) => instance.Devices.TryGetValue("root", out var root)
            ? $"{instance.Image} in {root["pool"]}" : instance.Image;

        /// <summary>Names of folders that nobody could account for.</summary>
        public IEnumerable<string> Strange => Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Pool)!, "*",
                SearchOption.AllDirectories).Where(f => Path.GetFileName(f) is ['.', ..] or FolderCopy.Links)
            .Concat(Pools.Places.SelectMany(p => Directory.EnumerateDirectories(p).Where(f => Path.GetFileName(f) is not ['@', ..]
                && !Pools.IsPlaceOf(Config.Current, Path.GetFileName(f), p))));

        public void Dispose() => _folder.Dispose();

        private void Write(string name, string text)
        {
            var upper = Path.Combine(Pool, name, "u");
            Directory.CreateDirectory(Path.Combine(Pool, name, "w"));
            Directory.CreateDirectory(upper);
            File.WriteAllText(Path.Combine(upper, "file"), text);
        }

        private static string Read(string folder) =>
            File.ReadAllText(Path.Combine(folder, "u", "file")) + (Directory.Exists(Path.Combine(folder, "t")) ? " t" : "");
    }

    private static readonly Dictionary<string, Action<Disk>> Works = new()
    {
        ["snapshot"] = d => d.Snapshots.Create(d.Pool, "t", d.Config.Current.Instances["web"], _ => { }, default),
        ["delete"] = d => d.Snapshots.Delete("web", "s"),
        ["rename"] = d => d.Snapshots.Rename("web", "s", "t"),
        ["restore"] = d => SnapshotFolders.Replace(
            d.Pool, d.Snapshots.Find("web", "s").Instance, d.Snapshots.Find("web", "s").Folder, isCopy: false, d.Change, _ => { }, default),
        ["copy"] = d => KeptWrites.Appear(d.Pools, "other", () =>
        {
            SnapshotFolders.Prepare(d.Pool, "other", Path.Combine(d.Pool, "web"), true, d.Snapshots.Of("web"), _ => { }, default);
        }, () => d.Config.Change("copy", now => now.With(now.Instances["web"] with { Name = "other" })), () => d.Config.Current),
        ["move"] = d =>
        {
            InstanceConfig Moved(InstanceConfig instance) => PoolFolders.In(Disk.Second, d.Config.Current, instance);
            KeptWrites.Move(d.Pools, "web", () => SnapshotFolders.Prepare(
                d.Pools.Ready(Disk.Second), "web", Path.Combine(d.Pool, "web"), false,
                [.. d.Snapshots.Of("web").Select(s => s with { Instance = Moved(s.Instance) })], _ => { }, default),
                () => d.Config.Change("move", now => now.With(Moved(now.Instances["web"]))), () => d.Config.Current);
        },
        ["rename instance"] = d => KeptWrites.Rename(d.Pools, "web", "other",
            () => d.Config.Change("rename", now => now.Renamed("web", "other")), () => d.Config.Current),
    };

    public static TheoryData<string> Kinds => [.. Works.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_daemon_that_dies_leaves_all_or_nothing(string kind)
    {
        string old, done;
        using (var whole = new Disk())
        {
            old = whole.Shown;
            Works[kind](whole);
            done = whole.Shown;
            Assert.NotEqual(old, done);
            Assert.Empty(whole.Strange);
        }
        var seen = new HashSet<string>();
        for (var (cut, more) = (0, true); more; cut++)
        {
            using var disk = new Disk();
            var daemon = new PowerCut(disk.Root, Directory.CreateDirectory(Path.Combine(disk.Root, "backups")).FullName);
            more = await daemon.Run(() =>
            {
                Works[kind](disk);
                return Task.CompletedTask;
            }, cut);
            disk.Open();
            Assert.Contains(disk.Shown, (string[])[old, done]);
            Assert.Empty(disk.Strange);
            seen.Add(disk.Shown);
            // And what is left can be worked with.
            if (disk.Shown == old)
                Works[kind](disk);
            Assert.Equal(done, disk.Shown);
        }
        Assert.Equal(2, seen.Count);
    }

    [Fact]
    public void Which_templates_were_written_is_part_of_a_snapshot()
    {
        using var disk = new Disk();
        Works["snapshot"](disk);
        Assert.Equal("web new two t\nweb/s old one\nweb/t new two t", disk.Shown);
        Works["restore"](disk);
        Assert.Equal("web old one\nweb/s old one\nweb/t new two t", disk.Shown);
        Works["copy"](disk);
        var taken = disk.Snapshots.Find("web", "t");
        SnapshotFolders.Replace(disk.Pool, taken.Instance, taken.Folder, isCopy: false, disk.Change, _ => { }, default);
        Assert.Equal("other old one\nother/s old one\nother/t new two t\nweb new two t\nweb/s old one\nweb/t new two t", disk.Shown);
        KeptWrites.Delete(disk.Pools, "other");
        disk.Config.Change("delete", d => d.WithoutInstance("other"));
        // What is copied writes those of a copy, at its first start.
        Works["copy"](disk);
        Assert.StartsWith("other new two\n", disk.Shown, StringComparison.Ordinal);
    }

    [Fact]
    public void What_goes_to_another_pool_is_what_it_was()
    {
        using var disk = new Disk();
        Works["move"](disk);
        Assert.Equal("web new in second two t\nweb/s old in second one", disk.Shown);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(disk.Pool, PoolFolders.Snapshots)));
    }

    [Fact]
    public void A_configuration_that_is_refused_leaves_the_writes()
    {
        using var disk = new Disk();
        var old = disk.Shown;
        var found = disk.Snapshots.Find("web", "s");
        Assert.Throws<Holm.Contract.Refusal>(() => SnapshotFolders.Replace(
            disk.Pool, found.Instance, found.Folder, isCopy: false, _ => throw new Holm.Contract.Refusal(507, "the disk is full"), _ => { },
            default));
        Assert.Equal(old, disk.Shown);
        Assert.Empty(disk.Strange);
    }
}
