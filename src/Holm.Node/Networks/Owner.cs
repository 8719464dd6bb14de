using System.Security.Cryptography;
using System.Text;
using Holm.Linux.Netlink;

namespace Holm.Node.Networks;

/// <summary>Marks by which links of this node are known again, without any memory of an earlier run.</summary>
internal static class Owner
{
    /// <summary>Group of every interface that any Holm makes on a host (<c>ip link show group 18543</c>); "Ho" in ASCII.</summary>
    public const uint Group = 0x486f;

    /// <summary>Alias of a link: <c>holm-ID/APP/DEVICE</c>.</summary>
    public static string Alias(string nodeId, string app, string device) => $"holm-{nodeId}/{app}/{device}";

    /// <summary>Alias of a managed bridge: <c>holm-ID//NETWORK</c>; no app has an empty name.</summary>
    public static string BridgeAlias(string nodeId, string network) => Alias(nodeId, "", network);

    /// <summary>
    /// App and device of a link that this node made; null: it is somebody else's. The app of a managed bridge is empty. A port is nobody's
    /// make, whatever an app that had it wrote on it.
    /// </summary>
    public static (string App, string Device)? Read(string nodeId, Link link) =>
        link.Kind is "veth" or "vlan" or "macvlan" or "bridge" && link.Alias?.Split('/') is [var node, var app, var device] &&
            node == $"holm-{nodeId}" ? (app, device) : null;

    /// <summary>
    /// Name that a link of the host is born under, until its name and its alias are set in one message: the kernel (6.18) takes no alias
    /// for a link that does not exist yet. No host end and no network can be called so (<c>InterfaceNames.CheckHost</c>).
    /// </summary>
    public static string BirthName(string nodeId) => $"holm~{nodeId}";

    /// <summary>True for a link that a daemon of this node was about to make when it died.</summary>
    public static bool IsUnborn(string nodeId, Link link) =>
        link.Name == BirthName(nodeId) && link is { Group: Group, Alias: null, Kind: "veth" or "bridge" };

    /// <summary>Name of a host end that nobody named: <c>veth</c> and eight hex digits, the same at each start.</summary>
    public static string InventName(string nodeId, string app, string device) =>
        "veth" + Convert.ToHexStringLower(Digest(nodeId, app, device)[..4]);

    /// <summary>MAC address of a link that nobody gave one, the same at each start; LXD's prefix 00:16:3e.</summary>
    public static string InventAddress(string nodeId, string app, string device)
    {
        var d = Digest(nodeId, app, device);
        return $"00:16:3e:{d[4]:x2}:{d[5]:x2}:{d[6]:x2}";
    }

    private static byte[] Digest(string nodeId, string app, string device) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(Alias(nodeId, app, device)));
}
