using System.Text;
using Holm.Config;
using Holm.Contract;
using Holm.Images.Roots;
using Holm.Linux.Files;

namespace Holm.Node.Instances;

/// <summary>A snapshot on disk.</summary>
/// <param name="Name">Its name, without the instance's.</param>
/// <param name="Folder">Where it lies.</param>
/// <param name="Instance">The instance as it was written; made when the snapshot was.</param>
public sealed record StoredSnapshot(string Name, string Folder, InstanceConfig Instance);

/// <summary>Snapshots of instances on disk, and kept writes that are made from them. Whoever calls sees to it that nobody writes.</summary>
/// <remarks>
/// <code>
///   POOL/@snapshots/NAME/SNAP/u             copy of the instance's u; missing where it had never started
///   POOL/@snapshots/NAME/SNAP/b, t          as the instance's: which templates were written; <see cref="Executor"/>
///   POOL/@snapshots/NAME/SNAP/instance.cfg  the instance as it was written
///   POOL/@snapshots/NAME/.SNAP+             one that is being made; .SNAP- one that is being removed
///   POOL/.NAME+                             kept writes that are being copied
///   POOL/.NAME=                             complete; with instance.cfg in it: it takes the place of NAME, and the text that of the
///                                           configuration, whatever happens. Without: what was there before, to be removed
/// </code>
/// </remarks>
public sealed class SnapshotFolders(PoolFolders pools)
{
    internal const string TextName = "instance.cfg", Upper = "u", Work = "w";

    /// <summary>1–63 ASCII letters, digits and <c>-_.</c>, a letter or digit first.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static void CheckName(string name) => PoolConfig.CheckName("snapshot", name);

    /// <summary>All of an instance, the oldest first.</summary>
    public IReadOnlyList<StoredSnapshot> Of(string instance) =>
    [
        .. pools.All.Select(p => Folder(p, instance)).Where(Directory.Exists).SelectMany(f => Directory.EnumerateDirectories(f))
            .Where(f => !Path.GetFileName(f).StartsWith('.')).Select(f => Read(f, instance)).OfType<StoredSnapshot>()
            .OrderBy(s => s.Instance.CreatedAt).ThenBy(s => s.Name, StringComparer.Ordinal),
    ];

    /// <summary>One of them.</summary>
    /// <exception cref="Refusal">404: there is none.</exception>
    public StoredSnapshot Find(string instance, string name) => Of(instance).FirstOrDefault(s => s.Name == name) ??
        throw new Refusal(404, $"Instance snapshot not found: {Names.Show($"{instance}/{name}")}");

    /// <summary>Makes one.</summary>
    /// <param name="pool">Folder of the pool that the instance's root is in.</param>
    /// <param name="name">Its name.</param>
    /// <param name="instance">The instance as it is written, made now.</param>
    /// <param name="tell">Gets bytes done.</param>
    /// <param name="ct">Gives up; nothing is left.</param>
    public void Create(string pool, string name, InstanceConfig instance, Action<long> tell, CancellationToken ct)
    {
        CheckName(name);
        if (Of(instance.Name).Any(s => s.Name == name))
            throw new Refusal(409, $"Snapshot \"{name}\" already exists");
        Durable.CreateFolder(Path.Combine(pool, PoolFolders.Snapshots));
        var folder = Folder(pool, instance.Name);
        Durable.CreateFolder(folder);
        try
        {
            StagedFolder.Make(Path.Combine(folder, $".{name}+"), Path.Combine(folder, name), staged =>
            {
                CopyUpper(Path.Combine(pool, instance.Name), staged, tell, ct);
                CopyMarks(Path.Combine(pool, instance.Name), staged);
                Write(staged, instance);
            });
        }
        finally
        {
            // Where it was to be the first.
            KernelFile.TryRemoveFolder(folder);
        }
    }

    /// <summary>Removes one.</summary>
    public void Delete(string instance, string name)
    {
        var folder = Find(instance, name).Folder;
        var doomed = Path.Combine(Path.GetDirectoryName(folder)!, $".{name}-");
        FolderTree.Remove(doomed);
        Durable.Rename(folder, doomed);
        FolderTree.Remove(doomed);
        KernelFile.TryRemoveFolder(Path.GetDirectoryName(folder)!);
    }

    /// <summary>Gives one another name.</summary>
    public void Rename(string instance, string from, string to)
    {
        CheckName(to);
        var folder = Find(instance, from).Folder;
        if (Of(instance).Any(s => s.Name == to))
            throw new Refusal(409, $"Name \"{to}\" already in use");
        Durable.Rename(folder, Path.Combine(Path.GetDirectoryName(folder)!, to));
    }

