using Holm.Cli.Help;

namespace Holm.Cli.Verbs;

/// <summary><c>holm image alias delete ALIAS…</c></summary>
internal static class ImageAliasDelete
{
    public static Verb Build()
    {
        var aliases = Parts.Some("ALIAS", "the aliases", LiveNames.Aliases);
        return new("delete", "delete aliases; the images stay", aliases)
        {
            Examples = ["holm image alias delete netbox-old"],
            Run = (line, caller) => caller.Each(line.GetRequiredValue(aliases), "deleting alias",
                name => caller.Node.Ask("DELETE", Names.Alias(name))),
        };
    }
}
