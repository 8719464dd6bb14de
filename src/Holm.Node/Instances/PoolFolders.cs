using System.Collections.Immutable;
using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Node.Instances;

/// <summary>The folders of storage pools of driver dir, and what lies in them.</summary>
/// <remarks>
/// <code>
///   POOL/NAME                     kept writes of an instance: u, and w, which is overlayfs' own
///   POOL/@snapshots/NAME/SNAP     its snapshots
///   POOL/@volumes/VOLUME          a custom volume
///   POOL/.NAME~                   kept writes on their way here from another pool; .NAME~ in @snapshots: so are its snapshots
///   POOL/.…                       work that a crash cut short; the next start of the daemon sweeps it
/// </code>
/// No instance's name begins with @. A folder that is a pool's source is marked by its <c>@volumes</c>: where that is missing, a stick or
/// disk is not plugged in, and nothing is started in its place.
/// </remarks>
/// <param name="paths">The node's folders.</param>
/// <param name="current">The document that holds.</param>
public sealed class PoolFolders(NodePaths paths, Func<Document> current)
{
    /// <summary>Folder of the snapshots of a pool, in which each instance has one.</summary>
    public const string Snapshots = "@snapshots";

    /// <summary>Those that are there, pools among them that are in no document any more.</summary>
    public IReadOnlyList<string> All =>
    [
        .. (Directory.Exists(paths.Pools) ? Directory.EnumerateDirectories(paths.Pools) : []).Order(StringComparer.Ordinal),
        .. current().Pools.Values.Where(p => p.Source is not null && IsMarked(p.Source)).Select(p => p.Source!),
    ];

    /// <summary>The folders in which an instance has a folder of its name.</summary>
    public IReadOnlyList<string> Places =>
        [.. All.SelectMany(p => (string[])[p, Path.Combine(p, Snapshots)]).Where(Directory.Exists)];

    /// <summary>Folder of a pool.</summary>
    public string Of(PoolConfig pool) => paths.PoolFolder(pool);

    /// <summary>What of the pools an instance waits for before it starts, as a sentence; null: nothing.</summary>
    public string? Missing(string name)
    {
        if (current() is var document && document.Instances.GetValueOrDefault(name) is not { } instance)
            return null;
        var used = Expansion.Expand(document, instance).Present
            .Select(d => (IsRoot: d.Value.GetValueOrDefault("path") == "/", Pool: d.Value.GetValueOrDefault("pool") is { } pool
                ? document.FindPool(pool) : null)).Where(u => u.Pool is not null).ToList();
        return used.Where(u => !IsThere(u.Pool!))
                .Select(u => $"it waits for {u.Pool!.Source}, the folder of pool {u.Pool.Name}, which is not there").FirstOrDefault() ??
            // On what it had before it would write what the restore then throws away.
            used.Where(u => u.IsRoot && u.Pool!.Keeps
                    && File.Exists(Path.Combine(SnapshotFolders.ReadyOf(Of(u.Pool), name), SnapshotFolders.TextName)))
                .Select(_ => "a restore of it was cut short; start holmd again, which finishes it").FirstOrDefault();
    }

    /// <summary>Refuses to take an instance away while what it has written is not there: the next of its name would find it.</summary>
    /// <exception cref="Refusal">409.</exception>
    public static void RefuseAway(Document document, string name)
    {
        if (document.Instances.GetValueOrDefault(name) is { } instance && RootPool(document, instance) is { } pool && !IsThere(pool))
            throw new Refusal(409, $"{name}: what it has written is in {pool.Source}, the folder of pool {pool.Name}, which is not " +
                "there; plug it in, or give its root another pool first");
    }

    /// <summary>True: it is one of the two folders in which an instance has a folder of its name, by where its root is.</summary>
    public bool IsPlaceOf(Document document, string name, string place) =>
        document.Instances.GetValueOrDefault(name) is { } instance && RootPool(document, instance) is { Keeps: true } pool
        && (place == Of(pool) || place == Path.Combine(Of(pool), Snapshots));

