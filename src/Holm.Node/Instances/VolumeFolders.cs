using System.Text.Json;
using Holm.Config;
using Holm.Contract;
using Holm.Linux.Files;

namespace Holm.Node.Instances;

/// <summary>Custom volumes of pools of driver dir: named folders that instances are given, and only a delete removes.</summary>
/// <remarks>
/// <code>
///   POOL/@volumes/NAME/data         what instances see; nobody but root reaches it on the host
///   POOL/@volumes/NAME/volume.json  what is said of it
///   POOL/@volumes/NAME/snapshots    <see cref="VolumeSnapshots"/>
///   POOL/@volumes/.NAME+            one that is being made; .NAME- one that is being removed
/// </code>
/// </remarks>
public sealed class VolumeFolders(PoolFolders pools, TimeProvider clock)
{
    private readonly HashSet<string> _claimed = [];

    /// <summary>Folder of the volumes of a pool.</summary>
    public const string Name = "@volumes";

    private const uint DataMode = 0x1c9; // 0711, as LXD's

    /// <summary>What instances see of a volume.</summary>
    public static string Data(string pool, string volume) => Path.Combine(pool, Name, volume, "data");

    /// <summary>All volumes of a pool, by name.</summary>
    public IReadOnlyList<StorageVolume> List(PoolConfig pool) => !pool.Keeps || !Directory.Exists(Folder(pool)) ? [] :
        [.. Directory.EnumerateDirectories(Folder(pool)).Select(f => Path.GetFileName(f)!).Where(n => !n.StartsWith('.'))
            .Order(StringComparer.Ordinal).Select(n => Find(pool, n)).OfType<StorageVolume>()];

    /// <summary>One of them; null: there is none.</summary>
    public StorageVolume? Find(PoolConfig pool, string name)
    {
        PoolConfig.CheckName("storage volume", name);
        var record = Path.Combine(Folder(pool), name, RecordName);
        if (!pool.Keeps || !File.Exists(record))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(record), ContractJson.Default.StorageVolume)! with { Name = name };
        }
        catch (JsonException)
        {
            // The data is what counts.
            return new StorageVolume { Name = name };
        }
    }

    /// <summary>Makes one.</summary>
    /// <exception cref="Refusal">409: it is there.</exception>
    public void Create(PoolConfig pool, StorageVolume volume) =>
        Create(pool, volume, staged => Durable.CreateFolder(Path.Combine(staged, "data"), DataMode));

    /// <summary>Makes one, its <c>data</c> and what else belongs to it by the caller.</summary>
    public void Create(PoolConfig pool, StorageVolume volume, Action<string> fill)
    {
        CheckNew(pool, volume.Name);
        pools.Ready(pool);
        var folder = Path.Combine(Folder(pool), volume.Name);
        StagedFolder.Make(Path.Combine(Folder(pool), $".{volume.Name}+"), folder, staged =>
        {
            fill(staged);
            Write(staged, volume with { CreatedAt = clock.GetUtcNow() });
        });
    }

    /// <summary>Accepts the name of a new one.</summary>
    /// <exception cref="Refusal">400: it is none, or the pool has no volumes. 409: it is taken.</exception>
    public void CheckNew(PoolConfig pool, string name)
    {
        PoolConfig.CheckName("storage volume", name);
        if (!pool.Keeps)
            throw new Refusal(400, $"pool {pool.Name} is memory and has no volumes; choose a pool of driver dir");
        if (Directory.Exists(Path.Combine(Folder(pool), name)))
            throw new Refusal(409, $"Volume by that name already exists: {name}");
    }

    /// <summary>Keeps everybody else from working on a volume, or on the name of one, until it is disposed.</summary>
    /// <exception cref="Refusal">409: somebody does.</exception>
    public IDisposable Claim(PoolConfig pool, string name)
    {
        var folder = Path.Combine(Folder(pool), name);
        lock (_claimed)
            if (!_claimed.Add(folder))
                throw new Refusal(409, $"volume {name} of pool {pool.Name} is busy: it is being copied, restored, renamed or removed; " +
                    "try again once that is done");
        return new Claimed(_claimed, folder);
    }

    /// <summary>Names of volumes of a pool that somebody works on, or is about to make.</summary>
    public IReadOnlyList<string> Busy(PoolConfig pool)
    {
        lock (_claimed)
            return [.. _claimed.Where(c => Path.GetDirectoryName(c) == Folder(pool)).Select(c => Path.GetFileName(c))];
    }

    private sealed record Claimed(HashSet<string> All, string Folder) : IDisposable
    {
        public void Dispose()
        {
            lock (All)
                All.Remove(Folder);
        }
    }

    /// <summary>Replaces what is said of one.</summary>
    public void Change(PoolConfig pool, StorageVolume volume) => Write(Path.Combine(Folder(pool), volume.Name), volume);

    /// <summary>Gives one another name.</summary>
    /// <exception cref="Refusal">409: it is taken.</exception>
    public void Rename(PoolConfig pool, string from, string to)
    {
        PoolConfig.CheckName("storage volume", to);
        if (Directory.Exists(Path.Combine(Folder(pool), to)))
            throw new Refusal(409, $"Volume by that name already exists: {to}");
        Durable.Rename(Path.Combine(Folder(pool), from), Path.Combine(Folder(pool), to));
    }

    /// <summary>Takes one away from all who look; <see cref="Clear"/> removes what was in it.</summary>
    public void SetAside(PoolConfig pool, string name)
    {
        Clear(pool, name);
        Durable.Rename(Path.Combine(Folder(pool), name), DoomedOf(pool, name));
    }

    /// <summary>Removes one that was set aside, with all that is in it.</summary>
    public void Clear(PoolConfig pool, string name) => FolderTree.Remove(DoomedOf(pool, name));

    private string DoomedOf(PoolConfig pool, string name) => Path.Combine(Folder(pool), $".{name}-");

    /// <summary>Removes what a crash left half made or half removed; what cannot be removed is told.</summary>
    public void Sweep(Action<string> tell)
    {
        foreach (var folder in pools.All.Select(p => Path.Combine(p, Name)).Where(Directory.Exists))
            PoolFolders.Try(folder, tell, () =>
            {
                SweepDotted(folder, tell);
                foreach (var volume in Directory.EnumerateDirectories(folder))
                    PoolFolders.Try(volume, tell, () => VolumeSnapshots.Sweep(volume, tell));
            });
    }

    /// <summary>Removes the folders of a folder whose names begin with a dot; what cannot be removed is told.</summary>
    internal static void SweepDotted(string folder, Action<string> tell)
    {
        foreach (var left in Directory.EnumerateDirectories(folder, ".*").ToList())
            PoolFolders.Try(left, tell, () => FolderTree.Remove(left));
    }

    private string Folder(PoolConfig pool) => Path.Combine(pools.Of(pool), Name);

    private static void Write(string folder, StorageVolume volume) => Durable.Write(Path.Combine(folder, RecordName),
        JsonSerializer.SerializeToUtf8Bytes(volume with { UsedBy = [] }, ContractJson.Default.StorageVolume));

    internal const string RecordName = "volume.json";
}
