using System.Globalization;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Mounts;

namespace Holm.Images.Roots;

/// <summary>What is mounted in a root before anything of it runs.</summary>
/// <param name="Path">Absolute path inside; links are followed below the root only, and what is missing is made.</param>
public sealed record RootMount(string Path)
{
    /// <summary>What of the host it shows, open; null: memory (tmpfs), or <see cref="Text"/>.</summary>
    public Fd? Source { get; init; }

    /// <summary>
    /// What a file there holds: it is written into the root itself, in place of whatever is there. Comes before all mounts. Null: it is a
    /// mount.
    /// </summary>
    public string? Text { get; init; }

    /// <summary>True: nothing can be written through it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>True: a link that the root has there is taken away, not followed.</summary>
    public bool Replaces { get; init; }

    /// <summary>True: it is left out where the root has something there.</summary>
    public bool OnlyIfMissing { get; init; }

    /// <summary>Whose files are the program's own: ids on the disk; null: ids are as they are.</summary>
    public (uint Uid, uint Gid)? Caller { get; init; }
}

/// <summary>
/// Mounts of the host's files in a root that nobody is in yet. An unprivileged instance cannot take them away: its namespaces are made
/// afterwards, and what was mounted before is locked to them; mount_namespaces(7).
/// </summary>
/// <remarks>A mount is copied only in the namespace it is in, the host's, and attached only in the root's.</remarks>
public sealed class RootMounts : IDisposable
{
    private readonly List<(RootMount Mount, DetachedMount? Copy)> _all = [];

