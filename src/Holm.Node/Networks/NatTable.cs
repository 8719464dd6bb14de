using System.Text;
using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Processes;

namespace Holm.Node.Networks;

/// <summary>
/// This node's table of nftables, <c>inet holm_ID</c>: masquerading for the subnets that want it, and, where it was Holm that switched
/// forwarding on, a guard that keeps the host from forwarding anything else than from and to those subnets, each through its own interface.
/// Replaced whole, in one transaction; nft(8).
/// </summary>
/// <param name="nodeId">Short id of this node.</param>
internal sealed class NatTable(string nodeId)
{
    private string Table => $"inet holm_{nodeId}";

    /// <summary>The ruleset; pure. Nothing wanted: the table is only taken away.</summary>
    /// <param name="nodeId">Short id of this node.</param>
    /// <param name="interfaces">Host interfaces with their plans; those without NAT are left out.</param>
    /// <param name="guard">True: only what comes from, or goes to, a masqueraded subnet by its own interface is forwarded.</param>
    public static string Render(string nodeId, IReadOnlyDictionary<string, AddressPlan> interfaces, bool guard)
    {
        var masqueraded = interfaces.Where(i => i.Value is { Nat: true, Address: not null }).OrderBy(i => i.Key, StringComparer.Ordinal)
            .ToList();
        // A table has to be there to be deleted: add and delete are one transaction with what follows.
        var text = new StringBuilder($"add table inet holm_{nodeId}\ndelete table inet holm_{nodeId}\n");
        if (masqueraded.Count == 0)
            return text.ToString();
        text.Append($"table inet holm_{nodeId} {{\n\tchain postrouting {{\n" +
            "\t\ttype nat hook postrouting priority srcnat; policy accept;\n");
        foreach (var (name, plan) in masqueraded)
            text.Append($"\t\tip saddr {plan.Address!.Value.Subnet} oifname != \"{name}\" masquerade\n");
        text.Append("\t}\n");
        if (guard)
        {
            text.Append("\tchain forward {\n\t\ttype filter hook forward priority filter; policy accept;\n");
            foreach (var (name, plan) in masqueraded)
                text.Append($"\t\tiifname \"{name}\" ip saddr {plan.Address!.Value.Subnet} accept\n" +
                    $"\t\toifname \"{name}\" ip daddr {plan.Address!.Value.Subnet} accept\n");
            text.Append("\t\tmeta nfproto ipv4 drop\n\t}\n");
        }
        return text.Append("}\n").ToString();
    }

    /// <summary>Makes it so.</summary>
    /// <exception cref="Refusal">nft is missing, or refused.</exception>
    public async Task Set(IReadOnlyDictionary<string, AddressPlan> interfaces, bool guard) =>
        await Nft(Render(nodeId, interfaces, guard), $"set the rules of {Table}").ConfigureAwait(false);

    /// <summary>Takes the table away; none is no error.</summary>
    public async Task Remove() =>
        await Nft(Render(nodeId, new Dictionary<string, AddressPlan>(), guard: false), $"remove the rules of {Table}")
            .ConfigureAwait(false);

    private static async Task Nft(string rules, string doing)
    {
        using var input = Fd.Memory("rules", Encoding.ASCII.GetBytes(rules));
        await using var nft = Tool.Start("nft", "nftables", new Command { Path = "", Arguments = ["-f", "-"], Stdin = input }, default);
        if (await nft.Ended().ConfigureAwait(false) is { } complaint)
            throw new Refusal(500, $"{doing}: {complaint}");
    }
}
