using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Holm.Linux.Files;

/// <summary>
/// The one type through which everything kept (store and configuration) is written, so that a power cut at any point leaves the old state
/// or the new one:
/// <code>
///   make .staged-XXXX ── write … write ── fsync ── rename to its name ── fsync of the folder
///   └──────────── a cut here leaves a staged file, which SweepStaged removes ────┘└─ the rename is the moment of truth
/// </code>
/// A rename or unlink is certain only after the folder's fsync; until then a cut may undo it, never halve it (rename(2), fsync(2)).
/// </summary>
public static partial class Durable
{
    private const string StagedPrefix = ".staged-";
    private static long _bytesWritten;

    /// <summary>Called before each step; the power-cut test stops here. Null outside tests.</summary>
    internal static Action<DiskStep>? Before { get; set; }

    /// <summary>Bytes written to disk by this process since its start, not counting what other programs wrote to staged files.</summary>
    public static long BytesWritten => Interlocked.Read(ref _bytesWritten);

    /// <summary>Replaces a file as a whole, or makes it.</summary>
    /// <param name="path">Full path; its folder exists.</param>
    /// <param name="content">Whole new content.</param>
    /// <param name="mode">Permission bits; no umask is taken off.</param>
    /// <exception cref="LinuxException">The kernel refused; the old content stands.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, uint mode = 0x180)
    {
        using var staged = Stage(FolderOf(path), mode);
        staged.Write(content);
        staged.Commit(path);
    }

    /// <summary>Starts a file that gets its name only at <see cref="StagedFile.Commit"/>.</summary>
    /// <param name="folder">Where it will be named: a rename does not leave a file system.</param>
    /// <param name="mode">Permission bits; no umask is taken off.</param>
    public static StagedFile Stage(string folder, uint mode = 0x180)
    {
        var path = Path.Combine(folder, StagedPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        Step(DiskStepKind.MakeFile, path);
        var flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW;
        var file = Fd.Open(path, flags, mode);
        LinuxException.Check(fchmod(file.Number, mode), $"set the mode of {path}");
        return new StagedFile(file, path);
    }

    /// <summary>Removes a file for good; a missing one is no error.</summary>
    public static void Remove(string path)
    {
        Unlink(path);
        SyncFolder(FolderOf(path));
    }

    /// <summary>Renames inside one file system, replacing what has the new name.</summary>
    public static void Rename(string from, string to)
    {
        RenameOnly(from, to);
        SyncFolder(FolderOf(to));
        if (FolderOf(from) != FolderOf(to))
            SyncFolder(FolderOf(from));
    }

    /// <summary>Lets two names of one file system change what they name, at once; renameat2(2), RENAME_EXCHANGE.</summary>
    public static void Exchange(string one, string other)
    {
        Step(DiskStepKind.Rename, one, other);
        LinuxException.Check(renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE), $"exchange {one} and {other}");
        SyncFolder(FolderOf(one));
        if (FolderOf(one) != FolderOf(other))
            SyncFolder(FolderOf(other));
    }

    /// <summary>Makes a symbolic link where nothing is.</summary>
    /// <exception cref="LinuxException">The kernel refused; EEXIST: something is there, and stays.</exception>
    public static void Link(string path, string target)
    {
        Step(DiskStepKind.MakeLink, path);
        LinuxException.Check(symlink(target, path), $"make the link {path}");
        SyncFolder(FolderOf(path));
    }

    /// <summary>Makes a folder; an existing one gets the mode. Its parent exists.</summary>
    public static void CreateFolder(string path, uint mode = 0x1C0)
    {
        Step(DiskStepKind.MakeFolder, path);
        if (mkdir(path, mode) < 0 && Marshal.GetLastPInvokeError() != Errnos.EEXIST)
            throw LinuxException.Last($"make folder {path}");
        using (var folder = Fd.Open(path, OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW))
            LinuxException.Check(fchmod(folder.Number, mode), $"set the mode of {path}");
        SyncFolder(FolderOf(path));
    }

    /// <summary>Removes what a crash left staged in a folder, by this type's own prefix only. Call it before anything is staged.</summary>
    /// <returns>Names removed.</returns>
    public static IReadOnlyList<string> SweepStaged(string folder)
    {
        List<string> swept = [.. Directory.EnumerateFiles(folder, StagedPrefix + "*").Select(p => Path.GetFileName(p))];
        foreach (var name in swept)
            Unlink(Path.Combine(folder, name));
        if (swept.Count > 0)
            SyncFolder(folder);
        return swept;
    }

    internal static void Step(DiskStepKind kind, string path, string? to = null) => Before?.Invoke(new DiskStep(kind, path, to));

    internal static void Count(int bytes) => Interlocked.Add(ref _bytesWritten, bytes);

    internal static string FolderOf(string path) => Path.GetDirectoryName(path) is { Length: > 0 } folder ? folder : ".";

    internal static void Sync(Fd file, string path)
    {
        Step(DiskStepKind.Sync, path);
        LinuxException.Check(fsync(file.Number), $"write {path} to disk");
    }

    internal static void SyncFolder(string path)
    {
        Step(DiskStepKind.SyncFolder, path);
        using var folder = Fd.Open(path, OpenFlags.O_DIRECTORY);
        LinuxException.Check(fsync(folder.Number), $"write folder {path} to disk");
    }

    internal static void RenameOnly(string from, string to)
    {
        Step(DiskStepKind.Rename, from, to);
        LinuxException.Check(rename(from, to), $"rename {from} to {to}");
    }

    internal static void Unlink(string path)
    {
        Step(DiskStepKind.Unlink, path);
        if (unlink(path) < 0 && Marshal.GetLastPInvokeError() != Errnos.ENOENT)
            throw LinuxException.Last($"remove {path}");
    }

    internal static bool Clone(Fd from, Fd to) => Ioctl.Call(to, FICLONE, from.Number) == 0;

    internal const uint FICLONE = 0x40049409, RENAME_EXCHANGE = 2;
    internal const int AT_FDCWD = -100;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(int fd, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int symlink(string target, string path);
}
