using Holm.Contract;

namespace Holm.Config.Language;

/// <summary>The lines of storage pools.</summary>
internal static class PoolLines
{
    public static IReadOnlyList<Line> All { get; } =
    [
        new(PlaceKind.Config, "pool NAME:pool [DRIVER:driver]", "make a pool that writes go to, or enter it", Enter),
        new(PlaceKind.Config, "no pool NAME:pool", "remove a pool that nothing uses; what is in its folder stays", Remove),
        In("description TEXT:text...", "free text for people", PartLines.Describe),
        In("no description", "no text", (draft, _) => draft.Describe("")),
        In("config KEY:poolkey VALUE:value", "set a key", Set),
        In("no config KEY:poolkey", "unset a key", (draft, a) => draft.Unset(a.Of("poolkey"))),
        PartLines.End(PlaceKind.Pool),
    ];

    private static Line In(string syntax, string help, Func<Draft, Arguments, Draft> apply) => new(PlaceKind.Pool, syntax, help, apply);

    private static Draft Enter(Draft draft, Arguments arguments)
    {
        var (name, driver) = (arguments.Of("pool"), arguments["driver"]);
        var pool = draft.Document.FindPool(name) ?? new PoolConfig { Name = name, Driver = driver ?? PoolConfig.Dir };
        if (driver is not null && driver != pool.Driver)
            throw new Refusal(409, $"pool {name}: its driver is {pool.Driver} and cannot be changed");
        pool.Check();
        return (draft with { Document = draft.Document.With(pool) }).Enter(new Place(PlaceKind.Pool, name));
    }

    private static Draft Remove(Draft draft, Arguments arguments)
    {
        var name = arguments.Of("pool");
        if (!draft.Document.Pools.ContainsKey(name))
            throw new Refusal(404, $"there is no pool {Names.Show(name)} to remove; " +
                ObjectLines.There("there are", draft.Document.Pools.Keys));
        // One that every node has stays; only what was said of it goes.
        var users = draft.Document.Pools[name].IsAlways ? []
            : draft.Document.UsersOfPool(name).Concat(draft.Document.ProfilesOfPool(name).Select(p => $"profile {p}")).ToList();
        if (users.Count > 0)
            throw new Refusal(409, $"pool {name} is used by {string.Join(", ", users)}; take it from them first");
        return draft with { Document = draft.Document.WithoutPool(name) };
    }

    private static Draft Set(Draft draft, Arguments arguments)
    {
        var next = draft.Pool with { Config = draft.Pool.Config.SetItem(arguments.Of("poolkey"), arguments.Of("value")) };
        next.Check();
        return draft.With(next.Config);
    }
}
