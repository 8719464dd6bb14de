using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm flake show NAME</c></summary>
internal static class FlakeShow
{
    public static Verb Build()
    {
        var name = Parts.One("NAME", "name of the flake", LiveNames.Flakes);
        var format = Parts.ShowFormat();
        return new("show", "show a flake", name, format)
        {
            More = "What its drop-ins say is merged in. holm flake export prints it as it is written.",
            Examples = ["holm flake show aws"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), Names.Flake(line.GetRequiredValue(name)),
                ContractJson.Default.Flake, Words),
        };
    }

    private static string Words(Flake flake)
    {
        var facts = new Facts().Add("Name", flake.Name).Add("Image", flake.Image);
        foreach (var (host, target) in flake.Commands.OrderBy(c => c.Key, StringComparer.Ordinal))
            facts.Add("Command", $"{host} = {target}");
        if (flake.Base is not null)
            facts.Add("Base", flake.Base);
        Some(facts, "Layers", flake.Layers);
        Some(facts, "Includes", flake.IncludeTar.Concat(flake.IncludePath));
        Some(facts, "Arguments", flake.Arguments);
        Some(facts, "Environment", flake.Environment.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}={e.Value}"));
        Some(facts, "Passed on", flake.Pass);
        foreach (var mount in flake.Mounts)
            facts.Add("Mount", $"{mount.Source} at {mount.Path}{(mount.ReadOnly ? ", read-only" : "")}");
        Some(facts, "Memory at", flake.Tmpfs);
        Some(facts, "Not given", flake.Without);
        Some(facts, "Options", flake.PilotOptions);
        foreach (var (name, value) in ((string, string?)[])[("User", flake.User), ("Directory", flake.WorkingDirectory),
            ("Memory", flake.Memory), ("CPUs", flake.Cpus), ("Host name", flake.HostName)])
            if (value is not null)
                facts.Add(name, value);
        return facts.Add("Life", flake.Life)
            .Add("Network", flake.Network)
            .Add("Shares", string.Join(' ', ((string[])[flake.ShareCwd ? "cwd" : "", flake.ShareHome ? "home" : "",
                flake.HostDependencies ? "host-dependencies" : ""]).Where(s => s.Length > 0)))
            .Add("Allowed", string.Join(' ', flake.Allow))
            .Add("File", flake.File ?? "")
            .Add("Problem", flake.Problem ?? "")
            .ToString();
    }

    private static void Some(Facts facts, string name, IEnumerable<string> values)
    {
        if (values.Any())
            facts.Add(name, string.Join(' ', values));
    }
}
