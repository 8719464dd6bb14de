using System.Globalization;
using System.Security.Cryptography;
using Holm.Config;
using Holm.Linux.Files;

namespace Holm.Node;

/// <summary>Where this node keeps what, and by what it knows its own things on a machine it may share with other nodes.</summary>
/// <remarks>
/// <code>
///   $HOLM_STATE (flash)                        $HOLM_RUN (tmpfs)
///     id                   node's short id       unix.socket       the API
///     startup-config.cfg   what boots            lock              one daemon a node
///     layers/ images/ …    the content store     layers/KEY        mounted layers
///     pools/POOL/NAME/     kept writes           instances/NAME/   records, logs; liblxc's lxcpath
///     flakes/NAME.yaml     registered commands   power/NAME        wanted power
///     trust/               key, trusted clients
/// </code>
/// </remarks>
public sealed record NodePaths
{
    private NodePaths(string state, string run, string id) => (State, Run, Id) = (state, run, id);

    /// <summary><c>$HOLM_STATE</c>, else /var/lib/holm.</summary>
    public string State { get; }

    /// <summary><c>$HOLM_RUN</c>, else /run/holm.</summary>
    public string Run { get; }

    /// <summary>Eight hex digits: part of the name of everything this node makes outside its folders.</summary>
    public string Id { get; }

    /// <summary>First host id of this node's region of 2^24 ids: 256 ranges of 65536. The first range is the one instances share.</summary>
    /// <remarks>Regions lie from 2^30 to 2^32 - 2^24: above what login.defs, LXD and Docker hand out.</remarks>
    public uint IdmapBase => (64 + uint.Parse(Id.AsSpan(0, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture) % 191) << 24;

    /// <summary>Socket of the API.</summary>
    public string Socket => Path.Combine(Run, "unix.socket");

    /// <summary>liblxc's lxcpath, and the records.</summary>
    public string Instances => Path.Combine(Run, "instances");

    /// <summary>Records of flakes.</summary>
    public string Flakes => Path.Combine(State, "flakes");

    /// <summary>Key and certificate of the node, and whom it trusts.</summary>
    public string Trust => Path.Combine(State, "trust");

    /// <summary>Folders of storage pools that have no source of their own.</summary>
    public string Pools => Path.Combine(State, "pools");

    /// <summary>Folder of a pool that keeps what is written.</summary>
    public string PoolFolder(PoolConfig pool) => pool.Source ?? Path.Combine(Pools, pool.Name);

    /// <summary>Reads the environment, makes both folders, and gives a new node its id.</summary>
    public static NodePaths Open()
    {
        var state = Path.GetFullPath(Environment.GetEnvironmentVariable("HOLM_STATE") is { Length: > 0 } s ? s : "/var/lib/holm");
        var run = Path.GetFullPath(Environment.GetEnvironmentVariable("HOLM_RUN") is { Length: > 0 } r ? r : "/run/holm");
        return Open(state, run);
    }

    /// <summary>The same for two folders that are said.</summary>
    public static NodePaths Open(string state, string run)
    {
        Durable.CreateFolder(state, 0x1c9); // 0711: flakes' caches are reached by their owners, nothing is listed
        Directory.CreateDirectory(run);
        var file = Path.Combine(state, "id");
        if (!File.Exists(file))
            Durable.Write(file, System.Text.Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(8, lowercase: true)), 0x180);
        return new NodePaths(state, run, File.ReadAllText(file).Trim());
    }
}
