using System.Collections.Immutable;
using Holm.Contract;

namespace Holm.Config;

/// <summary>Everything a person wrote: all local instances, profiles and networks. Immutable; a change makes a new one.</summary>
public sealed record Document
{
    /// <summary>Name of the profile that always exists and that instances get when they name none.</summary>
    public const string DefaultProfile = "default";

    /// <summary>By name, ordinal order.</summary>
    public ImmutableSortedDictionary<string, InstanceConfig> Instances { get; init; } = Maps.Empty<InstanceConfig>();

    /// <summary>By name, ordinal order; <c>default</c> is always among them.</summary>
    public ImmutableSortedDictionary<string, ProfileConfig> Profiles { get; init; } = Maps.Empty<ProfileConfig>();

    /// <summary>Managed networks, by name, ordinal order.</summary>
    public ImmutableSortedDictionary<string, NetworkConfig> Networks { get; init; } = Maps.Empty<NetworkConfig>();

    /// <summary>Storage pools of which something is said, by name, ordinal order; see <see cref="PoolUse.FindPool"/>.</summary>
    public ImmutableSortedDictionary<string, PoolConfig> Pools { get; init; } = Maps.Empty<PoolConfig>();

    /// <summary>What the apps of partition <c>apps</c> may use together.</summary>
    public Resources Resources { get; init; } = Resources.Default;

    /// <summary>Registries of which something is said, by host, ordinal order.</summary>
    public ImmutableSortedDictionary<string, RegistryConfig> Registries { get; init; } = Maps.Empty<RegistryConfig>();

    /// <summary>Where the node answers by TLS; null: nowhere.</summary>
    public HttpsAddress? Https { get; init; }

    /// <summary>A node's first document: no instance, and profile <c>default</c> with a root disk in pool <c>default</c>.</summary>
    public static Document Initial { get; } = new Document().With(new ProfileConfig
    {
        Name = DefaultProfile,
        Devices = Maps.Empty<ImmutableSortedDictionary<string, string>>().Add(
            "root", Maps.Of(("type", "disk"), ("path", "/"), ("pool", "default"))),
    });

    /// <summary>Adds or replaces an instance.</summary>
    public Document With(InstanceConfig instance) => this with { Instances = Instances.SetItem(instance.Name, instance) };

    /// <summary>Gives an instance another name.</summary>
    /// <exception cref="Refusal">There is none of the old name, or one of the new.</exception>
    public Document Renamed(string from, string to)
    {
        var instance = Instances.GetValueOrDefault(from) ?? throw new Refusal(404, $"Instance not found: {from}");
        return Instances.ContainsKey(to)
            ? throw new Refusal(409, $"Instance \"{to}\" already exists")
            : WithoutInstance(from).With(instance with { Name = to });
    }

    /// <summary>Adds or replaces a profile.</summary>
    public Document With(ProfileConfig profile) => this with { Profiles = Profiles.SetItem(profile.Name, profile) };

    /// <summary>Adds or replaces a network.</summary>
    public Document With(NetworkConfig network) => this with { Networks = Networks.SetItem(network.Name, network) };

    /// <summary>Takes a network out; none of that name is no error.</summary>
    public Document WithoutNetwork(string name) => this with { Networks = Networks.Remove(name) };

    /// <summary>Adds or replaces a storage pool.</summary>
    public Document With(PoolConfig pool) => this with { Pools = Pools.SetItem(pool.Name, pool) };

    /// <summary>Takes a storage pool out; none of that name is no error.</summary>
    public Document WithoutPool(string name) => this with { Pools = Pools.Remove(name) };

    /// <summary>Adds or replaces a registry.</summary>
    public Document With(RegistryConfig registry) => this with { Registries = Registries.SetItem(registry.Host, registry) };

    /// <summary>Names of the instances that have a nic on a network or interface of the host, their own or a profile's, in order.</summary>
    public IEnumerable<string> UsersOfNetwork(string network) =>
        Instances.Values.Where(i => Expansion.Expand(this, i).Present.Any(d => IsOn(d.Value, network))).Select(i => i.Name);

    /// <summary>Names of the profiles that have a nic on a network or interface of the host, in order.</summary>
    public IEnumerable<string> ProfilesOfNetwork(string network) =>
        Profiles.Values.Where(p => p.Devices.Values.Any(d => IsOn(d, network))).Select(p => p.Name);

    /// <summary>Takes an instance out; none of that name is no error.</summary>
    public Document WithoutInstance(string name) => this with { Instances = Instances.Remove(name) };

    /// <summary>Takes a profile out; none of that name is no error.</summary>
    public Document WithoutProfile(string name) => this with { Profiles = Profiles.Remove(name) };

    /// <summary>Names of the instances that use a profile, in order.</summary>
    public IEnumerable<string> UsersOf(string profile) =>
        Instances.Values.Where(i => i.Profiles.Contains(profile)).Select(i => i.Name);

    /// <summary>Does to this document what led from one to another, object by object.</summary>
    public Document Carry(Document from, Document to) => new()
    {
        Instances = Carry(Instances, from.Instances, to.Instances),
        Profiles = Carry(Profiles, from.Profiles, to.Profiles),
        Networks = Carry(Networks, from.Networks, to.Networks),
        Pools = Carry(Pools, from.Pools, to.Pools),
        Resources = from.Resources == to.Resources ? Resources : to.Resources,
        Https = from.Https == to.Https ? Https : to.Https,
        Registries = Carry(Registries, from.Registries, to.Registries),
    };

