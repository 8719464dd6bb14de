using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Mounts;

namespace Holm.Node.Files;

/// <summary>The files of one instance, below its root as it sees it. Paths are absolute, and no link leads out of that root.</summary>
/// <remarks>
/// Whoever asks is root on the host, but the way may be the instance's: a link of its own decides where a file lands. So nothing is made,
/// replaced or removed where its own root could not do that either: in a folder, or in the place of a file, that belongs to none of its
/// ids (a share of the host's), or in a filesystem of the kernel's.
/// </remarks>
/// <param name="name">The instance, for messages.</param>
/// <param name="root">Its root, O_PATH; stays the caller's.</param>
/// <param name="ids">Its ids.</param>
public sealed class InnerFiles(string name, Fd root, InnerIds ids)
{
    private const uint DefaultFileMode = 0x1a4, DefaultFolderMode = 0x1e8, PermissionBits = 0xfff;

    /// <summary>Opens what stands at a path; a link itself.</summary>
    /// <exception cref="Refusal">404, or it is none that can be read.</exception>
    public OpenedFile Open(string path) => Told("read", path, () =>
    {
        var entry = Fd.OpenInRoot(root, path, OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW);
        try
        {
            return new OpenedFile(entry, path, ids);
        }
        catch
        {
            entry.Dispose();
            throw;
        }
    });

    /// <summary>Begins to write a file, in place of the one that is there.</summary>
    /// <exception cref="Refusal">It cannot be written there.</exception>
    public PushedFile Push(string path, NewEntry entry)
    {
        CheckIds(entry);
        return Told("write", path, () =>
        {
            var place = InnerPlace.Find(root, path, follow: true);
            try
            {
                CheckPlace("write", path, place);
                if (place.Stat is { } there)
                {
                    CheckFile("write", path, place);
                    var owner = (there.Uid, there.Gid);
                    return PushedFile.Begin(place, owner, owner, there.Mode & PermissionBits);
                }
                var maker = MakerOf(entry);
                // Named, it is said once more: a folder may give its own group to what is made in it.
                return PushedFile.Begin(place, maker, entry.Gid is null ? null : maker, entry.Mode ?? DefaultFileMode);
            }
            catch
            {
                place.Dispose();
                throw;
            }
        });
    }

    /// <summary>Opens a file that is there, to write on at its end. What came before it breaks off stays.</summary>
    /// <exception cref="Refusal">404, or it cannot be written.</exception>
    public Fd Append(string path) => Told("write", path, () =>
    {
        using var place = InnerPlace.Find(root, path, follow: true);
        if (place.Entry is null)
            throw new Refusal(404, $"file does not exist: {Names.Show(path)} in {name}; what is to be appended to has to be there");
        CheckFile("append to", path, place);
        return Fd.Open(place.Entry.ProcPath, OpenFlags.O_WRONLY | OpenFlags.O_APPEND | OpenFlags.O_NOCTTY | OpenFlags.O_NONBLOCK);
    });

    /// <summary>Makes a folder; false: there is one.</summary>
    /// <exception cref="Refusal">It cannot be made there.</exception>
    public bool MakeFolder(string path, NewEntry entry)
    {
        CheckIds(entry);
        return Told("make", path, () =>
        {
            using var place = InnerPlace.Find(root, path, follow: true);
            if (place.Stat is { } there)
                return there.IsFolder ? false : throw new Refusal(400, $"{Names.Show(path)} exists in {name}, and is no directory");
            CheckPlace("make", path, place);
            var maker = MakerOf(entry);
            return FilesystemUser.Run(maker.User, maker.Group, () =>
            {
                FolderEntry.MakeFolder(place.Folder, place.Name, entry.Mode ?? DefaultFolderMode);
                return true;
            });
        });
    }

