using System.CommandLine;
using Holm.Cli.Wire;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary>What start, stop, restart, freeze and unfreeze have in common: one action for several apps, or for all.</summary>
internal static class AppState
{
    /// <summary>The switch that takes the place of names.</summary>
    public static Option<bool> All() => Parts.Switch("--all", "every app that it makes sense for");

    /// <summary>Seconds that a clean stop may take.</summary>
    public static Option<string?> Timeout() =>
        Parts.Value("--timeout", "SECONDS", "how long the app may take to stop before it is killed (standard: the node's own, 30)");

    /// <summary>Skips asking the app.</summary>
    public static Option<bool> Force() => Parts.Switch("--force", "kill at once instead of asking the app to stop");

    /// <summary>Makes a verb that only has names: start, freeze, unfreeze.</summary>
    public static Verb Plain(string action, string description, string doing, string more, string example)
    {
        var names = Parts.Some("NAME", "names of apps", Help.LiveNames.Instances, least: 0);
        var all = All();
        return new(action, description, names, all)
        {
            More = more,
            Examples = [example],
            Run = (line, caller) => Change(line, caller, names, all, doing, new() { Action = action }),
        };
    }

    /// <summary><c>PUT /1.0/instances/NAME/state</c> for each name; with --all one request, for all that it makes sense for.</summary>
    public static int Change(
        ParseResult line, Caller caller, Argument<string[]> names, Option<bool> all, string doing, InstanceStatePut state)
    {
        var given = line.GetValue(names) ?? [];
        if (line.GetValue(all) != (given.Length == 0))
            throw new UsageError("name the apps, or say --all");
        if (given.Length > 0)
            return caller.Each(given, doing, name => Send(caller.Node, name, state));
        caller.Finish(caller.Node.Send("PUT", "/1.0/instances", new() { State = state }, ContractJson.Default.InstancesPut),
            $"{doing} all apps");
        return ExitCodes.Ok;
    }

    /// <summary>One request.</summary>
    public static Answer Send(Node node, string name, InstanceStatePut state) =>
        node.Send("PUT", $"{Names.Instance(name)}/state", state, ContractJson.Default.InstanceStatePut);
}
