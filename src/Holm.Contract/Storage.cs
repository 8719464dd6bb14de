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

    /// <summary>Not supported yet; one with a name is refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public InstanceSource? Source { get; set; }

    /// <summary>The pool it is moved to; only its own is accepted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Pool { get; set; }

    /// <summary>Not supported; true is refused.</summary>
    public bool Migration { get; set; }

    /// <summary>Not supported; one with a name is refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Restore { get; set; }

    /// <summary>Keys. PATCH: merged, an empty value unsets.</summary>
    public Dictionary<string, string>? Config { get; set; }

    /// <summary>Free text.</summary>
    public string? Description { get; set; }
}
