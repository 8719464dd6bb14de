namespace Holm.Contract;

/// <summary>Something that is not as it should be, as <c>GET /1.0/warnings/UUID</c> shows it.</summary>
/// <remarks>LXD 5.0.2, shared/api/warning.go.</remarks>
public sealed record Warning
{
    /// <summary>UUID; the same warning has the same.</summary>
    public string Uuid { get; init; } = "";

    /// <summary>Always empty: a node is no cluster.</summary>
    public string Location { get; init; } = "";

    /// <summary>Always empty: it is the node's.</summary>
    public string Project { get; init; } = "";

    /// <summary>What it is about.</summary>
    public string Type { get; init; } = "";

    /// <summary>How often it was met since the daemon began.</summary>
    public long Count { get; init; } = 1;

    /// <summary>When this daemon met it first.</summary>
    public DateTimeOffset FirstSeenAt { get; init; }

    /// <summary>When it met it last.</summary>
    public DateTimeOffset LastSeenAt { get; init; }

    /// <summary>A sentence.</summary>
    public string LastMessage { get; init; } = "";

    /// <summary>Always <c>moderate</c>.</summary>
    public string Severity { get; init; } = "moderate";

    /// <summary><c>new</c> or <c>acknowledged</c>.</summary>
    public string Status { get; init; } = "new";

    /// <summary>Always empty.</summary>
    public string EntityUrl { get; init; } = "";
}

/// <summary>Body of <c>PUT /1.0/warnings/UUID</c>.</summary>
public sealed record WarningPut
{
    /// <summary><c>new</c> or <c>acknowledged</c>.</summary>
    public string? Status { get; set; }
}

/// <summary>A project, as <c>GET /1.0/projects/default</c> shows the only one.</summary>
/// <remarks>LXD 5.0.2, shared/api/project.go.</remarks>
public sealed record Project
{
    /// <summary>Its keys: it has all that there is.</summary>
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();

    /// <summary>Free text.</summary>
    public string Description { get; init; } = "";

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>URLs of all that is in it.</summary>
    public IReadOnlyList<string> UsedBy { get; init; } = [];
}

/// <summary><c>GET /1.0/cluster</c>: what a server says that is in none.</summary>
public sealed record Cluster
{
    /// <summary>Always empty.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>Always false.</summary>
    public bool Enabled { get; init; }

    /// <summary>Always empty.</summary>
    public IReadOnlyList<string> MemberConfig { get; init; } = [];
}
