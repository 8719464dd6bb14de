using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Holm.Linux.Netlink;

/// <summary>System calls on a socket of netlink(7), family NETLINK_ROUTE. It belongs to the network namespace it was made in.</summary>
internal static partial class NetlinkSocket
{
    /// <summary>How long an answer may take: the kernel gives it within the request, so this only keeps a bug from hanging.</summary>
    private const long AnswerSecondsMax = 10;

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    /// <param name="groups">RTMGRP_…: what to be told of unasked.</param>
    /// <param name="protocol">NETLINK_ROUTE, or NETLINK_KOBJECT_UEVENT.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd Open(uint groups = 0, int protocol = NETLINK_ROUTE)
    {
        var socket = new Fd(LinuxException.Check(
            NetlinkSocket.socket(Rtnetlink.AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), "open a netlink socket"));
        try
        {
            // In answers: the kernel's own words; not the whole request again; and a request's fields are checked (Linux 4.20). Older
            // kernels refuse these and do without.
            foreach (var option in (ReadOnlySpan<int>)[NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK])
                setsockopt(socket.Number, SOL_NETLINK, option, 1, sizeof(int));
            var patience = new UnixSocket.Timeval { Seconds = AnswerSecondsMax };
            LinuxException.Check(
                setsockopt(socket.Number, SOL_SOCKET, SO_RCVTIMEO, in patience, (uint)Unsafe.SizeOf<UnixSocket.Timeval>()),
                "set a netlink socket's deadline");
            var address = new SocketAddress { Family = Rtnetlink.AF_NETLINK, Groups = groups };
            LinuxException.Check(bind(socket.Number, in address, (uint)Unsafe.SizeOf<SocketAddress>()), "bind a netlink socket");
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends one message to the kernel.</summary>
    /// <returns>0, or an error number.</returns>
    public static int Send(Fd socket, ReadOnlySpan<byte> message)
    {
        while (send(socket.Number, message, (nuint)message.Length, 0) < 0)
            if (Marshal.GetLastPInvokeError() is not Errnos.EINTR and var error)
                return error;
        return 0;
    }

    /// <summary>Waits for a datagram from the kernel, and makes the buffer larger where it does not fit.</summary>
    /// <remarks>
    /// Whoever rules a network namespace may send to any netlink socket in it, so also to one that Holm has inside an app's namespace:
    /// the sender is looked at.
    /// </remarks>
    /// <returns>Bytes, or a negative error number: -EAGAIN, -ENOBUFS, ….</returns>
    public static int Receive(Fd socket, ref byte[] buffer)
    {
        while (true)
        {
            var length = Receive(socket, [], MSG_PEEK | MSG_TRUNC, out var sender);
            if (length > buffer.Length)
                buffer = new byte[Wire.Align(length)];
            if (length >= 0)
                length = Receive(socket, buffer, 0, out sender);
            if (length != -Errnos.EINTR && sender == 0)
                return length;
        }
    }

    /// <summary>Throws away what is there, without waiting.</summary>
    /// <returns>True when there was something, or so much that the kernel could not keep it.</returns>
    public static bool Drain(Fd socket)
    {
        Span<byte> unread = stackalloc byte[64];
        for (var any = false; ; any = true)
            if (Receive(socket, unread, MSG_DONTWAIT, out _) is < 0 and not (-Errnos.EINTR or -Errnos.ENOBUFS) and var error)
                return error == -Errnos.EAGAIN ? any : throw new LinuxException("read a netlink socket", -error);
    }

    /// <summary>Takes the kernel's next datagram without waiting; what does not fit is cut off.</summary>
    /// <returns>Bytes, 0 for one that is not the kernel's, or a negative error number: -EAGAIN, -ENOBUFS, ….</returns>
    public static int TryReceive(Fd socket, Span<byte> into) =>
        Receive(socket, into, MSG_DONTWAIT, out var sender) is var length && length > 0 && sender != 0 ? 0 : length;

    private static int Receive(Fd socket, Span<byte> into, int flags, out uint sender)
    {
        var from = default(SocketAddress);
        var size = (uint)Unsafe.SizeOf<SocketAddress>();
        var length = (int)recvfrom(socket.Number, into, (nuint)into.Length, flags, ref from, ref size);
        sender = from.Pid;
        return length < 0 ? -Marshal.GetLastPInvokeError() : length;
    }

    internal const int NETLINK_ROUTE = 0, NETLINK_KOBJECT_UEVENT = 15;
    private const int SOCK_RAW = 3, SOCK_CLOEXEC = 0x80000, SOL_SOCKET = 1, SO_RCVTIMEO = 20;
    private const int SOL_NETLINK = 270, NETLINK_CAP_ACK = 10, NETLINK_EXT_ACK = 11, NETLINK_GET_STRICT_CHK = 12;
    private const int MSG_PEEK = 2, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40;

    /// <summary><c>struct sockaddr_nl</c> of <c>linux/netlink.h</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SocketAddress
    {
        public ushort Family;
        public ushort Pad;
        /// <summary>Port of a socket; 0 is the kernel.</summary>
        public uint Pid;
        public uint Groups;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int socket, in SocketAddress address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int socket, int level, int option, in int value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int socket, int level, int option, in UnixSocket.Timeval value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int socket, ReadOnlySpan<byte> bytes, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvfrom(
        int socket, Span<byte> into, nuint length, int flags, ref SocketAddress from, ref uint fromLength);
}
