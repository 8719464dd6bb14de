using Holm.Linux.Netlink;
using Holm.Linux.Processes;

namespace Holm.Linux.Hardware;

/// <summary>
/// Hears from the kernel that device files came or went; netlink(7), NETLINK_KOBJECT_UEVENT. What happened is not told: whoever hears
/// something looks again. The kernel has made the file in /dev before it tells.
/// </summary>
public sealed class DeviceEvents : IDisposable
{
    private readonly Fd _socket;

    private DeviceEvents(Fd socket) => _socket = socket;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static DeviceEvents Open() => new(NetlinkSocket.Open(Kernel, NetlinkSocket.NETLINK_KOBJECT_UEVENT));

    /// <summary>Completes when there is something to hear; <see cref="Drain"/> then takes it.</summary>
    public Task Wait(CancellationToken ct) => Epoll.Readable(_socket, ct);

    /// <summary>Takes all that is there, without waiting.</summary>
    /// <returns>True: a device file came or went, or so much was told that the kernel could not keep it.</returns>
    public bool Drain()
    {
        var (any, message) = (false, new byte[LongestMessage]);
        while (NetlinkSocket.TryReceive(_socket, message) is var length && length is >= 0 or -Errnos.ENOBUFS or -Errnos.EINTR)
            any |= length == -Errnos.ENOBUFS || length > 0 && IsOfFile(message.AsSpan(0, length));
        return any;
    }

    /// <summary>
    /// <c>ACTION@PATH</c>, then <c>KEY=VALUE</c>, each with a NUL behind it; lib/kobject_uevent.c. The kernel tells of much else, each
    /// attached loop device for one.
    /// </summary>
    internal static bool IsOfFile(ReadOnlySpan<byte> message) =>
        (message.StartsWith("add@"u8) || message.StartsWith("remove@"u8)) && message.IndexOf("\0DEVNAME="u8) > 0;

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    /// <summary>The group of the kernel's own messages; udev's are of group 2.</summary>
    private const uint Kernel = 1;

    /// <summary>UEVENT_BUFFER_SIZE is 2048, and the head goes before it.</summary>
    private const int LongestMessage = 4096;
}
