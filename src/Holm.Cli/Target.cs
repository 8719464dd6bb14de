using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holm.Cli.Help;
using Holm.Cli.Wire;
using Holm.Contract;

namespace Holm.Cli;

/// <summary>What has config and devices: an app or a profile. The verbs for keys and devices are written once for both.</summary>
/// <param name="Noun"><c>app</c> or <c>profile</c>.</param>
/// <param name="Words">The words before the verb: <c>holm config</c> or <c>holm profile</c>.</param>
/// <param name="Url">URL of the one with this name.</param>
/// <param name="Live">Their names.</param>
internal sealed record Target(string Noun, string Words, Func<string, string> Url, LiveName Live)
{
    private const int Attempts = 5;

    /// <summary>Apps.</summary>
    public static readonly Target App = new("app", "holm config", Names.Instance, LiveNames.Instances);

    /// <summary>Profiles.</summary>
    public static readonly Target Profile = new("profile", "holm profile", Names.Profile, LiveNames.Profiles);

    /// <summary>Merges keys in; an empty value takes a key away.</summary>
    public int ChangeKeys(Caller caller, string name, Dictionary<string, string> keys)
    {
        var url = Url(name);
        // Only the members that apps and profiles share; what is null stays as it is.
        var answer = this == App
            ? caller.Node.Send("PATCH", url, new() { Config = keys }, ContractJson.Default.InstancePut)
            : caller.Node.Send("PATCH", url, new() { Config = keys }, ContractJson.Default.ProfilePut);
        caller.Finish(answer, $"setting keys of {Noun} {name}");
        return ExitCodes.Ok;
    }

    /// <summary>Reads the devices, changes them and writes them back; once more when somebody else was faster.</summary>
    public int ChangeDevices(Caller caller, string name, Action<Dictionary<string, Dictionary<string, string>>> change)
    {
        var url = Url(name);
        for (var attempt = 1; ; attempt++)
            try
            {
                var now = caller.Node.Ask("GET", url);
                caller.Finish(this == App ? Put(now, caller, url, change) : PutProfile(now, caller, url, change),
                    $"changing devices of {Noun} {name}");
                return ExitCodes.Ok;
            }
            catch (Refusal refusal) when (refusal.Code == 412 && attempt < Attempts)
            {
                // The ETag was of an older state: read it anew.
            }
    }

    /// <summary>The part that can be written, as JSON text for an editor.</summary>
    public string Writable(JsonElement now) => this == App
        ? JsonSerializer.Serialize(now.Deserialize(ContractJson.Default.InstancePut)!, ContractJson.Default.InstancePut)
        : JsonSerializer.Serialize(now.Deserialize(ContractJson.Default.ProfilePut)! with { Name = null }, ContractJson.Default.ProfilePut);

    /// <summary>Checks JSON text and writes it whole.</summary>
    /// <exception cref="JsonException">It is not what it should be.</exception>
    public Answer Replace(Caller caller, string name, string json, string tag) => this == App
        ? caller.Node.Send("PUT", Url(name), Read(json, ContractJson.Default.InstancePut, ContractJson.Default.Instance),
            ContractJson.Default.InstancePut, tag)
        : caller.Node.Send("PUT", Url(name), Read(json, ContractJson.Default.ProfilePut, ContractJson.Default.Profile),
            ContractJson.Default.ProfilePut, tag);

    // The API ignores members that it does not know; of a person's text a misspelt "config" would be the end of all keys.
    private static T Read<T>(string json, JsonTypeInfo<T> type, JsonTypeInfo whole)
    {
        var value = JsonSerializer.Deserialize(json, type) ?? throw new JsonException("it is null");
        using var document = JsonDocument.Parse(json);
        foreach (var member in document.RootElement.EnumerateObject())
            if (!whole.Properties.Any(known => known.Name == member.Name))
                throw new JsonException($"it has no member '{member.Name}'");
        return value;
    }

    private static Answer Put(Answer now, Caller caller, string url, Action<Dictionary<string, Dictionary<string, string>>> change)
    {
        var put = now.As(ContractJson.Default.InstancePut);
        var devices = put.Devices ?? [];
        change(devices);
        return caller.Node.Send("PUT", url, put with { Devices = devices }, ContractJson.Default.InstancePut, now.Tag);
    }

    private static Answer PutProfile(Answer now, Caller caller, string url, Action<Dictionary<string, Dictionary<string, string>>> change)
    {
        var put = now.As(ContractJson.Default.ProfilePut);
        var devices = put.Devices ?? [];
        change(devices);
        return caller.Node.Send("PUT", url, put with { Devices = devices }, ContractJson.Default.ProfilePut, now.Tag);
    }
}
