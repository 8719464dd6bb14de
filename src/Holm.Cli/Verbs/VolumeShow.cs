using System.Text;
using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm volume show POOL VOLUME</c></summary>
internal static class VolumeShow
{
    public static Verb Build()
    {
        var pool = Parts.One("POOL", "name of the pool", LiveNames.Pools);
        var name = Parts.One("VOLUME", "name of the volume", LiveNames.Volumes);
        var format = Parts.ShowFormat();
        return new("show", "show a volume: keys, snapshots, who has it", pool, name, format)
        {
            Examples = ["holm volume show default data"],
            Run = (line, caller) =>
            {
                var place = line.GetRequiredValue(pool);
                var url = Names.Volume(place, line.GetRequiredValue(name));
                return caller.Show(line.GetRequiredValue(format), url, ContractJson.Default.StorageVolume,
                    volume => Words(place, volume, caller.Node.Get($"{url}/snapshots", ContractJson.Default.IReadOnlyListString)));
            },
        };
    }

    private static string Words(string pool, StorageVolume volume, IReadOnlyList<string> snapshots)
    {
        var text = new StringBuilder(new Facts()
            .Add("Name", volume.Name)
            .Add("Pool", pool)
            .Add("Type", volume.Type)
            .Add("Description", volume.Description)
            .Add("Used by", Say.Users(volume.UsedBy))
            .Add("Snapshots", string.Join(' ', snapshots.Select(Names.Last)))
            .Add("Created", Say.Time(volume.CreatedAt))
            .ToString());
        Settings.Append(text, volume.Config, new Dictionary<string, IReadOnlyDictionary<string, string>>());
        return text.ToString();
    }
}
