using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm trust list</c></summary>
internal static class TrustList
{
    public static Verb Build()
    {
        var format = Parts.ListFormat();
        return new("list", "list the clients that are trusted by TLS", format)
        {
            Examples = ["holm trust list"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), "/1.0/certificates?recursion=1",
                ContractJson.Default.IReadOnlyListClientCertificate, Rows),
        };
    }

    private static Table Rows(IReadOnlyList<ClientCertificate> clients)
    {
        var table = new Table("NAME", "FINGERPRINT");
        foreach (var client in clients.OrderBy(c => c.Name, StringComparer.Ordinal))
            table.Add(client.Name, client.Fingerprint);
        return table;
    }
}
