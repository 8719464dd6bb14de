using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm network create NAME [KEY=VALUE…]</c></summary>
internal static class NetworkCreate
{
    public static Verb Build()
    {
        var name = Parts.One("NAME", "name of the new network and of its bridge on the host, at most 15 characters");
        var keys = Parts.Some("KEY=VALUE", "its keys, LXD's names", KeyTable.Networks.Live, least: 0);
        var description = Parts.Value("--description", "TEXT", "free text");
        var type = Parts.Value("--type", "TYPE", "bridge, which it is unless said otherwise, macvlan or physical");
        return new("create", "make a network", name, keys, type, description)
        {
            More = "Makes a bridge on the host; of type macvlan or physical it makes nothing, but says how a nic that names the network "
                + "hangs on an interface of the host. Holm chooses nothing that is not asked for: without keys the bridge has no address "
                + "and hands out none; with ipv4.address=auto it gets a free subnet, DHCP and NAT. "
                + "An app is connected by a nic device that names the network; see holm config device add.",
            Keys = [KeyTable.Networks],
            Examples = ["holm network create br0", "holm network create br0 ipv4.address=10.0.0.1/24 ipv4.dhcp=true ipv4.nat=true",
                "holm network create lan --type macvlan parent=eth1"],
            Run = (line, caller) =>
            {
                var chosen = line.GetRequiredValue(name);
                _ = Names.Network(chosen);
                var body = new NetworkPut
                {
                    Name = chosen,
                    Type = line.GetValue(type) ?? "bridge",
                    Description = line.GetValue(description) ?? "",
                    Config = WithChoice(line.GetValue(type) ?? "bridge", Names.Pairs(line.GetValue(keys) ?? [])),
                };
                caller.Finish(caller.Node.Send("POST", "/1.0/networks", body, ContractJson.Default.NetworkPut),
                    $"creating network {chosen}");
                return ExitCodes.Ok;
            },
        };
    }

    // The node chooses an address for who says nothing about it, as LXD does.
    private static Dictionary<string, string> WithChoice(string type, Dictionary<string, string> config)
    {
        if (type == "bridge")
            config.TryAdd("ipv4.address", "none");
        return config;
    }
}
