using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm network rename OLD NEW</c></summary>
internal static class NetworkRename
{
    public static Verb Build()
    {
        var old = Parts.One("OLD", "name of the network", LiveNames.Networks);
        var next = Parts.One("NEW", "its new name");
        return new("rename", "give a network that nothing uses another name", old, next)
        {
            Examples = ["holm network rename br0 br1"],
            Run = (line, caller) =>
            {
                var name = line.GetRequiredValue(old);
                var body = new NetworkPut { Name = line.GetRequiredValue(next) };
                caller.Finish(caller.Node.Send("POST", Names.Network(name), body, ContractJson.Default.NetworkPut),
                    $"renaming network {name}");
                return ExitCodes.Ok;
            },
        };
    }
}
