using System.Collections.Concurrent;
using System.Globalization;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Mounts;

namespace Holm.Images.Roots;

/// <summary>What the root of one instance is made of.</summary>
public sealed record RootSpec
{
    /// <summary>Instance.</summary>
    public required string Name { get; init; }

    /// <summary>Layers, lowest first.</summary>
    public required IReadOnlyList<Layer> Layers { get; init; }

    /// <summary>First host id of its range, or null for a privileged instance.</summary>
    public uint? IdmapBase { get; init; }

    /// <summary>True: the layers hold host ids already (shifted copies), and are not mapped again.</summary>
    public bool LayersAreShifted { get; init; }

    /// <summary>Folder whose u lies above the layers and is not written to: a snapshot of kept writes; null: none.</summary>
    public string? StillFolder { get; init; }

    /// <summary>Folder that keeps its writes (pool driver dir), or null for memory (driver ram).</summary>
    public string? KeptFolder { get; init; }

    /// <summary>Bytes its writes may take; null: no limit of its own (dir), <see cref="Roots.DefaultRamBytes"/> (ram).</summary>
    public long? SizeBytes { get; init; }
}

/// <summary>
/// Makes the writable root of an instance: layers, mapped to its id range, under an overlay whose writes go to memory or to a folder.
/// </summary>
/// <remarks>
/// Everything here is mounted in a mount namespace of the instance's own (E7), so the host's table stays as it is and a crash at any line
/// leaves no mount behind. Within it, below <c>$HOLM_RUN/instances/NAME</c>:
/// <code>
///   0, 1, …   each layer, idmapped (or plain: privileged, or shifted copies where this kernel cannot idmap SquashFS)
///   upper     tmpfs (ram), or an idmapped view of the kept folder: u takes the writes, w is overlayfs' own
///   root      the overlay: what liblxc makes the instance's /
/// </code>
/// A kept folder holds the container's own ids, from 0; memory holds the host's ids of the range (tmpfs cannot be idmapped before 6.3).
/// </remarks>
/// <param name="layerMounts">The layers in the host's table.</param>
/// <param name="runFolder"><c>$HOLM_RUN/instances</c>.</param>
public sealed class Roots(LayerMounts layerMounts, string runFolder) : IDisposable
{
    /// <summary>Number of ids in a range, as LXD's.</summary>
    public const uint IdCount = 65536;

    private readonly ConcurrentDictionary<uint, Fd> _userNamespaces = new(), _keptNamespaces = new();
    private readonly ConcurrentDictionary<((uint, uint), (uint, uint), uint), Fd> _callerNamespaces = new();

