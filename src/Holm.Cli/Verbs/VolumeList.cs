using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm volume list POOL</c></summary>
internal static class VolumeList
{
    public static Verb Build()
    {
        var pool = Parts.One("POOL", "name of the pool", LiveNames.Pools);
        var format = Parts.ListFormat();
        return new("list", "list the volumes of a pool, and their snapshots", pool, format)
        {
            Examples = ["holm volume list default"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), $"{Names.Volumes(line.GetRequiredValue(pool))}?recursion=1",
                ContractJson.Default.IReadOnlyListStorageVolume, Rows),
        };
    }

    private static Table Rows(IReadOnlyList<StorageVolume> volumes)
    {
        var table = new Table("NAME", "TYPE", "USED BY", "CREATED", "DESCRIPTION");
        foreach (var volume in volumes.OrderBy(v => v.Name, StringComparer.Ordinal))
            table.Add(volume.Name, volume.Name.Contains('/', StringComparison.Ordinal) ? $"{volume.Type} (snapshot)" : volume.Type,
                Say.Users(volume.UsedBy), Say.Time(volume.CreatedAt), volume.Description);
        return table;
    }
}
