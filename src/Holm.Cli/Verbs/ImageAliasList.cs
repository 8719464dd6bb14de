using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm image alias list</c></summary>
internal static class ImageAliasList
{
    public static Verb Build()
    {
        var format = Parts.ListFormat();
        return new("list", "list the aliases", format)
        {
            Examples = ["holm image alias list"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), "/1.0/images/aliases?recursion=1",
                ContractJson.Default.IReadOnlyListImageAlias, Rows),
        };
    }

    private static Table Rows(IReadOnlyList<ImageAlias> aliases)
    {
        var table = new Table("ALIAS", "FINGERPRINT", "DESCRIPTION");
        foreach (var alias in aliases.OrderBy(a => a.Name, StringComparer.Ordinal))
            table.Add(alias.Name, Say.Image(alias.Target ?? ""), alias.Description);
        return table;
    }
}
