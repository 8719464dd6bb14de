using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Mounts;

namespace Holm.Node.Shares;

/// <summary>
/// Files and folders of the host in an app: mounted in the app's own mount namespace by a thread of this daemon, before its init runs or
/// while it does, by the same code.
/// </summary>
/// <remarks>
/// <code>
///   host:  open the source, copy its mount (detached), restrict it: ro, nosuid, nodev, ids, private
///          seal it, so that the app's root cannot take that back; see <see cref="MountSeal"/>
///   app:   take away what is not wanted; find or make the path below the app's root; attach
/// </code>
/// nosuid: a set-user-id program that somebody put on a stick must not make the app's users its root. It does not keep the app from
/// putting one there: with shift=true its root's files are the host root's, so what is shared writable should be mounted nosuid on the
/// host, or lie below a folder that only root enters. nodev: the same for device files.
/// A device file is made for the app on a filesystem of its own, in place of the copy, and its mount is not nodev; the rules by which the
/// app's control group allows it are told to the caller.
/// A privileged app's root is the host's: it can undo all of this, as everything else.
/// Nothing is remembered here: what is mounted is read from the kernel each time, and a mount that an earlier daemon made and did not live
/// to put on record is known by what it shows.
/// </remarks>
public static class PathShares
{
    /// <summary>
    /// Makes an app have these shares and no others. Idempotent; whatever fails, what this call mounted is taken away again, and what it
    /// took away stays so until the next call.
    /// </summary>
    /// <param name="app">Name of the app, for messages.</param>
    /// <param name="initPid">Its init, which the caller knows to live, or what will be it.</param>
    /// <param name="ids">Its ids.</param>
    /// <param name="wanted">Shares it should have, as <see cref="ShareSpec.Of"/> orders them.</param>
    /// <param name="applied">What an earlier call for this init returned; before init runs: empty.</param>
    /// <returns>One for each of <paramref name="wanted"/>, in that order.</returns>
    /// <exception cref="Refusal">A share is not to be had: which, where, why, and the mend.</exception>
    /// <exception cref="LinuxException">The kernel refused, or init has ended.</exception>
    public static IReadOnlyList<AppliedShare> Set(
        string app, int initPid, ShareIds ids, IReadOnlyList<ShareSpec> wanted, IReadOnlyList<AppliedShare> applied)
    {
        using var sources = new ShareSources(app, ids, wanted);
        // Most calls find everything in place, and do not have to go in.
        var lines = MountLine.ReadAll(initPid);
        var plan = Plan(sources, applied, AliveBy(lines, applied), lines);
        if (!plan.IsNothing)
        {
            (lines, var alive) = InnerMounts.In(initPid, ids.Root, inner => InnerLook.All(inner, sources.All, ids, applied));
            plan = Plan(sources, applied, alive, lines);
        }
        if (plan.Missing is [var missing, ..])
            throw new Refusal(409, $"{Doing(app, missing.Share)}: " +
                (missing.Why ?? $"{missing.Share.Source} is not there; make it, plug it in, or set required=false"));
        var added = plan.IsNothing ? [] : Carry(app, initPid, ids, plan, sources);
        IReadOnlyList<AppliedShare> now = [.. plan.Kept, .. plan.Away, .. added];
        return [.. wanted.Select(w => now.First(s => s.Share == w))];
    }

    /// <summary>True when an app's shares are as the host is now; false: <see cref="Set"/> would change something, or refuse.</summary>
    /// <param name="initPid">Its init.</param>
    /// <param name="ids">Its ids.</param>
    /// <param name="applied">What an earlier call for this init returned.</param>
    public static bool AreSettled(int initPid, ShareIds ids, IReadOnlyList<AppliedShare> applied)
    {
        try
        {
            using var sources = new ShareSources("", ids, [.. applied.Select(a => a.Share)]);
            var lines = MountLine.ReadAll(initPid);
            var plan = Plan(sources, applied, AliveBy(lines, applied), lines);
            return plan.IsNothing && plan.Away.All(applied.Contains);
        }
        catch (Refusal)
        {
            return false;
        }
    }

