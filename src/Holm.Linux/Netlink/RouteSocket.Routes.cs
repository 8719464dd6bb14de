using System.Net;
using System.Net.Sockets;

namespace Holm.Linux.Netlink;

/// <summary>Addresses of IPv4 for which there is a route.</summary>
/// <param name="Address">The first of them.</param>
/// <param name="PrefixLength">Bits that they have in common; 0: a default route.</param>
public sealed record RouteTarget(IPAddress Address, int PrefixLength)
{
    /// <summary>Reads a message; null when it is about no route of IPv4.</summary>
    /// <exception cref="LinuxException">EBADMSG: it makes no sense.</exception>
    internal static RouteTarget? Parse(ushort type, ReadOnlySpan<byte> body)
    {
        if (type != Rtnetlink.RTM_NEWROUTE)
            return null;
        var head = Wire.Read<RouteHead>(body);
        if (head.Family != Rtnetlink.AF_INET)
            return null;
        var first = IPAddress.Any;
        var attributes = new AttributeReader(Wire.After<RouteHead>(body));
        while (attributes.Next())
            if (attributes.Type == Rtnetlink.RTA_DST)
                first = attributes.Value.Length == 4 ? new IPAddress(attributes.Value) : throw Wire.Malformed();
        return head.DstLen <= 32 ? new RouteTarget(first, head.DstLen) : throw Wire.Malformed();
    }
}

// Routes of IPv4.
public sealed partial class RouteSocket
{
    /// <summary>Where the routes of all tables lead, those that the kernel made for addresses among them.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public IReadOnlyList<RouteTarget> Routes()
    {
        _request.Begin(Rtnetlink.RTM_GETROUTE, Dumping, new RouteHead { Family = Rtnetlink.AF_INET });
        return Read("list routes", RouteTarget.Parse);
    }

    /// <summary>Adds a default route by a neighbour on a link, which is up; one that is there already is used before it.</summary>
    /// <returns>False: there is just this one.</returns>
    /// <exception cref="LinuxException">ENETUNREACH: the neighbour is in no subnet of the link. ENETDOWN: the link is down.</exception>
    public bool AddDefaultRoute(int index, IPAddress gateway)
    {
        BeginDefaultRoute(Rtnetlink.RTM_NEWROUTE, Asking | Rtnetlink.NLM_F_CREATE | Rtnetlink.NLM_F_APPEND, index, gateway);
        return Exchange() switch
        {
            0 => true,
            Errnos.EEXIST => false,
            var error => throw RefusedFor(index, error, named => $"make {gateway} on link {named} the default route"),
        };
    }

    /// <summary>Takes away a default route by a neighbour on a link.</summary>
    /// <returns>False: there is none.</returns>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public bool RemoveDefaultRoute(int index, IPAddress gateway)
    {
        BeginDefaultRoute(Rtnetlink.RTM_DELROUTE, Changing, index, gateway);
        return Exchange() switch
        {
            0 => true,
            Errnos.ESRCH or Errnos.ENODEV => false,
            var error => throw RefusedFor(index, error, named => $"take the default route by {gateway} on link {named} away"),
        };
    }

    private void BeginDefaultRoute(ushort type, ushort flags, int index, IPAddress gateway)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (gateway.AddressFamily != AddressFamily.InterNetwork || !gateway.TryWriteBytes(bytes, out _))
            throw new ArgumentException("a gateway of IPv4 has four bytes", nameof(gateway));
        _request.Begin(type, flags, new RouteHead
        {
            Family = Rtnetlink.AF_INET,
            Table = Rtnetlink.RT_TABLE_MAIN,
            Protocol = Rtnetlink.RTPROT_STATIC,
            Type = Rtnetlink.RTN_UNICAST,
        });
        _request.Add(Rtnetlink.RTA_GATEWAY, bytes);
        _request.Add(Rtnetlink.RTA_OIF, Existing(index));
    }
}