    /// <summary>What a ram root may take when its device says nothing: a quarter of the machine's memory.</summary>
    public static long DefaultRamBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <summary>Mounts a root in a new namespace. Disposing the result undoes all of it, unless a process lives in it by then.</summary>
    /// <param name="spec">Of what.</param>
    /// <param name="furnish">What is done in the root once it stands, given its folder, on the thread that is in the namespace.</param>
    /// <exception cref="Refusal">The size cannot be enforced, or the filesystem of a kept folder cannot be idmapped.</exception>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public MountNamespace Mount(RootSpec spec, Action<Fd>? furnish = null)
    {
        string[] still = spec.StillFolder is { } writes ? [Path.Combine(writes, "u")] : [];
        string[] lower = [.. layerMounts.Add(spec.Layers), .. still];
        var folder = Path.Combine(runFolder, spec.Name);
        foreach (var name in lower.Select((_, i) => Number(i)).Concat(["upper", "root"]))
            Directory.CreateDirectory(Path.Combine(folder, name), OnlyOwner);
        if (spec.KeptFolder is not null)
            PrepareKept(spec, FileStat.Of(lower[^1]));

        string[] needed = [runFolder, .. lower, .. spec.KeptFolder is { } kept ? [kept] : Array.Empty<string>()];
        return MountNamespace.Create(needed, () =>
        {
            MountInside(spec, lower, folder);
            if (furnish is null)
                return;
            using var root = Fd.Open(Path.Combine(folder, "root"), OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
            furnish(root);
        });
    }

    private void MountInside(RootSpec spec, string[] lower, string folder)
    {
        for (var i = 0; i < lower.Length; i++)
            MountMapped(
                lower[i], Path.Combine(folder, Number(i)), spec is { LayersAreShifted: false, IdmapBase: { } first }
                    ? UserNamespace(first) : null);
        var upper = Path.Combine(folder, "upper");
        if (spec.KeptFolder is { } kept)
            MountKept(kept, upper, spec.IdmapBase);
        else
            MountRam(spec, upper, Path.Combine(folder, Number(lower.Length - 1)));
        MountCalls.MountOverlay(
            [.. lower.Select((_, i) => Path.Combine(folder, Number(i)))],
            Path.Combine(upper, "u"), Path.Combine(upper, "w"), Path.Combine(folder, "root"));
    }

    /// <summary>A user namespace that maps this range, made once.</summary>
    public Fd UserNamespace(uint first) => _userNamespaces.GetOrAdd(first, f => UserNamespaces.Create(f, IdCount));

    /// <summary>A user namespace that makes one user and group of a disk those of a range, and leaves all others; made once.</summary>
    /// <param name="disk">Ids on the disk.</param>
    /// <param name="host">What they become on the host.</param>
    /// <param name="first">First host id of the range.</param>
    public Fd UserNamespace((uint Uid, uint Gid) disk, (uint Uid, uint Gid) host, uint first) => _callerNamespaces.GetOrAdd(
        (disk, host, first), key => UserNamespaces.CreateForOne(key.Item1, key.Item2, key.Item3, IdCount));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var fd in _userNamespaces.Values.Concat(_keptNamespaces.Values).Concat(_callerNamespaces.Values))
            fd.Dispose();
    }

    private static void MountMapped(string from, string to, Fd? idmap)
    {
        using var clone = MountCalls.Clone(from);
        if (idmap is not null)
            MountCalls.SetIdmap(clone, idmap);
        MountCalls.Attach(clone, to);
    }

    private void MountKept(string kept, string to, uint? idmapBase)
    {
        try
        {
            MountMapped(kept, to, idmapBase is { } first ? _keptNamespaces.GetOrAdd(first, f => UserNamespaces.CreateWithRoot(f, IdCount))
                : null);
        }
        catch (LinuxException e) when (e.Errno == Errnos.EINVAL && idmapBase is not null)
        {
            throw new Refusal(
                400, $"keep the writes of an unprivileged instance in {kept}: its filesystem cannot be idmapped; use pool ram, or a " +
                "folder on ext4, XFS, btrfs or F2FS", e);
        }
    }

    /// <summary>
    /// A tmpfs bounded in bytes and inodes; the merged root takes the attributes of its topmost folder, so they are copied.
    /// </summary>
    private static void MountRam(RootSpec spec, string to, string topLayer)
    {
        var bytes = spec.SizeBytes ?? DefaultRamBytes;
        var options = string.Create(
            CultureInfo.InvariantCulture, $"size={bytes},nr_inodes={Math.Max(bytes / 16384, 1024)},mode=0755");
        MountCalls.Mount("holm-ram", to, "tmpfs", MountFlags.MS_NODEV, options);
        MakeUpper(to, FileStat.Of(topLayer));
    }

    private static void PrepareKept(RootSpec spec, FileStat top)
    {
        var kept = spec.KeptFolder!;
        var isNew = !Directory.Exists(Path.Combine(kept, "w"));
        if (isNew)
            Directory.CreateDirectory(kept, OnlyOwner);
        LimitKept(kept, isNew, spec.SizeBytes);
        if (!isNew)
            return;
        // A kept folder holds the container's own ids; a shifted layer shows the host's.
        var shift = spec.LayersAreShifted ? spec.IdmapBase ?? 0 : 0;
        MakeUpper(kept, top with { Uid = top.Uid - shift, Gid = top.Gid - shift });
    }

    /// <summary>
    /// Every kept folder gets a project where the filesystem has them, so that a size can be given, or taken away, later.
    /// </summary>
    private static void LimitKept(string kept, bool isNew, long? bytes)
    {
        var project = ProjectFor(kept);
        var enforced = ProjectQuota.IsEnforced(kept);
        if (enforced && isNew)
            ProjectQuota.Assign(kept, project);
        if (enforced && ProjectQuota.ProjectOf(kept) == project)
            ProjectQuota.Limit(kept, project, bytes ?? 0);
        else if (bytes is not null)
        {
            if (isNew && !Directory.EnumerateFileSystemEntries(kept).Any())
                Directory.Delete(kept);
            throw new Refusal(400, $"limit {kept} to {bytes} bytes: " + (enforced
                ? "it was made before its filesystem had project quota; take the size away, or make the instance anew"
                : "its filesystem has no project quota; mount it with prjquota, take the size away, or use pool ram"));
        }
    }

    /// <summary>Gives a kept folder that is filled by a copy, and is still empty, its project.</summary>
    public static void GiveProject(string kept)
    {
        if (ProjectQuota.IsEnforced(kept))
            ProjectQuota.Assign(kept, ProjectFor(kept));
    }

    private static uint ProjectFor(string kept) => (uint)(FileStat.Of(kept).Inode & 0x3fffffff) | 1u << 30;

    private static void MakeUpper(string folder, FileStat like)
    {
        var upper = Path.Combine(folder, "u");
        Directory.CreateDirectory(upper);
        FileStat.ChangeOwner(upper, like.Uid, like.Gid);
        File.SetUnixFileMode(upper, (UnixFileMode)(like.Mode & 0xfff));
        // Last: its presence says that the folder is complete.
        Directory.CreateDirectory(Path.Combine(folder, "w"), OnlyOwner);
    }

    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static string Number(int i) => i.ToString(CultureInfo.InvariantCulture);
}
