using System.Runtime.InteropServices;
using System.Text;

namespace Holm.Linux.Files;

/// <summary>
/// Copies trees that a stranger may have filled, as they are: owners, modes, times, extended attributes, hard links, links, pipes, device
/// files and overlayfs' whiteouts. What files hold is shared with the original where the filesystem can (FICLONE), else copied with its
/// holes. Walked by descriptor as <see cref="FolderTree"/>. Nobody may change either tree meanwhile: of what is changed any state may be
/// copied or the copy fails, but nothing from outside the tree is.
/// </summary>
/// <remarks>
/// A file of several names is copied once; its names come from a folder <see cref="Links"/> beside the new tree, one entry for each inode,
/// so that no number of such files costs descriptors.
/// </remarks>
public sealed partial class FolderCopy
{
    private readonly Action<long> _tell;
    private readonly CancellationToken _cancelled;
    private readonly byte[] _buffer = new byte[1 << 20], _attributes = new byte[XATTR_SIZE_MAX];
    private readonly HashSet<ulong> _linked = [];
    private readonly Fd _links;
    private readonly string _to;
    private readonly ulong _device;
    private long _bytes;

    private FolderCopy(Fd links, string to, ulong device, Action<long> tell, CancellationToken ct) =>
        (_links, _to, _device, _tell, _cancelled) = (links, to, device, tell, ct);

    /// <summary>Name of the folder that is made beside a copy, and removed with its end.</summary>
    public const string Links = "links";

    /// <summary>Copies a folder to a name that nothing has. What was made by then stays when it fails.</summary>
    /// <param name="from">The folder.</param>
    /// <param name="to">Full path of the copy; its folder exists, and has no <see cref="Links"/>.</param>
    /// <param name="tell">Gets the number of bytes done, after each file.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>Bytes of files.</returns>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static long Make(string from, string to, Action<long> tell, CancellationToken ct)
    {
        var links = Path.Combine(Durable.FolderOf(to), Links);
        Durable.Step(DiskStepKind.MakeFolder, to);
        Check(mkdir(links, OwnerOnly), $"make folder {links}");
        Check(mkdir(to, OwnerOnly), $"make folder {to}");
        long bytes;
        using (var source = Fd.Open(from, FolderFlags))
        using (var target = Fd.Open(to, FolderFlags))
        using (var all = Fd.Open(links, FolderFlags))
        {
            var copy = new FolderCopy(all, to, FileStat.Of(source).Device, tell, ct);
            copy.Walk(source, target);
            bytes = copy._bytes;
        }
        FolderTree.Remove(links);
        Durable.Step(DiskStepKind.Sync, to);
        using var whole = Fd.Open(to, FolderFlags);
        Check(syncfs(whole.Number), $"write {to} to disk");
        return bytes;
    }

    private void Walk(Fd source, Fd target)
    {
        var (here, there) = (Again(source), Again(target));
        try
        {
            var above = new Stack<(Queue<byte[]> Folders, ulong Inode)>();
            above.Push((Enter(here, there), FileStat.Of(here).Inode));
            while (true)
            {
                if (above.Peek().Folders.TryDequeue(out var name))
                {
                    Check(mkdirat(there.Number, name, OwnerOnly), "make a folder");
                    Step(ref here, name);
                    Step(ref there, name);
                    if (FileStat.Of(here).Device != _device)
                        throw new LinuxException("copy a tree of one filesystem", Errnos.EXDEV);
                    above.Push((Enter(here, there), FileStat.Of(here).Inode));
                    continue;
                }
                // Last: its times are those of the original only once nothing is made in it any more.
                Dress(here, there);
                above.Pop();
                if (above.Count == 0)
                    return;
                Step(ref here, Up);
                Step(ref there, Up);
                // A folder that somebody moved has something else above it.
                if (FileStat.Of(here) is var up && (up.Device, up.Inode) != (_device, above.Peek().Inode))
                    throw new LinuxException("copy a tree while somebody changes it", Errnos.EBUSY);
            }
        }
        finally
        {
            here.Dispose();
            there.Dispose();
        }
    }

    private static Fd Again(Fd folder) => new(Check(openat(folder.Number, [(byte)'.', 0], (int)FolderFlags, 0), "open a folder"));

    private static void Step(ref Fd here, byte[] name)
    {
        var next = new Fd(Check(openat(here.Number, name, (int)FolderFlags, 0), "open a folder"));
        here.Dispose();
        here = next;
    }

    /// <summary>Copies all that are no folders, and returns the folders' names.</summary>
    private Queue<byte[]> Enter(Fd from, Fd to)
    {
        var folders = new Queue<byte[]>();
        foreach (var name in FolderTree.TerminatedNames(from))
        {
            _cancelled.ThrowIfCancellationRequested();
            using var file = new Fd(Check(openat(from.Number, name, (int)NameFlags, 0), "look at a file"));
            var stat = FileStat.Of(file);
            if (stat.IsFolder)
                folders.Enqueue(name);
            else
                CopyFile(file, stat, to, name);
        }
        return folders;
    }

