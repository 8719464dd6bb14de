using System.Collections.Immutable;
using Holm.Contract;

namespace Holm.Config;

/// <summary>
/// A storage pool as it was written: where the writes of instances and volumes go. LXD's driver dir (a folder), and ram (memory).
/// </summary>
public sealed record PoolConfig
{
    /// <summary>Driver of pools that keep what is written, in a folder.</summary>
    public const string Dir = "dir";

    /// <summary>Driver of pools in memory: what is written is gone with the stop.</summary>
    public const string Ram = "ram";

    /// <summary>See <see cref="CheckName"/>; also the name of its folder.</summary>
    public required string Name { get; init; }

    /// <summary><see cref="Dir"/> or <see cref="Ram"/>.</summary>
    public string Driver { get; init; } = Dir;

    /// <summary>Free text, one line.</summary>
    public string Description { get; init; } = "";

    /// <summary>Its keys: <see cref="SourceKey"/> and <c>user.*</c>.</summary>
    public ImmutableSortedDictionary<string, string> Config { get; init; } = Maps.Empty<string>();

    /// <summary>Key of the folder that a pool of driver dir lies in.</summary>
    public const string SourceKey = "source";

    /// <summary>The pools that every node has. What is said of them in a document is their description.</summary>
    public static IReadOnlyList<PoolConfig> Always { get; } =
        [new() { Name = "default" }, new() { Name = "ram", Driver = Ram }];

    /// <summary>True for one that every node has.</summary>
    public bool IsAlways => Always.Any(p => p.Name == Name);

    /// <summary>True: it keeps what is written.</summary>
    public bool Keeps => Driver == Dir;

    /// <summary>Absolute path of the folder it lies in; null: the node has one for it.</summary>
    public string? Source => Config.GetValueOrDefault(SourceKey);

    /// <summary>1–63 ASCII letters, digits and <c>-_.</c>, a letter or digit first.</summary>
    /// <exception cref="Refusal">400, saying which rule is broken.</exception>
    public static void CheckName(string what, string name, string owner = "")
    {
        var broken =
            name.Length == 0 ? "it is empty" :
            name.Length > 63 ? $"it has {name.Length} characters, 63 are allowed" :
            name.Any(c => !char.IsAsciiLetterOrDigit(c) && !"-_.".Contains(c, StringComparison.Ordinal)) ?
                "only letters, digits, '-', '_' and '.' are allowed" :
            !char.IsAsciiLetterOrDigit(name[0]) ? "it must begin with a letter or digit" :
            null;
        if (broken is not null)
            throw new Refusal(400, $"{owner}Invalid {what} name: {Names.Show(name)}: {broken}");
    }

    /// <summary>Accepts it.</summary>
    /// <exception cref="Refusal">400.</exception>
    public void Check()
    {
        CheckName("storage pool", Name);
        Keys.CheckText($"pool {Name}: description", Description);
        if (Driver is not (Dir or Ram))
            throw new Refusal(400, $"pool {Name}: driver {Names.Show(Driver)} is not supported by this node; dir (kept in a folder) and " +
                "ram (gone with the stop) are");
        if (Always.FirstOrDefault(p => p.Name == Name) is { } always && always.Driver != Driver)
            throw new Refusal(400, $"pool {Name}: its driver is {always.Driver} on every node");
        if (Config.Count > Rules.MostKeys)
            throw new Refusal(400, $"pool {Name}: {Config.Count} keys are too many, {Rules.MostKeys} are allowed");
        foreach (var (key, value) in Config)
            CheckKey(key, value);
    }

    private void CheckKey(string key, string value)
    {
        if (key.StartsWith("user.", StringComparison.Ordinal))
            Keys.Check(key, value);
        else if (key != SourceKey)
            throw new Refusal(400, $"pool {Name}: key {Names.Show(key)} is not known; it takes {SourceKey} and user.*");
        else if (!Keeps || IsAlways)
            throw new Refusal(400, $"pool {Name}: it takes no {SourceKey}: " + (Keeps ? "its folder is the node's own"
                : "what is written to it is in memory"));
        else
            ShareSpec.CheckPath($"pool {Name}: {SourceKey}", value);
    }
}

