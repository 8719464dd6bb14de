using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Holm.Linux;

/// <summary>The client's side of a unix stream socket; unix(7).</summary>
/// <remarks>In place of .NET's Socket where a program lives for milliseconds: that starts an epoll thread with the first socket.</remarks>
public static partial class UnixSocket
{
    /// <summary>Longest path, bytes: <c>sun_path</c> and the NUL behind it.</summary>
    public const int LongestPath = 107;

    /// <summary>Connects to a listening socket.</summary>
    /// <param name="path">Not longer than <see cref="LongestPath"/>.</param>
    /// <param name="patience">How long to wait while the listener's queue is full; null: no limit.</param>
    /// <exception cref="LinuxException">ENOENT, ECONNREFUSED, EACCES, EAGAIN (not in time), …</exception>
    public static Fd Connect(string path, TimeSpan? patience)
    {
        Span<byte> address = stackalloc byte[2 + LongestPath + 1];
        address.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(address, AF_UNIX);
        var length = Encoding.UTF8.GetBytes(path, address.Slice(2, LongestPath));
        var socket = new Fd(LinuxException.Check(
            UnixSocket.socket(AF_UNIX, SOCK_STREAM | (int)OpenFlags.O_CLOEXEC, 0), "make a socket"));
        try
        {
            if (patience is { } limit)
            {
                var (seconds, rest) = Math.DivRem((long)limit.TotalMicroseconds, 1_000_000);
                var time = new Timeval { Seconds = seconds, Microseconds = rest };
                LinuxException.Check(
                    setsockopt(socket.Number, SOL_SOCKET, SO_SNDTIMEO, in time, (uint)Marshal.SizeOf<Timeval>()), "set a deadline");
            }
            LinuxException.Check(connect(socket.Number, address, (uint)(2 + length + 1)), $"connect to {path}");
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends what goes without waiting; a negative error number when nothing does: -EAGAIN, -EPIPE, ….</summary>
    public static int TrySend(Fd socket, ReadOnlySpan<byte> bytes)
    {
        var count = (int)send(socket.Number, bytes, (nuint)bytes.Length, MSG_DONTWAIT | MSG_NOSIGNAL);
        return count < 0 ? -Marshal.GetLastPInvokeError() : count;
    }

    /// <summary>Receives what is there without waiting; 0 at the end, a negative error number when nothing is: -EAGAIN, ….</summary>
    public static int TryReceive(Fd socket, Span<byte> into)
    {
        var count = (int)recv(socket.Number, into, (nuint)into.Length, MSG_DONTWAIT);
        return count < 0 ? -Marshal.GetLastPInvokeError() : count;
    }

    private const int AF_UNIX = 1, SOCK_STREAM = 1, SOL_SOCKET = 1, SO_SNDTIMEO = 21, MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000;

    /// <summary>struct timeval of sys/time.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Timeval
    {
        public long Seconds;
        public long Microseconds;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int socket, ReadOnlySpan<byte> address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int socket, int level, int option, in Timeval value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int socket, ReadOnlySpan<byte> bytes, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int socket, Span<byte> into, nuint length, int flags);
}
