using System.Runtime.InteropServices;
using Holm.Linux.Files;

namespace Holm.Linux.Mounts;

/// <summary>What an open file is, and on which mount it was reached; statx(2).</summary>
/// <param name="MountId">Number of the mount, as in /proc/PID/mountinfo; given again once the mount is gone. Linux 5.8.</param>
/// <param name="IsMountRoot">True: the file is what is mounted, not something below it.</param>
/// <param name="Device">Filesystem, major and minor packed as in <see cref="FileStat"/>.</param>
/// <param name="Inode">Number inside its filesystem.</param>
public readonly partial record struct MountIdentity(ulong MountId, bool IsMountRoot, ulong Device, ulong Inode)
{
    /// <summary>Reads it from an open file, O_PATH included.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static MountIdentity Of(Fd file)
    {
        var stat = default(FileStat.Statx);
        LinuxException.Check(statx(file.Number, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, ref stat), "look at an open file");
        return new MountIdentity(stat.MntId, (stat.Attributes & STATX_ATTR_MOUNT_ROOT) != 0,
            (ulong)stat.DevMajor << 32 | stat.DevMinor, stat.Inode);
    }

    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_BASIC_STATS = 0x7ff, STATX_MNT_ID = 0x1000;
    private const ulong STATX_ATTR_MOUNT_ROOT = 0x2000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int dirfd, string path, int flags, uint mask, ref FileStat.Statx stat);
}
