using Holm.Cli.Help;

namespace Holm.Cli.Verbs;

/// <summary><c>holm volume delete POOL VOLUME…</c></summary>
internal static class VolumeDelete
{
    /// <summary>A delete is no operation: it is answered when all files are gone.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(30);

    public static Verb Build()
    {
        var pool = Parts.One("POOL", "name of the pool", LiveNames.Pools);
        var names = Parts.Some("VOLUME", "names of volumes", LiveNames.Volumes);
        return new("delete", "delete volumes, what is in them, and their snapshots", pool, names)
        {
            More = "A volume that an app or profile has is refused, naming them.",
            Examples = ["holm volume delete default data"],
            Run = (line, caller) =>
            {
                var place = line.GetRequiredValue(pool);
                return caller.Each(line.GetRequiredValue(names), "deleting volume",
                    name => caller.Node.Ask("DELETE", Names.Volume(place, name), deadline: Deadline));
            },
        };
    }
}
