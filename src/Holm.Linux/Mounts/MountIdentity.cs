using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
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
        return From(stat);
    }

    private static MountIdentity From(in FileStat.Statx stat) => new(stat.MntId, (stat.Attributes & STATX_ATTR_MOUNT_ROOT) != 0,
        (ulong)stat.DevMajor << 32 | stat.DevMinor, stat.Inode);

    /// <summary>
    /// The same of what the kernel knows by itself; no server of a filesystem is asked (AT_STATX_DONT_SYNC). Null: it does not say. What
    /// belongs to one user (FUSE) is not told to another.
    /// </summary>
    public static MountIdentity? Known(Fd file)
    {
        var stat = default(FileStat.Statx);
        return statx(file.Number, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_MNT_ID, ref stat) < 0 ? null
            : From(stat);
    }

    /// <summary>
    /// Where an open file is in this process's own mount namespace, spelt by the kernel; null: it was reached on a mount of another. No
    /// filesystem is asked.
    /// </summary>
    public static string? PathHere(Fd file) =>
        MountOf(file) is { } id && MountLine.ReadAll().Any(m => m.Id == id) ? new FileInfo(file.ProcPath).LinkTarget : null;

    /// <summary>Number of the mount on which an open file was reached; null: /proc does not say. No filesystem is asked.</summary>
    internal static ulong? MountOf(Fd file)
    {
        using var info = Fd.TryOpen(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{file.Number}"), OpenFlags.O_RDONLY);
        var buffer = new byte[4096];
        var text = info is null ? "" : Encoding.ASCII.GetString(buffer, 0, Math.Max(0, info.TryRead(buffer)));
        var line = text.Split('\n').FirstOrDefault(l => l.StartsWith("mnt_id:", StringComparison.Ordinal));
        return line is not null && ulong.TryParse(line.AsSpan(7), CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    private const int AT_EMPTY_PATH = 0x1000, AT_STATX_DONT_SYNC = 0x4000;
    private const uint STATX_BASIC_STATS = 0x7ff, STATX_MNT_ID = 0x1000;
    private const ulong STATX_ATTR_MOUNT_ROOT = 0x2000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int dirfd, string path, int flags, uint mask, ref FileStat.Statx stat);
}
