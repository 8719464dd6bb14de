using System.Globalization;
using Holm.Cli.Output;
using Holm.Config;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm storage list</c></summary>
internal static class StorageList
{
    public static Verb Build()
    {
        var format = Parts.ListFormat();
        return new("list", "list the storage pools", format)
        {
            More = "Pools default (kept) and ram (gone at each stop) are there on every node. A pool is Unavailable while its folder, a "
                + "stick for example, is not there. USED BY counts apps, profiles, snapshots and volumes; holm storage show names them.",
            Examples = ["holm storage list"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), "/1.0/storage-pools?recursion=1",
                ContractJson.Default.IReadOnlyListStoragePool, Rows),
        };
    }

    private static Table Rows(IReadOnlyList<StoragePool> pools)
    {
        var table = new Table("NAME", "DRIVER", "SOURCE", "STATUS", "USED BY", "DESCRIPTION");
        foreach (var pool in pools.OrderBy(p => p.Name, StringComparer.Ordinal))
            table.Add(pool.Name, pool.Driver, pool.Config.GetValueOrDefault(PoolConfig.SourceKey, ""), pool.Status,
                pool.UsedBy.Count.ToString(CultureInfo.InvariantCulture), pool.Description);
        return table;
    }
}
