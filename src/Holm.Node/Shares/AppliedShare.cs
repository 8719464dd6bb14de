using Holm.Config;
using Holm.Linux;
using Holm.Linux.Mounts;

namespace Holm.Node.Shares;

/// <summary>A share of a running app, and what was mounted for it: what the next daemon has to know.</summary>
/// <param name="Share">As it is written.</param>
/// <param name="Mount">What is mounted in the app; null: nothing while the source is missing, or cannot be used.</param>
/// <param name="Why">Why the source cannot be used, as a sentence; null: it can, or is missing.</param>
public sealed record AppliedShare(ShareSpec Share, MountedShare? Mount, string? Why = null);

/// <summary>One mount in an app's namespace.</summary>
/// <param name="MountId">Its number, as in /proc/PID/mountinfo.</param>
/// <param name="Device">Filesystem of what is mounted, as <see cref="MountIdentity.Device"/>.</param>
/// <param name="Inode">Its number there.</param>
/// <param name="Rule">Of a device file: what the control group has to allow; null: it is none.</param>
public sealed record MountedShare(ulong MountId, ulong Device, ulong Inode, string? Rule = null)
{
    internal static MountedShare Of(MountIdentity identity, string? rule) =>
        new(identity.MountId, identity.Device, identity.Inode, rule);

    /// <summary>True when this file or folder is what is mounted.</summary>
    internal bool Shows(MountIdentity source) => (Device, Inode) == (source.Device, source.Inode);

    /// <summary>True when it shows what the source is now. A device file is known by its numbers: it is made anew for each app.</summary>
    internal bool Shows(SourceIdentity source) => Rule is null ? Shows(source.File) : Rule == source.Rule;
}

/// <summary>What a source is now.</summary>
/// <param name="File">The file or folder; of a device file nothing is said here.</param>
/// <param name="Rule">Of a device file: its kind and numbers, as a control group's list has them; null: it is none.</param>
internal readonly record struct SourceIdentity(MountIdentity File, string? Rule);

/// <summary>The ids of an app, as the host counts them.</summary>
/// <param name="Root">The app's root.</param>
/// <param name="Count">How many ids follow each other from there.</param>
/// <param name="UserNamespace">A user namespace in which they are 0 and following; null: the app is privileged.</param>
public sealed record ShareIds(uint Root, uint Count, Fd? UserNamespace)
{
    /// <summary>The host's own.</summary>
    public static ShareIds Privileged { get; } = new(0, uint.MaxValue, null);

    internal bool Have(uint id) => id >= Root && id - Root < Count;
}
