using System.Globalization;
using System.Net;
using Holm.Contract;

namespace Holm.Config;

/// <summary>One end of a proxy: <c>tcp:ADDRESS:PORTS</c>, <c>udp:ADDRESS:PORTS</c>, <c>unix:/PATH</c> or <c>unix:@NAME</c>.</summary>
/// <param name="Kind"><c>tcp</c>, <c>udp</c> or <c>unix</c>.</param>
/// <param name="Host">Address of version 4 or 6 without brackets; of a unix socket its path, or <c>@</c> and an abstract name.</param>
/// <param name="Ports">As written, such as <c>80</c> or <c>80,8000-8010</c>; empty for unix sockets.</param>
/// <remarks>Source: LXD's <c>doc/reference/devices_proxy.md</c>.</remarks>
public sealed record ProxyAddress(string Kind, string Host, string Ports)
{
    /// <summary>Most ports of one proxy.</summary>
    public const int PortsMax = 256;

    /// <summary>True: packets, not streams.</summary>
    public bool IsPackets => Kind == "udp";

    /// <summary>True: a unix socket with a file.</summary>
    public bool IsPath => Kind == "unix" && Host[0] == '/';

    /// <summary>One address for each port; a unix socket is one.</summary>
    public IReadOnlyList<ProxyAddress> Each => Kind == "unix" ? [this]
        : [.. Numbers(Ports)!.Select(n => this with { Ports = n.ToString(CultureInfo.InvariantCulture) })];

    /// <summary>Reads one.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static ProxyAddress Read(string device, string key, string text)
    {
        Refusal No(string why) => new(400, $"device {device}: {key} {Names.Show(text)} is not allowed: {why}");
        if (text.Split(':', 2) is not [var kind, var rest] || kind is not ("tcp" or "udp" or "unix"))
            throw No("write tcp:ADDRESS:PORT, udp:ADDRESS:PORT or unix:/PATH");
        if (kind == "unix")
            return new ProxyAddress(kind, UnixOf(rest) ?? throw No(
                $"a unix socket has an absolute path without .., or @ and a name, of at most {Linux.UnixSocket.LongestPath} bytes"), "");
        var at = rest.LastIndexOf(':');
        if (at < 0)
            throw No("it has no port");
        var (host, ports) = (rest[..at], rest[(at + 1)..]);
        var bare = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        // 127.1 and names are none; version 6 in brackets, as elsewhere.
        if (!IPAddress.TryParse(bare, out var address) || (bare != host) != bare.Contains(':', StringComparison.Ordinal) ||
            (bare == host && address.ToString() != bare) || bare.Contains('%', StringComparison.Ordinal))
            throw No("its address is none such as 127.0.0.1 or [::1]");
        if (Numbers(ports) is not { } numbers)
            throw No("its ports are none such as 80 or 80,8000-8010; they go from 1 to 65535");
        if (numbers.Count > PortsMax)
            throw No($"it has {numbers.Count} ports, {PortsMax} are allowed");
        return new ProxyAddress(kind, address.ToString(), ports);
    }

    /// <inheritdoc/>
    public override string ToString() => Kind == "unix" ? $"unix:{Host}"
        : Host.Contains(':', StringComparison.Ordinal) ? $"{Kind}:[{Host}]:{Ports}" : $"{Kind}:{Host}:{Ports}";

    private static string? UnixOf(string text) =>
        text.Length > 1 && System.Text.Encoding.UTF8.GetByteCount(text) <= Linux.UnixSocket.LongestPath && !text.Any(char.IsControl) &&
        (text[0] == '@' || (text[0] == '/' && text[^1] != '/' && !text.Split('/').Any(p => p is ".." or "."))) ? text : null;

    private static List<int>? Numbers(string ports)
    {
        var numbers = new List<int>();
        foreach (var part in ports.Split(','))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || Port(ends[0]) is not { } first || Port(ends[^1]) is not { } last || first > last)
                return null;
            numbers.AddRange(Enumerable.Range(first, last - first + 1));
        }
        return numbers.Distinct().Count() == numbers.Count ? numbers : null;
    }

    private static int? Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535 ? port : null;
}
