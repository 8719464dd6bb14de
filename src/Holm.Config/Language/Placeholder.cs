using System.Globalization;

namespace Holm.Config.Language;

/// <summary>What may stand for a placeholder, so that a console knows what to offer.</summary>
public enum Kind
{
    /// <summary>Any text; nothing to offer.</summary>
    Text,
    /// <summary>An app.</summary>
    App,
    /// <summary>An image, by alias; the node knows them.</summary>
    Image,
    /// <summary>A profile.</summary>
    Profile,
    /// <summary>A managed network.</summary>
    Network,
    /// <summary>The host end of an app's veth pair.</summary>
    HostEnd,
    /// <summary>A port of the host; the node knows them.</summary>
    Port,
    /// <summary>A bridge of the host; the node knows them, and the document has the managed networks.</summary>
    Bridge,
    /// <summary>The name of an interface inside.</summary>
    Inside,
    /// <summary>A file or folder of the host.</summary>
    HostPath,
    /// <summary>A file or folder inside.</summary>
    InsidePath,
    /// <summary>An environment variable.</summary>
    Variable,
    /// <summary>A config key of apps and profiles.</summary>
    Key,
    /// <summary>A config key of networks.</summary>
    NetworkKey,
    /// <summary>A device of the app or profile that was entered.</summary>
    Device,
    /// <summary>A storage pool.</summary>
    Pool,
    /// <summary>A registry of which something is said.</summary>
    Registry,
    /// <summary>One of a few words: <see cref="Placeholder.Words"/>.</summary>
    OneOf,
}

/// <summary>A word in capitals in a line's syntax, in whose place a person writes something.</summary>
/// <param name="Key">Its name in the table, unique in a line: <c>host</c>.</param>
/// <param name="Kind">What may stand there.</param>
/// <param name="Help">A phrase: lower case, no full stop.</param>
public sealed record Placeholder(string Key, Kind Kind, string Help)
{
    /// <summary>As people see it: <c>IFNAME</c>. One key may be shown in several ways.</summary>
    public string Shown { get; init; } = "";

    /// <summary>The words there are, or some of them.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>True for text that can be nothing else where words may stand, too; null: any text can be anything.</summary>
    public Func<string, bool>? Fits { get; init; }

    /// <summary>Every placeholder of the configuration language.</summary>
    public static IReadOnlyDictionary<string, Placeholder> All { get; } = ((Placeholder[])
    [
        new("app", Kind.App, "name of an app"),
        new("image", Kind.Image, "alias of an image, or a fingerprint"),
        new("profile", Kind.Profile, "name of a profile"),
        new("network", Kind.Network, "name of a managed network, and of its bridge"),
        new("networktype", Kind.OneOf, "bridge (one that the node makes), macvlan or physical (on an interface of the host)")
        {
            Words = NetworkConfig.Types,
        },
        new("end", Kind.HostEnd, "host end of an app's veth pair"),
        new("host", Kind.HostEnd, "host end of the veth pair"),
        new("guest", Kind.Inside, "what the interface is called inside"),
        new("port", Kind.Port, "port of the host"),
        new("bridge", Kind.Bridge, "bridge of the host"),
        new("untagged", Kind.OneOf, "VLAN of frames without a tag, 1 to 4094, or none") { Words = ["none"] },
        new("tagged", Kind.Text, "VLANs of frames with a tag, such as 2,5-7"),
        new("source", Kind.HostPath, "file or folder of the host"),
        new("target", Kind.InsidePath, "where it is seen inside"),
        new("program", Kind.InsidePath, "absolute path of the program inside"),
        new("argument", Kind.Text, "argument of the program"),
        new("text", Kind.Text, "free text"),
        new("variable", Kind.Variable, "name of the variable"),
        new("value", Kind.Text, "value"),
        new("level", Kind.OneOf, "0 (emergencies only) to 7 (everything)")
        {
            Words = [.. Enumerable.Range(0, 8).Select(n => n.ToString(CultureInfo.InvariantCulture))],
        },
        new("key", Kind.Key, "config key"),
        new("networkkey", Kind.NetworkKey, "config key"),
        new("pool", Kind.Pool, "name of a storage pool"),
        new("driver", Kind.OneOf, "dir (kept in a folder) or ram (gone with the stop)") { Words = [PoolConfig.Dir, PoolConfig.Ram] },
        new("poolkey", Kind.OneOf, "source (its folder) or user.*") { Words = [PoolConfig.SourceKey] },
        new("device", Kind.Device, "name of a device"),
        new("type", Kind.OneOf, "type of the device") { Words = ["disk", "nic", "none"] },
        new("pair", Kind.Text, "a key of the device and its value"),
        new("time", Kind.Text, "when it was made, such as 2026-11-23T08:00:00.0000000Z"),
        new("https", Kind.Text, "a port, an address of this host, or both: 8443, 10.0.0.1:8443"),
        new("registry", Kind.Registry, "host of a registry, with :PORT where it is not 443"),
        new("mirrors", Kind.Text, "hosts that are asked before it, such as 10.0.0.5:5000,cache.lan"),
        new("cpu", Kind.Text, "percent of all processors, 1 to 100"),
        new("memory", Kind.Text, "percent of the RAM, 1 to 100"),
        new("address", Kind.Text, "IPv4 address with the length of its prefix, such as 10.0.0.1/24")
        {
            Fits = text => Ipv4Interface.TryParse(text) is not null,
        },
        new("first", Kind.Text, "first address that is handed out"),
        new("last", Kind.Text, "last address that is handed out"),
        new("seconds", Kind.Text, "how long a lease lasts, at least 120"),
        new("server", Kind.Text, "IPv4 address of a name server"),
        new("domain", Kind.Text, "domain name"),
        new("list", Kind.Text, "numbers of DHCP options, such as 66,67"),
    ]).ToDictionary(p => p.Key, StringComparer.Ordinal);
}
