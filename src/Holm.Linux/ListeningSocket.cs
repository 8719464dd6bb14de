using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Holm.Linux.Mounts;

namespace Holm.Linux;

/// <summary>
/// Sockets that take connections or packets, to be handed to another program. One belongs to the network namespace of the thread that makes
/// it, whoever uses it later. Blocking; close-on-exec.
/// </summary>
public static partial class ListeningSocket
{
    /// <summary>Makes one at an address of the calling thread's network namespace; ip(7), ipv6(7).</summary>
    /// <param name="address">Address.</param>
    /// <param name="port">Port.</param>
    /// <param name="packets">True: UDP; false: TCP.</param>
    /// <exception cref="LinuxException">EADDRINUSE, EADDRNOTAVAIL, …</exception>
    public static Fd At(IPAddress address, int port, bool packets)
    {
        var end = new IPEndPoint(address, port);
        var name = end.Serialize();
        var family = address.AddressFamily == AddressFamily.InterNetwork ? AF_INET : AF_INET6;
        return Bound(family, packets ? SOCK_DGRAM : SOCK_STREAM, name.Buffer.Span[..name.Size], $"listen on {end}");
    }

    /// <summary>Makes one of an abstract name, in the calling thread's network namespace; unix(7).</summary>
    /// <param name="name">Without the NUL, or @, before it.</param>
    /// <exception cref="LinuxException">EADDRINUSE, …</exception>
    public static Fd Abstract(string name) =>
        Bound(AF_UNIX, SOCK_STREAM, [AF_UNIX, 0, 0, .. Encoding.UTF8.GetBytes(name)], $"listen on @{name}");

    /// <summary>Makes one with a file, in an open folder; unix(7). A socket of that name on which nobody listens is replaced.</summary>
    /// <param name="folder">An open folder, whosever it is.</param>
    /// <param name="name">Name in it, one component.</param>
    /// <param name="user">Owner of the file, as the host counts.</param>
    /// <param name="group">Group, as the host counts.</param>
    /// <param name="mode">Permission bits.</param>
    /// <exception cref="LinuxException">EADDRINUSE: something has that name; …</exception>
    public static Fd InFolder(Fd folder, string name, uint user, uint group, uint mode)
    {
        RemoveDead(folder, name);
        return FilesystemUser.Run(user, group, () =>
        {
            var path = $"/proc/self/fd/{folder.Number}/{name}";
            return Bound(AF_UNIX, SOCK_STREAM, [AF_UNIX, 0, .. Encoding.UTF8.GetBytes(path), 0], $"listen on {name}", mode);
        });
    }

    /// <summary>Removes a socket's file, if it is one and nobody listens on it.</summary>
    public static void RemoveDead(Fd folder, string name)
    {
        using var file = Files.FolderEntry.TryOpen(folder, name);
        if (file is null || (Files.FileStat.Of(file).Mode & S_IFMT) != S_IFSOCK)
            return;
        try
        {
            UnixSocket.Connect(file.ProcPath, TimeSpan.FromMilliseconds(1)).Dispose();
        }
        catch (LinuxException e) when (e.Errno == Errnos.ECONNREFUSED)
        {
            Files.FolderEntry.Remove(folder, name);
        }
        catch (LinuxException)
        {
            return;
        }
    }

    private static Fd Bound(int family, int type, ReadOnlySpan<byte> address, string doing, uint? mode = null)
    {
        var socket = new Fd(LinuxException.Check(ListeningSocket.socket(family, type | (int)OpenFlags.O_CLOEXEC, 0), "make a socket"));
        try
        {
            // Connections of an earlier listener that are still being closed are no hindrance.
            if (family != AF_UNIX && type == SOCK_STREAM)
                LinuxException.Check(setsockopt(socket.Number, SOL_SOCKET, SO_REUSEADDR, 1, sizeof(int)), doing);
            // The file has the mode that the socket has: it is never there with another.
            if (mode is { } bits)
                Files.FolderEntry.SetMode(socket, bits);
            LinuxException.Check(bind(socket.Number, address, (uint)address.Length), doing);
            if (type == SOCK_STREAM)
                LinuxException.Check(listen(socket.Number, Backlog), doing);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private const int AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1, SOCK_DGRAM = 2, SOL_SOCKET = 1, SO_REUSEADDR = 2;
    private const int Backlog = 128;
    private const uint S_IFMT = 0xF000, S_IFSOCK = 0xC000;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int socket, int level, int option, in int value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int socket, ReadOnlySpan<byte> address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(int socket, int backlog);
}
