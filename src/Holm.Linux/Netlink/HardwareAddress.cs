using System.Globalization;

namespace Holm.Linux.Netlink;

/// <summary>Hardware addresses as Holm writes them: <c>02:00:5e:00:00:01</c>, small letters.</summary>
internal static class HardwareAddress
{
    private const int EthernetBytes = 6;

    /// <summary>As text, however long it is; null when it has no byte.</summary>
    public static string? Format(ReadOnlySpan<byte> address)
    {
        if (address.IsEmpty)
            return null;
        // Infiniband's, the longest, have 20.
        Span<char> text = stackalloc char[Math.Min(address.Length, 32) * 3];
        for (var i = 0; i < text.Length; i += 3)
        {
            address[i / 3].TryFormat(text[i..], out _, "x2", CultureInfo.InvariantCulture);
            text[i + 2] = ':';
        }
        return new string(text[..^1]);
    }

    /// <summary>Adds one of Ethernet to a request.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static void Add(MessageWriter request, string address)
    {
        Span<byte> bytes = stackalloc byte[EthernetBytes];
        var text = address.AsSpan();
        if (text.Length != EthernetBytes * 3 - 1)
            throw Invalid(address);
        for (var i = 0; i < EthernetBytes; i++)
            if (!byte.TryParse(text.Slice(i * 3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i])
                || (i > 0 && text[i * 3 - 1] != ':'))
                throw Invalid(address);
        request.Add(Rtnetlink.IFLA_ADDRESS, bytes);
    }

    private static ArgumentException Invalid(string address) => new($"'{address}' is no hardware address such as 02:00:5e:00:00:01");
}
