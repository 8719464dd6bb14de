using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Mounts;

namespace Holm.Node.Shares;

/// <summary>Finds the mounts of shares among an app's own, wherever it has moved them by now.</summary>
internal static class InnerLook
{
    /// <summary>All mounts, and the shares whose mounts are there, those on no record among them.</summary>
    public static (IReadOnlyList<MountLine> Lines, IReadOnlyList<AppliedShare> Alive) All(
        InnerMounts inner, IReadOnlyCollection<ShareSource> sources, ShareIds ids, IReadOnlyList<AppliedShare> applied)
    {
        var lines = inner.Read();
        var alive = Alive(inner, lines, applied);
        return (lines, [.. alive, .. Unrecorded(inner, lines, sources, ids, alive)]);
    }

    /// <summary>The shares whose mounts are there. A number that another mount has by now is told by what that shows.</summary>
    private static IReadOnlyList<AppliedShare> Alive(
        InnerMounts inner, IReadOnlyList<MountLine> lines, IReadOnlyList<AppliedShare> applied) =>
        [.. applied.Where(a => a.Mount is { } mount && lines.FirstOrDefault(l => l.Id == mount.MountId) is { } line &&
            Shows(inner, line, mount))];

    /// <summary>
    /// Mounts at the paths of shares that show just what these should, and are on no record: an earlier daemon made them, and was killed
    /// before it could say so.
    /// </summary>
    private static IEnumerable<AppliedShare> Unrecorded(
        InnerMounts inner, IReadOnlyList<MountLine> lines, IReadOnlyCollection<ShareSource> sources, ShareIds ids,
        IReadOnlyList<AppliedShare> recorded)
    {
        foreach (var source in sources.Where(s => !recorded.Any(r => SharePlan.SameMount(r.Share, s.Share))))
        {
            Fd file;
            try
            {
                file = Fd.OpenInRoot(inner.Root, source.Share.Path, OpenFlags.O_PATH);
            }
            catch (LinuxException)
            {
                continue;
            }
            using (file)
                if (MountIdentity.Of(file) is { IsMountRoot: true } found && source.IsShownBy(file, ids) &&
                    !recorded.Any(r => r.Mount?.MountId == found.MountId) &&
                    lines.FirstOrDefault(l => l.Id == found.MountId) is { } line && IsAsWritten(line, source, ids))
                    yield return new AppliedShare(source.Share, MountedShare.Of(found, source.Identity.Rule));
        }
    }

    /// <summary>Takes a mount away. It may be moved or covered by the app: then it is looked for, and not found under a cover.</summary>
    /// <exception cref="Refusal">Something is on top of it.</exception>
    public static void Detach(InnerMounts inner, string what, MountedShare mount)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (inner.Read().FirstOrDefault(l => l.Id == mount.MountId) is not { } line)
                return;
            using var found = inner.TryOpen(line);
            if (found is not null)
            {
                if (mount.Shows(MountIdentity.Of(found)))
                    inner.Detach(found);
                return;
            }
            if (attempt == AttemptsMax)
                throw new Refusal(409, $"{what}: the app has mounted something over it; unmount that there, or restart the app");
        }
    }

    /// <summary>One that cannot be looked at is taken for what the record says.</summary>
    private static bool Shows(InnerMounts inner, MountLine line, MountedShare mount)
    {
        using var found = inner.TryOpen(line);
        return found is null || mount.Shows(MountIdentity.Of(found));
    }

    private static bool IsAsWritten(MountLine line, ShareSource source, ShareIds ids) =>
        line.Attributes.Contains("nosuid") && line.Attributes.Contains("nodev") == source.Share.DeviceFile is null &&
        line.Attributes.Contains("ro") == source.Share.ReadOnly &&
        line.Attributes.Contains("idmapped") == (source.Share.Shift && ids.UserNamespace is not null);

    /// <summary>Between reading the table and opening what it says, an app may move things; it cannot do so for ever.</summary>
    private const int AttemptsMax = 32;
}
