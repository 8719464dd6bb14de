using Holm.Cli.Help;

namespace Holm.Cli.Verbs;

/// <summary><c>holm profile delete NAME…</c></summary>
internal static class ProfileDelete
{
    public static Verb Build()
    {
        var names = Parts.Some("NAME", "names of profiles", LiveNames.Profiles);
        return new("delete", "delete profiles that no app uses", names)
        {
            Examples = ["holm profile delete small"],
            Run = (line, caller) => caller.Each(line.GetRequiredValue(names), "deleting profile",
                name => caller.Node.Ask("DELETE", Names.Profile(name))),
        };
    }
}
