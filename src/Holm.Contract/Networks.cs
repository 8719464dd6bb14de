using System.Text.Json.Serialization;

namespace Holm.Contract;

/// <summary>
/// A network as <c>GET /1.0/networks/NAME</c> shows it: a managed one, or an interface of the host that Holm leaves alone. Members up to
/// <see cref="Description"/> are writable.
/// </summary>
/// <remarks>LXD 5.0's object plus <see cref="Reason"/>, which LXD's clients ignore.</remarks>
public sealed record Network
{
    /// <summary>Keys; see <see cref="ConfigKey.OfNetworks"/>.</summary>
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();

    /// <summary>Free text.</summary>
    public string Description { get; init; } = "";

    /// <summary>Also the name of the interface on the host.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// <c>bridge</c>, <c>macvlan</c> or <c>physical</c>; of what is not managed also <c>vlan</c>, <c>bond</c>,
    /// <c>loopback</c> or <c>unknown</c>.
    /// </summary>
    public string Type { get; init; } = "bridge";

    /// <summary>URLs of the instances and profiles that have a nic on it.</summary>
    public IReadOnlyList<string> UsedBy { get; init; } = [];

    /// <summary>True when Holm makes it.</summary>
    public bool Managed { get; init; }

    /// <summary><c>Created</c>, or <c>Errored</c> when the node could not make it so; empty for what is not managed.</summary>
    public string Status { get; init; } = "";

    /// <summary>Why the status is what it is, as a sentence; empty when there is nothing to say.</summary>
    public string Reason { get; init; } = "";

    /// <summary><c>none</c> for a managed one: there is no cluster.</summary>
    public IReadOnlyList<string> Locations { get; init; } = [];
}

/// <summary>Body of <c>POST</c>, <c>PUT</c> and <c>PATCH</c> on networks. Null means: not given.</summary>
public sealed record NetworkPut
{
    /// <summary>The name: new (POST on the list), or the new name (POST on a network).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; set; }

    /// <summary><c>bridge</c>, which empty is too, <c>macvlan</c> or <c>physical</c>; read by POST on the list only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Type { get; set; }

    /// <summary>Keys. PATCH: merged. An empty value unsets.</summary>
    public Dictionary<string, string>? Config { get; set; }

    /// <summary>Free text.</summary>
    public string? Description { get; set; }
}

/// <summary>What an interface of the host is like now, from <c>GET /1.0/networks/NAME/state</c>; LXD's <c>NetworkState</c>.</summary>
public sealed record HostInterfaceState
{
    /// <summary>Addresses.</summary>
    public IReadOnlyList<NetworkAddress> Addresses { get; init; } = [];

    /// <summary>Traffic, as the host sees it.</summary>
    public NetworkCounters Counters { get; init; } = new();

    /// <summary>MAC address, colons, lower case; empty for none.</summary>
    public string Hwaddr { get; init; } = "";

    /// <summary>Bytes; 0 while it is not there.</summary>
    public int Mtu { get; init; }

    /// <summary><c>up</c> or <c>down</c>.</summary>
    public string State { get; init; } = "down";

    /// <summary><c>broadcast</c>, <c>loopback</c>, <c>point-to-point</c> or <c>unknown</c>.</summary>
    public string Type { get; init; } = "broadcast";

    /// <summary>More about a bridge; null for what is none, and while it is not there.</summary>
    public BridgeState? Bridge { get; init; }
}

/// <summary>A bridge of the host; times are hundredths of a second, as the kernel gives them to LXD.</summary>
public sealed record BridgeState
{
    /// <summary>Priority and address: <c>8000.0a0f7c6edbd9</c>.</summary>
    public string Id { get; init; } = "";

    /// <summary>True when it speaks the spanning tree protocol.</summary>
    public bool Stp { get; init; }

    /// <summary>How long a new port waits before it forwards.</summary>
    public long ForwardDelay { get; init; }

    /// <summary>VLAN of ports that say nothing.</summary>
    public int VlanDefault { get; init; }

    /// <summary>True when it tells VLANs apart.</summary>
    public bool VlanFiltering { get; init; }

    /// <summary>Names of its ports.</summary>
    public IReadOnlyList<string> UpperDevices { get; init; } = [];
}

/// <summary>An address that is handed out, from <c>GET /1.0/networks/NAME/leases</c>.</summary>
/// <remarks>LXD's object plus <see cref="ExpiresAt"/>.</remarks>
public sealed record NetworkLease
{
    /// <summary>What the client calls itself; empty when it does not.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>MAC address, colons, lower case.</summary>
    public string Hwaddr { get; init; } = "";

    /// <summary>The address.</summary>
    public string Address { get; init; } = "";

    /// <summary>Always <c>dynamic</c>.</summary>
    public string Type { get; init; } = "dynamic";

    /// <summary>Always <c>none</c>.</summary>
    public string Location { get; init; } = "none";

    /// <summary>When it ends unless it is asked for again; year 1 for never.</summary>
    public DateTimeOffset ExpiresAt { get; init; }
}
