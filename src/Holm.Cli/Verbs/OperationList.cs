using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm operation list</c></summary>
internal static class OperationList
{
    public static Verb Build()
    {
        var format = Parts.ListFormat();
        return new("list", "list the node's running and just finished operations", format)
        {
            Examples = ["holm operation list"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), "/1.0/operations?recursion=1",
                ContractJson.Default.IReadOnlyDictionaryStringIReadOnlyListOperation, Rows),
        };
    }

    private static Table Rows(IReadOnlyDictionary<string, IReadOnlyList<Operation>> groups)
    {
        var table = new Table("ID", "STATUS", "DESCRIPTION", "ON", "MAY CANCEL", "CREATED");
        foreach (var operation in groups.SelectMany(g => g.Value).OrderBy(o => o.CreatedAt))
            table.Add(operation.Id, operation.Status.ToUpperInvariant(), operation.Description, On(operation),
                Say.YesNo(operation.MayCancel),
                Say.Time(operation.CreatedAt));
        return table;
    }

    /// <summary>Names of what it touches; the API lists instances twice, once by LXD's older word.</summary>
    public static string On(Operation operation) => string.Join(' ',
        (operation.Resources ?? new Dictionary<string, IReadOnlyList<string>>()).SelectMany(r => r.Value)
            .Distinct().Select(Names.Last));
}
