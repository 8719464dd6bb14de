namespace Holm.Node.Files;

/// <summary>The users and groups of an instance, as it numbers them and as the host does.</summary>
/// <param name="First">First host id of its range; null: it is privileged, and the numbers are the same.</param>
/// <param name="Count">How many it has.</param>
public sealed record InnerIds(uint? First, uint Count)
{
    /// <summary>What the kernel calls whoever has no number in a range; proc_sys_fs(5), overflowuid.</summary>
    private const uint Nobody = 65534;

    /// <summary>The host's own.</summary>
    public static InnerIds Privileged { get; } = new(null, uint.MaxValue);

    /// <summary>True: the instance has such an id, as it numbers them.</summary>
    public bool Knows(uint inner) => inner < Count;

    /// <summary>True: this id of the host's is one of the instance's.</summary>
    public bool Have(uint host) => host >= (First ?? 0) && host - (First ?? 0) < Count;

    /// <summary>The host's number of one that the instance <see cref="Knows"/>.</summary>
    public uint OnHost(uint inner) => (First ?? 0) + inner;

    /// <summary>The instance's number of a host's id.</summary>
    public uint Inside(uint host) => Have(host) ? host - (First ?? 0) : Nobody;
}
