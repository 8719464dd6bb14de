using System.Collections.Immutable;
using Holm.Contract;

namespace Holm.Config;

/// <summary>What holds for an instance once its profiles are merged in.</summary>
/// <param name="Config">Keys.</param>
/// <param name="Devices">Devices, those of type <c>none</c> included: they say that a profile's device is not wanted.</param>
public sealed record Expanded(
    ImmutableSortedDictionary<string, string> Config,
    ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> Devices)
{
    /// <summary>The networks that nics may name.</summary>
    public ImmutableSortedDictionary<string, NetworkConfig> Networks { get; init; } = Maps.Empty<NetworkConfig>();

    /// <summary>A key's value, or null.</summary>
    public string? this[string key] => Config.GetValueOrDefault(key);

    /// <summary>The devices that are there: without type <c>none</c>.</summary>
    public IEnumerable<KeyValuePair<string, ImmutableSortedDictionary<string, string>>> Present =>
        Devices.Where(d => d.Value.GetValueOrDefault("type") != "none");

    /// <summary>Name and keys of the one root disk.</summary>
    /// <exception cref="Refusal">400: there is none, or more than one.</exception>
    public KeyValuePair<string, ImmutableSortedDictionary<string, string>> Root()
    {
        var roots = Present.Where(d => d.Value.GetValueOrDefault("type") == "disk" && d.Value.GetValueOrDefault("path") == "/").ToList();
        return roots switch
        {
            [var root] => root,
            [] => throw new Refusal(400, "it has no root disk; add profile default or a device with type=disk path=/ pool=default"),
            _ => throw new Refusal(400, $"it has {roots.Count} root disks ({string.Join(", ", roots.Select(r => r.Key))}); mask all but " +
                "one with a device of the same name and type=none"),
        };
    }
}

/// <summary>Merges profiles into an instance as LXD does: profiles in order, then its own; a device is replaced whole, by name.</summary>
public static class Expansion
{
    /// <summary>What holds for an instance. A profile the document lacks counts as empty.</summary>
    public static Expanded Expand(Document document, InstanceConfig instance)
    {
        var config = Maps.Empty<string>();
        var devices = Maps.Empty<ImmutableSortedDictionary<string, string>>();
        foreach (var name in instance.Profiles)
        {
            if (!document.Profiles.TryGetValue(name, out var profile))
                continue;
            config = config.SetItems(profile.Config);
            devices = devices.SetItems(profile.Devices);
        }
        return new Expanded(config.SetItems(instance.Config), devices.SetItems(instance.Devices)) { Networks = document.Networks };
    }
}
