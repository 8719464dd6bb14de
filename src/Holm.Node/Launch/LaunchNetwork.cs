using Holm.Config;

namespace Holm.Node.Launch;

/// <summary>
/// Networks of launches with <c>network: nat</c>: a veth pair each, with a subnet of four addresses out of ranges of private ones. Pure.
/// </summary>
public static class LaunchNetwork
{
    /// <summary>10.196.0.0/16; and 172.30.0.0/16, should the host have a route to all of 10.0.0.0/8.</summary>
    public static IReadOnlyList<Ipv4Interface> Ranges { get; } = [new(0x0ac40000, 16), new(0xac1e0000, 16)];

    /// <summary>Subnets in a range.</summary>
    public const int Count = 1 << (30 - 16);

    /// <summary>The host end's address in a subnet that overlaps none of those that are taken; null: none is free.</summary>
    /// <param name="taken">Subnets, by any address in them.</param>
    /// <param name="first">
    /// The one that is looked at first, from 0 below <see cref="Count"/>: chance, so that nodes side by side do not choose the same.
    /// </param>
    public static Ipv4Interface? Free(IReadOnlyCollection<Ipv4Interface> taken, int first) =>
        Ranges.Select(range => range.Free(30, taken, first)).FirstOrDefault(host => host is not null);

    /// <summary>The nic of a launch.</summary>
    /// <param name="host">The host end's address.</param>
    /// <param name="servesNames">True: name questions are answered there.</param>
    public static Nic NicOf(Ipv4Interface host, bool servesNames) => Nic.Read("eth0", Maps.Of(
    [
        ("type", "nic"), ("nictype", "p2p"), ("name", "eth0"), (Nic.AddressKey, host.ToString()),
        (Nic.GuestKey, (host with { Address = host.Address + 1 }).ToString()), ("ipv4.nat", "true"),
        .. servesNames ? [("ipv4.dhcp", "true")] : Array.Empty<(string, string)>(),
    ]));
}
