using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm checkconfig</c></summary>
internal static class CheckConfig
{
    public static Verb Build()
    {
        var format = Parts.ListFormat();
        return new("checkconfig", "show what this kernel supports, and what Holm does instead", format)
        {
            More = "FOUND is yes; no, where Holm has another way; or missing, where something will not work.",
            Examples = ["holm checkconfig", "holm checkconfig --format csv | grep ,missing,"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), "/1.0/checkconfig",
                ContractJson.Default.IReadOnlyListCheck, Rows),
        };
    }

    private static Table Rows(IReadOnlyList<Check> checks)
    {
        var table = new Table("FEATURE", "FOUND", "HOLM");
        foreach (var check in checks)
            table.Add(check.Feature, check.Found, check.Holm);
        return table;
    }
}
