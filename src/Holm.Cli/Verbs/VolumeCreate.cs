using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm volume create POOL VOLUME [KEY=VALUE…]</c></summary>
internal static class VolumeCreate
{
    public static Verb Build()
    {
        var pool = Parts.One("POOL", "name of a pool of driver dir", LiveNames.Pools);
        var name = Parts.One("VOLUME", "name of the new volume: letters, digits, dashes, underscores, dots");
        var keys = Parts.Some("KEY=VALUE", "its keys, LXD's names", KeyTable.Volumes.Live, least: 0);
        var description = Parts.Value("--description", "TEXT", "free text");
        return new("create", "make a volume", pool, name, keys, description)
        {
            More = "It is empty, may be attached to several apps at once, and stays until it is deleted.",
            Keys = [KeyTable.Volumes],
            Examples = ["holm volume create default data", "holm volume create default data user.owner=alice --description measurements"],
            Run = (line, caller) =>
            {
                var (place, chosen) = (line.GetRequiredValue(pool), line.GetRequiredValue(name));
                _ = Names.Volume(place, chosen);
                var body = new StorageVolumePut
                {
                    Name = chosen,
                    Description = line.GetValue(description) ?? "",
                    Config = Names.Pairs(line.GetValue(keys) ?? []),
                };
                caller.Finish(caller.Node.Send("POST", Names.Volumes(place), body, ContractJson.Default.StorageVolumePut),
                    $"creating volume {chosen}");
                return ExitCodes.Ok;
            },
        };
    }
}
