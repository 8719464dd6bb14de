using System.Runtime.InteropServices;

namespace Holm.Linux.Mounts;

/// <summary>What Holm reads of a file's status; statx(2).</summary>
/// <param name="Device">Filesystem it is on (major and minor packed; equal means same).</param>
/// <param name="Inode">Number within it.</param>
/// <param name="Mode">Type and permissions as in st_mode.</param>
/// <param name="User">Owner.</param>
/// <param name="Group">Group.</param>
public sealed partial record FileStatus(ulong Device, ulong Inode, int Mode, uint User, uint Group)
{
    /// <summary>Reads it, following links.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static FileStatus Read(string path)
    {
        LinuxException.Check(statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, out var buffer), $"look at {path}");
        return new FileStatus(((ulong)buffer.DevMajor << 32) | buffer.DevMinor, buffer.Ino, buffer.Mode, buffer.Uid, buffer.Gid);
    }

    /// <summary>Gives a file to a user; chown(2), never following a link.</summary>
    public static void ChangeOwner(string path, uint user, uint group) =>
        LinuxException.Check(lchown(path, user, group), $"give {path} to {user}:{group}");

    /// <summary>Bytes and inodes of the filesystem a path is on; statvfs(3).</summary>
    /// <returns>Total and free bytes, of what an unprivileged user may use.</returns>
    public static (long Total, long Free) Space(string path)
    {
        var drive = new DriveInfo(path);
        return (drive.TotalSize, drive.AvailableFreeSpace);
    }

    internal const int AT_FDCWD = -100;
    internal const uint STATX_BASIC_STATS = 0x7ff;

    /// <summary>struct statx of linux/stat.h, up to what is used; the whole is 256 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Statx
    {
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(24)] public uint Gid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Ino;
        [FieldOffset(136)] public uint DevMajor;
        [FieldOffset(140)] public uint DevMinor;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int dirfd, string path, int flags, uint mask, out Statx buffer);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchown(string path, uint user, uint group);
}
