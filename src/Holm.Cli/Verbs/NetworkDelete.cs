using Holm.Cli.Help;

namespace Holm.Cli.Verbs;

/// <summary><c>holm network delete NAME…</c></summary>
internal static class NetworkDelete
{
    public static Verb Build()
    {
        var names = Parts.Some("NAME", "names of networks", LiveNames.Networks);
        return new("delete", "delete networks that nothing uses", names)
        {
            Examples = ["holm network delete br0"],
            Run = (line, caller) => caller.Each(line.GetRequiredValue(names), "deleting network",
                name => caller.Node.Ask("DELETE", Names.Network(name))),
        };
    }
}
