using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm token list</c></summary>
internal static class TokenList
{
    public static Verb Build()
    {
        var format = Parts.ListFormat();
        return new("list", "list the tokens that are still good", format)
        {
            More = "A token that was used, has expired or was made before the daemon began is not there.",
            Examples = ["holm token list"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), "/1.0/operations?recursion=1",
                ContractJson.Default.IReadOnlyDictionaryStringIReadOnlyListOperation, Rows),
        };
    }

    /// <summary>Those that are still good.</summary>
    internal static IEnumerable<Operation> Good(IReadOnlyDictionary<string, IReadOnlyList<Operation>> operations) =>
        operations.Values.SelectMany(o => o).Where(o => o is { Class: "token", StatusCode: (int)StatusCode.Running });

    private static Table Rows(IReadOnlyDictionary<string, IReadOnlyList<Operation>> operations)
    {
        var table = new Table("NAME", "EXPIRES", "ID");
        foreach (var token in Good(operations).OrderBy(t => t.CreatedAt))
            table.Add(TokenAdd.NameOf(token), Say.Time(token.Metadata!["expiresAt"].GetDateTimeOffset()), token.Id);
        return table;
    }
}
