using System.Globalization;
using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Networks;

/// <summary>The file in which dnsmasq(8) keeps what it has handed out: <c>EXPIRY MAC ADDRESS HOSTNAME CLIENT-ID</c>, a line each.</summary>
public static class LeaseFile
{
    /// <summary>Reads it; none is empty.</summary>
    public static IReadOnlyList<NetworkLease> Read(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Leases in the order of their addresses; a line that is cut, as dnsmasq writes just now, is left out.</summary>
    public static IReadOnlyList<NetworkLease> Parse(string text)
    {
        var leases = new List<(uint Order, NetworkLease Lease)>();
        foreach (var line in text.Split('\n'))
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var expiry, var mac, var address, var name, _, ..] &&
                long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) &&
                seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() &&
                Ipv4.TryParse(address) is { } order)
                leases.Add((order, new NetworkLease
                {
                    Hostname = name == "*" ? "" : name,
                    Hwaddr = mac,
                    Address = address,
                    ExpiresAt = seconds == 0 ? default : DateTimeOffset.FromUnixTimeSeconds(seconds),
                }));
        return [.. leases.OrderBy(l => l.Order).Select(l => l.Lease)];
    }
}
