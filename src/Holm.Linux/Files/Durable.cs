using System.Runtime.InteropServices;

namespace Holm.Linux.Files;

/// <summary>Writes that survive a power cut: a file is the old one or the new one, never between.</summary>
public static partial class Durable
{
    /// <summary>Replaces a file: temporary file beside it, fsync, rename, fsync of the folder; rename(2), fsync(2).</summary>
    /// <param name="path">Absolute path; its folder exists.</param>
    /// <param name="bytes">The whole new content.</param>
    /// <param name="mode">Permission bits, for example 0600 (octal).</param>
    /// <exception cref="LinuxException">The kernel refused; the old file is as it was.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes, uint mode)
    {
        var folder = Path.GetDirectoryName(path)!;
        var temporary = path + ".tmp";
        File.Delete(temporary);
        using (var fd = Fd.Open(temporary, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW, mode))
        {
            fd.WriteAll(bytes);
            LinuxException.Check(fsync(fd.Number), $"write {temporary} to the disk");
        }
        File.Move(temporary, path, overwrite: true);
        using var directory = Fd.Open(folder, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        LinuxException.Check(fsync(directory.Number), $"write {folder} to the disk");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int fd);
}
