using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm profile assign APP [PROFILE…]</c></summary>
internal static class ProfileAssign
{
    public static Verb Build()
    {
        var app = Parts.One("APP", "name of the app", LiveNames.Instances);
        var profiles = Parts.Some("PROFILE", "its profiles in order, later ones win; none for no profile", LiveNames.Profiles, least: 0);
        return new("assign", "say which profiles an app has", app, profiles)
        {
            Examples = ["holm profile assign web default small"],
            Run = (line, caller) =>
            {
                var name = line.GetRequiredValue(app);
                var body = new InstancePut { Profiles = [.. line.GetValue(profiles) ?? []] };
                caller.Finish(caller.Node.Send("PATCH", Names.Instance(name), body, ContractJson.Default.InstancePut),
                    $"assigning profiles to {name}");
                return ExitCodes.Ok;
            },
        };
    }
}