    private void CopyFile(Fd file, FileStat stat, Fd to, byte[] name)
    {
        Durable.Step(DiskStepKind.MakeFile, _to);
        var key = Encoding.ASCII.GetBytes($"{stat.Inode}\0");
        var several = stat.Links > 1;
        if (several && _linked.Contains(stat.Inode))
        {
            if (linkat(_links.Number, key, to.Number, name, 0) == 0)
                return;
            if (Marshal.GetLastPInvokeError() != Errnos.EMLINK)
                throw LinuxException.Last("link a file");
            // It has as many names as a file can have: the next ones are of another.
            Check(unlinkat(_links.Number, key, 0), "unlink a file");
        }
        if (stat.IsRegular)
            CopyContent(file, stat, to, name);
        else if (stat.IsLink)
            Check(symlinkat([.. TargetOf(file), 0], to.Number, name), "make a symbolic link");
        else
            Check(mknodat(to.Number, name, stat.Mode & ~PermissionBits | OwnerFile, MakeDevice(stat.Node)), "make a device file");
        using (var made = new Fd(Check(openat(to.Number, name, (int)NameFlags, 0), "look at a file")))
            Dress(file, made, stat.IsLink);
        if (!several)
            return;
        Check(linkat(to.Number, name, _links.Number, key, 0), "link a file");
        _linked.Add(stat.Inode);
    }

    private void CopyContent(Fd file, FileStat stat, Fd to, byte[] name)
    {
        // It is a regular file, and it is this one that is opened anew.
        using var source = Fd.Open(file.ProcPath, OpenFlags.O_RDONLY);
        const OpenFlags flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;
        using var target = new Fd(Check(openat(to.Number, name, (int)flags, OwnerFile), "make a file"));
        if (!Durable.Clone(source, target))
            CopyData(source, target, stat.Size);
        _bytes += stat.Size;
        _tell(_bytes);
    }

    /// <summary>Copies what is between the holes; lseek(2), SEEK_DATA.</summary>
    private void CopyData(Fd source, Fd target, long size)
    {
        Check(ftruncate(target.Number, size), "size a file");
        for (long at = 0; at < size;)
        {
            var data = lseek(source.Number, at, SEEK_DATA);
            if (data < 0 && Marshal.GetLastPInvokeError() == Errnos.ENXIO)
                return;
            // A filesystem that knows no holes: all is data.
            var (begin, end) = data < 0 ? (at, size) : (data, lseek(source.Number, data, SEEK_HOLE));
            for (at = begin; at < end;)
            {
                _cancelled.ThrowIfCancellationRequested();
                var length = source.ReadAt(_buffer.AsSpan(0, (int)Math.Min(_buffer.Length, end - at)), at);
                if (length == 0)
                    return;
                WriteAt(target, _buffer.AsSpan(0, length), at);
                at += length;
            }
        }
    }

    private static void WriteAt(Fd target, ReadOnlySpan<byte> bytes, long at)
    {
        while (bytes.Length > 0)
        {
            var written = (int)pwrite(target.Number, bytes, (nuint)bytes.Length, at);
            if (written < 0 && Marshal.GetLastPInvokeError() == Errnos.EINTR)
                continue;
            Check(written, "write a file");
            bytes = bytes[written..];
            at += written;
        }
    }

    /// <summary>Owner first, which takes capabilities and set-id bits away; then mode, attributes, times.</summary>
    private void Dress(Fd from, Fd to, bool isLink = false)
    {
        var stat = FileStat.Of(from);
        Check(fchownat(to.Number, Nothing, stat.Uid, stat.Gid, AT_EMPTY_PATH), "give a file to its owner");
        if (!isLink)
            Check(chmod(to.ProcPath, stat.Mode & PermissionBits), "set the mode of a file");
        foreach (var (name, value) in LayerEntry.AttributesOf(from, _attributes))
            Check(setxattr(to.ProcPath, [.. name, 0], value, (nuint)value.Length, 0), "set an extended attribute");
        ReadOnlySpan<long> times = [stat.ReadAt.Seconds, stat.ReadAt.Nanoseconds, stat.WrittenAt.Seconds, stat.WrittenAt.Nanoseconds];
        // Of a link itself: no path under /proc leads to it.
        Check(utimensat(to.Number, Nothing, times, AT_EMPTY_PATH), "set the times of a file");
    }

    private static byte[] TargetOf(Fd link)
    {
        var text = new byte[PATH_MAX];
        return text[..Check((int)readlinkat(link.Number, Nothing, text, (nuint)text.Length), "read a symbolic link")];
    }

    /// <summary><c>makedev</c>, as the kernel packs a device's number; sysmacros.h of glibc.</summary>
    private static ulong MakeDevice(ulong node)
    {
        var (major, minor) = (node >> 32, node & 0xffffffff);
        return (major & 0xfffff000) << 32 | (major & 0xfff) << 8 | (minor & 0xffffff00) << 12 | minor & 0xff;
    }

    private static int Check(int result, string what) => LinuxException.Check(result, what);

    private static readonly byte[] Up = [(byte)'.', (byte)'.', 0], Nothing = [0];
    private const OpenFlags FolderFlags =
        OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;
    private const OpenFlags NameFlags = OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;
    private const uint OwnerOnly = 0x1c0, OwnerFile = 0x180, PermissionBits = 0xfff;
    internal const int XATTR_SIZE_MAX = 65536, PATH_MAX = 4096, AT_EMPTY_PATH = 0x1000, SEEK_DATA = 3, SEEK_HOLE = 4;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdirat(int folder, ReadOnlySpan<byte> name, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(int folder, ReadOnlySpan<byte> name, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlinkat(int folder, ReadOnlySpan<byte> name, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int linkat(int from, ReadOnlySpan<byte> name, int to, ReadOnlySpan<byte> newName, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int symlinkat(ReadOnlySpan<byte> target, int folder, ReadOnlySpan<byte> name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mknodat(int folder, ReadOnlySpan<byte> name, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchownat(int folder, ReadOnlySpan<byte> name, uint user, uint group, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chmod(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setxattr(string path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, nuint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int utimensat(int folder, ReadOnlySpan<byte> name, ReadOnlySpan<long> times, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readlinkat(int folder, ReadOnlySpan<byte> path, Span<byte> text, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int file, long size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int file, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(int file, ReadOnlySpan<byte> bytes, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(int file);
}
