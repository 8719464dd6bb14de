using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>What is made of managed networks, and what else there is on the host. Unbound, nothing is made and nothing is there.</summary>
public sealed record NetworkFace
{
    /// <summary>Ends when the networks have been made as they are written now; what could not be done, a sentence by network.</summary>
    public Func<CancellationToken, Task<IReadOnlyDictionary<string, string>>> Settle { get; init; } =
        _ => Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>());

    /// <summary>Why a network is not as it is written, as a sentence; null: it is.</summary>
    public Func<string, string?> Problem { get; init; } = _ => null;

    /// <summary>What an interface of the host is like now; null: it is not there.</summary>
    public Func<string, HostInterfaceState?> State { get; init; } = _ => null;

    /// <summary>Subnets of IPv4 that the host has an address in or a route to.</summary>
    public Func<IReadOnlyList<Ipv4Interface>> HostSubnets { get; init; } = () => [];

    /// <summary>Addresses that are handed out on a managed network.</summary>
    public Func<string, IReadOnlyList<NetworkLease>> Leases { get; init; } = _ => [];

    /// <summary>
    /// Interfaces of the host that are no managed network: name and <see cref="Network.Type"/>; <see cref="Network.UsedBy"/> is filled in
    /// by the API.
    /// </summary>
    public Func<IReadOnlyList<Network>> Unmanaged { get; init; } = () => [];
}
