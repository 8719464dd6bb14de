using System.Text.Json;
using Holm.Config;
using Holm.Contract;
using Holm.Linux.Files;

namespace Holm.Node.Instances;

/// <summary>Snapshots and copies of volumes. Whoever calls has claimed the volume, and sees to it that nobody writes to it.</summary>
/// <remarks>
/// <code>
///   POOL/@volumes/NAME/snapshots/SNAP/data         copy of the volume's data
///   POOL/@volumes/NAME/snapshots/SNAP/volume.json  what is said of it
///   POOL/@volumes/NAME/snapshots/.SNAP+            one that is being made; .SNAP- one that is being removed
///   POOL/@volumes/NAME/.restore+                   data that is about to be exchanged for the volume's, or was
/// </code>
/// </remarks>
public sealed class VolumeSnapshots(PoolFolders pools, VolumeFolders volumes, TimeProvider clock)
{
    private const string Name = "snapshots", Data = "data";

    /// <summary>All of a volume, the oldest first.</summary>
    public IReadOnlyList<StorageVolumeSnapshot> List(PoolConfig pool, string volume)
    {
        var folder = Folder(pool, volume);
        return !Directory.Exists(folder) ? [] : [.. Directory.EnumerateDirectories(folder).Select(f => Path.GetFileName(f)!)
            .Where(n => !n.StartsWith('.')).Select(n => Read(Path.Combine(folder, n)))
            .OrderBy(s => s.CreatedAt).ThenBy(s => s.Name, StringComparer.Ordinal)];
    }

    /// <summary>One of them.</summary>
    /// <exception cref="Refusal">404: there is none.</exception>
    public StorageVolumeSnapshot Find(PoolConfig pool, string volume, string name) =>
        List(pool, volume).FirstOrDefault(s => s.Name == name) ??
        throw new Refusal(404, $"Storage volume snapshot not found: {Names.Show($"{volume}/{name}")}");

    /// <summary>Accepts the name of a new one.</summary>
    /// <exception cref="Refusal">400: it is none. 409: it is taken.</exception>
    public void CheckNew(PoolConfig pool, string volume, string name)
    {
        PoolConfig.CheckName("snapshot", name);
        if (List(pool, volume).Any(s => s.Name == name))
            throw new Refusal(409, $"Snapshot \"{name}\" already in use");
    }

    /// <summary>Makes one.</summary>
    /// <param name="pool">The volume's pool.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="snapshot">What is said of it.</param>
    /// <param name="tell">Gets bytes done.</param>
    /// <param name="ct">Gives up; nothing is left.</param>
    public void Create(PoolConfig pool, string volume, StorageVolumeSnapshot snapshot, Action<long> tell, CancellationToken ct)
    {
        CheckNew(pool, volume, snapshot.Name);
        var folder = Folder(pool, volume);
        Durable.CreateFolder(folder);
        try
        {
            StagedFolder.Make(Path.Combine(folder, $".{snapshot.Name}+"), Path.Combine(folder, snapshot.Name), staged =>
            {
                FolderCopy.Make(VolumeFolders.Data(pools.Of(pool), volume), Path.Combine(staged, Data), tell, ct);
                Write(staged, snapshot with { CreatedAt = clock.GetUtcNow() });
            });
        }
        finally
        {
            // Where it was to be the first.
            KernelFile.TryRemoveFolder(folder);
        }
    }

    /// <summary>Replaces what is said of one.</summary>
    public void Change(PoolConfig pool, string volume, StorageVolumeSnapshot snapshot) =>
        Write(Path.Combine(Folder(pool, volume), snapshot.Name), snapshot);

    /// <summary>Gives one another name.</summary>
    public void Rename(PoolConfig pool, string volume, string from, string to)
    {
        CheckNew(pool, volume, to);
        Durable.Rename(Path.Combine(Folder(pool, volume), from), Path.Combine(Folder(pool, volume), to));
    }

