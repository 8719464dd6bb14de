using System.Text.Json;
using Holm.Cli.Output;
using Holm.Cli.Wire;
using Holm.Config;
using Holm.Contract;

namespace Holm.Cli.Console;

/// <summary>The node's configuration over its API.</summary>
internal static class NodeConfiguration
{
    private const string Url = "/1.0/configuration", StartupUrl = Url + "/startup";

    /// <summary>What holds now, as text.</summary>
    public static string Running(Node node) => node.Get(Url, ContractJson.Default.Configuration).Text;

    /// <summary>What the device starts with, as text.</summary>
    public static string Startup(Node node) => node.Get($"{Url}?of=startup", ContractJson.Default.Configuration).Text;

    /// <summary>Saves what holds now.</summary>
    public static void Save(Node node) => node.Ask("PUT", StartupUrl, []);

    /// <summary>Puts a text in the place of all that holds now.</summary>
    public static void Replace(Caller caller, string text) => Finish(caller, caller.Node.Send(
        "PUT", Url, new ConfigurationPut { Text = text }, ContractJson.Default.ConfigurationPut), "replacing the configuration");

    /// <summary>Puts a text in the place of what the device starts with.</summary>
    public static void ReplaceStartup(Node node, string text) =>
        node.Send("PUT", StartupUrl, new ConfigurationPut { Text = text }, ContractJson.Default.ConfigurationPut);

    /// <summary>Changes objects, all of them or none; what that means for apps goes on, see <see cref="Finish"/>.</summary>
    /// <exception cref="Refusal">Nothing was changed.</exception>
    public static Answer Change(Node node, IReadOnlyList<ConfigurationChange> changes) => node.Send(
        "PATCH", Url, new ConfigurationPatch { Changes = [.. changes] }, ContractJson.Default.ConfigurationPatch);

    /// <summary>Waits until apps are as a new configuration wants them; tells of others, and of what removed ones leave.</summary>
    /// <exception cref="Refusal">The configuration is changed, but not all runs as it should.</exception>
    public static void Finish(Caller caller, Answer answer, string doing)
    {
        var metadata = caller.Finish(answer, doing).Metadata;
        foreach (var sentence in Sentences(metadata, ConfigurationResult.Waiting))
            caller.Screen.Line(Visible.Line(sentence));
        foreach (var name in Sentences(metadata, ConfigurationResult.Kept))
            caller.Screen.Line(Visible.Line($"{name} is gone; what it wrote into pool default is kept"));
    }

    /// <summary>What led from one document to another, object by object.</summary>
    public static IReadOnlyList<ConfigurationChange> Changes(Document before, Document after) =>
    [
        .. from name in ConfigText.Objects(before).Union(ConfigText.Objects(after))
           let was = ConfigText.Block(before, name)
           let becomes = ConfigText.Block(after, name)
           where was != becomes
           select new ConfigurationChange { Name = name, Was = was, Becomes = becomes },
    ];

    private static IEnumerable<string> Sentences(IReadOnlyDictionary<string, JsonElement>? metadata, string name)
    {
        if (metadata?.GetValueOrDefault(name) is { ValueKind: JsonValueKind.Array } list)
            foreach (var sentence in list.EnumerateArray())
                yield return sentence.GetString() ?? "";
    }
}
