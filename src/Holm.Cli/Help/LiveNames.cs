using System.CommandLine.Completions;
using Holm.Cli.Wire;
using Holm.Config;
using Holm.Contract;

namespace Holm.Cli.Help;

/// <summary>Asks a node for the names that may stand at one place of the command line.</summary>
internal delegate IEnumerable<string> LiveName(Node node);

/// <summary>The kinds of live names.</summary>
internal static class LiveNames
{
    /// <summary>Given instead of names: any file of this machine.</summary>
    public const string Files = ":files";

    /// <summary>The node that completion asks; null while nothing is completed, then nothing live is offered.</summary>
    [ThreadStatic]
    private static Node? _node;

    /// <summary>Arguments of the verb that stand before the place that is completed.</summary>
    [ThreadStatic]
    private static IReadOnlyList<string>? _given;

    /// <summary>Apps.</summary>
    public static IEnumerable<string> Instances(Node node) => Last(node, "/1.0/instances");

    /// <summary>Profiles.</summary>
    public static IEnumerable<string> Profiles(Node node) => Last(node, "/1.0/profiles");

    /// <summary>Flakes.</summary>
    public static IEnumerable<string> Flakes(Node node) => Last(node, "/1.0/flakes");

    /// <summary>Managed networks.</summary>
    public static IEnumerable<string> Networks(Node node) =>
        node.Get("/1.0/networks?recursion=1", ContractJson.Default.IReadOnlyListNetwork).Where(n => n.Managed).Select(n => n.Name);

    /// <summary>Storage pools.</summary>
    public static IEnumerable<string> Pools(Node node) => Last(node, "/1.0/storage-pools");

    /// <summary>Drivers of storage pools.</summary>
    public static IEnumerable<string> PoolDrivers(Node node) => [PoolConfig.Dir, PoolConfig.Ram];

    /// <summary>Volumes of the pool that stands before them.</summary>
    public static IEnumerable<string> Volumes(Node node) => _given is [var pool, ..] ? Last(node, Names.Volumes(pool)) : [];

    /// <summary>Aliases.</summary>
    public static IEnumerable<string> Aliases(Node node) =>
        node.Get("/1.0/images/aliases?recursion=1", ContractJson.Default.IReadOnlyListImageAlias).Select(a => a.Name);

    /// <summary>Aliases, and the short fingerprint of images that have none.</summary>
    public static IEnumerable<string> Images(Node node) =>
        node.Get("/1.0/images?recursion=1", ContractJson.Default.IReadOnlyListImage)
            .SelectMany(i => i.Aliases.Count > 0 ? i.Aliases.Select(a => a.Name) : [i.Fingerprint[..Math.Min(12, i.Fingerprint.Length)]]);

    /// <summary>Operations.</summary>
    public static IEnumerable<string> Operations(Node node) =>
        node.Get("/1.0/operations?recursion=1", ContractJson.Default.IReadOnlyDictionaryStringIReadOnlyListOperation)
            .SelectMany(group => group.Value).Select(o => o.Id);

    /// <summary>Registries that know the node.</summary>
    public static IEnumerable<string> Registries(Node node) => node.Get("/1.0/registries", ContractJson.Default.IReadOnlyListString);

    /// <summary>Files of this machine, which the shell completes.</summary>
    public static IEnumerable<string> AnyFile(Node node) => [Files];

    /// <summary>Configurations that have a name, and files.</summary>
    public static IEnumerable<string> Configurations(Node node) => ["running-config", "startup-config", "factory-config", Files];

    /// <summary>Config keys that people set.</summary>
    public static IEnumerable<string> Keys(Node node) => KeyTable.Config.Names;

    /// <summary>Types of devices.</summary>
    public static IEnumerable<string> DeviceTypes(Node node) => DeviceOffers.Types;

    /// <summary>Keys of a new device.</summary>
    public static IEnumerable<string> NewDeviceKeys(Node node) => DeviceOffers.Keys(_given ?? []);

    /// <summary>Keys of a device that is there.</summary>
    public static IEnumerable<string> DeviceKeys(Node node) => DeviceOffers.AllKeys;

    /// <summary>Adds live names to an argument's or option's completions.</summary>
    public static void Offer(List<Func<CompletionContext, IEnumerable<CompletionItem>>> sources, LiveName? live)
    {
        if (live is null)
            return;
        sources.Clear();
        sources.Add(_ => _node is { } node ? live(node).Select(name => new CompletionItem(name)).ToList() : []);
    }

    /// <summary>Keeps what stands before the place that is completed, for offers that depend on it.</summary>
    public static void Remember(IReadOnlyList<string> given) => _given = given;

    /// <summary>Runs completion with a node to ask. Errors and deadlines only mean: nothing to offer.</summary>
    public static IReadOnlyList<T> With<T>(Node node, Func<IEnumerable<T>> offers)
    {
        _node = node;
        try
        {
            return [.. offers()];
        }
        catch (Exception e) when (e is Refusal or Unreachable or UsageError or System.Text.Json.JsonException)
        {
            return [];
        }
        finally
        {
            _node = null;
        }
    }

    private static IEnumerable<string> Last(Node node, string list) =>
        node.Get(list, ContractJson.Default.IReadOnlyListString).Select(Names.Last);
}
