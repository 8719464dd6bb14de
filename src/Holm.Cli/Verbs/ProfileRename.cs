using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm profile rename OLD NEW</c></summary>
internal static class ProfileRename
{
    public static Verb Build()
    {
        var old = Parts.One("OLD", "name of the profile", LiveNames.Profiles);
        var next = Parts.One("NEW", "its new name");
        return new("rename", "give a profile another name", old, next)
        {
            Examples = ["holm profile rename small tiny"],
            Run = (line, caller) =>
            {
                var name = line.GetRequiredValue(old);
                var body = new ProfilePut { Name = line.GetRequiredValue(next) };
                caller.Finish(caller.Node.Send("POST", Names.Profile(name), body, ContractJson.Default.ProfilePut),
                    $"renaming profile {name}");
                return ExitCodes.Ok;
            },
        };
    }
}
