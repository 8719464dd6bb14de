using Holm.Config;
using Holm.Contract;

namespace Holm.Cli.Help;

/// <summary>Keys that people set, under a heading: in help, in the man page, and offered by completion.</summary>
/// <param name="Title">Heading in the help of a verb.</param>
/// <param name="Chapter">Heading in the man page.</param>
/// <param name="All">The keys.</param>
internal sealed record KeyTable(string Title, string Chapter, IReadOnlyList<ConfigKey> All)
{
    /// <summary>Of apps and profiles, without what Holm writes itself.</summary>
    public static readonly KeyTable Config = new("Keys", "CONFIG KEYS",
        [.. ConfigKey.All.Where(k => k.Name is not ("image.*" or "volatile.*"))]);

    /// <summary>Of managed networks.</summary>
    public static readonly KeyTable Networks = new("Keys", "NETWORK KEYS", ConfigKey.OfNetworks);

    /// <summary>Of volumes of storage pools.</summary>
    public static readonly KeyTable Volumes = new("Keys", "VOLUME KEYS", [.. ConfigKey.OfNetworks.Where(k => k.Name == "user.*")]);

    /// <summary>Of storage pools.</summary>
    public static readonly KeyTable Pools = new("Keys", "POOL KEYS",
        [new(PoolConfig.SourceKey, "absolute path", "a folder of the node's own", "dir: empty folder that the pool lies in, of root alone"),
            .. Volumes.All]);

    /// <summary>Of devices of type nic.</summary>
    public static readonly KeyTable Nics = new("Keys of nic", "KEYS OF NIC DEVICES", ConfigKey.OfNics);

    /// <summary>Of devices of type disk.</summary>
    public static readonly KeyTable Disks = new("Keys of disk", "KEYS OF DISK DEVICES", ConfigKey.OfDisks);

    /// <summary>Of devices of types unix-block, unix-char, usb and gpu.</summary>
    public static readonly KeyTable Parts = new(
        "Keys of device files", "KEYS OF DEVICE FILES", ConfigKey.OfParts);

    /// <summary>Of devices of type proxy.</summary>
    public static readonly KeyTable Proxies = new("Keys of proxy", "KEYS OF PROXY DEVICES", ConfigKey.OfProxies);

    /// <summary>All tables, in the order of the man page.</summary>
    public static IReadOnlyList<KeyTable> Tables { get; } = [Config, Networks, Pools, Volumes, Nics, Disks, Parts, Proxies];

    /// <summary>Names, and what they are for.</summary>
    public IEnumerable<(string Name, string Meaning)> Rows =>
        All.Select(k => (k.Name, $"{k.Help}: {k.Type}{(k.Default.Length > 0 ? $" (standard: {k.Default})" : "")}"));

    /// <summary>Names as they are typed: of <c>user.*</c> only <c>user.</c>.</summary>
    public IEnumerable<string> Names => All.Select(k => k.Name.TrimEnd('*'));

    /// <summary>The same for completion.</summary>
    public LiveName Live => _ => Names;
}
