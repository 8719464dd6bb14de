using System.Text.Json.Serialization;

namespace Holm.Contract;

/// <summary>An instance as <c>GET /1.0/instances/NAME</c> shows it. Members up to <see cref="Description"/> are writable.</summary>
/// <remarks>LXD 5.0's object plus <see cref="Image"/>, <see cref="Reason"/> and <see cref="Owner"/>, which LXD's clients ignore.</remarks>
public sealed record Instance
{
    /// <summary>Kernel name of the machine, for example <c>x86_64</c>.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>The instance's own keys.</summary>
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();

    /// <summary>The instance's own devices.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Devices { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>True when it is deleted as it stops.</summary>
    public bool Ephemeral { get; init; }

    /// <summary>Profiles in order; later ones win.</summary>
    public IReadOnlyList<string> Profiles { get; init; } = [];

    /// <summary>Always false: no saved memory.</summary>
    public bool Stateful { get; init; }

    /// <summary>Free text.</summary>
    public string Description { get; init; } = "";

    /// <summary>The image it runs: an alias (followed at each start) or a fingerprint (pinned).</summary>
    public string Image { get; init; } = "";

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last started; year 1 if never.</summary>
    public DateTimeOffset LastUsedAt { get; init; }

    /// <summary>1–63 letters, digits and dashes.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>Stopped</c>, <c>Starting</c>, <c>Running</c>, <c>Frozen</c>, <c>Stopping</c> or <c>Error</c>.</summary>
    public string Status { get; init; } = "Stopped";

    /// <summary>Number of <see cref="Status"/>.</summary>
    public int StatusCode { get; init; } = (int)Contract.StatusCode.Stopped;

    /// <summary>Why the status is what it is, as a sentence; empty when there is nothing to say.</summary>
    public string Reason { get; init; } = "";

    /// <summary><c>local</c> or <c>fleet</c>.</summary>
    public string Owner { get; init; } = "local";

    /// <summary>Always <c>none</c>.</summary>
    public string Location { get; init; } = "none";

    /// <summary>Always <c>container</c>.</summary>
    public string Type { get; init; } = "container";

    /// <summary>Always <c>default</c>.</summary>
    public string Project { get; init; } = "default";

    /// <summary>Keys after profiles.</summary>
    public IReadOnlyDictionary<string, string> ExpandedConfig { get; init; } = new Dictionary<string, string>();

    /// <summary>Devices after profiles.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> ExpandedDevices { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>With recursion 2 only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public InstanceState? State { get; init; }

    /// <summary>With recursion 2 only; the oldest first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<InstanceSnapshot>? Snapshots { get; init; }
}

/// <summary>Body of <c>PUT</c> and <c>PATCH /1.0/instances/NAME</c>. Null means: not given.</summary>
public sealed record InstancePut
{
    /// <summary>Kernel name of the machine; only this node's own is accepted.</summary>
    public string? Architecture { get; set; }

    /// <summary>Keys. PATCH: merged, an empty value unsets.</summary>
    public Dictionary<string, string>? Config { get; set; }

    /// <summary>Devices. PATCH: merged.</summary>
    public Dictionary<string, Dictionary<string, string>>? Devices { get; set; }

    /// <summary>With <see cref="Restore"/>: memory as well, which is not supported.</summary>
    public bool Stateful { get; set; }

    /// <summary>True when it is deleted as it stops.</summary>
    public bool? Ephemeral { get; set; }

    /// <summary>Profiles in order.</summary>
    public List<string>? Profiles { get; set; }

    /// <summary>Free text.</summary>
    public string? Description { get; set; }

    /// <summary>Alias or fingerprint; null keeps the image.</summary>
    public string? Image { get; set; }

    /// <summary>PUT: a snapshot, <c>SNAPSHOT</c> or <c>NAME/SNAPSHOT</c>, that it is brought back to; all else is not read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Restore { get; set; }
}

