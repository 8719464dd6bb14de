using Holm.Cli.Help;

namespace Holm.Cli.Verbs;

/// <summary><c>holm image delete IMAGE…</c></summary>
internal static class ImageDelete
{
    public static Verb Build()
    {
        var images = Parts.Some("IMAGE", "aliases, fingerprints or the first digits of them", LiveNames.Images);
        return new("delete", "delete images and their aliases", images)
        {
            More = "An image that an app uses is refused, naming the apps.",
            Examples = ["holm image delete netbox"],
            Run = (line, caller) => caller.Each(line.GetRequiredValue(images), "deleting image",
                name => caller.Node.Ask("DELETE", Names.Image(Names.Fingerprint(caller, name)))),
        };
    }
}
