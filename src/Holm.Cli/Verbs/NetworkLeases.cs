using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm network leases NAME</c></summary>
internal static class NetworkLeases
{
    public static Verb Build()
    {
        var name = Parts.One("NAME", "name of the network", LiveNames.Networks);
        var format = Parts.ListFormat();
        return new("leases", "list the addresses that are handed out", name, format)
        {
            Examples = ["holm network leases br0"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), $"{Names.Network(line.GetRequiredValue(name))}/leases",
                ContractJson.Default.IReadOnlyListNetworkLease, Rows),
        };
    }

    private static Table Rows(IReadOnlyList<NetworkLease> leases)
    {
        var table = new Table("ADDRESS", "HOSTNAME", "MAC ADDRESS", "EXPIRES");
        foreach (var lease in leases)
            table.Add(lease.Address, lease.Hostname, lease.Hwaddr, lease.ExpiresAt.Year <= 1 ? "never" : Say.Time(lease.ExpiresAt));
        return table;
    }
}
