using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Holm.Node.Api;

/// <summary>
/// Lets each address have so many connections at once and no more: a stranger who opens all that he can keeps nobody else out. Of IPv6 the
/// first 64 bits count as one address, as they are one network's.
/// </summary>
internal sealed class FairShare(int most)
{
    private readonly ConcurrentDictionary<IPAddress, int> _open = new();

    /// <summary>Passes a connection on, or closes it.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => async connection =>
    {
        var from = Origin((connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None);
        try
        {
            if (_open.AddOrUpdate(from, 1, (_, count) => count + 1) <= most)
                await next(connection).ConfigureAwait(false);
        }
        finally
        {
            _open.AddOrUpdate(from, 0, (_, count) => count - 1);
            _open.TryRemove(KeyValuePair.Create(from, 0));
        }
    };

    private static IPAddress Origin(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
