using Holm.Cli.Help;
using Holm.Config;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm storage create POOL [KEY=VALUE…]</c></summary>
internal static class StorageCreate
{
    public static Verb Build()
    {
        var name = Parts.One("POOL", "name of the new pool: letters, digits, dashes, underscores, dots");
        var keys = Parts.Some("KEY=VALUE", "its keys, LXD's names", KeyTable.Pools.Live, least: 0);
        var driver = Parts.Value("--driver", "DRIVER", "dir, kept in a folder, or ram, gone with the stop (standard: dir)",
            LiveNames.PoolDrivers);
        var description = Parts.Value("--description", "TEXT", "free text");
        return new("create", "make a storage pool", name, keys, driver, description)
        {
            More = "An app writes to it with holm app create --pool, or goes there with holm app move. While the folder that source names "
                + "is not there, as with a stick that is pulled, its apps are not started, and nothing is written in its place.",
            Keys = [KeyTable.Pools],
            Examples = ["holm storage create fast", "holm storage create stick source=/mnt/stick/holm",
                "holm storage create scratch --driver ram"],
            Run = (line, caller) =>
            {
                var chosen = line.GetRequiredValue(name);
                _ = Names.Pool(chosen);
                var body = new StoragePoolPut
                {
                    Name = chosen,
                    Driver = line.GetValue(driver) ?? PoolConfig.Dir,
                    Description = line.GetValue(description) ?? "",
                    Config = Names.Pairs(line.GetValue(keys) ?? []),
                };
                caller.Finish(caller.Node.Send("POST", "/1.0/storage-pools", body, ContractJson.Default.StoragePoolPut),
                    $"creating pool {chosen}");
                return ExitCodes.Ok;
            },
        };
    }
}
