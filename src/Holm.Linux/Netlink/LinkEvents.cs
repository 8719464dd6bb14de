using Holm.Linux.Processes;

namespace Holm.Linux.Netlink;

/// <summary>
/// Hears that links of one network namespace were made, changed or deleted. What happened is not told: whoever hears something looks again.
/// </summary>
public sealed class LinkEvents : IDisposable
{
    private readonly Fd _socket;

    private LinkEvents(Fd socket) => _socket = socket;

    /// <summary>Begins to listen in the calling thread's network namespace.</summary>
    /// <param name="addresses">True: to changes of IP addresses, too.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static LinkEvents Open(bool addresses = false) => new(NetlinkSocket.Open(
        Rtnetlink.RTMGRP_LINK | (addresses ? Rtnetlink.RTMGRP_IPV4_IFADDR | Rtnetlink.RTMGRP_IPV6_IFADDR : 0)));

    /// <summary>Begins to listen in another network namespace.</summary>
    /// <inheritdoc cref="Open"/>
    public static LinkEvents OpenIn(Fd netNamespace, bool addresses = false) => NetNamespace.Run(netNamespace, () => Open(addresses));

    /// <summary>Completes when there is something to hear; <see cref="Drain"/> then takes it.</summary>
    public Task Wait(CancellationToken ct = default) => Epoll.Readable(_socket, ct);

    /// <summary>Takes all that is there, without waiting.</summary>
    /// <returns>False: nothing. So much that the kernel had to drop some is something.</returns>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public bool Drain() => NetlinkSocket.Drain(_socket);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
