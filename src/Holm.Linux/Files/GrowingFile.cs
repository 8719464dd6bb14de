using System.Runtime.InteropServices;

namespace Holm.Linux.Files;

/// <summary>
/// A file that comes in pieces and keeps what came, whatever cuts it: a download. Its length is how far it is; whether its bytes are right
/// after a power cut is the caller's to check.
/// </summary>
public sealed partial class GrowingFile : IDisposable
{
    private readonly Fd _file;

    private GrowingFile(Fd file, string path) => (_file, Path) = (file, path);

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>Bytes that are here.</summary>
    public long Length => FileStat.Of(_file).Size;

    /// <summary>Opens it, or makes it, readable by its owner only. Its folder exists.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static GrowingFile Open(string path)
    {
        Durable.Step(DiskStepKind.MakeFile, path);
        return new GrowingFile(
            Fd.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_APPEND | OpenFlags.O_NOFOLLOW, 0x180), path);
    }

    /// <summary>Reads on from the last read, first from the beginning; 0 at its end.</summary>
    public int Read(Span<byte> buffer) => new FdStream(_file).Read(buffer);

    /// <summary>Adds bytes at its end.</summary>
    /// <exception cref="LinuxException">The kernel refused, for example ENOSPC.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Durable.Step(DiskStepKind.Write, Path);
        _file.WriteAll(bytes);
        Durable.Count(bytes.Length);
    }

    /// <summary>Throws away what is here.</summary>
    public void Clear()
    {
        Durable.Step(DiskStepKind.Write, Path);
        LinuxException.Check(ftruncate(_file.Number, 0), $"empty {Path}");
    }

    /// <summary>Waits until what is here is on disk.</summary>
    public void Sync() => Durable.Sync(_file, Path);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int fd, long length);
}
