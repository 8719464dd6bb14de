using System.Runtime.InteropServices;

namespace Holm.Linux.Files;

/// <summary>
/// Trees of folders that a stranger may have filled: names of any bytes (.NET's own calls lose those that are not UTF-8), folders nested
/// beyond any path's length. They are walked by descriptor, one open at a time, and no link is followed. getdents64(2), openat(2).
/// </summary>
public static partial class FolderTree
{
    /// <summary>Removes a folder and all that is in it; none is no error.</summary>
    /// <exception cref="LinuxException">The kernel refused; what was not removed yet stays.</exception>
    public static void Remove(string path)
    {
        if (!Walk(path, null, null, files: true, folders: true))
            throw new LinuxException($"remove {path}", Errnos.ENOTEMPTY);
    }

    /// <summary>Removes a tree in which only folders can be removed, such as control groups. False: one of them is in use.</summary>
    public static bool TryRemoveFolders(string path) => Walk(path, null, null, files: false, folders: true);

    /// <summary>Visits a folder and each below it, those above first.</summary>
    public static void Visit(string path, Action<Fd> visit) => Walk(path, visit, null, files: false, folders: false);

    /// <summary>Visits a folder and each below it, those below first.</summary>
    public static void VisitFromBelow(string path, Action<Fd> visit) => Walk(path, null, visit, files: false, folders: false);

    /// <summary>Names of all that is in an open folder, without a NUL, in the order of their bytes.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static IReadOnlyList<byte[]> Names(Fd folder)
    {
        var names = TerminatedNames(folder).ConvertAll(name => name[..^1]);
        names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }

    private static bool Walk(string path, Action<Fd>? entered, Action<Fd>? left, bool files, bool folders)
    {
        const OpenFlags flags = OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW;
        if (Fd.TryOpen(path, flags) is not { } here)
            return !Directory.Exists(path);
        try
        {
            // On the way: the name of each folder we are in, and those in it that are still to be entered.
            var above = new Stack<(byte[] Name, Queue<byte[]> Below)>();
            above.Push(([], Enter(here, entered, files)));
            while (true)
            {
                var (name, below) = above.Peek();
                if (below.TryDequeue(out var next))
                {
                    var number = openat(here.Number, next, (int)(flags | OpenFlags.O_CLOEXEC), 0);
                    if (number < 0 && Marshal.GetLastPInvokeError() == Errnos.ENOENT)
                        continue;
                    Step(ref here, number, path);
                    above.Push((next, Enter(here, entered, files)));
                    continue;
                }
                left?.Invoke(here);
                above.Pop();
                if (above.Count == 0)
                    return !folders || KernelFile.TryRemoveFolder(path);
                Step(ref here, openat(here.Number, [(byte)'.', (byte)'.', 0], (int)(flags | OpenFlags.O_CLOEXEC), 0), path);
                if (folders && !RemoveFolder(here, name, path))
                    return false;
            }
        }
        finally
        {
            here.Dispose();
        }
    }

    private static bool RemoveFolder(Fd parent, byte[] name, string path)
    {
        if (unlinkat(parent.Number, name, AT_REMOVEDIR) == 0)
            return true;
        return Marshal.GetLastPInvokeError() switch
        {
            Errnos.ENOENT => true,
            Errnos.EBUSY or Errnos.ENOTEMPTY => false,
            var error => throw new LinuxException($"remove a folder in {path}", error),
        };
    }

    private static void Step(ref Fd here, int number, string path)
    {
        var next = new Fd(LinuxException.Check(number, $"look into {path}"));
        here.Dispose();
        here = next;
    }

    /// <summary>Removes its files, if asked to, and returns its folders' names, each with the NUL at its end.</summary>
    private static Queue<byte[]> Enter(Fd folder, Action<Fd>? entered, bool files)
    {
        entered?.Invoke(folder);
        var folders = new Queue<byte[]>();
        Span<byte> buffer = stackalloc byte[8192];
        while (true)
        {
            var length = (int)getdents64(SYS_getdents64, folder.Number, buffer, (nuint)buffer.Length);
            // Gone since it was opened: nothing is in it.
            if (length == 0 || length < 0 && Marshal.GetLastPInvokeError() == Errnos.ENOENT)
                return folders;
            LinuxException.Check(length, "read a folder");
            // struct linux_dirent64: 8 bytes inode, 8 offset, 2 length of the record, 1 type, then the name.
            for (var at = 0; at < length; at += BitConverter.ToUInt16(buffer[(at + 16)..]))
            {
                var name = buffer[(at + NameOffset)..length];
                name = name[..(name.IndexOf((byte)0) + 1)];
                if (name is [(byte)'.', 0] or [(byte)'.', (byte)'.', 0])
                    continue;
                if (buffer[at + 18] == DT_DIR || files && !Unlink(folder, name))
                    folders.Enqueue(name.ToArray());
            }
        }
    }

    /// <summary>All names in a folder that was opened just now, each with the NUL at its end.</summary>
    internal static List<byte[]> TerminatedNames(Fd folder)
    {
        var names = new List<byte[]>();
        Span<byte> buffer = stackalloc byte[8192];
        int length;
        while ((length = LinuxException.Check(
            (int)getdents64(SYS_getdents64, folder.Number, buffer, (nuint)buffer.Length), "read a folder")) > 0)
            for (var at = 0; at < length; at += BitConverter.ToUInt16(buffer[(at + 16)..]))
            {
                var name = buffer[(at + NameOffset)..length];
                name = name[..(name.IndexOf((byte)0) + 1)];
                if (name is not ([(byte)'.', 0] or [(byte)'.', (byte)'.', 0]))
                    names.Add(name.ToArray());
            }
        return names;
    }

    /// <summary>False: it is a folder, of a filesystem that does not say so in its listing.</summary>
    private static bool Unlink(Fd folder, ReadOnlySpan<byte> name)
    {
        if (unlinkat(folder.Number, name, 0) == 0)
            return true;
        var error = Marshal.GetLastPInvokeError();
        return error switch
        {
            Errnos.ENOENT => true,
            Errnos.EISDIR => false,
            _ => throw new LinuxException($"remove {System.Text.Encoding.UTF8.GetString(name[..^1])}", error),
        };
    }

    internal const int AT_REMOVEDIR = 0x200, NameOffset = 19;
    internal const byte DT_DIR = 4;

    /// <summary>Number of the system call; it is 61 on arm64.</summary>
    internal static readonly long SYS_getdents64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 61 : 217;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long getdents64(long number, int fd, Span<byte> buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(int folder, ReadOnlySpan<byte> name, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlinkat(int folder, ReadOnlySpan<byte> name, int flags);
}
