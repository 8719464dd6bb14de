using System.Net;
using System.Net.Sockets;

namespace Holm.Linux.Netlink;

/// <summary>An IP address on a link.</summary>
/// <param name="Index">The link's index.</param>
/// <param name="Address">Address; a link-local one of IPv6 carries no scope id.</param>
/// <param name="PrefixLength">Bits that the link's neighbours share.</param>
/// <param name="Scope"><c>RT_SCOPE_…</c> of <c>linux/rtnetlink.h</c>: 0 everywhere, 253 on this link, 254 on this host.</param>
/// <param name="Label">IPv4: a name that begins with the link's. IPv6: null.</param>
public sealed record LinkAddress(int Index, IPAddress Address, int PrefixLength, int Scope, string? Label)
{
    /// <summary>Reads a message; null when it is about no address of IPv4 or IPv6.</summary>
    /// <exception cref="LinuxException">EBADMSG: it makes no sense.</exception>
    internal static LinkAddress? Parse(ushort type, ReadOnlySpan<byte> body)
    {
        if (type != Rtnetlink.RTM_NEWADDR)
            return null;
        var head = Wire.Read<AddressHead>(body);
        if (head.Family is not (Rtnetlink.AF_INET or Rtnetlink.AF_INET6))
            return null;
        IPAddress? local = null, address = null;
        string? label = null;
        var attributes = new AttributeReader(Wire.After<AddressHead>(body));
        while (attributes.Next())
        {
            if (attributes.Type is Rtnetlink.IFA_LOCAL or Rtnetlink.IFA_ADDRESS
                && attributes.Value.Length != (head.Family == Rtnetlink.AF_INET ? 4 : 16))
                throw Wire.Malformed();
            if (attributes.Type == Rtnetlink.IFA_LOCAL)
                local = new IPAddress(attributes.Value);
            else if (attributes.Type == Rtnetlink.IFA_ADDRESS)
                address = new IPAddress(attributes.Value);
            else if (attributes.Type == Rtnetlink.IFA_LABEL)
                label = Wire.Text(attributes.Value);
        }
        // On a point-to-point link IFA_ADDRESS is the other end's.
        return new LinkAddress(head.Index, local ?? address ?? throw Wire.Malformed(), head.PrefixLength, head.Scope, label);
    }
}

// IP addresses of links.
public sealed partial class RouteSocket
{
    /// <summary>All addresses of IPv4 and IPv6.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public IReadOnlyList<LinkAddress> Addresses()
    {
        _request.Begin(Rtnetlink.RTM_GETADDR, Dumping, new AddressHead());
        return Read("list addresses", LinkAddress.Parse);
    }

    /// <summary>Gives a link an address; one of IPv4 with the broadcast address that its prefix makes.</summary>
    /// <returns>False: it has it already.</returns>
    /// <exception cref="LinuxException">ENODEV: there is no such link. EINVAL: the prefix is too long.</exception>
    public bool AddAddress(int index, IPAddress address, int prefixLength)
    {
        BeginAddress(Rtnetlink.RTM_NEWADDR, Creating, index, address, prefixLength);
        if (address.AddressFamily == AddressFamily.InterNetwork && prefixLength is >= 0 and <= 30)
        {
            Span<byte> broadcast = stackalloc byte[4];
            address.TryWriteBytes(broadcast, out _);
            for (var bit = prefixLength; bit < 32; bit++)
                broadcast[bit / 8] |= (byte)(0x80 >> (bit % 8));
            _request.Add(Rtnetlink.IFA_BROADCAST, broadcast);
        }
        return Exchange() switch
        {
            0 => true,
            Errnos.EEXIST => false,
            var error => throw RefusedFor(index, error, named => $"give link {named} the address {address}/{prefixLength}"),
        };
    }

    /// <summary>Takes an address from a link.</summary>
    /// <returns>False: it does not have it.</returns>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public bool RemoveAddress(int index, IPAddress address, int prefixLength)
    {
        BeginAddress(Rtnetlink.RTM_DELADDR, Changing, index, address, prefixLength);
        return Exchange() switch
        {
            0 => true,
            Errnos.EADDRNOTAVAIL or Errnos.ENODEV => false,
            var error => throw RefusedFor(index, error, named => $"take the address {address}/{prefixLength} from link {named}"),
        };
    }

    private void BeginAddress(ushort type, ushort flags, int index, IPAddress address, int prefixLength)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var count);
        _request.Begin(type, flags, new AddressHead
        {
            Family = count == 4 ? Rtnetlink.AF_INET : Rtnetlink.AF_INET6,
            PrefixLength = checked((byte)prefixLength),
            Index = Existing(index),
        });
        _request.Add(Rtnetlink.IFA_LOCAL, bytes[..count]);
        _request.Add(Rtnetlink.IFA_ADDRESS, bytes[..count]);
    }
}
