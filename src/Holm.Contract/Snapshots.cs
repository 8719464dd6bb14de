namespace Holm.Contract;

/// <summary>A snapshot as <c>GET /1.0/instances/NAME/snapshots/SNAPSHOT</c> shows it: the instance as it was then.</summary>
/// <remarks>LXD 5.0's object.</remarks>
public sealed record InstanceSnapshot
{
    /// <summary>Kernel name of the machine.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>The instance's own keys then.</summary>
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The instance's own devices then.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Devices { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>As <see cref="Instance.Ephemeral"/>.</summary>
    public bool Ephemeral { get; init; }

    /// <summary>Keys with the profiles of now.</summary>
    public IReadOnlyDictionary<string, string> ExpandedConfig { get; init; } = new Dictionary<string, string>();

    /// <summary>Devices with the profiles of now.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> ExpandedDevices { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>Year 1: never.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Year 1: a snapshot does not run.</summary>
    public DateTimeOffset LastUsedAt { get; init; }

    /// <summary>Without the instance's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Profiles in order.</summary>
    public IReadOnlyList<string> Profiles { get; init; } = [];

    /// <summary>Always false: no saved memory.</summary>
    public bool Stateful { get; init; }

    /// <summary>Always -1: it is not counted.</summary>
    public long Size { get; init; } = -1;
}

/// <summary>Body of <c>POST</c> and <c>PUT</c> on snapshots. Null means: not given.</summary>
public sealed record InstanceSnapshotPost
{
    /// <summary>The name: new (POST on the list; empty lets the node choose), or the new name (POST on a snapshot).</summary>
    public string? Name { get; set; }

    /// <summary>Not supported; true is refused.</summary>
    public bool Stateful { get; set; }

    /// <summary>Not supported; true is refused.</summary>
    public bool Migration { get; set; }

    /// <summary>Not supported; any but year 1 is refused.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }
}

/// <summary>Body of <c>POST /1.0/instances/NAME/rebuild</c>.</summary>
public sealed record InstanceRebuildPost
{
    /// <summary>Of type <c>image</c>.</summary>
    public InstanceSource? Source { get; set; }
}
