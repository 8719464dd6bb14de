using System.Runtime.InteropServices;

namespace Holm.Linux.Files;

/// <summary>Room on the filesystem of a folder; statvfs(3).</summary>
/// <param name="UsedBytes">Bytes in use.</param>
/// <param name="Bytes">Bytes there are.</param>
/// <param name="UsedFiles">Files in use; 0 where the filesystem does not count them.</param>
/// <param name="Files">Files there can be; 0 likewise.</param>
public readonly partial record struct FilesystemRoom(long UsedBytes, long Bytes, long UsedFiles, long Files)
{
    /// <summary>Reads it.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static FilesystemRoom Of(string folder)
    {
        var stat = default(Statvfs);
        LinuxException.Check(statvfs(folder, ref stat), $"look at the room in {folder}");
        return new((long)((stat.Blocks - stat.Bfree) * stat.Frsize), (long)(stat.Blocks * stat.Frsize),
            (long)(stat.Files - stat.Ffree), (long)stat.Files);
    }

    /// <summary><c>struct statvfs</c> of <c>sys/statvfs.h</c>: 112 bytes on 64-bit machines.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 112)]
    internal struct Statvfs
    {
        /// <summary><c>f_frsize</c>: bytes of a block.</summary>
        [FieldOffset(8)] public ulong Frsize;
        /// <summary><c>f_blocks</c>.</summary>
        [FieldOffset(16)] public ulong Blocks;
        /// <summary><c>f_bfree</c>.</summary>
        [FieldOffset(24)] public ulong Bfree;
        /// <summary><c>f_files</c>.</summary>
        [FieldOffset(40)] public ulong Files;
        /// <summary><c>f_ffree</c>.</summary>
        [FieldOffset(48)] public ulong Ffree;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statvfs(string path, ref Statvfs stat);
}
