using Holm.Cli.Help;

namespace Holm.Cli.Verbs;

/// <summary><c>holm storage delete POOL…</c></summary>
internal static class StorageDelete
{
    public static Verb Build()
    {
        var names = Parts.Some("POOL", "names of pools", LiveNames.Pools);
        return new("delete", "delete storage pools that nothing uses", names)
        {
            More = "A pool that something is in, or that an app or profile names, is refused, naming it.",
            Examples = ["holm storage delete fast"],
            Run = (line, caller) => caller.Each(line.GetRequiredValue(names), "deleting pool",
                name => caller.Node.Ask("DELETE", Names.Pool(name))),
        };
    }
}