    /// <summary>Removes one.</summary>
    public void Delete(PoolConfig pool, string volume, string name)
    {
        var doomed = Path.Combine(Folder(pool, volume), $".{name}-");
        FolderTree.Remove(doomed);
        Durable.Rename(Path.Combine(Folder(pool, volume), name), doomed);
        FolderTree.Remove(doomed);
        KernelFile.TryRemoveFolder(Folder(pool, volume));
    }

    /// <summary>Puts what is in a snapshot in the place of what is in the volume, at once.</summary>
    public void Restore(PoolConfig pool, string volume, string name, CancellationToken ct)
    {
        var data = VolumeFolders.Data(pools.Of(pool), volume);
        var staged = Path.Combine(Path.GetDirectoryName(data)!, ".restore+");
        // It becomes .restore+ only to be exchanged: as it is whole by then, so is what takes the volume's place.
        StagedFolder.Make(staged + "+", staged, folder =>
        {
            FolderTree.Remove(staged);
            FolderCopy.Make(Path.Combine(Folder(pool, volume), name, Data), Path.Combine(folder, Data), _ => { }, ct);
        });
        Durable.Exchange(Path.Combine(staged, Data), data);
        FolderTree.Remove(staged);
    }

    /// <summary>Makes a volume of another, or of a snapshot.</summary>
    /// <param name="pool">The other's pool.</param>
    /// <param name="from">The other.</param>
    /// <param name="snapshot">Its snapshot; null: as it is now.</param>
    /// <param name="target">The new one's pool.</param>
    /// <param name="becomes">The new one.</param>
    /// <param name="withSnapshots">True: with the snapshots of the other.</param>
    /// <param name="tell">Gets bytes done.</param>
    /// <param name="ct">Gives up; nothing is left.</param>
    public void Copy(
        PoolConfig pool, string from, string? snapshot, PoolConfig target, StorageVolume becomes, bool withSnapshots, Action<long> tell,
        CancellationToken ct) => volumes.Create(target, becomes, staged =>
    {
        long done = 0;
        void CopyData(string folder, string to)
        {
            var before = done;
            done += FolderCopy.Make(Path.Combine(folder, Data), Path.Combine(to, Data), bytes => tell(before + bytes), ct);
        }

        var whole = Path.GetDirectoryName(VolumeFolders.Data(pools.Of(pool), from))!;
        CopyData(snapshot is null ? whole : Path.Combine(whole, Name, snapshot), staged);
        if (!withSnapshots || snapshot is not null)
            return;
        Durable.CreateFolder(Path.Combine(staged, Name));
        foreach (var one in List(pool, from))
        {
            var to = Path.Combine(staged, Name, one.Name);
            Durable.CreateFolder(to);
            CopyData(Path.Combine(whole, Name, one.Name), to);
            Write(to, one);
        }
    });

    /// <summary>Removes what a crash left half made or half removed in a volume; what cannot be removed is told.</summary>
    internal static void Sweep(string volume, Action<string> tell)
    {
        VolumeFolders.SweepDotted(volume, tell);
        Durable.SweepStaged(volume);
        var folder = Path.Combine(volume, Name);
        if (!Directory.Exists(folder))
            return;
        VolumeFolders.SweepDotted(folder, tell);
        foreach (var snapshot in Directory.EnumerateDirectories(folder))
            Durable.SweepStaged(snapshot);
    }

    private string Folder(PoolConfig pool, string volume) =>
        Path.Combine(Path.GetDirectoryName(VolumeFolders.Data(pools.Of(pool), volume))!, Name);

    private static StorageVolumeSnapshot Read(string folder)
    {
        var name = Path.GetFileName(folder);
        try
        {
            return JsonSerializer.Deserialize(
                File.ReadAllBytes(Path.Combine(folder, VolumeFolders.RecordName)), ContractJson.Default.StorageVolumeSnapshot)! with
            { Name = name };
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            // The data is what counts.
            return new StorageVolumeSnapshot { Name = name };
        }
    }

    private static void Write(string folder, StorageVolumeSnapshot snapshot) => Durable.Write(
        Path.Combine(folder, VolumeFolders.RecordName),
        JsonSerializer.SerializeToUtf8Bytes(snapshot, ContractJson.Default.StorageVolumeSnapshot));
}
