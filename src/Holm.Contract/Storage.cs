using System.Text.Json.Serialization;

namespace Holm.Contract;

/// <summary>A storage pool as <c>GET /1.0/storage-pools/NAME</c> shows it; config and description are writable.</summary>
/// <remarks>LXD 5.0's object.</remarks>
public sealed record StoragePool
{
    /// <summary>Keys: <c>source</c>, the folder of a pool of driver dir, and <c>user.*</c>.</summary>
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();

    /// <summary>Free text.</summary>
    public string Description { get; init; } = "";

    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>dir</c>, kept in a folder, or <c>ram</c>, gone with the stop.</summary>
    public string Driver { get; init; } = "";

    /// <summary>URLs of the instances, profiles, snapshots and volumes in it.</summary>
    public IReadOnlyList<string> UsedBy { get; init; } = [];

    /// <summary><c>Created</c>, or <c>Unavailable</c> while its folder is not there.</summary>
    public string Status { get; init; } = "Created";

    /// <summary><c>none</c>: there is no cluster.</summary>
    public IReadOnlyList<string> Locations { get; init; } = ["none"];
}

/// <summary>Body of <c>POST</c>, <c>PUT</c> and <c>PATCH</c> on storage pools. Null means: not given.</summary>
public sealed record StoragePoolPut
{
    /// <summary>The name; read by POST only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; set; }

    /// <summary><c>dir</c> or <c>ram</c>; read by POST only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Driver { get; set; }

    /// <summary>Keys. PATCH: merged, an empty value unsets.</summary>
    public Dictionary<string, string>? Config { get; set; }

    /// <summary>Free text.</summary>
    public string? Description { get; set; }
}

/// <summary>Room in a storage pool, from <c>GET /1.0/storage-pools/NAME/resources</c>; LXD's <c>ResourcesStoragePool</c>.</summary>
public sealed record StoragePoolResources
{
    /// <summary>Bytes.</summary>
    public UsedOfTotal Space { get; init; } = new();

    /// <summary>Files.</summary>
    public UsedOfTotal Inodes { get; init; } = new();
}

/// <summary>How much of something is used.</summary>
public sealed record UsedOfTotal
{
    /// <summary>Used.</summary>
    public long Used { get; init; }

    /// <summary>There is.</summary>
    public long Total { get; init; }
}

/// <summary>
/// A volume as <c>GET /1.0/storage-pools/POOL/volumes/custom/NAME</c> shows it; config and description are writable. Also the record of a
/// volume on disk.
/// </summary>
/// <remarks>LXD 5.0's object.</remarks>
public sealed record StorageVolume
{
    /// <summary>Keys: <c>user.*</c>.</summary>
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();

    /// <summary>Free text.</summary>
    public string Description { get; init; } = "";

    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Always <c>custom</c>.</summary>
    public string Type { get; init; } = "custom";

    /// <summary>Always <c>filesystem</c>.</summary>
    public string ContentType { get; init; } = "filesystem";

    /// <summary>URLs of the instances and profiles that have it.</summary>
    public IReadOnlyList<string> UsedBy { get; init; } = [];

    /// <summary>Always <c>none</c>.</summary>
    public string Location { get; init; } = "none";

    /// <summary>Always <c>default</c>.</summary>
    public string Project { get; init; } = "default";

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Body of <c>POST</c>, <c>PUT</c> and <c>PATCH</c> on volumes. Null means: not given.</summary>
public sealed record StorageVolumePut
{
    /// <summary>The name: new (POST on the list), or the new name (POST on a volume).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; set; }

    /// <summary><c>custom</c> or empty; read by POST only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Type { get; set; }

    /// <summary><c>filesystem</c> or empty; read by POST only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ContentType { get; set; }

    /// <summary>What it is a copy of; read by POST on the list only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StorageVolumeSource? Source { get; set; }

    /// <summary>The pool it is moved to; read by POST on a volume only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Pool { get; set; }

    /// <summary>Not supported; true is refused.</summary>
    public bool Migration { get; set; }

    /// <summary>Name of the snapshot that what is in it comes back from; read by PUT only, which then changes nothing else.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Restore { get; set; }

    /// <summary>Keys. PATCH: merged, an empty value unsets.</summary>
    public Dictionary<string, string>? Config { get; set; }

    /// <summary>Free text.</summary>
    public string? Description { get; set; }
}

/// <summary>What a volume is made of; LXD 5.0's object.</summary>
public sealed record StorageVolumeSource
{
    /// <summary><c>copy</c>, or empty for nothing.</summary>
    public string Type { get; set; } = "";

    /// <summary>VOLUME or VOLUME/SNAPSHOT.</summary>
    public string Name { get; set; } = "";

    /// <summary>The pool that one is in; empty: the new one's.</summary>
    public string Pool { get; set; } = "";

    /// <summary>True: without its snapshots.</summary>
    public bool VolumeOnly { get; set; }

    /// <summary>Not supported; true is refused.</summary>
    public bool Refresh { get; set; }
}

/// <summary>
/// A snapshot as <c>GET /1.0/storage-pools/POOL/volumes/custom/NAME/snapshots/SNAPSHOT</c> shows it; the description is writable. Also the
/// record of a snapshot on disk.
/// </summary>
/// <remarks>LXD 5.0's object.</remarks>
public sealed record StorageVolumeSnapshot
{
    /// <summary>Without the volume's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Free text.</summary>
    public string Description { get; init; } = "";

    /// <summary>The volume's keys then.</summary>
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();

    /// <summary>Always <c>filesystem</c>.</summary>
    public string ContentType { get; init; } = "filesystem";

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Always null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>Body of <c>POST</c>, <c>PUT</c> and <c>PATCH</c> on snapshots of volumes. Null means: not given.</summary>
public sealed record StorageVolumeSnapshotPut
{
    /// <summary>The name: new (POST on the list; empty lets the node choose), or the new name (POST on a snapshot).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; set; }

    /// <summary>Free text.</summary>
    public string? Description { get; set; }

    /// <summary>Not supported; any but year 1 is refused.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }
}

/// <summary>What <c>GET …/volumes/custom/NAME/state</c> answers, as LXD does where a pool does not count.</summary>
public sealed record StorageVolumeState
{
    /// <summary>Always null: nobody counts.</summary>
    public UsedOfTotal? Usage { get; init; }
}
