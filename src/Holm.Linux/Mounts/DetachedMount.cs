using System.Runtime.InteropServices;
using Holm.Linux.Files;

namespace Holm.Linux.Mounts;

/// <summary>
/// A second mount of a file or folder that is nowhere yet: in no mount table, gone when disposed unless it has been attached.
/// open_tree(2), mount_setattr(2), move_mount(2); Linux 5.12.
/// </summary>
public sealed partial class DetachedMount : IDisposable
{
    internal DetachedMount(Fd root, bool recursive) => (Root, Recursive) = (root, recursive);

    /// <summary>What is mounted; once attached it names that very mount, wherever it is moved to.</summary>
    public Fd Root { get; }

    /// <summary>True: what is mounted below belongs to it.</summary>
    internal bool Recursive { get; }

    /// <summary>True for a folder.</summary>
    public bool IsFolder => FileStat.Of(Root).IsFolder;

    /// <summary>Copies the mount of an open file or folder of this mount namespace.</summary>
    /// <param name="source">Open, O_PATH is enough: no path is gone through again.</param>
    /// <param name="recursive">True: with all that is mounted below.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static DetachedMount CopyOf(Fd source, bool recursive) => new(
        new Fd((int)LinuxException.Check(
            open_tree(SYS_open_tree, source.Number, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | Below(recursive)),
            "copy a mount")), recursive);

    /// <summary>
    /// Settles what the mount allows: never set-user-id programs nor device files, and what is mounted in it later is not seen elsewhere,
    /// nor the other way round (MS_PRIVATE). One call, all or nothing.
    /// </summary>
    /// <param name="readOnly">True: nothing can be changed through it.</param>
    /// <param name="idmap">User namespace by which its ids are mapped; null: they are as they are.</param>
    /// <param name="isDevice">True: it is a device file, which must work.</param>
    /// <exception cref="LinuxException">EINVAL, with an idmap: this filesystem's ids cannot be mapped by this kernel.</exception>
    public void Restrict(bool readOnly, Fd? idmap, bool isDevice = false)
    {
        var attributes = new MountCalls.MountAttr
        {
            AttrSet = MOUNT_ATTR_NOSUID | (isDevice ? MOUNT_ATTR_NOEXEC : MOUNT_ATTR_NODEV) | (readOnly ? MOUNT_ATTR_RDONLY : 0) |
                (idmap is null ? 0 : MountCalls.MOUNT_ATTR_IDMAP),
            Propagation = MS_PRIVATE,
            UsernsFd = (ulong)(idmap?.Number ?? 0),
        };
        Set(attributes, idmap is null ? "restrict a mount" : "map the ids of a mount");
    }

    private void Set(MountCalls.MountAttr attributes, string doing) => LinuxException.Check(
        mount_setattr(SYS_mount_setattr, Root.Number, "", AT_EMPTY_PATH | Below(Recursive), ref attributes,
            (nuint)Marshal.SizeOf<MountCalls.MountAttr>()), doing);

    /// <summary>Takes it out of every group of mounts that tell each other what is mounted in them.</summary>
    internal void MakePrivate() => Set(new MountCalls.MountAttr { Propagation = MS_PRIVATE }, "make a mount private");

    /// <summary>Attaches it on an open file or folder, which must be of the calling thread's mount namespace.</summary>
    /// <exception cref="LinuxException">The kernel refused; ENOTDIR: one of the two is a folder and the other is none.</exception>
    public void AttachAt(Fd target) => LinuxException.Check(
        move_mount(SYS_move_mount, Root.Number, "", target.Number, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
        "attach a mount");

    /// <summary>Attaches it on an entry of an open folder.</summary>
    internal void AttachAt(Fd folder, string name) => LinuxException.Check(
        move_mount(SYS_move_mount, Root.Number, "", folder.Number, name, MOVE_MOUNT_F_EMPTY_PATH), "attach a mount");

    /// <summary>Copies the mount at a path of the calling thread's mount namespace.</summary>
    internal static DetachedMount CopyAt(string path, bool recursive) => new(
        new Fd((int)LinuxException.Check(
            open_tree(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | Below(recursive)), "copy a mount")), recursive);

    /// <inheritdoc/>
    public void Dispose() => Root.Dispose();

    private static uint Below(bool recursive) => recursive ? AT_RECURSIVE : 0;

    private const int AT_FDCWD = -100;
    private const uint AT_EMPTY_PATH = 0x1000, AT_RECURSIVE = 0x8000;
    private const uint OPEN_TREE_CLONE = 1, OPEN_TREE_CLOEXEC = 0x80000;
    private const uint MOVE_MOUNT_F_EMPTY_PATH = 4, MOVE_MOUNT_T_EMPTY_PATH = 0x40;
    private const ulong MOUNT_ATTR_RDONLY = 1, MOUNT_ATTR_NOSUID = 2, MOUNT_ATTR_NODEV = 4, MOUNT_ATTR_NOEXEC = 8, MS_PRIVATE = 1 << 18;
    private const long SYS_open_tree = 428, SYS_move_mount = 429, SYS_mount_setattr = 442;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long open_tree(long number, int dirfd, string path, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long mount_setattr(
        long number, int dirfd, string path, uint flags, ref MountCalls.MountAttr attributes, nuint size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long move_mount(long number, int fromDirfd, string from, int toDirfd, string to, uint flags);
}
