namespace Holm.Linux.Netlink;

/// <summary>How a link is to be when it is made. What is null is left to the kernel.</summary>
public sealed record LinkOptions
{
    /// <summary>Bytes.</summary>
    public int? Mtu { get; init; }
    /// <summary>Hardware address, six bytes in hexadecimal with colons.</summary>
    public string? Address { get; init; }
    /// <summary>A note on it, at most 255 bytes of UTF-8.</summary>
    public string? Alias { get; init; }
    /// <summary>
    /// Name it is born under: it gets its own name and its alias later, in one message, because the kernel takes no alias for a link that
    /// does not exist yet. Whoever dies in between leaves a link of this name. Null: it is born under its own.
    /// </summary>
    public string? BornAs { get; init; }
    /// <summary>Group number.</summary>
    public uint? Group { get; init; }
    /// <summary>Index of the bridge it becomes a port of.</summary>
    public int? Master { get; init; }
    /// <summary>Whether it gives itself an IPv6 link-local address when it is set up. Without IPv6 it does not anyway.</summary>
    public bool Ipv6LinkLocal { get; init; } = true;
    /// <summary>Whether it is set up, once all else is done.</summary>
    public bool Up { get; init; }
}

/// <summary>A link that is born inside another network namespace, under its name there.</summary>
/// <param name="Name">Name, at most 15 bytes.</param>
/// <param name="Namespace">The network namespace.</param>
public sealed record GuestEnd(string Name, Fd Namespace)
{
    /// <summary>Bytes; null: the kernel's choice.</summary>
    public int? Mtu { get; init; }
    /// <summary>Hardware address, six bytes in hexadecimal with colons; null: made up.</summary>
    public string? Address { get; init; }
    /// <summary>Whether it is set up.</summary>
    public bool Up { get; init; }
}

/// <summary>What is to become of a link. What is null stays as it is.</summary>
public sealed record LinkChange
{
    /// <summary>Network namespace it goes to; <see cref="RouteSocket.Set"/> says how.</summary>
    public Fd? Namespace { get; init; }
    /// <summary>New name, at most 15 bytes.</summary>
    public string? Name { get; init; }
    /// <summary>Set up or set down.</summary>
    public bool? Up { get; init; }
    /// <summary>How it takes frames, all of <see cref="Link.Traits"/>.</summary>
    public uint? Traits { get; init; }
    /// <summary>Bytes.</summary>
    public int? Mtu { get; init; }
    /// <summary>Hardware address, six bytes in hexadecimal with colons.</summary>
    public string? Address { get; init; }
    /// <summary>Index of the bridge it becomes a port of; 0: of none.</summary>
    public int? Master { get; init; }
    /// <summary>A note on it, at most 255 bytes of UTF-8; empty: none.</summary>
    public string? Alias { get; init; }
    /// <summary>Group number.</summary>
    public uint? Group { get; init; }
    /// <summary>Frames that may wait to be sent.</summary>
    public uint? TxQueue { get; init; }
}
