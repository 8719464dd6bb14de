using Holm.Config;
using Holm.Contract;
using Holm.Linux.Files;
using Holm.Node;
using Holm.Node.Instances;
using Images.Tests;

namespace Node.Tests.Instances;

/// <summary>Volumes, their snapshots and copies on a real disk, cut before each of their steps: as it was, or done.</summary>
public sealed class VolumeCutTests
{
    /// <summary>A node with a volume that held "one" when its snapshot was made, and holds "two".</summary>
    private sealed class Disk : IDisposable
    {
        private readonly ScratchFolder _folder = new();

        public Disk()
        {
            var pools = new PoolFolders(NodePaths.Open(_folder.State, _folder.Run), () => new Document());
            Volumes = new VolumeFolders(pools, TimeProvider.System);
            Snapshots = new VolumeSnapshots(pools, Volumes, TimeProvider.System);
            Volumes.Create(Pool, new StorageVolume { Name = "data" });
            File.WriteAllText(Path.Combine(Folder, "data", "data", "file"), "one");
            Snapshots.Create(Pool, "data", new StorageVolumeSnapshot { Name = "s" }, _ => { }, default);
            File.WriteAllText(Path.Combine(Folder, "data", "data", "file"), "two");
        }

        public string Root => _folder.Root;

        public static PoolConfig Pool { get; } = PoolConfig.Always.First(p => p.Name == "default");

        public VolumeFolders Volumes { get; }

        public VolumeSnapshots Snapshots { get; }

        private string Folder => Path.Combine(_folder.State, "pools", "default", VolumeFolders.Name);

        /// <summary>What a daemon does as it starts.</summary>
        public void Open()
        {
            List<string> told = [];
            Volumes.Sweep(told.Add);
            Assert.Empty(told);
        }

        /// <summary>Each volume with what it holds; snapshots likewise.</summary>
        public string Shown => string.Join('\n', Volumes.List(Pool).SelectMany(v => (string[])[
            $"{v.Name} {Read(Path.Combine(Folder, v.Name))}", .. Snapshots.List(Pool, v.Name)
                .Select(s => $"{v.Name}/{s.Name} {Read(Path.Combine(Folder, v.Name, "snapshots", s.Name))}")]));

        /// <summary>Names of what nobody could account for.</summary>
        public IEnumerable<string> Strange => Directory.EnumerateFileSystemEntries(Folder, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetFileName(f)).Where(n => n.StartsWith('.') || n == FolderCopy.Links);

        public void Dispose() => _folder.Dispose();

        // One that was just made and is empty has no file.
        private static string Read(string folder) => string.Concat(
            Directory.GetFiles(Path.Combine(folder, "data")).Select(File.ReadAllText));
    }

    private static readonly Dictionary<string, Action<Disk>> Works = new()
    {
        ["make"] = d => d.Volumes.Create(Disk.Pool, new StorageVolume { Name = "other" }),
        ["rename"] = d => d.Volumes.Rename(Disk.Pool, "data", "other"),
        ["delete"] = d =>
        {
            d.Volumes.SetAside(Disk.Pool, "data");
            d.Volumes.Clear(Disk.Pool, "data");
        },
        ["snapshot"] = d => d.Snapshots.Create(Disk.Pool, "data", new StorageVolumeSnapshot { Name = "t" }, _ => { }, default),
        ["rename snapshot"] = d => d.Snapshots.Rename(Disk.Pool, "data", "s", "t"),
        ["delete snapshot"] = d => d.Snapshots.Delete(Disk.Pool, "data", "s"),
        ["restore"] = d => d.Snapshots.Restore(Disk.Pool, "data", "s", default),
        ["copy"] = d => d.Snapshots.Copy(
            Disk.Pool, "data", null, Disk.Pool, new StorageVolume { Name = "other" }, true, _ => { }, default),
        ["copy of a snapshot"] = d => d.Snapshots.Copy(
            Disk.Pool, "data", "s", Disk.Pool, new StorageVolume { Name = "other" }, true, _ => { }, default),
    };

    private static readonly Dictionary<string, string> Becomes = new()
    {
        ["make"] = "data two\ndata/s one\nother ",
        ["rename"] = "other two\nother/s one",
        ["delete"] = "",
        ["snapshot"] = "data two\ndata/s one\ndata/t two",
        ["rename snapshot"] = "data two\ndata/t one",
        ["delete snapshot"] = "data two",
        ["restore"] = "data one\ndata/s one",
        ["copy"] = "data two\ndata/s one\nother two\nother/s one",
        ["copy of a snapshot"] = "data two\ndata/s one\nother one",
    };

    public static TheoryData<string> Kinds => [.. Works.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_daemon_that_dies_leaves_all_or_nothing(string kind)
    {
        const string old = "data two\ndata/s one";
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
            Assert.Contains(disk.Shown, (string[])[old, Becomes[kind]]);
            Assert.Empty(disk.Strange);
            seen.Add(disk.Shown);
            // And what is left can be worked with.
            if (disk.Shown == old)
                Works[kind](disk);
            Assert.Equal(Becomes[kind], disk.Shown);
            Assert.Empty(disk.Strange);
        }
        Assert.Equal(2, seen.Count);
    }
}
