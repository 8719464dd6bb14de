using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm profile create NAME</c></summary>
internal static class ProfileCreate
{
    public static Verb Build()
    {
        var name = Parts.One("NAME", "name of the new profile");
        var description = Parts.Value("--description", "TEXT", "free text");
        var config = Parts.Values("--config", "KEY=VALUE", "a config key; may be given several times", Help.LiveNames.Keys);
        return new("create", "make a profile", name, description, config)
        {
            Examples = ["holm profile create small --config limits.memory=32MiB"],
            Run = (line, caller) =>
            {
                var chosen = line.GetRequiredValue(name);
                _ = Names.Profile(chosen);
                var body = new ProfilePut
                {
                    Name = chosen,
                    Description = line.GetValue(description) ?? "",
                    Config = Names.Pairs(line.GetValue(config) ?? []),
                    Devices = [],
                };
                caller.Finish(caller.Node.Send("POST", "/1.0/profiles", body, ContractJson.Default.ProfilePut),
                    $"creating profile {chosen}");
                return ExitCodes.Ok;
            },
        };
    }
}
