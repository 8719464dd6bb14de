using System.Runtime.InteropServices;

namespace Holm.Linux.Files;

/// <summary>Named pipes; fifo(7).</summary>
public static partial class Fifo
{
    /// <summary>Makes one that only its owner can open, in the place of whatever file is there.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Make(string path)
    {
        File.Delete(path);
        LinuxException.Check(mkfifo(path, 0x180), $"make the fifo {path}");
    }

    /// <summary>Opens both ends: it waits for nobody, sees no end of file, and keeps what is written until it is read.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd Open(string path) => Fd.Open(path, OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK);

    /// <summary>Opens the writing end if somebody has the reading end open, else returns null.</summary>
    public static Fd? TryOpenWriter(string path) => Fd.TryOpen(path, OpenFlags.O_WRONLY | OpenFlags.O_NONBLOCK);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);
}
