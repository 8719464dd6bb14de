using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Holm.Linux;

/// <summary>Who is at the other end of a unix socket, as the kernel says; unix(7), SO_PEERCRED and SO_PEERGROUPS.</summary>
/// <param name="Pid">Process that connected.</param>
/// <param name="Uid">Its user.</param>
/// <param name="Gid">Its group.</param>
/// <param name="Groups">Its further groups.</param>
public sealed record Peer(int Pid, uint Uid, uint Gid, IReadOnlyList<uint> Groups);

/// <summary>Unix sockets that carry whole messages, and open files with them; unix(7), SOCK_SEQPACKET and SCM_RIGHTS.</summary>
/// <remarks>.NET's sockets cannot send a descriptor (E26).</remarks>
public static unsafe partial class PacketSocket
{
    /// <summary>Most descriptors that one message may carry here; the kernel's own limit is 253.</summary>
    public const int FilesMax = 16;

    /// <summary>Makes a socket that listens, non-blocking. What has that name is replaced.</summary>
    /// <param name="folder">An open folder; the path may be longer than a socket's address.</param>
    /// <param name="name">Name in it.</param>
    /// <param name="mode">Permission bits.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd Listen(Fd folder, string name, uint mode)
    {
        var path = $"{folder.ProcPath}/{name}";
        File.Delete(path);
        var socket = Make(SOCK_NONBLOCK);
        try
        {
            Span<byte> address = stackalloc byte[AddressBytes];
            LinuxException.Check(bind(socket.Number, address, AddressOf(path, address)), $"make the socket {name}");
            File.SetUnixFileMode(path, (UnixFileMode)mode);
            LinuxException.Check(listen(socket.Number, Backlog), $"listen on {name}");
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to a socket that listens.</summary>
    /// <exception cref="LinuxException">ENOENT, ECONNREFUSED: nobody listens there; EACCES.</exception>
    public static Fd Connect(string path)
    {
        var socket = Make(0);
        try
        {
            Span<byte> address = stackalloc byte[AddressBytes];
            var length = AddressOf(path, address);
            int result;
            do
                result = connect(socket.Number, address, length);
            while (result < 0 && Marshal.GetLastPInvokeError() == Errnos.EINTR);
            LinuxException.Check(result, $"connect to {path}");
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to a socket in an open folder.</summary>
    /// <exception cref="LinuxException">As above.</exception>
    public static Fd Connect(Fd folder, string name) => Connect($"{folder.ProcPath}/{name}");

    /// <summary>Takes the next caller; null: there is none just now.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd? Accept(Fd listening)
    {
        var result = accept4(listening.Number, 0, 0, SOCK_CLOEXEC);
        if (result >= 0)
            return new Fd(result);
        return Marshal.GetLastPInvokeError() is Errnos.EAGAIN or Errnos.EINTR or ECONNABORTED ? null
            : throw LinuxException.Last("take a caller");
    }

    /// <summary>Who connected.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Peer PeerOf(Fd socket)
    {
        Credentials credentials;
        uint length = (uint)sizeof(Credentials), groupBytes = GroupsMax * sizeof(uint);
        LinuxException.Check(getsockopt(socket.Number, SOL_SOCKET, SO_PEERCRED, &credentials, ref length), "ask who called");
        var groups = stackalloc uint[GroupsMax];
        // A caller with more groups than this is known by fewer.
        if (getsockopt(socket.Number, SOL_SOCKET, SO_PEERGROUPS, groups, ref groupBytes) < 0)
            groupBytes = 0;
        return new Peer(credentials.Pid, credentials.Uid, credentials.Gid,
            new ReadOnlySpan<uint>(groups, (int)groupBytes / sizeof(uint)).ToArray());
    }

    /// <summary>Sends one message, and descriptors with it; waits while the other end's queue is full.</summary>
    /// <exception cref="LinuxException">EPIPE, ECONNRESET: the other end is gone; EMSGSIZE.</exception>
    public static void Send(Fd socket, ReadOnlySpan<byte> message, params ReadOnlySpan<Fd> files)
    {
        if (!TrySend(socket, message, 0, files))
            throw LinuxException.Last("send a message");
    }

    /// <summary>The same without waiting; false: it could not be sent.</summary>
    public static bool TrySend(Fd socket, ReadOnlySpan<byte> message, params ReadOnlySpan<Fd> files) =>
        TrySend(socket, message, MSG_DONTWAIT, files);

    private static bool TrySend(Fd socket, ReadOnlySpan<byte> message, int flags, ReadOnlySpan<Fd> files)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(files.Length, FilesMax);
        var control = stackalloc byte[ControlBytes];
        *(ControlHead*)control = new ControlHead
        {
            Length = (nuint)(sizeof(ControlHead) + files.Length * sizeof(int)),
            Level = SOL_SOCKET,
            Type = SCM_RIGHTS,
        };
        for (var i = 0; i < files.Length; i++)
            ((int*)(control + sizeof(ControlHead)))[i] = files[i].Number;
        fixed (byte* bytes = message)
        {
            var part = new Part { Base = bytes, Length = (nuint)message.Length };
            var head = new Message { Parts = &part, PartCount = 1 };
            if (files.Length > 0)
            {
                head.Control = control;
                head.ControlLength = (nuint)(sizeof(ControlHead) + Padded(files.Length * sizeof(int)));
            }
            nint result;
            do
                result = sendmsg(socket.Number, ref head, flags | MSG_NOSIGNAL);
            while (result < 0 && Marshal.GetLastPInvokeError() == Errnos.EINTR);
            return result == message.Length;
        }
    }

    /// <summary>Receives one message; waits for it unless the socket is non-blocking.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="into">What is longer than this is cut, and refused.</param>
    /// <param name="files">Gets the descriptors that came with it; the caller disposes them.</param>
    /// <returns>Bytes; 0 when the other end is gone.</returns>
    /// <exception cref="LinuxException">EMSGSIZE: it is too long, or has too many descriptors; they are closed.</exception>
    public static int Receive(Fd socket, Span<byte> into, List<Fd> files)
    {
        var control = stackalloc byte[ControlBytes];
        fixed (byte* bytes = into)
        {
            var part = new Part { Base = bytes, Length = (nuint)into.Length };
            var head = new Message { Parts = &part, PartCount = 1, Control = control, ControlLength = ControlBytes };
            nint result;
            do
                result = recvmsg(socket.Number, ref head, MSG_CMSG_CLOEXEC);
            while (result < 0 && Marshal.GetLastPInvokeError() == Errnos.EINTR);
            if (result < 0 && Marshal.GetLastPInvokeError() == Errnos.ECONNRESET)
                return 0;
            LinuxException.Check((long)result, "receive a message");
            var rights = (ControlHead*)control;
            if (head.ControlLength >= (nuint)sizeof(ControlHead) && rights->Level == SOL_SOCKET && rights->Type == SCM_RIGHTS)
                for (var i = 0; i < ((int)rights->Length - sizeof(ControlHead)) / sizeof(int); i++)
                    files.Add(new Fd(((int*)(control + sizeof(ControlHead)))[i]));
            if ((head.Flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
                return (int)result;
            files.ForEach(f => f.Dispose());
            files.Clear();
            throw new LinuxException("receive a message", EMSGSIZE);
        }
    }

    private static Fd Make(int flags) =>
        new(LinuxException.Check(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0), "make a socket"));

    private static uint AddressOf(string path, Span<byte> address)
    {
        if (Encoding.UTF8.GetByteCount(path) > UnixSocket.LongestPath)
            throw new LinuxException($"use {path} as a socket's address", Errnos.ENAMETOOLONG);
        address.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(address, AF_UNIX);
        return (uint)(2 + Encoding.UTF8.GetBytes(path, address[2..]) + 1);
    }

    private static int Padded(int length) => (length + sizeof(nuint) - 1) & ~(sizeof(nuint) - 1);

    private const int AddressBytes = 2 + UnixSocket.LongestPath + 1, Backlog = 1024, GroupsMax = 1024;
    private const int ControlBytes = 16 + FilesMax * sizeof(int);
    private const int AF_UNIX = 1, SOCK_SEQPACKET = 5, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
    private const int SOL_SOCKET = 1, SO_PEERCRED = 17, SO_PEERGROUPS = 59, SCM_RIGHTS = 1;
    private const int MSG_CTRUNC = 0x8, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000, MSG_CMSG_CLOEXEC = 0x40000000;
    private const int EMSGSIZE = 90, ECONNABORTED = 103;

    /// <summary>struct ucred of sys/socket.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Credentials
    {
        public int Pid;
        public uint Uid;
        public uint Gid;
    }

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Part
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Message
    {
        public void* Name;
        public uint NameLength;
        public Part* Parts;
        public nuint PartCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>struct cmsghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ControlHead
    {
        public nuint Length;
        public int Level;
        public int Type;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int socket, ReadOnlySpan<byte> address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int socket, ReadOnlySpan<byte> address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(int socket, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int accept4(int socket, nint address, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(int socket, int level, int option, void* value, ref uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int socket, ref Message message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int socket, ref Message message, int flags);
}
