using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm flake instances</c></summary>
internal static class FlakeInstances
{
    public static Verb Build()
    {
        var format = Parts.ListFormat();
        return new("instances", "list what runs or is kept of flakes", format)
        {
            More = "A line for each call that goes on, and for each container that is kept: the flake, @NAME if the call gave one, the "
                + "user who called, and the ID by which holm exec, app show and app logs know it.",
            Examples = ["holm flake instances"],
            Run = (line, caller) => Run(caller, line.GetRequiredValue(format)),
        };
    }

    private static int Run(Caller caller, string format)
    {
        var files = caller.Node.Get("/1.0/flakes?recursion=1", ContractJson.Default.IReadOnlyListFlake)
            .ToDictionary(f => f.Name, f => f.File ?? "");
        List<FlakeInstance> all = [.. caller.Node.Get("/1.0/instances?recursion=1", ContractJson.Default.IReadOnlyListInstance)
            .Where(i => i.Config.ContainsKey("volatile.flake.name"))
            .Select(i => Of(i, files))
            .OrderBy(i => i.Name, StringComparer.Ordinal)];
        if (format == "json")
        {
            caller.Screen.Json(Caller.Element(all, ContractJson.Default.ListFlakeInstance));
            return ExitCodes.Ok;
        }
        var table = new Table("NAME", "USER", "ID", "STATUS", "IMAGE", "CONFIG");
        foreach (var one in all)
            table.Add(one.Name, one.User, one.Id, one.Status, Say.Image(one.Image), one.Config);
        caller.Print(format, table);
        return ExitCodes.Ok;
    }

    private static FlakeInstance Of(Instance instance, Dictionary<string, string> files)
    {
        var flake = instance.Config["volatile.flake.name"];
        var called = instance.Config.GetValueOrDefault("volatile.flake.called", "");
        return new(called.Length > 0 ? $"{flake}@{called}" : flake, User(instance.Config.GetValueOrDefault("volatile.flake.user", "")),
            instance.Name, instance.Status.ToLowerInvariant(), instance.Image, files.GetValueOrDefault(flake, ""));
    }

    /// <summary>A user's name, or the id where the host has no name for it (passwd(5)).</summary>
    private static string User(string id) => (File.Exists("/etc/passwd") ? File.ReadLines("/etc/passwd") : [])
        .Select(l => l.Split(':')).FirstOrDefault(f => f.Length > 2 && f[2] == id)?[0] ?? id;
}
