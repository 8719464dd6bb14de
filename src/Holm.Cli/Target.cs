using System.Text.Json;
using Holm.Cli.Help;
using Holm.Cli.Wire;
using Holm.Contract;

namespace Holm.Cli;

/// <summary>
/// What has config, and perhaps devices: an app, a profile or a network. The verbs for keys and devices are written once for all.
/// </summary>
internal abstract class Target
{
    /// <summary>Apps.</summary>
    public static readonly Target App = new Target<InstancePut, Instance>(ContractJson.Default.InstancePut, ContractJson.Default.Instance)
    {
        Noun = "app",
        Words = "holm config",
        Url = Names.Instance,
        Live = LiveNames.Instances,
        Keys = KeyTable.Config,
        Sample = "web",
        SampleKeys = ["limits.memory=64MiB", "environment.TZ=UTC"],
        Expands = true,
        OfKeys = keys => new() { Config = keys },
        WritableDevices = app => app.Devices ??= [],
        ShownValue = (app, key) => app.Config.GetValueOrDefault(key) ?? app.ExpandedConfig.GetValueOrDefault(key),
        ShownDevices = app => app.ExpandedDevices,
    };

    /// <summary>Profiles.</summary>
    public static readonly Target Profile = new Target<ProfilePut, Profile>(ContractJson.Default.ProfilePut, ContractJson.Default.Profile)
    {
        Noun = "profile",
        Words = "holm profile",
        Url = Names.Profile,
        Live = LiveNames.Profiles,
        Keys = KeyTable.Config,
        Sample = "web",
        SampleKeys = ["limits.memory=64MiB", "environment.TZ=UTC"],
        OfKeys = keys => new() { Config = keys },
        Nameless = profile => profile with { Name = null },
        WritableDevices = profile => profile.Devices ??= [],
        ShownValue = (profile, key) => profile.Config.GetValueOrDefault(key),
        ShownDevices = profile => profile.Devices,
    };

    /// <summary>Managed networks.</summary>
    public static readonly Target Network = new Target<NetworkPut, Network>(ContractJson.Default.NetworkPut, ContractJson.Default.Network)
    {
        Noun = "network",
        Words = "holm network",
        Url = Names.Network,
        Live = LiveNames.Networks,
        Keys = KeyTable.Networks,
        Sample = "br0",
        SampleKeys = ["ipv4.address=10.0.0.1/24", "ipv4.dhcp=true"],
        Felt = "The node does it at once; what it cannot do stays written, is told, and is tried again when the host changes.",
        OfKeys = keys => new() { Config = keys },
        Nameless = network => network with { Name = null, Type = null },
        ShownValue = (network, key) => network.Config.GetValueOrDefault(key),
        Problem = network => network.Status == "Errored" ? network.Reason : "",
    };

    /// <summary><c>app</c>, <c>profile</c> or <c>network</c>.</summary>
    public required string Noun { get; init; }

    /// <summary>The words before the verb: <c>holm config</c>.</summary>
    public required string Words { get; init; }

    /// <summary>URL of the one with this name.</summary>
    public required Func<string, string> Url { get; init; }

    /// <summary>Their names.</summary>
    public required LiveName Live { get; init; }

    /// <summary>The keys they take.</summary>
    public required KeyTable Keys { get; init; }

    /// <summary>Name of one in examples.</summary>
    public required string Sample { get; init; }

    /// <summary><c>KEY=VALUE</c> words of examples.</summary>
    public required IReadOnlyList<string> SampleKeys { get; init; }

    /// <summary>When a change is felt, as a sentence.</summary>
    public string Felt { get; init; } = "Keys that need a restart take effect at the next start.";

    /// <summary>True: it also has what profiles give it.</summary>
    public bool Expands { get; init; }

    /// <summary>The first key of the examples.</summary>
    public string SampleKey => SampleKeys[0][..SampleKeys[0].IndexOf('=', StringComparison.Ordinal)];

    /// <summary>Merges keys in; an empty value takes a key away.</summary>
    /// <returns>Exit code.</returns>
    public abstract int ChangeKeys(Caller caller, string name, Dictionary<string, string> keys);

    /// <summary>Reads the devices, changes them and writes them back; once more when somebody else was faster.</summary>
    /// <returns>Exit code.</returns>
    public abstract int ChangeDevices(Caller caller, string name, Action<Dictionary<string, Dictionary<string, string>>> change);

    /// <summary>The part that can be written, as JSON text for an editor.</summary>
    public abstract string Writable(JsonElement now);

    /// <summary>Checks JSON text and writes it whole.</summary>
    /// <returns>Exit code.</returns>
    /// <exception cref="JsonException">It is not what it should be.</exception>
    public abstract int Replace(Caller caller, string name, string json, string tag);

    /// <summary>Value of a key, a profile's where it has none of its own; null: not set.</summary>
    public abstract string? Value(Answer now, string key);

    /// <summary>Devices, those of profiles included.</summary>
    public abstract IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Devices(Answer now);
}
