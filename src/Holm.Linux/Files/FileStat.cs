using System.Runtime.InteropServices;

namespace Holm.Linux.Files;

/// <summary>What a file is; statx(2), whose structure is the same on every machine.</summary>
/// <param name="Mode">Type and permission bits, as in <c>st_mode</c>.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Inode">Number inside its filesystem.</param>
/// <param name="Device">Filesystem it is on, major and minor packed; equal means same.</param>
/// <param name="Node">Of a device file: which device, major and minor packed as <paramref name="Device"/>.</param>
/// <param name="Modified">Seconds since 1970.</param>
public readonly partial record struct FileStat(
    uint Mode, uint Uid, uint Gid, long Size, ulong Inode, ulong Device, ulong Node, long Modified)
{
    /// <summary>Names it has.</summary>
    public uint Links { get; init; }

    /// <summary>When it was last read, seconds since 1970, and the rest.</summary>
    public (long Seconds, long Nanoseconds) ReadAt { get; init; }

    /// <summary>When it was last written, seconds since 1970, and the rest.</summary>
    public (long Seconds, long Nanoseconds) WrittenAt { get; init; }

    /// <summary>True for a regular file.</summary>
    public bool IsRegular => (Mode & S_IFMT) == S_IFREG;

    /// <summary>True for a folder.</summary>
    public bool IsFolder => (Mode & S_IFMT) == S_IFDIR;

    /// <summary>True for a symbolic link.</summary>
    public bool IsLink => (Mode & S_IFMT) == S_IFLNK;

    /// <summary>True for a named pipe.</summary>
    public bool IsFifo => (Mode & S_IFMT) == S_IFIFO;

    /// <summary>True for a character device.</summary>
    public bool IsCharDevice => (Mode & S_IFMT) == S_IFCHR;

    /// <summary>True for a block device.</summary>
    public bool IsBlockDevice => (Mode & S_IFMT) == S_IFBLK;

    /// <summary>
    /// True for the character device 0:0, by which a layer says that a name of those below is gone; overlayfs, "whiteouts".
    /// </summary>
    public bool IsWhiteout => IsCharDevice && Node == 0;

    /// <summary>True when any of the three execute bits is set: what root needs to run it.</summary>
    public bool IsExecutable => (Mode & 0b001_001_001) != 0;

    /// <summary>Reads it from an open file.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static FileStat Of(Fd file) => Read(file.Number, "", AT_EMPTY_PATH, "an open file");

    /// <summary>Reads it from a path, following links.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static FileStat Of(string path) => Read(AT_FDCWD, path, 0, path);

    /// <summary>Reads it from a path, following links; null when the kernel refuses.</summary>
    public static FileStat? TryOf(string path)
    {
        var stat = default(Statx);
        return statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, ref stat) < 0 ? null : From(stat);
    }

    /// <summary>Gives a file to a user; lchown(2), never following a link.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void ChangeOwner(string path, uint user, uint group) =>
        LinuxException.Check(lchown(path, user, group), $"give {path} to {user}:{group}");

    private static FileStat Read(int folder, string path, int flags, string what)
    {
        var stat = default(Statx);
        LinuxException.Check(statx(folder, path, flags, STATX_BASIC_STATS, ref stat), $"look at {what}");
        return From(stat);
    }

    private static FileStat From(in Statx stat) =>
        new(stat.Mode, stat.Uid, stat.Gid, (long)stat.Size, stat.Inode, (ulong)stat.DevMajor << 32 | stat.DevMinor,
            (ulong)stat.RdevMajor << 32 | stat.RdevMinor, stat.Modified)
        {
            Links = stat.Links,
            ReadAt = (stat.Accessed, stat.AccessedNanoseconds),
            WrittenAt = (stat.Modified, stat.ModifiedNanoseconds),
        };

    private const uint S_IFMT = 0xF000, S_IFREG = 0x8000, S_IFDIR = 0x4000, S_IFLNK = 0xA000, S_IFCHR = 0x2000,
        S_IFBLK = 0x6000, S_IFIFO = 0x1000;
    private const int AT_EMPTY_PATH = 0x1000, AT_FDCWD = -100;
    private const uint STATX_BASIC_STATS = 0x7ff;

    /// <summary><c>struct statx</c> of <c>linux/stat.h</c>: 256 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Statx
    {
        /// <summary><c>stx_attributes</c>.</summary>
        [FieldOffset(8)] public ulong Attributes;
        /// <summary><c>stx_nlink</c>.</summary>
        [FieldOffset(16)] public uint Links;
        /// <summary><c>stx_uid</c>.</summary>
        [FieldOffset(20)] public uint Uid;
        /// <summary><c>stx_gid</c>.</summary>
        [FieldOffset(24)] public uint Gid;
        /// <summary><c>stx_mode</c>.</summary>
        [FieldOffset(28)] public ushort Mode;
        /// <summary><c>stx_ino</c>.</summary>
        [FieldOffset(32)] public ulong Inode;
        /// <summary><c>stx_size</c>.</summary>
        [FieldOffset(40)] public ulong Size;
        /// <summary><c>stx_atime.tv_sec</c>.</summary>
        [FieldOffset(64)] public long Accessed;
        /// <summary><c>stx_atime.tv_nsec</c>.</summary>
        [FieldOffset(72)] public uint AccessedNanoseconds;
        /// <summary><c>stx_mtime.tv_sec</c>.</summary>
        [FieldOffset(112)] public long Modified;
        /// <summary><c>stx_mtime.tv_nsec</c>.</summary>
        [FieldOffset(120)] public uint ModifiedNanoseconds;
        /// <summary><c>stx_rdev_major</c>.</summary>
        [FieldOffset(128)] public uint RdevMajor;
        /// <summary><c>stx_rdev_minor</c>.</summary>
        [FieldOffset(132)] public uint RdevMinor;
        /// <summary><c>stx_dev_major</c>.</summary>
        [FieldOffset(136)] public uint DevMajor;
        /// <summary><c>stx_dev_minor</c>.</summary>
        [FieldOffset(140)] public uint DevMinor;
        /// <summary><c>stx_mnt_id</c>; Linux 5.8.</summary>
        [FieldOffset(144)] public ulong MntId;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int dirfd, string path, int flags, uint mask, ref Statx stat);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchown(string path, uint user, uint group);
}
