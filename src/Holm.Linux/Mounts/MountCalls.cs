using System.Runtime.InteropServices;

namespace Holm.Linux.Mounts;

/// <summary>mount(2) and the mount calls of Linux 5.2 and 5.12, one method each.</summary>
public static partial class MountCalls
{
    /// <summary>Mounts a filesystem; mount(2).</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Mount(string source, string target, string type, MountFlags flags, string? data = null) =>
        LinuxException.Check(mount(source, target, type, (ulong)flags, data), $"mount {type} on {target}");

    /// <summary>Takes a mount away, lazily; false when there was none. umount2(2) with MNT_DETACH.</summary>
    public static bool Unmount(string target)
    {
        if (umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
            return true;
        return Marshal.GetLastPInvokeError() is Errnos.EINVAL or Errnos.ENOENT ? false : throw LinuxException.Last($"unmount {target}");
    }

    /// <summary>Takes a mount away if nothing uses it; false when there was none or it is busy.</summary>
    public static bool TryUnmountIdle(string target) => umount2(target, UMOUNT_NOFOLLOW) == 0;

    /// <summary>A detached copy of a mount (or of the tree below a folder); open_tree(2) with OPEN_TREE_CLONE. Gone when closed.</summary>
    public static Fd Clone(string path) =>
        new((int)LinuxException.Check(
            open_tree(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), $"clone the mount at {path}"));

    /// <summary>Maps the ids of a detached mount by a user namespace; mount_setattr(2) with MOUNT_ATTR_IDMAP.</summary>
    /// <exception cref="LinuxException">EINVAL: this filesystem cannot be idmapped by this kernel.</exception>
    public static void SetIdmap(Fd detached, Fd userNamespace)
    {
        var attributes = new MountAttr { AttrSet = MOUNT_ATTR_IDMAP, UsernsFd = (ulong)userNamespace.Number };
        LinuxException.Check(
            mount_setattr(SYS_mount_setattr, detached.Number, "", AT_EMPTY_PATH, ref attributes, (nuint)Marshal.SizeOf<MountAttr>()),
            "map the ids of a mount");
    }

    /// <summary>Attaches a detached mount at a path; move_mount(2).</summary>
    public static void Attach(Fd detached, string target) =>
        LinuxException.Check(
            move_mount(SYS_move_mount, detached.Number, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH), $"attach a mount at {target}");

    /// <summary>
    /// Mounts an overlay, with however many layers; overlayfs.rst. Layers travel one by one (<c>lowerdir+</c>, Linux 6.7) or, on older
    /// kernels, in one string that has to fit a page (E18).
    /// </summary>
    /// <param name="layers">Folders, lowest first.</param>
    /// <param name="upper">Folder that takes the writes.</param>
    /// <param name="work">Empty folder on the same mount as <paramref name="upper"/>.</param>
    /// <param name="target">Where the result appears.</param>
    /// <exception cref="LinuxException">The kernel refused; E2BIG: an older kernel, and the layers' names do not fit.</exception>
    public static void MountOverlay(IReadOnlyList<string> layers, string upper, string work, string target)
    {
        if (s_oneByOne && TryMountOneByOne(layers, upper, work, target))
            return;
        var options = $"lowerdir={string.Join(':', layers.Reverse())},upperdir={upper},workdir={work}";
        if (System.Text.Encoding.UTF8.GetByteCount(options) >= PageBytes)
            throw new LinuxException(
                $"mount the overlay for {target}: the names of {layers.Count} layers are too long for this kernel", Errnos.E2BIG);
        Mount("overlay", target, "overlay", MountFlags.MS_NODEV, options);
        // The other way failed and this one did not: the kernel is older, and is not asked again, for it logs each time.
        s_oneByOne = false;
    }

    /// <summary>False: this kernel does not know <c>lowerdir+</c>. Before 6.5 it says so only when the overlay is to be made.</summary>
    private static bool TryMountOneByOne(IReadOnlyList<string> layers, string upper, string work, string target)
    {
        using var context = new FilesystemContext("overlay");
        for (var i = layers.Count - 1; i >= 0; i--)
            if (!context.TrySet("lowerdir+", layers[i]))
                return false;
        context.Set("upperdir", upper);
        context.Set("workdir", work);
        Fd mounted;
        try
        {
            mounted = context.Mount(MOUNT_ATTR_NODEV);
        }
        catch (LinuxException e) when (e.Errno == Errnos.EINVAL)
        {
            return false;
        }
        using var detached = mounted;
        Attach(detached, target);
        return true;
    }

    private const int PageBytes = 4096;

    private static volatile bool s_oneByOne = true;

    internal const int AT_FDCWD = -100;
    internal const uint AT_EMPTY_PATH = 0x1000;
    internal const int MNT_DETACH = 2, UMOUNT_NOFOLLOW = 8;
    internal const uint OPEN_TREE_CLONE = 1, OPEN_TREE_CLOEXEC = 0x80000;
    internal const uint MOVE_MOUNT_F_EMPTY_PATH = 4;
    internal const uint MOUNT_ATTR_NODEV = 4;
    internal const ulong MOUNT_ATTR_IDMAP = 0x00100000;
    internal const long SYS_open_tree = 428, SYS_move_mount = 429, SYS_mount_setattr = 442;

    /// <summary>struct mount_attr of linux/mount.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MountAttr
    {
        public ulong AttrSet;
        public ulong AttrClr;
        public ulong Propagation;
        public ulong UsernsFd;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, ulong flags, string? data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long open_tree(long number, int dirfd, string path, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long mount_setattr(long number, int dirfd, string path, uint flags, ref MountAttr attributes, nuint size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long move_mount(long number, int fromDirfd, string from, int toDirfd, string to, uint flags);
}

/// <summary>Flags of mount(2), <c>linux/mount.h</c>.</summary>
[Flags]
public enum MountFlags : ulong
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>Read only.</summary>
    MS_RDONLY = 1,
    /// <summary>Ignore set-user-id.</summary>
    MS_NOSUID = 2,
    /// <summary>Ignore device files.</summary>
    MS_NODEV = 4,
    /// <summary>Run no program.</summary>
    MS_NOEXEC = 8,
    /// <summary>Make a second mount of the same tree.</summary>
    MS_BIND = 0x1000,
    /// <summary>With the mounts below.</summary>
    MS_REC = 0x4000,
    /// <summary>Receives mounts and unmounts, sends none.</summary>
    MS_SLAVE = 0x80000,
    /// <summary>Receives and sends them.</summary>
    MS_SHARED = 0x100000,
}
