using System.Globalization;
using System.Text;
using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm network show NAME</c></summary>
internal static class NetworkShow
{
    public static Verb Build()
    {
        var name = Parts.One("NAME", "name of the network", LiveNames.Networks);
        var format = Parts.ShowFormat();
        return new("show", "show a network: state, keys, who uses it", name, format)
        {
            Examples = ["holm network show br0"],
            Run = (line, caller) =>
            {
                var url = Names.Network(line.GetRequiredValue(name));
                return caller.Show(line.GetRequiredValue(format), url, ContractJson.Default.Network,
                    network => Words(network, caller.Node.Get($"{url}/state", ContractJson.Default.HostInterfaceState)));
            },
        };
    }

    private static string Words(Network network, HostInterfaceState state)
    {
        var facts = new Facts()
            .Add("Name", network.Name)
            .Add("Type", network.Type)
            .Add("Managed", Say.YesNo(network.Managed))
            .Add("Status", network.Reason.Length > 0 ? $"{network.Status}: {network.Reason}" : network.Status)
            .Add("Description", network.Description)
            .Add("Used by", Say.Users(network.UsedBy))
            .Add("Link", state.State)
            .Add("MAC address", state.Hwaddr)
            .Add("MTU", state.Mtu > 0 ? state.Mtu.ToString(CultureInfo.InvariantCulture) : "")
            .Add("Addresses", string.Join(' ', state.Addresses.Select(a => $"{a.Address}/{a.Netmask}")))
            .Add("Traffic", $"{Say.Bytes(state.Counters.BytesReceived)} received, {Say.Bytes(state.Counters.BytesSent)} sent");
        if (state.Bridge is { } bridge)
            facts.Add("Ports", string.Join(' ', bridge.UpperDevices)).Add("Knows VLANs", Say.YesNo(bridge.VlanFiltering));
        var text = new StringBuilder(facts.ToString());
        Settings.Append(text, network.Config, new Dictionary<string, IReadOnlyDictionary<string, string>>());
        return text.ToString();
    }
}
