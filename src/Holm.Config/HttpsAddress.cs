using System.Globalization;
using System.Net;
using Holm.Contract;

namespace Holm.Config;

/// <summary>Where the node answers LXD's API by TLS; LXD's key <c>core.https_address</c>.</summary>
/// <param name="Address">One address of the host; null: all.</param>
/// <param name="Port">TCP port.</param>
public sealed record HttpsAddress(IPAddress? Address, int Port)
{
    /// <summary>LXD's own port.</summary>
    public const int UsualPort = 8443;

    /// <summary>Reads <c>8443</c>, <c>:8443</c>, <c>10.0.0.1</c>, <c>10.0.0.1:8443</c>, <c>[fd00::1]:8443</c>.</summary>
    /// <exception cref="Refusal">400: it is none of them.</exception>
    public static HttpsAddress Parse(string text)
    {
        if (text.Length > 0 && text.All(char.IsAsciiDigit))
            return new(null, PortOf(text, text));
        var colon = text.LastIndexOf(':');
        var withPort = colon > text.LastIndexOf(']') && (text.StartsWith('[') || text.IndexOf(':', StringComparison.Ordinal) == colon);
        var (host, port) = withPort ? (text[..colon], PortOf(text, text[(colon + 1)..])) : (text, UsualPort);
        if ((withPort && host.Length == 0) || host is "*" or "[::]" or "::")
            return new(null, port);
        var bare = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        return IPAddress.TryParse(bare, out var address) && string.Equals(address.ToString(), bare, StringComparison.OrdinalIgnoreCase)
            && !bare.Contains('%') ? new(address, port) : throw Wrong(text);
    }

    /// <summary><c>ADDRESS:PORT</c>, <c>:PORT</c> for all addresses.</summary>
    public override string ToString() =>
        Address is null ? string.Create(CultureInfo.InvariantCulture, $":{Port}") : new IPEndPoint(Address, Port).ToString();

    private static int PortOf(string text, string port) => port.All(char.IsAsciiDigit)
        && ushort.TryParse(port, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : throw Wrong(text);

    private static Refusal Wrong(string text) => new(400, $"https {Names.Show(text)} is not allowed; write a port, an address of this " +
        "host, or both: 8443, 10.0.0.1:8443, [fd00::1]:8443");
}
