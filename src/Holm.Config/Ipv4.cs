using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Holm.Config;

/// <summary>An IPv4 address of an interface with the length of its subnet's prefix, for example <c>10.0.0.1/24</c>.</summary>
/// <param name="Address">Host byte order.</param>
/// <param name="Length">Bits of the prefix, 1 to 32.</param>
public readonly record struct Ipv4Interface(uint Address, int Length)
{
    /// <summary>Bits that are set in every address of the subnet.</summary>
    public uint Mask => uint.MaxValue << (32 - Length);

    /// <summary>First address of the subnet.</summary>
    public uint Network => Address & Mask;

    /// <summary>Last address of the subnet.</summary>
    public uint Broadcast => Network | ~Mask;

    /// <summary>The subnet, for example <c>10.0.0.0/24</c>.</summary>
    public string Subnet => $"{Ipv4.Text(Network)}/{Length.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>True when the address lies in the subnet and names one host of it.</summary>
    public bool Holds(uint address) => (address & Mask) == Network && (Length >= 31 || (address != Network && address != Broadcast));

    /// <summary>True when the two subnets have an address in common.</summary>
    public bool Overlaps(Ipv4Interface other) => ((Address ^ other.Address) & Mask & other.Mask) == 0;

    /// <summary>
    /// The first address of a subnet of this one that overlaps none of those that are taken; null: none is free.
    /// </summary>
    /// <param name="length">Bits of its prefix.</param>
    /// <param name="taken">Subnets, by any address in them.</param>
    /// <param name="first">
    /// The one that is looked at first, from 0: chance, so that nodes side by side do not choose the same.
    /// </param>
    public Ipv4Interface? Free(int length, IEnumerable<Ipv4Interface> taken, int first)
    {
        var near = taken.Where(Overlaps).ToList();
        var count = 1u << (length - Length);
        for (var i = 0u; i < count; i++)
        {
            var subnet = new Ipv4Interface(Network + (((uint)first + i) % count << (32 - length)) + 1, length);
            if (!near.Exists(subnet.Overlaps))
                return subnet;
        }
        return null;
    }

    /// <summary>The address without its prefix.</summary>
    public IPAddress ToIPAddress() => new([(byte)(Address >> 24), (byte)(Address >> 16), (byte)(Address >> 8), (byte)Address]);

    /// <inheritdoc/>
    public override string ToString() => $"{Ipv4.Text(Address)}/{Length.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Reads it; null when it is none, or names the subnet or its broadcast address instead of a host.</summary>
    public static Ipv4Interface? TryParse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || Ipv4.TryParse(text[..slash]) is not { } address ||
            !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length is < 8 or > 32)
            return null;
        var parsed = new Ipv4Interface(address, length);
        var first = address >> 24;
        return first is 0 or 127 or >= 224 || !parsed.Holds(address) ? null : parsed;
    }
}

/// <summary>A run of IPv4 addresses, both ends included, for example <c>10.0.0.10-10.0.0.20</c>.</summary>
public readonly record struct Ipv4Range(uint First, uint Last)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Ipv4.Text(First)}-{Ipv4.Text(Last)}";

    /// <summary>Reads it; null when it is none.</summary>
    public static Ipv4Range? TryParse(string text)
    {
        var ends = text.Split('-');
        return ends.Length == 2 && Ipv4.TryParse(ends[0].Trim()) is { } first && Ipv4.TryParse(ends[1].Trim()) is { } last && first <= last
            ? new Ipv4Range(first, last) : null;
    }
}

/// <summary>Plain IPv4 addresses as numbers in host byte order.</summary>
public static class Ipv4
{
    /// <summary>Reads four decimal numbers; null when it is anything else.</summary>
    public static uint? TryParse(string text)
    {
        if (text.Count(c => c == '.') != 3 || text.Any(c => !char.IsAsciiDigit(c) && c != '.') ||
            text.Split('.').Any(part => part.Length is 0 or > 3 || (part.Length > 1 && part[0] == '0')) ||
            !IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetwork)
            return null;
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());
    }

    /// <summary>Four decimal numbers.</summary>
    public static string Text(uint address) => string.Create(
        CultureInfo.InvariantCulture, $"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}");
}
