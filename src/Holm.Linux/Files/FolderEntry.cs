using System.Runtime.InteropServices;
using System.Text;

namespace Holm.Linux.Files;

/// <summary>
/// What stands under a name in an open folder whose owner may change it all the time: every call takes the folder by its descriptor and
/// one name in it, and follows no link. Names are one component; whoever calls has made sure of that.
/// </summary>
public static partial class FolderEntry
{
    /// <summary>Opens it as a name only (O_PATH), a link itself; null: nothing has that name.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd? TryOpen(Fd folder, string name)
    {
        const OpenFlags flags = OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;
        var number = openat(folder.Number, name, (int)flags, 0);
        if (number < 0 && Marshal.GetLastPInvokeError() == Errnos.ENOENT)
            return null;
        return new Fd(LinuxException.Check(number, $"look at {name}"));
    }

    /// <summary>What an open link (O_PATH) says; readlinkat(2).</summary>
    /// <exception cref="LinuxException">The kernel refused, or it is no link.</exception>
    public static byte[] Target(Fd link)
    {
        var text = new byte[PATH_MAX];
        return text[..LinuxException.Check((int)readlinkat(link.Number, "", text, (nuint)text.Length), "read a symbolic link")];
    }

    /// <summary>
    /// A file that has no name yet and is gone with its descriptor; open(2), O_TMPFILE. Null: this filesystem has none (overlayfs before
    /// Linux 6.1, vfat, network filesystems).
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd? TryMakeUnnamed(Fd folder)
    {
        var number = openat(folder.Number, ".", (int)(OpenFlags.O_RDWR | OpenFlags.O_TMPFILE | OpenFlags.O_CLOEXEC), OnlyOwner);
        if (number < 0 && Marshal.GetLastPInvokeError() is Errnos.EOPNOTSUPP or Errnos.EISDIR or Errnos.EINVAL)
            return null;
        return new Fd(LinuxException.Check(number, "make a file"));
    }

    /// <summary>Gives a file without a name one; linkat(2). EEXIST: something has it.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Name(Fd file, Fd folder, string name) =>
        LinuxException.Check(linkat(file.Number, "", folder.Number, name, AT_EMPTY_PATH), $"make the file {name}");

    /// <summary>Makes an empty file, readable and writable. EEXIST: something has that name.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd MakeFile(Fd folder, string name)
    {
        const OpenFlags flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;
        return new Fd(LinuxException.Check(openat(folder.Number, name, (int)flags, OnlyOwner), $"make the file {name}"));
    }

    /// <summary>Makes a folder; mkdirat(2). The thread's umask is taken off the mode.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void MakeFolder(Fd folder, string name, uint mode) =>
        LinuxException.Check(mkdirat(folder.Number, name, mode), $"make the folder {name}");

    /// <summary>Makes a link; symlinkat(2).</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void MakeLink(Fd folder, string name, ReadOnlySpan<byte> target) =>
        LinuxException.Check(symlinkat([.. target, 0], folder.Number, [.. Encoding.UTF8.GetBytes(name), 0]), $"make the link {name}");

    /// <summary>Gives an entry another name, whatever has that goes; renameat(2).</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Rename(Fd folder, string from, string to) =>
        LinuxException.Check(renameat(folder.Number, from, folder.Number, to), $"replace {to}");

    /// <summary>Removes a file, a link or an empty folder; unlinkat(2).</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Remove(Fd folder, string name)
    {
        var result = unlinkat(folder.Number, name, 0);
        if (result < 0 && Marshal.GetLastPInvokeError() == Errnos.EISDIR)
            result = unlinkat(folder.Number, name, AT_REMOVEDIR);
        LinuxException.Check(result, $"remove {name}");
    }

    /// <summary>Gives an open file to a user and a group; fchown(2).</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void SetOwner(Fd file, uint user, uint group) =>
        LinuxException.Check(fchown(file.Number, user, group), "give a file to its owner");

    /// <summary>Sets an open file's permissions; fchmod(2).</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void SetMode(Fd file, uint mode) => LinuxException.Check(fchmod(file.Number, mode), "set a file's permissions");

    /// <summary>Has the disk hold what was written to an open file; fsync(2).</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Sync(Fd file) => LinuxException.Check(fsync(file.Number), "write a file to disk");

    /// <summary>
    /// True for a file that the kernel makes up as it is read, or acts upon as it is written: such a one has no length, and may keep its
    /// reader waiting for ever; fstatfs(2).
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static bool IsKernels(Fd file) => Mounts.InnerMounts.FilesystemOf(file) is PROC_SUPER_MAGIC or SYSFS_MAGIC
        or CGROUP_SUPER_MAGIC or CGROUP2_SUPER_MAGIC or DEBUGFS_MAGIC or TRACEFS_MAGIC or SECURITYFS_MAGIC or BPF_FS_MAGIC
        or BINFMTFS_MAGIC or PSTOREFS_MAGIC or EFIVARFS_MAGIC or SELINUX_MAGIC;

    private const uint OnlyOwner = 0x180;
    private const long PROC_SUPER_MAGIC = 0x9fa0, SYSFS_MAGIC = 0x62656572, CGROUP_SUPER_MAGIC = 0x27e0eb,
        CGROUP2_SUPER_MAGIC = 0x63677270, DEBUGFS_MAGIC = 0x64626720, TRACEFS_MAGIC = 0x74726163, SECURITYFS_MAGIC = 0x73636673,
        BPF_FS_MAGIC = 0xcafe4a11, BINFMTFS_MAGIC = 0x42494e4d, PSTOREFS_MAGIC = 0x6165676c, EFIVARFS_MAGIC = 0xde5e81e4,
        SELINUX_MAGIC = 0xf97cff8c;
    private const int PATH_MAX = 4096, AT_EMPTY_PATH = 0x1000, AT_REMOVEDIR = 0x200;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openat(int folder, string name, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint readlinkat(int folder, string path, Span<byte> text, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int linkat(int fromFolder, string from, int toFolder, string to, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdirat(int folder, string name, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int symlinkat(ReadOnlySpan<byte> target, int folder, ReadOnlySpan<byte> name);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat(int fromFolder, string from, int toFolder, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlinkat(int folder, string name, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(int file, uint user, uint group);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(int file, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int file);
}
