using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm flake list</c></summary>
internal static class FlakeList
{
    public static Verb Build()
    {
        var format = Parts.ListFormat();
        return new("list", "list the commands of this host that run in images", format)
        {
            More = "A line for each command; TARGET APP PATH / is what the image runs by itself. A flake whose file cannot be used, or "
                + "whose command is gone from the host, has the reason in the last column.",
            Examples = ["holm flake list", "holm flake list --format csv | cut -d, -f4"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), "/1.0/flakes?recursion=1",
                ContractJson.Default.IReadOnlyListFlake, Rows),
        };
    }

    private static Table Rows(IReadOnlyList<Flake> flakes)
    {
        var table = new Table("NAME", "IMAGE", "TARGET APP PATH", "HOST APP PATH", "CONFIG", "PROBLEM");
        foreach (var flake in flakes.OrderBy(f => f.Name, StringComparer.Ordinal))
            foreach (var (host, target) in flake.Commands.Count == 0 ? [new("", "")]
                : flake.Commands.OrderBy(c => c.Key, StringComparer.Ordinal).ToArray())
                table.Add(flake.Name, flake.Image, target, host, flake.File ?? "", flake.Problem ?? "");
        return table;
    }
}
