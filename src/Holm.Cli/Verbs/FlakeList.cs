using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm flake list</c></summary>
internal static class FlakeList
{
    private const string Target = "/1.0/flakes?recursion=1";

    public static Verb Build()
    {
        var format = Parts.ListFormat();
        var asPilot = Parts.Switch("--flake-pilot", "the columns, and the objects of json, of flake-pilot's flake-ctl list");
        return new("list", "list the commands of this host that run in images", format, asPilot)
        {
            More = "A line for each command; TARGET APP PATH / is what the image runs by itself. A flake whose file cannot be used, or "
                + "whose command is gone from the host, has the reason in the last column.",
            Examples = ["holm flake list", "holm flake list --format csv | cut -d, -f4"],
            Run = (line, caller) => line.GetValue(asPilot) ? AsPilot(caller, line.GetRequiredValue(format))
                : caller.Show(line.GetRequiredValue(format), Target, ContractJson.Default.IReadOnlyListFlake, Rows),
        };
    }

    private static Table Rows(IReadOnlyList<Flake> flakes)
    {
        var table = new Table("NAME", "IMAGE", "TARGET APP PATH", "HOST APP PATH", "CONFIG", "PROBLEM");
        foreach (var flake in flakes.OrderBy(f => f.Name, StringComparer.Ordinal))
            foreach (var (host, target) in Commands(flake))
                table.Add(flake.Name, flake.Image, target, host, flake.File ?? "", flake.Problem ?? "");
        return table;
    }

    private static IEnumerable<KeyValuePair<string, string>> Commands(Flake flake) =>
        flake.Commands.Count == 0 ? [new("", "")] : flake.Commands.OrderBy(c => c.Key, StringComparer.Ordinal);

    /// <summary>
    /// flake-pilot has one command a flake and calls the engine of containers podman; its CSV has no headings (3.1.44,
    /// <c>flake-ctl/src/output.rs</c>).
    /// </summary>
    private static int AsPilot(Caller caller, string format)
    {
        List<PilotFlake> all = [.. caller.Node.Get(Target, ContractJson.Default.IReadOnlyListFlake)
            .OrderBy(f => f.Name, StringComparer.Ordinal)
            .SelectMany(f => Commands(f).Select(c => new PilotFlake(f.Name, "podman", c.Value, c.Key, f.File ?? "")))];
        if (format == "json")
        {
            caller.Screen.Json(Caller.Element(all, ContractJson.Default.ListPilotFlake));
            return ExitCodes.Ok;
        }
        var table = new Table("NAME", "ENGINE", "TARGET APP PATH", "HOST APP PATH", "CONFIG");
        foreach (var flake in all)
            table.Add(flake.Name, flake.Engine, flake.Target, flake.HostAppPath, flake.Config);
        if (format == "csv")
        {
            if (all.Count > 0)
                caller.Screen.Line(table.Csv(headed: false));
            return ExitCodes.Ok;
        }
        var folder = all.Count > 0 ? Path.GetDirectoryName(all[0].Config)
            : Path.Combine(caller.Environment("HOLM_STATE") is { Length: > 0 } state ? state : "/var/lib/holm", "flakes");
        caller.Screen.Line($"Flake applications registered in {Visible.Line(folder ?? "")}");
        caller.Screen.Line(table.Columns());
        return ExitCodes.Ok;
    }
}
