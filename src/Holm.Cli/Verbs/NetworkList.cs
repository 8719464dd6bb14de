using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm network list</c></summary>
internal static class NetworkList
{
    public static Verb Build()
    {
        var format = Parts.ListFormat();
        return new("list", "list the networks, and the host's other interfaces", format)
        {
            More = "Managed networks are those that Holm makes; what is not managed is an interface of the host, which can be the parent "
                + "of a nic. holm network show tells why a network is Errored.",
            Examples = ["holm network list"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), "/1.0/networks?recursion=1",
                ContractJson.Default.IReadOnlyListNetwork, Rows),
        };
    }

    private static Table Rows(IReadOnlyList<Network> networks)
    {
        var table = new Table("NAME", "TYPE", "MANAGED", "IPV4", "STATUS", "USED BY", "DESCRIPTION");
        foreach (var network in networks.OrderByDescending(n => n.Managed).ThenBy(n => n.Name, StringComparer.Ordinal))
            table.Add(network.Name, network.Type, Say.YesNo(network.Managed), network.Config.GetValueOrDefault("ipv4.address", ""),
                network.Status, Say.Users(network.UsedBy), network.Description);
        return table;
    }
}