    private static bool IsOn(IReadOnlyDictionary<string, string> device, string network) => device.GetValueOrDefault("type") == "nic" &&
        (device.GetValueOrDefault("network") == network || device.GetValueOrDefault("parent") == network);

    /// <summary>The same instances, each with the keys <c>volatile.*</c> that it has in another document, if it is there.</summary>
    public Document WithVolatileOf(Document other) => this with
    {
        Instances = Instances.SetItems(Instances.Values.Where(i => other.Instances.ContainsKey(i.Name)).Select(i =>
            KeyValuePair.Create(i.Name, i.WithVolatileOf(other.Instances[i.Name])))),
    };

    private static ImmutableSortedDictionary<string, T> Carry<T>(
        ImmutableSortedDictionary<string, T> onto, ImmutableSortedDictionary<string, T> from, ImmutableSortedDictionary<string, T> to)
        where T : class =>
        onto.RemoveRange(from.Keys.Where(k => !to.ContainsKey(k)))
            .SetItems(to.Where(pair => !ReferenceEquals(from.GetValueOrDefault(pair.Key), pair.Value)));
}

/// <summary>One instance as it was written.</summary>
public sealed record InstanceConfig
{
    /// <summary>See <see cref="Names.CheckInstance"/>.</summary>
    public required string Name { get; init; }

    /// <summary>An alias, looked up at each start, or a fingerprint of 64 hex digits, pinned.</summary>
    public required string Image { get; init; }

    /// <summary>Free text, one line.</summary>
    public string Description { get; init; } = "";

    /// <summary>True when it is deleted as it stops.</summary>
    public bool Ephemeral { get; init; }

    /// <summary>Its own keys; see <see cref="Keys"/>.</summary>
    public ImmutableSortedDictionary<string, string> Config { get; init; } = Maps.Empty<string>();

    /// <summary>Its own devices; see <see cref="Devices"/>.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> Devices { get; init; } =
        Maps.Empty<ImmutableSortedDictionary<string, string>>();

    /// <summary>Names of profiles in order; later ones win.</summary>
    public ImmutableList<string> Profiles { get; init; } = [Document.DefaultProfile];

    /// <summary>When it was made, UTC.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary><c>local</c>; the fleet's instances are kept elsewhere.</summary>
    public string Owner { get; init; } = "local";

    /// <summary>True when <see cref="Image"/> names one image for ever.</summary>
    public bool Pinned => Names.IsFingerprint(Image);

    /// <summary>The same without the keys that only the node writes.</summary>
    public InstanceConfig WithoutVolatile() => this with { Config = Config.RemoveRange(Config.Keys.Where(IsVolatile)) };

    /// <summary>The same with the keys that only the node writes as another has them.</summary>
    public InstanceConfig WithVolatileOf(InstanceConfig? other) => this with
    {
        Config = WithoutVolatile().Config.SetItems((other?.Config ?? Maps.Empty<string>()).Where(k => IsVolatile(k.Key))),
    };

    private static bool IsVolatile(string key) => key.StartsWith("volatile.", StringComparison.Ordinal);
}

/// <summary>One profile as it was written.</summary>
public sealed record ProfileConfig
{
    /// <summary>See <see cref="Names.CheckProfile"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Free text, one line.</summary>
    public string Description { get; init; } = "";

    /// <summary>Its keys; see <see cref="Keys"/>.</summary>
    public ImmutableSortedDictionary<string, string> Config { get; init; } = Maps.Empty<string>();

    /// <summary>Its devices; see <see cref="Devices"/>.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> Devices { get; init; } =
        Maps.Empty<ImmutableSortedDictionary<string, string>>();
}

/// <summary>Makes the sorted, immutable maps that documents are made of.</summary>
public static class Maps
{
    /// <summary>An empty map in ordinal order.</summary>
    public static ImmutableSortedDictionary<string, T> Empty<T>() => ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);

    /// <summary>A map of the pairs given.</summary>
    public static ImmutableSortedDictionary<string, string> Of(params ReadOnlySpan<(string Key, string Value)> pairs)
    {
        var map = Empty<string>().ToBuilder();
        foreach (var (key, value) in pairs)
            map[key] = value;
        return map.ToImmutable();
    }

    /// <summary>A copy of a map of any kind; null is an empty one, as are null values in it.</summary>
    public static ImmutableSortedDictionary<string, string> From(IEnumerable<KeyValuePair<string, string>>? pairs) =>
        Empty<string>().SetItems((pairs ?? []).Select(p => KeyValuePair.Create(p.Key, p.Value ?? "")));

    /// <summary>A copy of a map of maps.</summary>
    public static ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> From(
        IEnumerable<KeyValuePair<string, Dictionary<string, string>>>? pairs) =>
        Empty<ImmutableSortedDictionary<string, string>>().SetItems((pairs ?? []).Select(p => KeyValuePair.Create(p.Key, From(p.Value))));

    /// <summary>The same map of maps, in the shape the wire records want.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> ToWire(
        this ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> devices)
    {
        var wire = new SortedDictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var (name, keys) in devices)
            wire[name] = keys;
        return wire;
    }
}