    /// <summary>Puts kept writes and configuration of an instance in the place of what it has, both or neither.</summary>
    /// <param name="pool">Folder of the pool its root is in.</param>
    /// <param name="becomes">The configuration.</param>
    /// <param name="from">Folder with the writes, of a snapshot or another instance; null: none.</param>
    /// <param name="isCopy">True: they were another's, and templates are written anew.</param>
    /// <param name="change">Changes the configuration.</param>
    /// <param name="tell">Gets bytes done.</param>
    /// <param name="ct">Gives up while it copies.</param>
    public static void Replace(
        string pool, InstanceConfig becomes, string? from, bool isCopy, Action<InstanceConfig> change, Action<long> tell,
        CancellationToken ct)
    {
        var (kept, ready) = (Path.Combine(pool, becomes.Name), ReadyOf(pool, becomes.Name));
        // Left by a crash after an earlier exchange, it would turn the next one round.
        if (File.Exists(Path.Combine(kept, TextName)))
            Durable.Remove(Path.Combine(kept, TextName));
        FolderTree.Remove(ready);
        StagedFolder.Make(StagedOf(pool, becomes.Name), ready, staged =>
        {
            FillRoot(from, isCopy, staged, tell, ct);
            Write(staged, becomes);
        });
        try
        {
            change(becomes);
        }
        catch
        {
            Durable.Rename(ready, StagedOf(pool, becomes.Name));
            FolderTree.Remove(StagedOf(pool, becomes.Name));
            throw;
        }
        Exchange(ready, kept);
    }

    /// <summary>
    /// Makes kept writes, and snapshots, that appear with their instance: <see cref="KeptWrites.Appear"/>, <see cref="KeptWrites.Move"/>.
    /// </summary>
    /// <param name="pool">Folder of the pool its root is in.</param>
    /// <param name="name">Its name.</param>
    /// <param name="from">Folder with the writes, of an instance or snapshot; null: none.</param>
    /// <param name="isCopy">True: they are another's, and templates are written anew. False: they are its own, from another pool.</param>
    /// <param name="snapshots">Snapshots that it gets.</param>
    /// <param name="tell">Gets bytes done.</param>
    /// <param name="ct">Gives up; nothing is left.</param>
    public static void Prepare(
        string pool, string name, string? from, bool isCopy, IReadOnlyList<StoredSnapshot> snapshots, Action<long> tell,
        CancellationToken ct)
    {
        long done = 0, last = 0;
        void Tell(long bytes) => tell(done + (last = bytes));
        void Make(string place, Action<string> fill)
        {
            var waiting = isCopy ? KeptWrites.Between(place, name) : KeptWrites.Moving(place, name);
            FolderTree.Remove(waiting);
            StagedFolder.Make(StagedOf(place, name), waiting, fill);
        }
        Make(pool, staged => FillRoot(from, isCopy, staged, Tell, ct));
        if (snapshots.Count == 0)
            return;
        var all = Path.Combine(pool, PoolFolders.Snapshots);
        Durable.CreateFolder(all);
        Make(all, staged =>
        {
            foreach (var snapshot in snapshots)
            {
                var folder = Path.Combine(staged, snapshot.Name);
                Durable.CreateFolder(folder);
                (done, last) = (done + last, 0);
                CopySnapshot(snapshot, folder, Tell, ct);
            }
        });
    }

    /// <summary>Gives an instance copies of the snapshots of another that it lacks, and takes away those that the other has not.</summary>
    /// <param name="pool">Folder of the pool its root is in.</param>
    /// <param name="name">The instance.</param>
    /// <param name="snapshots">The other's. One of the same name and time is the same.</param>
    /// <param name="tell">Gets bytes done.</param>
    /// <param name="ct">Gives up; those that are whole stay.</param>
    public void Match(string pool, string name, IReadOnlyList<StoredSnapshot> snapshots, Action<long> tell, CancellationToken ct)
    {
        (string, DateTimeOffset) Key(StoredSnapshot snapshot) => (snapshot.Name, snapshot.Instance.CreatedAt);
        var there = Of(name);
        foreach (var old in there.ExceptBy(snapshots.Select(Key), Key))
            Delete(name, old.Name);
        Durable.CreateFolder(Path.Combine(pool, PoolFolders.Snapshots));
        var folder = Folder(pool, name);
        Durable.CreateFolder(folder);
        foreach (var fresh in snapshots.ExceptBy(there.Select(Key), Key))
            StagedFolder.Make(Path.Combine(folder, $".{fresh.Name}+"), Path.Combine(folder, fresh.Name),
                staged => CopySnapshot(fresh, staged, tell, ct));
        KernelFile.TryRemoveFolder(folder);
    }

