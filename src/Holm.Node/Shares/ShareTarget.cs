using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Mounts;

namespace Holm.Node.Shares;

/// <summary>
/// The app's side of a share: the file or folder that is mounted on, found below the app's root and made where it is missing.
/// </summary>
/// <remarks>
/// Links are followed as the app would follow them, /var/run to /run, and <c>..</c> ends at its root (RESOLVE_IN_ROOT; RESOLVE_BENEATH
/// would refuse every absolute link). All this happens in the app's own mount namespace: an app that turns names round meanwhile only
/// chooses another place of its own. Nothing is made where its root could make nothing itself: in a folder that belongs to none of its
/// ids.
/// </remarks>
internal static class ShareTarget
{
    /// <summary>How often a path is looked at again when something was made on it, by us or by the app.</summary>
    private const int AttemptsMax = 16;

    /// <summary>Opens it, O_PATH.</summary>
    /// <param name="what">What is being done, for messages.</param>
    /// <param name="inner">The app's namespace.</param>
    /// <param name="share">The share.</param>
    /// <param name="isFolder">True: a folder is going to be mounted.</param>
    /// <param name="ids">The app's ids; what is made belongs to its root.</param>
    /// <exception cref="Refusal">Nothing can be mounted there.</exception>
    public static Fd Open(string what, InnerMounts inner, ShareSpec share, bool isFolder, ShareIds ids)
    {
        var found = Find(what, inner, share, isFolder, ids);
        try
        {
            if (FileStat.Of(found).IsFolder != isFolder)
                throw new Refusal(409, isFolder
                    ? $"{what}: the source is a folder, and the app has a file there; choose another path"
                    : $"{what}: the source is a file, and the app has a folder there; choose another path, such as {share.Path}/" +
                        Path.GetFileName(share.Source));
            if (MountIdentity.Of(found) == MountIdentity.Of(inner.Root))
                throw new Refusal(409, $"{what}: the path leads to the app's root itself; choose another");
            if (InnerMounts.IsProc(found))
                throw new Refusal(409, $"{what}: the path leads into /proc, which is the kernel's; choose another");
            return found;
        }
        catch
        {
            found.Dispose();
            throw;
        }
    }

    /// <summary>Removes the empty file on which a device file was mounted: it would look like a device.</summary>
    public static void RemoveEmpty(Fd root, ShareSpec share, ShareIds ids)
    {
        if (share.DeviceFile is null)
            return;
        try
        {
            using var folder = Fd.OpenInRoot(root, Path.GetDirectoryName(share.Path)!, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
            using var file = FolderEntry.TryOpen(folder, Path.GetFileName(share.Path));
            if (file is not null && FileStat.Of(file) is { IsRegular: true, Size: 0 } stat && stat.Uid == ids.Root)
                FolderEntry.Remove(folder, Path.GetFileName(share.Path));
        }
        catch (LinuxException)
        {
            // The app has made something else of it, which is its own affair.
            return;
        }
    }

    private static Fd Find(string what, InnerMounts inner, ShareSpec share, bool isFolder, ShareIds ids)
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                return Fd.OpenInRoot(inner.Root, share.Path, OpenFlags.O_PATH);
            }
            catch (LinuxException e) when (e.Errno == Errnos.ENOENT && attempt < AttemptsMax)
            {
                Make(what, inner.Root, share.Path.Split('/')[1..], isFolder, ids);
            }
            catch (LinuxException e)
            {
                throw new Refusal(409, $"{what}: " + (e.Errno switch
                {
                    Errnos.ENOENT => "a link on the way there leads to nothing; choose where it leads as the path",
                    Errnos.ENOTDIR => "a file is on the way there; choose another path",
                    Errnos.ELOOP => "the links on the way there do not end; choose another path",
                    _ => e.Message,
                }), e);
            }
    }

    /// <summary>Makes what is missing on the way, the last part in the source's kind.</summary>
    private static void Make(string what, Fd root, string[] parts, bool isFolder, ShareIds ids)
    {
        var here = Fd.OpenInRoot(root, "/", OpenFlags.O_PATH);
        try
        {
            for (var i = 0; i < parts.Length; i++)
            {
                var next = TryOpen(root, parts[..(i + 1)]);
                if (next is null)
                {
                    MakeIn(what, here, parts[i], isFolder || i < parts.Length - 1, ids);
                    next = TryOpen(root, parts[..(i + 1)]);
                }
                // Gone again, or a link that leads to nothing: the caller looks once more.
                if (next is null)
                    return;
                here.Dispose();
                here = next;
            }
        }
        finally
        {
            here.Dispose();
        }
    }

    private static Fd? TryOpen(Fd root, string[] parts)
    {
        try
        {
            return Fd.OpenInRoot(root, "/" + string.Join('/', parts), OpenFlags.O_PATH);
        }
        catch (LinuxException e) when (e.Errno == Errnos.ENOENT)
        {
            return null;
        }
    }

    private static void MakeIn(string what, Fd folder, string name, bool isFolder, ShareIds ids)
    {
        var owner = FileStat.Of(folder);
        if (!ids.Have(owner.Uid) || !ids.Have(owner.Gid))
            throw new Refusal(
                409, $"{what}: {name} is missing there, and the folder that it would be in is not the app's; choose another path");
        try
        {
            Fd.MakeEntry(folder, name, isFolder);
        }
        catch (LinuxException e) when (e.Errno is Errnos.EEXIST or Errnos.ENOENT)
        {
            return;
        }
        catch (LinuxException e)
        {
            throw new Refusal(409, $"{what}: {e.Message}; make it in the image, or choose another path", e);
        }
    }
}