/// <summary>Pools and their users in a document, together.</summary>
public static class PoolUse
{
    /// <summary>A pool by its name, those that every node has among them; null: there is none.</summary>
    public static PoolConfig? FindPool(this Document document, string name) =>
        document.Pools.GetValueOrDefault(name) ?? PoolConfig.Always.FirstOrDefault(p => p.Name == name);

    /// <summary>All pools, by name.</summary>
    public static IEnumerable<PoolConfig> AllPools(this Document document) =>
        document.Pools.Values.Concat(PoolConfig.Always.Where(p => !document.Pools.ContainsKey(p.Name)))
            .OrderBy(p => p.Name, StringComparer.Ordinal);

    /// <summary>Names of the instances with a disk in a pool, their own or a profile's; with a volume: those that have it.</summary>
    public static IEnumerable<string> UsersOfPool(this Document document, string pool, string? volume = null) =>
        document.Instances.Values.Where(i => Expansion.Expand(document, i).Present.Any(d => IsIn(d.Value, pool, volume)))
            .Select(i => i.Name);

    /// <summary>The same of profiles.</summary>
    public static IEnumerable<string> ProfilesOfPool(this Document document, string pool, string? volume = null) =>
        document.Profiles.Values.Where(p => p.Devices.Values.Any(d => IsIn(d, pool, volume))).Select(p => p.Name);

    /// <summary>Accepts the pools of a document, and that no two lie in one folder.</summary>
    /// <exception cref="Refusal">400 or 409.</exception>
    public static void CheckPools(Document document)
    {
        foreach (var pool in document.Pools.Values)
            pool.Check();
        var lying = document.Pools.Values.Where(p => p.Source is not null).ToList();
        foreach (var (i, pool) in lying.Index())
            if (lying.Skip(i + 1).FirstOrDefault(o => Overlap(o.Source!, pool.Source!)) is { } other)
                throw new Refusal(409, $"pool {other.Name}: {other.Source} is, or lies in, the folder of pool {pool.Name}; choose another");
    }

    /// <summary>Accepts where the disks among these devices lie.</summary>
    /// <exception cref="Refusal">404: there is no such pool. 400: it cannot be used so.</exception>
    public static void Check(
        Document document, IEnumerable<KeyValuePair<string, ImmutableSortedDictionary<string, string>>> devices)
    {
        foreach (var (name, device) in devices)
        {
            if (device.GetValueOrDefault("type") != "disk" || device.GetValueOrDefault("pool") is not { } wanted)
                continue;
            var pool = document.FindPool(wanted) ?? throw new Refusal(404, $"device {name}: there is no pool {Names.Show(wanted)}; there " +
                $"are {string.Join(", ", document.AllPools().Select(p => p.Name))}");
            if (ShareSpec.IsShare(device) && !pool.Keeps)
                throw new Refusal(400, $"device {name}: pool {pool.Name} is memory and has no volumes; choose a pool of driver dir");
        }
    }

    /// <summary>True when one path is the other or lies in it.</summary>
    public static bool Overlap(string one, string other) =>
        (one.TrimEnd('/') + "/").StartsWith(other.TrimEnd('/') + "/", StringComparison.Ordinal) ||
        (other.TrimEnd('/') + "/").StartsWith(one.TrimEnd('/') + "/", StringComparison.Ordinal);

    private static bool IsIn(IReadOnlyDictionary<string, string> device, string pool, string? volume) =>
        device.GetValueOrDefault("type") == "disk" && device.GetValueOrDefault("pool") == pool &&
        (volume is null || device.GetValueOrDefault("source") == volume);
}
