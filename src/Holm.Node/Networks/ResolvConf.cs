using Holm.Config;

namespace Holm.Node.Networks;

/// <summary>What programs read that ask name servers, resolv.conf(5), where no DHCP client writes it. Pure.</summary>
public static class ResolvConf
{
    /// <summary>Where it is, on the host as inside.</summary>
    public const string Path = "/etc/resolv.conf";

    /// <summary>Name servers that the C libraries read (MAXNS of <c>resolv.h</c>).</summary>
    private const int ServersMax = 3;

    /// <summary>True when each name server it names can be asked from another network: it has an IPv4 address, no loopback one.</summary>
    public static bool ReachesOut(string text) => text.Split('\n').Where(IsServer)
        .All(line => Ipv4.TryParse(Words(line).ElementAtOrDefault(1) ?? "") is { } server && server >> 24 is not (0 or 127));

    /// <summary>The same, but with one name server in place of its own.</summary>
    public static string Naming(string text, uint server) => string.Concat(text.Split('\n')
        .Where(line => line.Length > 0 && !IsServer(line)).Append($"nameserver {Ipv4.Text(server)}").Select(line => line + "\n"));

    /// <summary>What the host ends of an app's nics would tell it by DHCP, if it asked; null: nothing.</summary>
    public static string? Of(IReadOnlyList<Nic> nics)
    {
        var told = nics.Where(n => n is { Address: not null, Host.Dhcp: true }).ToList();
        var servers = told.SelectMany(n => n.Host.NameServers.Length > 0 ? n.Host.NameServers : [n.Host.Address!.Value.Address]);
        var domains = told.Select(n => n.Host.Domain).Where(d => d.Length > 0).Distinct().ToList();
        return told.Count == 0 ? null : (domains.Count > 0 ? $"search {string.Join(' ', domains)}\n" : "") +
            string.Concat(servers.Distinct().Take(ServersMax).Select(s => $"nameserver {Ipv4.Text(s)}\n"));
    }

    private static bool IsServer(string line) => Words(line) is ["nameserver", ..];

    private static string[] Words(string line) => line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
}