    /// <summary>
    /// Refuses a change that puts the root of an instance into another pool than what it has written, or its snapshots, are in, or of a
    /// profile that takes the root disk from an instance.
    /// </summary>
    /// <exception cref="Refusal">400.</exception>
    public void RefuseLost(Document before, Document after)
    {
        var sameProfiles = ReferenceEquals(before.Profiles, after.Profiles);
        foreach (var (name, was) in before.Instances)
        {
            if (after.Instances.GetValueOrDefault(name) is not { } now || (sameProfiles && ReferenceEquals(was, now))
                || RootPool(after, now) is var to && to?.Name == RootPool(before, was)?.Name)
                continue;
            var what = ReferenceEquals(was, now) ? "At least one instance relies on this profile's root disk device"
                : $"Cannot update root disk device pool name to \"{to?.Name}\"";
            // One that is taken from the instance itself can be given back.
            if (ReferenceEquals(was, now) && RootOf(after, now).Value is null)
                throw new Refusal(400, $"{what}: {name} would have none");
            if (to is not null && Places.FirstOrDefault(p => !IsPlaceOf(after, name, p) && Directory.Exists(Path.Combine(p, name)))
                is { } place)
                throw new Refusal(400, $"{what}: what {name} has written is in {place}" +
                    (to.Keeps ? $"; with its root there, holm app move {name} --pool {to.Name} takes it along"
                        : ", and this one is memory"));
        }
    }

    /// <summary>The pool of an instance's root disk; null: it has none, or that is not there.</summary>
    private static PoolConfig? RootPool(Document document, InstanceConfig instance) =>
        RootOf(document, instance).Value is { } root ? document.FindPool(root.GetValueOrDefault("pool", "default")) : null;

    private static KeyValuePair<string, ImmutableSortedDictionary<string, string>> RootOf(Document document, InstanceConfig instance) =>
        Expansion.Expand(document, instance).Present.FirstOrDefault(d => d.Value.GetValueOrDefault("path") == "/");

    /// <summary>The same instance with its root in a pool: by a device of its own where its profiles say otherwise.</summary>
    public static InstanceConfig In(PoolConfig pool, Document document, InstanceConfig instance)
    {
        var (name, root) = RootOf(document, instance);
        return root?.GetValueOrDefault("pool", "default") == pool.Name ? instance : instance with
        {
            Devices = instance.Devices.SetItem(name ?? "root",
                (root ?? Maps.From([KeyValuePair.Create("type", "disk"), KeyValuePair.Create("path", "/")])).SetItem("pool", pool.Name)),
        };
    }

    /// <summary>True: it runs, or ran until this daemon began.</summary>
    public bool IsUp(string name) => File.Exists(Path.Combine(paths.Instances, name, RunRecord.FileName));