/// <summary>Body of <c>POST /1.0/instances</c>.</summary>
public sealed record InstancesPost
{
    /// <summary>LXD's short form of limits, such as <c>c1-m0.5</c>: CPUs and GiB of memory; null or empty: none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? InstanceType { get; set; }

    /// <summary>The new name; empty lets the node invent one.</summary>
    public string? Name { get; set; }

    /// <summary>Kernel name of the machine; empty is this node's.</summary>
    public string? Architecture { get; set; }

    /// <summary>Keys.</summary>
    public Dictionary<string, string>? Config { get; set; }

    /// <summary>Devices.</summary>
    public Dictionary<string, Dictionary<string, string>>? Devices { get; set; }

    /// <summary>True when it is deleted as it stops.</summary>
    public bool Ephemeral { get; set; }

    /// <summary>Null: <c>default</c>; empty: none.</summary>
    public List<string>? Profiles { get; set; }

    /// <summary>Free text.</summary>
    public string? Description { get; set; }

    /// <summary>Where its root comes from.</summary>
    public InstanceSource? Source { get; set; }

    /// <summary><c>container</c> or empty.</summary>
    public string? Type { get; set; }

    /// <summary>Start it as soon as it exists (Incus).</summary>
    public bool Start { get; set; }
}

/// <summary>Where the root of a new instance comes from.</summary>
public sealed record InstanceSource
{
    /// <summary>Only <c>image</c> so far.</summary>
    public string Type { get; set; } = "image";

    /// <summary>A fingerprint or a unique prefix of one: the instance pins it.</summary>
    public string? Fingerprint { get; set; }

    /// <summary>An alias. LXD's clients: resolved and pinned now, unless <see cref="Follow"/>.</summary>
    public string? Alias { get; set; }

    /// <summary>Type <c>copy</c>: the instance, or <c>INSTANCE/SNAPSHOT</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Source { get; set; }

    /// <summary>Type <c>copy</c>: without the instance's snapshots.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool InstanceOnly { get; set; }

    /// <summary>Type <c>copy</c>: the instance is there, and is brought up to its original.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Refresh { get; set; }

    /// <summary>True for a console app: the alias is looked up anew at each start.</summary>
    public bool Follow { get; set; }
}

/// <summary>Body of <c>PUT /1.0/instances/NAME/state</c>.</summary>
public sealed record InstanceStatePut
{
    /// <summary><c>start</c>, <c>stop</c>, <c>restart</c>, <c>freeze</c> or <c>unfreeze</c>.</summary>
    public string Action { get; set; } = "";

    /// <summary>
    /// Seconds to wait for a clean stop; what has not ended by then goes on, and that is an error. -1 is the node's own deadline, after
    /// which it is killed; 0 is the same as <see cref="Force"/>.
    /// </summary>
    public int Timeout { get; set; } = -1;

    /// <summary>Kill what has not ended in time. Not in LXD.</summary>
    public bool ThenKill { get; set; }

    /// <summary>Kill at once instead of asking.</summary>
    public bool Force { get; set; }

    /// <summary>Not supported; true is refused.</summary>
    public bool Stateful { get; set; }
}

/// <summary>Body of <c>PUT /1.0/instances</c>: one action for all.</summary>
public sealed record InstancesPut
{
    /// <summary>The action.</summary>
    public InstanceStatePut? State { get; set; }
}

/// <summary>Body of <c>POST /1.0/instances/NAME</c>: rename, or move to another pool.</summary>
public sealed record InstancePost
{
    /// <summary>The new name.</summary>
    public string Name { get; set; } = "";

    /// <summary>True: to another pool.</summary>
    public bool Migration { get; set; }

    /// <summary>The pool its root goes to.</summary>
    public string? Pool { get; set; }

    /// <summary>The project it goes to, of which there is one: <c>default</c>.</summary>
    public string? Project { get; set; }

    /// <summary>True: its snapshots do not go with it.</summary>
    public bool InstanceOnly { get; set; }
}
