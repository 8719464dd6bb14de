using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holm.Linux;

/// <summary>An open file descriptor, closed exactly once. All of Holm's are close-on-exec.</summary>
public sealed partial class Fd : SafeHandleMinusOneIsInvalid
{
    /// <summary>Takes over <paramref name="number"/>.</summary>
    public Fd(int number) : base(ownsHandle: true) => SetHandle(number);

    /// <summary>The descriptor's number, for system calls made while this object lives.</summary>
    public int Number => (int)handle;

    /// <summary>Path by which other calls can name this open file: <c>/proc/self/fd/N</c>.</summary>
    public string ProcPath => $"/proc/self/fd/{Number}";

    /// <summary>Opens a path; open(2). O_CLOEXEC is always added.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd Open(string path, OpenFlags flags, uint mode = 0) =>
        new(LinuxException.Check(open(path, (int)(flags | OpenFlags.O_CLOEXEC), mode), $"open {path}"));

    /// <summary>A second descriptor, above the standard ones, of what an inherited number names; fcntl(2), F_DUPFD_CLOEXEC.</summary>
    /// <exception cref="LinuxException">EBADF: it names nothing.</exception>
    public static Fd Duplicate(int number) =>
        new(LinuxException.Check(fcntl(number, F_DUPFD_CLOEXEC, 3), "duplicate a descriptor"));

    /// <summary>Opens a path; null when the kernel refuses.</summary>
    public static Fd? TryOpen(string path, OpenFlags flags) =>
        open(path, (int)(flags | OpenFlags.O_CLOEXEC), 0) is >= 0 and var number ? new Fd(number) : null;

    /// <summary>
    /// Opens a path below a folder, never following a link out of it; openat2(2) with RESOLVE_IN_ROOT. A rename or mount anywhere on the
    /// machine while the kernel goes through a <c>..</c> gives EAGAIN, and is tried again.
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd OpenInRoot(Fd root, string path, OpenFlags flags, uint mode = 0)
    {
        var how = new OpenHow
        {
            Flags = (ulong)(uint)(flags | OpenFlags.O_CLOEXEC),
            Mode = mode,
            Resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
        };
        return new((int)LinuxException.Check(OpenAgain(root, Bytes(path), ref how), $"open {path} inside the root"));
    }

    /// <summary>The same for a path that may not be UTF-8.</summary>
    /// <param name="root">A folder.</param>
    /// <param name="path">The path, NUL at its end.</param>
    /// <param name="flags">Flags.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    internal static Fd OpenBytesInRoot(Fd root, ReadOnlySpan<byte> path, OpenFlags flags)
    {
        var how = new OpenHow { Flags = (ulong)(uint)(flags | OpenFlags.O_CLOEXEC), Resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
        return new((int)LinuxException.Check(OpenAgain(root, path, ref how), "open a path inside the root"));
    }

    /// <summary>
    /// Opens an absolute path on which no symbolic link lies, not even at its end; openat2(2) with RESOLVE_NO_SYMLINKS. ELOOP: one does.
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd OpenWithoutLinks(string path, OpenFlags flags)
    {
        var how = new OpenHow { Flags = (ulong)(uint)(flags | OpenFlags.O_CLOEXEC), Resolve = RESOLVE_NO_SYMLINKS };
        return new((int)LinuxException.Check(openat2(SYS_openat2, AT_FDCWD, Bytes(path), ref how, 24), $"open {path}"));
    }

    /// <summary>Makes a folder or an empty file, never through a link; mkdirat(2), openat(2). EEXIST: something has that name.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void MakeEntry(Fd folder, string name, bool isFolder)
    {
        if (isFolder)
            LinuxException.Check(mkdirat(folder.Number, name, 0x1ed), $"make the folder {name}");
        else
            new Fd(LinuxException.Check(
                openat(folder.Number, name, (int)(OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_CLOEXEC), 0x1a4),
                $"make the file {name}")).Dispose();
    }

    private static long OpenAgain(Fd root, ReadOnlySpan<byte> path, ref OpenHow how)
    {
        long result;
        var attempts = 0;
        do
            result = openat2(SYS_openat2, root.Number, path, ref how, 24);
        while (result < 0 && Marshal.GetLastPInvokeError() == Errnos.EAGAIN && ++attempts < OpenAttemptsMax);
        return result;
    }

    private static byte[] Bytes(string path) => System.Text.Encoding.UTF8.GetBytes(path + '\0');

    /// <summary>A pipe; pipe2(2). Only the ends named <c>nonBlocking</c> get O_NONBLOCK.</summary>
    public static (Fd Read, Fd Write) Pipe(bool nonBlockingRead = false, bool nonBlockingWrite = false)
    {
        Span<int> ends = stackalloc int[2];
        LinuxException.Check(pipe2(ends, (int)OpenFlags.O_CLOEXEC), "make a pipe");
        var pair = (Read: new Fd(ends[0]), Write: new Fd(ends[1]));
        if (nonBlockingRead)
            pair.Read.SetNonBlocking();
        if (nonBlockingWrite)
            pair.Write.SetNonBlocking();
        return pair;
    }

    /// <summary>An anonymous file in memory; memfd_create(2).</summary>
    public static Fd Memory(string name, ReadOnlySpan<byte> content)
    {
        var fd = new Fd(LinuxException.Check(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), "make a memory file"));
        fd.WriteAll(content);
        LinuxException.Check((int)lseek(fd.Number, 0, 0), "rewind a memory file");
        LinuxException.Check(fcntl(fd.Number, F_ADD_SEALS, F_SEAL_ALL), "seal a memory file");
        return fd;
    }

