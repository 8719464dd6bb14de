using System.Runtime.InteropServices;

namespace Holm.Linux.Files;

/// <summary>A lock that ends with the process, however that ends; flock(2).</summary>
public sealed partial class FileLock : IDisposable
{
    private readonly Fd _file;

    private FileLock(Fd file) => _file = file;

    /// <summary>Takes it, or returns null when another process has it.</summary>
    public static FileLock? TryTake(string path)
    {
        var file = Fd.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x180);
        if (flock(file.Number, LOCK_EX | LOCK_NB) == 0)
            return new FileLock(file);
        file.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    internal const int LOCK_EX = 2, LOCK_NB = 4;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int fd, int operation);
}