    /// <summary>What of the host an app that does not run would have to wait for, as a sentence; null: nothing.</summary>
    /// <remarks>Also a source that cannot be used is waited for: it is the host's to mend, or a stick's to come.</remarks>
    public static string? Missing(IReadOnlyList<ShareSpec> wanted, Func<ShareIds> ids)
    {
        foreach (var share in wanted.Where(s => s.Required))
        {
            var what = $"it waits for {share.Source} (device {share.Device})";
            try
            {
                using var source = ShareSource.Open(what, share);
                if (source is null)
                    return $"{what}, which is not there";
                if (share.Shift && source.Prepare(ids()) is { } reason)
                    return $"{what}: {reason}";
            }
            catch (Refusal refusal)
            {
                return refusal.Message;
            }
        }
        return null;
    }

    /// <summary>What the control group of an app that is to have these shares has to allow, as far as the devices are there now.</summary>
    public static IReadOnlyList<string> RulesOf(IReadOnlyList<ShareSpec> wanted)
    {
        using var sources = new ShareSources("", ShareIds.Privileged, [.. wanted.Where(w => w.DeviceFile is not null)]);
        return [.. sources.All.Select(s => s.Identity.Rule).OfType<string>().Distinct()];
    }

    /// <summary>What the control group of an app with these shares has to allow.</summary>
    public static IReadOnlyList<string> RulesOf(IReadOnlyList<AppliedShare> applied) =>
        [.. applied.Select(a => a.Mount?.Rule).OfType<string>().Distinct()];

    private static SharePlan Plan(
        ShareSources sources, IReadOnlyList<AppliedShare> applied, IReadOnlyList<AppliedShare> alive, IReadOnlyList<MountLine> lines) =>
        SharePlan.Make(sources.Wanted, sources.IdentityOf, sources.WhyNot, applied, alive, OnHost(lines));

    private static List<AppliedShare> Carry(string app, int initPid, ShareIds ids, SharePlan plan, ShareSources sources)
    {
        List<DetachedMount> copies = [.. plan.Add.Select(sources.Take)];
        try
        {
            if (ids.UserNamespace is not null && copies.Count > 0)
            {
                var plain = copies.ToList();
                copies.AddRange(MountSeal.Seal(plain));
                copies.RemoveRange(0, plain.Count);
                plain.ForEach(p => p.Dispose());
            }
            return InnerMounts.In(initPid, ids.Root, inner =>
            {
                foreach (var gone in plan.Remove)
                {
                    InnerLook.Detach(inner, $"take {gone.Share.Path} (device {gone.Share.Device}) from {app}", gone.Mount!);
                    ShareTarget.RemoveEmpty(inner.Root, gone.Share, ids);
                }
                return Attach(app, inner, ids, plan.Add, copies, [.. plan.Add.Select(a => sources.IdentityOf(a)?.Rule)]);
            });
        }
        finally
        {
            copies.ForEach(c => c.Dispose());
        }
    }

    private static List<AppliedShare> Attach(
        string app, InnerMounts inner, ShareIds ids, IReadOnlyList<ShareSpec> shares, List<DetachedMount> copies,
        IReadOnlyList<string?> rules)
    {
        var added = new List<AppliedShare>();
        try
        {
            for (var i = 0; i < shares.Count; i++)
            {
                var what = Doing(app, shares[i]);
                using var target = ShareTarget.Open(what, inner, shares[i], copies[i].IsFolder, ids);
                try
                {
                    copies[i].AttachAt(target);
                }
                catch (LinuxException e)
                {
                    throw new Refusal(409, $"{what}: {e.Message}", e);
                }
                added.Add(new AppliedShare(shares[i], MountedShare.Of(MountIdentity.Of(copies[i].Root), rules[i])));
            }
            return added;
        }
        catch
        {
            for (var i = added.Count - 1; i >= 0; i--)
                inner.Detach(copies[i].Root);
            throw;
        }
    }

    internal static string Doing(string app, ShareSpec share) => share.DeviceFile is not null
        ? $"give {app} the device {share.Source} as {share.Path} (device {share.Device})"
        : $"share {share.Source} with {app} as {share.Path} (device {share.Device})";

    private static IReadOnlyList<AppliedShare> AliveBy(IReadOnlyList<MountLine> lines, IReadOnlyList<AppliedShare> applied) =>
        [.. applied.Where(a => a.Mount is { } mount && lines.Any(l => l.Id == mount.MountId))];

    /// <summary>A mount whose line is gone is not asked about.</summary>
    private static Func<MountedShare, bool> OnHost(IReadOnlyList<MountLine> lines)
    {
        HashSet<string>? devices = null;
        return mount => lines.FirstOrDefault(l => l.Id == mount.MountId) is { } line &&
            (devices ??= [.. MountLine.ReadAll().Select(l => l.Device)]).Contains(line.Device);
    }
}
