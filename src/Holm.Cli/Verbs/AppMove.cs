using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm app move NAME --pool POOL</c></summary>
internal static class AppMove
{
    public static Verb Build()
    {
        var name = Parts.App();
        var pool = Parts.Value("--pool", "POOL", "the pool it writes to from now on; must be said", LiveNames.Pools);
        var alone = Parts.Switch("--instance-only", "delete its snapshots instead of taking them along");
        return new("move", "put an app into another storage pool", name, pool, alone)
        {
            More = "Only a stopped app can be moved. What it has written and its snapshots go with it, whole or not at all. Where "
                + "something is kept, the pool cannot be one in memory.",
            Examples = ["holm app move web --pool default", "holm app move web --pool stick --instance-only"],
            Run = (line, caller) =>
            {
                var chosen = line.GetRequiredValue(name);
                var to = line.GetValue(pool) ?? throw new UsageError("say where to: --pool POOL");
                _ = Names.Pool(to);
                var body = new InstancePost { Name = chosen, Migration = true, Pool = to, InstanceOnly = line.GetValue(alone) };
                caller.Finish(caller.Node.Send("POST", Names.Instance(chosen), body, ContractJson.Default.InstancePost),
                    $"moving {chosen} to pool {to}");
                return ExitCodes.Ok;
            },
        };
    }
}