    /// <summary>Copies what they show of the host.</summary>
    /// <param name="mounts">What is wanted, in order.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public RootMounts(IReadOnlyList<RootMount> mounts)
    {
        try
        {
            foreach (var mount in mounts)
                _all.Add((mount, mount.Source is { } source ? DetachedMount.CopyOf(source, recursive: mount.Caller is null) : null));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Mounts them, in order, and makes the program's own folders where they are missing, as docker and podman do. The calling thread
    /// is in the root's namespace, and makes its files as the root's first user from then on.
    /// </summary>
    /// <param name="what">What is being done, for messages.</param>
    /// <param name="root">The root.</param>
    /// <param name="folders">The program's own: its working directory, its volumes.</param>
    /// <param name="user">The program's user, whose files those of a caller become.</param>
    /// <param name="idmapBase">First host id of the root's range; null: ids are the host's.</param>
    /// <param name="idmap">Gives a user namespace: ids on the disk, what they become on the host, the first id of the range.</param>
    /// <exception cref="Refusal">One is not to be had.</exception>
    public void Attach(
        string what, Fd root, IReadOnlyList<string> folders, RootUser user, uint? idmapBase,
        Func<(uint Uid, uint Gid), (uint Uid, uint Gid), uint, Fd> idmap)
    {
        var first = idmapBase ?? 0;
        foreach (var (mount, copy) in _all)
            if (copy is not null)
                Restrict(what, mount, copy, mount.Caller is { } caller && idmapBase is not null
                    ? idmap(caller, (first + user.Uid, first + user.Gid), first) : null);
        FilesystemUser.Become(first);
        foreach (var (mount, copy) in _all)
            AttachOne(what, root, mount, copy, first);
        foreach (var folder in folders)
            if (folder != "/")
                FindOrMake(root, folder, isFolder: true).Dispose();
    }

    /// <summary>
    /// Writes files into a root that nobody is in yet, as its first user; one that is there keeps its mode. The calling thread is in the
    /// root's namespace.
    /// </summary>
    /// <exception cref="Refusal">One is not to be had.</exception>
    public static void Write(string what, Fd root, uint? idmapBase, IReadOnlyList<RootMount> files)
    {
        FilesystemUser.Become(idmapBase ?? 0);
        foreach (var file in files)
            AttachOne(what, root, file, null, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _all.ForEach(m => m.Copy?.Dispose());

    private static void Restrict(string what, RootMount mount, DetachedMount copy, Fd? idmap)
    {
        try
        {
            copy.Restrict(mount.ReadOnly, idmap);
        }
        catch (LinuxException e) when (e.Errno == Errnos.EINVAL)
        {
            throw new Refusal(400, $"{what}: mount {mount.Path}: the filesystem it is on cannot map ids; " +
                "leave it out, or use a folder on ext4, XFS, btrfs or F2FS", e);
        }
    }

    private static void AttachOne(string what, Fd root, RootMount mount, DetachedMount? copy, uint owner)
    {
        try
        {
            if (mount.OnlyIfMissing && IsThere(root, mount.Path))
                return;
            if (mount.Text is { } text)
            {
                Write(what, root, mount.Path, text);
                return;
            }
            if (mount.Replaces)
                TakeAway(root, mount.Path);
            using var target = FindOrMake(root, mount.Path, isFolder: copy?.IsFolder ?? true);
            if (copy is not null)
                copy.AttachAt(target);
            else
                MountCalls.Mount("holm-tmp", target.ProcPath, "tmpfs", MountFlags.MS_NOSUID | MountFlags.MS_NODEV,
                    string.Create(CultureInfo.InvariantCulture, $"mode=1777,uid={owner},gid={owner}"));
        }
        catch (LinuxException e)
        {
            throw new Refusal(400, $"{what}: mount {mount.Path}: {e.Message}", e);
        }
    }

    private static bool IsThere(Fd root, string path)
    {
        try
        {
            Fd.OpenInRoot(root, path, OpenFlags.O_PATH).Dispose();
            return true;
        }
        catch (LinuxException e) when (e.Errno is Errnos.ENOENT or Errnos.ENOTDIR or Errnos.ELOOP)
        {
            return false;
        }
    }

    /// <summary>Many images have a link there, into what the host's file would then be mounted on.</summary>
    private static void TakeAway(Fd root, string path)
    {
        if (!IsThere(root, Path.GetDirectoryName(path)!))
            return;
        using var folder = Fd.OpenInRoot(root, Path.GetDirectoryName(path)!, OpenFlags.O_PATH);
        if (new FileInfo($"{folder.ProcPath}/{Path.GetFileName(path)}").LinkTarget is not null)
            File.Delete($"{folder.ProcPath}/{Path.GetFileName(path)}");
    }

    /// <summary>A new file: what the image has there may be a link, or a device that swallows what is written.</summary>
    private static void Write(string what, Fd root, string path, string text)
    {
        using var folder = FindOrMake(root, Path.GetDirectoryName(path)!, isFolder: true);
        var name = Path.GetFileName(path);
        var file = $"{folder.ProcPath}/{name}";
        if (Directory.Exists(file) && new FileInfo(file).LinkTarget is null)
            throw new Refusal(400, $"{what}: write {path}: the image has a folder there; use an image that has none");
        var mode = new FileInfo(file) is { Exists: true, LinkTarget: null } before ? before.UnixFileMode : default;
        File.Delete(file);
        Fd.MakeEntry(folder, name, isFolder: false);
        File.WriteAllText(file, text);
        if (mode != default)
            File.SetUnixFileMode(file, mode & (UnixFileMode)0x1ff);
    }

    private static Fd FindOrMake(Fd root, string path, bool isFolder)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 1; i <= parts.Length; i++)
            try
            {
                Fd.OpenInRoot(root, string.Join('/', parts[..i]), OpenFlags.O_PATH).Dispose();
            }
            catch (LinuxException e) when (e.Errno == Errnos.ENOENT)
            {
                using var folder = Fd.OpenInRoot(root, "/" + string.Join('/', parts[..(i - 1)]), OpenFlags.O_PATH);
                Fd.MakeEntry(folder, parts[i - 1], isFolder || i < parts.Length);
            }
        return Fd.OpenInRoot(root, path, OpenFlags.O_PATH);
    }
}