    /// <summary>Makes a symbolic link; false: it is there and says the same.</summary>
    /// <param name="path">Where.</param>
    /// <param name="target">What it says; not looked at.</param>
    /// <exception cref="Refusal">Something else is there, or it cannot be made.</exception>
    public bool MakeLink(string path, byte[] target) => Told("make", path, () =>
    {
        using var place = InnerPlace.Find(root, path, follow: false);
        if (place.Stat is { IsLink: true } && FolderEntry.Target(place.Entry!).AsSpan().SequenceEqual(target))
            return false;
        if (place.Stat is not null)
            throw new Refusal(400, $"{Names.Show(path)} exists in {name}; delete it first");
        CheckPlace("make", path, place);
        var maker = ids.OnHost(0);
        return FilesystemUser.Run(maker, maker, () =>
        {
            FolderEntry.MakeLink(place.Folder, place.Name, target);
            return true;
        });
    });

    /// <summary>Removes a file, a link itself or an empty folder.</summary>
    /// <exception cref="Refusal">404, or it cannot be removed.</exception>
    public void Remove(string path) => Told("remove", path, () =>
    {
        using var place = InnerPlace.Find(root, path, follow: false);
        if (place.Name.Length > 0 && place.Entry is null)
            throw NotThere(path);
        CheckPlace("remove", path, place);
        if (place.IsMount)
            throw new Refusal(400, $"remove {Names.Show(path)} in {name}: something is mounted there; unmount it first");
        FolderEntry.Remove(place.Folder, place.Name);
        return true;
    });

    private (uint User, uint Group) MakerOf(NewEntry entry) => (ids.OnHost(entry.Uid ?? 0), ids.OnHost(entry.Gid ?? 0));

    private void CheckIds(NewEntry entry)
    {
        foreach (var id in new[] { entry.Uid, entry.Gid }.OfType<uint>().Where(id => !ids.Knows(id)))
            throw new Refusal(400, $"id {id} does not exist in {name}; ids go from 0 to {ids.Count - 1}");
    }

    private void CheckPlace(string verb, string path, InnerPlace place)
    {
        var what = $"{verb} {Names.Show(path)} in {name}";
        if (place.Name.Length == 0)
            throw new Refusal(400, $"{what}: it is a directory by its path; name what is in it");
        if (FolderEntry.IsKernels(place.Folder))
            throw new Refusal(403, $"{what}: that filesystem is the kernel's; use exec");
        var folder = FileStat.Of(place.Folder);
        if (!ids.Have(folder.Uid) || !ids.Have(folder.Gid))
            throw new Refusal(403, $"{what}: the directory belongs to none of its users; change it on the host");
    }

    private void CheckFile(string verb, string path, InnerPlace place)
    {
        var what = $"{verb} {Names.Show(path)} in {name}";
        if (place.Stat is not { IsRegular: true } there)
            throw new Refusal(400, place.Stat is { IsFolder: true } ? $"{what}: it is a directory"
                : $"{what}: it is a named pipe, a device or a socket; use exec");
        if (FolderEntry.IsKernels(place.Entry!))
            throw new Refusal(403, $"{what}: that filesystem is the kernel's; use exec");
        if (!ids.Have(there.Uid) || !ids.Have(there.Gid))
            throw new Refusal(403, $"{what}: the file belongs to none of its users; change it on the host");
    }

    private Refusal NotThere(string path, Exception? cause = null) =>
        new(404, $"file does not exist: {Names.Show(path)} in {name}", cause);

    /// <summary>What the kernel says, as an answer.</summary>
    /// <exception cref="Refusal">In place of a <see cref="LinuxException"/>.</exception>
    public T Told<T>(string verb, string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (LinuxException e) when (e.Errno is Errnos.ENOENT or Errnos.ENOTDIR)
        {
            throw NotThere(path, e);
        }
        catch (LinuxException e)
        {
            var code = e.Errno switch
            {
                Errnos.EPERM or Errnos.EACCES or Errnos.EROFS => 403,
                Errnos.ENOSPC or Errnos.EDQUOT => 507,
                _ => 400,
            };
            throw new Refusal(code, $"{verb} {Names.Show(path)} in {name}: {e.Message}", e);
        }
    }
}