    /// <summary>Finishes what a crash cut short. Comes before anything else looks at kept writes.</summary>
    /// <param name="change">Changes the configuration of an instance, if there still is one of that name.</param>
    /// <param name="tell">Gets a sentence for what cannot be finished.</param>
    public void Sweep(Action<InstanceConfig> change, Action<string> tell)
    {
        foreach (var pool in pools.All)
            PoolFolders.Try(pool, tell, () =>
            {
                foreach (var ready in Directory.EnumerateDirectories(pool, ".*=").ToList())
                    PoolFolders.Try(ready, tell, () => Finish(pool, ready, change));
                var snapshots = Path.Combine(pool, PoolFolders.Snapshots);
                foreach (var left in Directory.Exists(snapshots)
                    ? Directory.EnumerateDirectories(snapshots).Where(f => !Path.GetFileName(f).StartsWith('.'))
                        .SelectMany(f => Directory.EnumerateDirectories(f, ".*")).ToList() : [])
                    PoolFolders.Try(left, tell, () => FolderTree.Remove(left));
            });
    }

    private void Finish(string pool, string ready, Action<InstanceConfig> change)
    {
        var name = Path.GetFileName(ready)[1..^1];
        Names.CheckInstance(name);
        if (pools.IsUp(name))
            throw new Refusal(409, $"{name} runs on what it had before its restore; stop it, and start holmd again");
        if (Read(ready, name) is not { } found)
        {
            FolderTree.Remove(ready);
            return;
        }
        change(found.Instance);
        Exchange(ready, Path.Combine(pool, name));
    }

    private static void FillRoot(string? from, bool isCopy, string staged, Action<long> tell, CancellationToken ct)
    {
        Roots.GiveProject(staged);
        // Without one it is made at the first start, of the image.
        if (from is not null && CopyUpper(from, staged, tell, ct))
            Durable.CreateFolder(Path.Combine(staged, Work));
        if (from is not null && !isCopy)
            CopyMarks(from, staged);
    }

    private static bool CopyUpper(string from, string to, Action<long> tell, CancellationToken ct)
    {
        if (!Directory.Exists(Path.Combine(from, Upper)))
            return false;
        FolderCopy.Make(Path.Combine(from, Upper), Path.Combine(to, Upper), tell, ct);
        return true;
    }

    private static void CopySnapshot(StoredSnapshot snapshot, string to, Action<long> tell, CancellationToken ct)
    {
        CopyUpper(snapshot.Folder, to, tell, ct);
        CopyMarks(snapshot.Folder, to);
        Write(to, snapshot.Instance);
    }

    /// <summary>What comes back is no copy: templates that it had written by then are not written again, and no others are.</summary>
    private static void CopyMarks(string from, string to)
    {
        foreach (var mark in Executor.TemplateMarks.Where(m => Directory.Exists(Path.Combine(from, m))))
            Durable.CreateFolder(Path.Combine(to, mark));
    }

    /// <summary>What was there before is removed.</summary>
    private static void Exchange(string ready, string kept)
    {
        if (Directory.Exists(kept))
            Durable.Exchange(ready, kept);
        else
            Durable.Rename(ready, kept);
        Durable.Remove(Path.Combine(kept, TextName));
        FolderTree.Remove(ready);
    }

    private static StoredSnapshot? Read(string folder, string instance)
    {
        var text = Path.Combine(folder, TextName);
        if (!File.Exists(text))
            return null;
        try
        {
            // It goes by the name that the instance has now.
            return ConfigText.ReadOnto(new Document(), File.ReadAllText(text)).Instances.Values.FirstOrDefault() is { } read
                ? new StoredSnapshot(Path.GetFileName(folder), folder, read with { Name = instance }) : null;
        }
        catch (Refusal)
        {
            return null;
        }
    }

    private static void Write(string folder, InstanceConfig instance) => Durable.Write(Path.Combine(folder, TextName),
        Encoding.UTF8.GetBytes(ConfigText.Block(new Document().With(instance), $"app {instance.Name}")));

    private static string Folder(string pool, string instance) => Path.Combine(pool, PoolFolders.Snapshots, instance);

    private static string StagedOf(string place, string name) => Path.Combine(place, $".{name}+");

    internal static string ReadyOf(string pool, string name) => Path.Combine(pool, $".{name}=");
}
