using Holm.Config;

namespace Holm.Node.Shares;

/// <summary>What has to be done to an app's mounts so that it has the shares that it should. Pure: no kernel.</summary>
/// <remarks>
/// What a share shows follows its source:
/// <code>
///   the source is                                     then
///   what is mounted                                   it stays
///   another thing: a stick came, a folder was remade  the old goes, the new comes
///   missing, its filesystem unmounted by the host     it goes: whoever unmounts a stick wants to take it away
///   missing, its filesystem still there: removed      required=true: it stays; required=false: it goes
///   missing from the first                            required=true: refused; required=false: it comes when the source does
/// </code>
/// A device file that is required stays though the host's is removed: it has no filesystem that the host could unmount.
/// A source that is there and cannot be used counts as missing: where a stick is plugged in may be a folder whose ids cannot be mapped.
/// A mount covers those below its path and takes them along when it goes, so those are made anew.
/// </remarks>
/// <param name="Kept">Mounted, and right.</param>
/// <param name="Away">Not mounted: their sources are missing or cannot be used, which is no error.</param>
/// <param name="Remove">To be taken away, those below before those above.</param>
/// <param name="Add">To be mounted, those above before those below.</param>
/// <param name="Missing">Cannot be: they are required, and not to be had.</param>
internal sealed record SharePlan(
    IReadOnlyList<AppliedShare> Kept, IReadOnlyList<AppliedShare> Away, IReadOnlyList<AppliedShare> Remove, IReadOnlyList<ShareSpec> Add,
    IReadOnlyList<AppliedShare> Missing)
{
    /// <summary>True when all is as it should be.</summary>
    public bool IsNothing => Remove.Count == 0 && Add.Count == 0 && Missing.Count == 0;

    /// <summary>Makes a plan.</summary>
    /// <param name="wanted">Shares the app should have.</param>
    /// <param name="sourceOf">What a share's source is now; null: missing.</param>
    /// <param name="whyNot">Why a source that is there cannot be used; null: it can.</param>
    /// <param name="known">Those it was given before, whether mounted or not.</param>
    /// <param name="alive">Those of them whose mounts are there.</param>
    /// <param name="onHost">True while the filesystem of a mount is mounted on the host.</param>
    public static SharePlan Make(
        IReadOnlyList<ShareSpec> wanted, Func<ShareSpec, SourceIdentity?> sourceOf, Func<ShareSpec, string?> whyNot,
        IReadOnlyList<AppliedShare> known, IReadOnlyList<AppliedShare> alive, Func<MountedShare, bool> onHost)
    {
        List<AppliedShare> kept = [], away = [], remove = [], missing = [];
        List<ShareSpec> add = [];
        void Place(ShareSpec share)
        {
            var isThere = sourceOf(share) is not null;
            var reason = isThere ? whyNot(share) : null;
            if (isThere && reason is null)
                add.Add(share);
            else if (share.Required && !known.Any(k => SameMount(k.Share, share)))
                missing.Add(new AppliedShare(share, null, reason));
            else
                away.Add(new AppliedShare(share, null, reason));
        }

        foreach (var share in wanted)
        {
            var mounted = alive.FirstOrDefault(a => SameMount(a.Share, share));
            if (mounted is { Mount: { } mount } && (sourceOf(share) is { } source ? mount.Shows(source)
                : share.Required && (share.DeviceFile is not null || onHost(mount))))
                kept.Add(new AppliedShare(share, mount));
            else
                Place(share);
        }
        remove.AddRange(alive.Where(a => !kept.Any(k => k.Mount == a.Mount)));
        foreach (var below in kept.Where(k => remove.Select(r => r.Share).Concat(add).Any(k.Share.IsBelow)).ToList())
        {
            kept.Remove(below);
            remove.Add(below);
            Place(below.Share);
        }
        return new SharePlan(kept, away, [.. remove.OrderByDescending(r => r.Share.Path, StringComparer.Ordinal)],
            [.. add.OrderBy(a => a.Path, StringComparer.Ordinal)], missing);
    }

    /// <summary>True when the two make the same mount, however they are named and whether they are required or not.</summary>
    public static bool SameMount(ShareSpec one, ShareSpec other) =>
        one with { Device = other.Device, Required = other.Required } == other;
}
