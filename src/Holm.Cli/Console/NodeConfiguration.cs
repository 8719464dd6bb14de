using Holm.Cli.Wire;
using Holm.Config;

namespace Holm.Cli.Console;

internal sealed record ConfigurationChange(string Object, string Was, string Becomes);

/// <summary>The node's configuration over its API.</summary>
internal static class NodeConfiguration
{
    public static string Running(Node node) => ConfigText.Write(Document.Initial);
    public static string Startup(Node node) => ConfigText.Write(Document.Initial);
    public static void Save(Node node) { }
    public static void Replace(Node node, string text) { }
    public static void Change(Node node, IReadOnlyList<ConfigurationChange> changes) { }
    public static IReadOnlyList<ConfigurationChange> Changes(Document before, Document after) =>
    [
        .. from name in ConfigText.Objects(before).Union(ConfigText.Objects(after))
           let was = ConfigText.Block(before, name)
           let becomes = ConfigText.Block(after, name)
           where was != becomes
           select new ConfigurationChange(name, was, becomes),
    ];
}