    /// <summary>True: it is a file in memory that nobody can write or cut any more; F_GET_SEALS(2const).</summary>
    public bool IsMemory => fcntl(Number, F_GET_SEALS, 0) is >= 0 and var seals && (seals & F_SEAL_ALL) == F_SEAL_ALL;

    /// <summary>True: it was opened with O_DIRECTORY, thus is a folder; no filesystem is asked. F_GETFL(2const).</summary>
    public bool IsOpenedAsFolder => fcntl(Number, F_GETFL, 0) is >= 0 and var flags && (flags & (int)OpenFlags.O_DIRECTORY) != 0;

    /// <summary>Sets O_NONBLOCK, so that <see cref="Processes.Epoll"/> can wait for it.</summary>
    public Fd SetNonBlocking()
    {
        var flags = LinuxException.Check(fcntl(Number, F_GETFL, 0), "read descriptor flags");
        LinuxException.Check(fcntl(Number, F_SETFL, flags | (int)OpenFlags.O_NONBLOCK), "set O_NONBLOCK");
        return this;
    }

    /// <summary>Reads once; -EAGAIN, -EIO and the like come back as negative numbers.</summary>
    public int TryRead(Span<byte> buffer)
    {
        int result;
        do
            result = (int)read(Number, buffer, (nuint)buffer.Length);
        while (result < 0 && Marshal.GetLastPInvokeError() == Errnos.EINTR);
        return result < 0 ? -Marshal.GetLastPInvokeError() : result;
    }

    /// <summary>Reads from a place of a file until it ends or the buffer is full, its own place left alone; pread(2).</summary>
    /// <returns>Bytes.</returns>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public int ReadAt(Span<byte> buffer, long offset)
    {
        var length = 0;
        while (length < buffer.Length)
        {
            var count = (int)pread(Number, buffer[length..], (nuint)(buffer.Length - length), offset + length);
            if (count < 0 && Marshal.GetLastPInvokeError() == Errnos.EINTR)
                continue;
            if (LinuxException.Check(count, "read a file") == 0)
                break;
            length += count;
        }
        return length;
    }

    /// <summary>Writes once; -EAGAIN, -EPIPE and the like come back as negative numbers.</summary>
    public int TryWrite(ReadOnlySpan<byte> buffer)
    {
        int result;
        do
            result = (int)write(Number, buffer, (nuint)buffer.Length);
        while (result < 0 && Marshal.GetLastPInvokeError() == Errnos.EINTR);
        return result < 0 ? -Marshal.GetLastPInvokeError() : result;
    }

    /// <summary>Writes everything to a blocking descriptor.</summary>
    public void WriteAll(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var written = TryWrite(buffer);
            if (written < 0)
                throw new LinuxException("write", -written);
            buffer = buffer[written..];
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => close((int)handle) == 0;

    private const int F_GETFL = 3, F_SETFL = 4, F_DUPFD_CLOEXEC = 1030, F_ADD_SEALS = 1033, F_GET_SEALS = 1034,
        F_SEAL_ALL = 0x1 | 0x2 | 0x4 | 0x8;
    private const uint MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2;
    private const int OpenAttemptsMax = 1000, AT_FDCWD = -100;
    internal const ulong RESOLVE_NO_MAGICLINKS = 0x02, RESOLVE_NO_SYMLINKS = 0x04, RESOLVE_IN_ROOT = 0x10;
    internal const long SYS_openat2 = 437;

    [StructLayout(LayoutKind.Sequential)]
    internal struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long openat2(long number, int dirfd, ReadOnlySpan<byte> path, ref OpenHow how, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdirat(int folder, string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openat(int folder, string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(Span<int> ends, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int fd, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, Span<byte> buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(int fd, Span<byte> buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);
}

/// <summary>Flags of open(2); values of x86-64 (<c>asm-generic/fcntl.h</c>, arm64 differs in O_DIRECTORY and O_NOFOLLOW).</summary>
[Flags]
public enum OpenFlags
{
    /// <summary>Read only.</summary>
    O_RDONLY = 0,
    /// <summary>Write only.</summary>
    O_WRONLY = 1,
    /// <summary>Read and write.</summary>
    O_RDWR = 2,
    /// <summary>Make it when missing.</summary>
    O_CREAT = 0x40,
    /// <summary>Fail when it exists.</summary>
    O_EXCL = 0x80,
    /// <summary>Do not take it as controlling terminal.</summary>
    O_NOCTTY = 0x100,
    /// <summary>Empty it.</summary>
    O_TRUNC = 0x200,
    /// <summary>Write at the end.</summary>
    O_APPEND = 0x400,
    /// <summary>Do not wait.</summary>
    O_NONBLOCK = 0x800,
    /// <summary>Only a directory.</summary>
    O_DIRECTORY = 0x10000,
    /// <summary>Not a symbolic link.</summary>
    O_NOFOLLOW = 0x20000,
    /// <summary>Closed by exec.</summary>
    O_CLOEXEC = 0x80000,
    /// <summary>Only a name, no access.</summary>
    O_PATH = 0x200000,
    /// <summary>A file without a name, in the folder that is opened.</summary>
    O_TMPFILE = 0x410000,
}