    /// <summary>Accepts the folder of a new pool as it is on the disk.</summary>
    /// <exception cref="Refusal">400: it cannot be one.</exception>
    public void Check(PoolConfig pool)
    {
        if (pool.Source is not { } source)
            return;
        var what = $"pool {pool.Name}: {source}";
        if (PoolUse.Overlap(source, paths.State) || PoolUse.Overlap(source, paths.Run))
            throw new Refusal(400, $"{what} is, holds or lies in a folder of the node's own; choose another");
        try
        {
            using var folder = Fd.OpenWithoutLinks(source, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
            if (!IsRootsAlone(FileStat.Of(folder)))
                throw new Refusal(400, $"{what} does not belong to root alone: chown root, chmod go-w");
            for (var above = Path.GetDirectoryName(source); above is not null; above = Path.GetDirectoryName(above))
                if (FileStat.Of(above) is var stat && !IsRootsAlone(stat) && (stat.Uid != 0 || (stat.Mode & Sticky) == 0))
                    throw new Refusal(400, $"{what} lies in {above}, which others may write to: they could put another in its place");
            if (!IsMarked(source) && Directory.EnumerateFileSystemEntries(source).Any(e => Path.GetFileName(e) != "lost+found"))
                throw new Refusal(400, $"{what} is not empty; choose an empty folder");
        }
        catch (LinuxException e)
        {
            throw new Refusal(400, $"{what}: " + (e.Errno == Errnos.ELOOP ? "a symbolic link lies on the way; write where it leads"
                : e.Errno == Errnos.ENOENT ? "it is not there; make it first" : e.Message), e);
        }
    }

    /// <summary>Marks the folder of a new pool as one.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public void Mark(PoolConfig pool)
    {
        if (!pool.Keeps)
            return;
        if (pool.Source is null)
        {
            Durable.CreateFolder(paths.Pools);
            Durable.CreateFolder(Of(pool));
        }
        Durable.CreateFolder(Path.Combine(Of(pool), Snapshots));
        Durable.CreateFolder(Path.Combine(Of(pool), VolumeFolders.Name));
    }

    /// <summary>Folder of a pool that something is about to be written to.</summary>
    /// <exception cref="Refusal">409: it is not there.</exception>
    public string Ready(PoolConfig pool)
    {
        if (!IsThere(pool))
            throw new Refusal(409, $"{pool.Source}, the folder of pool {pool.Name}, is not there; plug it in or mount it");
        if (pool.Source is null)
            Mark(pool);
        return Of(pool);
    }

    /// <summary>What lies in a pool, by name: kept writes, snapshots of instances and volumes; what is being made there.</summary>
    public IReadOnlyList<string> Contents(PoolConfig pool) => !pool.Keeps ? [] :
    [
        .. new[] { Of(pool), Path.Combine(Of(pool), Snapshots), Path.Combine(Of(pool), VolumeFolders.Name) }.Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateDirectories(f, ".*")).Where(KeptWrites.IsOurs)
            .Select(f => $"{Path.GetFileName(f)}, which is being made or removed"),
        .. Names(Of(pool)).Where(n => !n.StartsWith('@')), .. Names(Path.Combine(Of(pool), Snapshots)).Select(n => $"snapshots of {n}"),
        .. Names(Path.Combine(Of(pool), VolumeFolders.Name)).Select(n => $"volume {n}"),
    ];

    /// <summary>Removes the folders of a pool that nothing lies in.</summary>
    public void Unmark(PoolConfig pool)
    {
        if (!pool.Keeps)
            return;
        foreach (var name in (string[])[Snapshots, VolumeFolders.Name])
            KernelFile.TryRemoveFolder(Path.Combine(Of(pool), name));
        if (pool.Source is null)
            KernelFile.TryRemoveFolder(Of(pool));
    }

    /// <summary>
    /// Marks pools that came by a configuration, and unmarks those that went; an error is told, and the apps there wait.
    /// </summary>
    public void Follow(Document before, Document after, Action<string> tell)
    {
        if (ReferenceEquals(before.Pools, after.Pools))
            return;
        foreach (var pool in after.Pools.Values.Where(p => before.FindPool(p.Name) is null && !(p.Source is { } s && IsMarked(s))))
            try
            {
                Check(pool);
                Mark(pool);
            }
            catch (Exception e) when (e is Refusal or LinuxException)
            {
                tell(e.Message);
            }
        foreach (var pool in before.Pools.Values.Where(p => after.FindPool(p.Name) is null && Contents(p).Count == 0))
            Unmark(pool);
    }

    /// <summary>
    /// Finishes what a crash cut short; what cannot be finished is told, and holds nothing else up: a stick may be broken.
    /// </summary>
    internal static void Try(string folder, Action<string> tell, Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Refusal)
        {
            tell($"{folder} was being made, renamed or removed, and stays: {e.Message}");
        }
    }

    /// <summary>False: it lies in a folder that is not there.</summary>
    public static bool IsThere(PoolConfig pool) => pool.Source is not { } source || IsMarked(source);

    private const uint OthersWrite = 0x12, Sticky = 0x200;

    private static bool IsRootsAlone(FileStat stat) => stat.Uid == 0 && (stat.Mode & OthersWrite) == 0;

    private static bool IsMarked(string source) => Directory.Exists(Path.Combine(source, VolumeFolders.Name));

    private static IEnumerable<string> Names(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateDirectories(folder).Select(f => Path.GetFileName(f)!).Where(n => !n.StartsWith('.') && n != "lost+found")
            .Order(StringComparer.Ordinal) : [];
}
