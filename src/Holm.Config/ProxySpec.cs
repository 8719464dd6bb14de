using System.Collections.Immutable;
using Holm.Contract;

namespace Holm.Config;

/// <summary>
/// Connections that are carried between the host's network and an app's: a device of type <c>proxy</c>, read and checked. Keys are LXD's
/// (<c>doc/reference/devices_proxy.md</c>).
/// </summary>
/// <param name="Device">Name of the device.</param>
/// <param name="Listen">Where it listens.</param>
/// <param name="Connect">Where it connects to, on the other side.</param>
/// <param name="ListensInside">True: it listens in the app, and connects on the host; else the other way round.</param>
/// <param name="Uid">Owner of the unix socket on which it listens, as its side counts.</param>
/// <param name="Gid">Group of that.</param>
/// <param name="Mode">Permission bits of that.</param>
/// <param name="AsUid">User that it connects as, as the side counts on which it does; null: root.</param>
/// <param name="AsGid">Group that it connects as; null: root's.</param>
public sealed record ProxySpec(
    string Device, ProxyAddress Listen, ProxyAddress Connect, bool ListensInside, uint Uid, uint Gid, uint Mode, uint? AsUid, uint? AsGid)
{
    /// <summary>Its keys.</summary>
    public static IReadOnlyList<string> KeysOf { get; } =
    [
        "type", "listen", "connect", "bind", "uid", "gid", "mode", "security.uid", "security.gid", "nat", "proxy_protocol",
    ];

    private const uint UsualMode = 0x1a4;

    /// <summary>Reads and checks a device.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static ProxySpec Read(string device, ImmutableSortedDictionary<string, string> keys)
    {
        DeviceKeys.RefuseOthers(device, keys, KeysOf);
        foreach (var (key, mend) in ((string, string)[])[
            ("nat", "connections are carried by a process; leave it out, or set ipv4.nat on a nic or network"),
            ("proxy_protocol", "what is connected to sees the proxy as the caller; leave it out")])
            if (ShareSpec.Bool(device, keys, key, false))
                throw new Refusal(400, $"device {device}: {key}=true is not supported by this node: {mend}");
        var (listen, connect) = (AddressOf(device, keys, "listen"), AddressOf(device, keys, "connect"));
        if (listen.IsPackets != connect.IsPackets)
            throw new Refusal(400, $"device {device}: {listen.Kind} cannot be turned into {connect.Kind}; udp goes with udp only");
        if (connect.Each.Count != 1 && connect.Each.Count != listen.Each.Count)
            throw new Refusal(400, $"device {device}: it listens on {listen.Each.Count} ports and connects to {connect.Each.Count}; " +
                "write as many for connect, or one");
        var inside = DeviceKeys.Text(keys, "bind") switch
        {
            null or "host" => false,
            // guest and container are what LXD called it before.
            "instance" or "guest" or "container" => true,
            var other => throw new Refusal(400, $"device {device}: bind {Names.Show(other)} is not allowed; it takes host or instance"),
        };
        if (!listen.IsPath && ((string[])["uid", "gid", "mode"]).FirstOrDefault(k => DeviceKeys.Text(keys, k) is not null) is { } useless)
            throw new Refusal(400, $"device {device}: {useless} is for a unix socket that it listens on; leave it out");
        return new ProxySpec(device, listen, connect, inside, Id("uid") ?? 0, Id("gid") ?? 0, DeviceKeys.Mode(device, keys, UsualMode),
            Id("security.uid"), Id("security.gid"));

        uint? Id(string key) => DeviceKeys.Number(device, keys, key, DeviceFile.HighestId);
    }

    /// <summary>Those among the devices of one instance, by name.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static IReadOnlyList<ProxySpec> Of(IEnumerable<KeyValuePair<string, ImmutableSortedDictionary<string, string>>> devices) =>
        [.. devices.Where(d => d.Value.GetValueOrDefault("type") == "proxy").Select(d => Read(d.Key, d.Value))];

    private static ProxyAddress AddressOf(string device, ImmutableSortedDictionary<string, string> keys, string key) =>
        DeviceKeys.Text(keys, key) is { } text ? ProxyAddress.Read(device, key, text)
            : throw new Refusal(400, $"device {device}: say where it {key}s: {key}=tcp:ADDRESS:PORT, udp:ADDRESS:PORT or unix:/PATH");
}
