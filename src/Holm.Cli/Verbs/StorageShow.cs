using System.Globalization;
using System.Text;
using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm storage show POOL</c></summary>
internal static class StorageShow
{
    public static Verb Build()
    {
        var name = Parts.One("POOL", "name of the pool", LiveNames.Pools);
        var format = Parts.ShowFormat();
        return new("show", "show a storage pool: room, keys, who uses it", name, format)
        {
            More = "The room of a pool of driver dir is that of the filesystem its folder lies on, the room of one of driver ram is this "
                + "machine's memory.",
            Examples = ["holm storage show default"],
            Run = (line, caller) =>
            {
                var url = Names.Pool(line.GetRequiredValue(name));
                return caller.Show(line.GetRequiredValue(format), url, ContractJson.Default.StoragePool,
                    pool => Words(pool, Room(caller, url, pool)));
            },
        };
    }

    /// <summary>None of a pool whose folder is not there.</summary>
    private static StoragePoolResources Room(Caller caller, string url, StoragePool pool) =>
        pool.Status == "Unavailable" ? new() : caller.Node.Get($"{url}/resources", ContractJson.Default.StoragePoolResources);

    private static string Words(StoragePool pool, StoragePoolResources room)
    {
        var text = new StringBuilder(new Facts()
            .Add("Name", pool.Name)
            .Add("Driver", pool.Driver)
            .Add("Status", pool.Status)
            .Add("Description", pool.Description)
            .Add("Used by", Say.Users(pool.UsedBy))
            .Add("Room", room.Space.Total > 0 ? $"{Say.Bytes(room.Space.Used)} of {Say.Bytes(room.Space.Total)} used" : "")
            .Add("Files", room.Inodes.Total > 0
                ? string.Create(CultureInfo.InvariantCulture, $"{room.Inodes.Used} of {room.Inodes.Total} used") : "")
            .ToString());
        Settings.Append(text, pool.Config, new Dictionary<string, IReadOnlyDictionary<string, string>>());
        return text.ToString();
    }
}
