using Holm.Config;
using Holm.Contract;
using Holm.Images.Roots;
using Holm.Linux.Hardware;
using Holm.Linux.Mounts;
using Holm.Node.Engines;
using Holm.Node.Limits;
using Holm.Node.Shares;

namespace Holm.Node.Instances;

/// <summary>
/// Gives instances their shares, puts on record what was mounted, and has the loop look again when the host's mounts change.
/// </summary>
public sealed class ShareControl(Roots roots, LxcEngine engine, InstanceLimits limits)
{
    /// <summary>How long nothing is looked for that no event tells of: a folder that appears.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Mounts come in bursts, of which the last is the one that counts.</summary>
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(50);

    /// <summary>Why an instance that is not running cannot be started as things are, as a sentence; null: it can.</summary>
    public string? Missing(InstanceSpec spec) => PathShares.Missing(spec.Shares, () => IdsOf(spec.Root.IdmapBase));

    /// <summary>Gives an init that has not run yet the shares that are on record.</summary>
    /// <exception cref="Refusal">One is not to be had.</exception>
    public void Begin(InstanceRun run, int initPid) => Set(run, initPid, [.. (run.Observed.Shares ?? []).Select(s => s.Share)], [],
        runs: false);

    /// <summary>Gives a running instance these shares and no others.</summary>
    /// <returns>False: just now it has no init, for it is booting again.</returns>
    /// <exception cref="Refusal">One is not to be had.</exception>
    public bool Change(InstanceRun run, IReadOnlyList<ShareSpec> wanted)
    {
        // Before it is looked at: what happens from here on is another reason to look.
        run.Update(o => o with { SharesStale = false });
        if (LxcEngine.RunningInit(run.Monitor) is not { } init)
            return false;
        Set(run, init, wanted, run.Observed.Shares ?? [], runs: true);
        run.Update(o => o with { RefusedShares = null, Reason = o.Failed ? o.Reason : Report(o.Shares) ?? "" });
        return true;
    }

    private void Set(InstanceRun run, int initPid, IReadOnlyList<ShareSpec> wanted, IReadOnlyList<AppliedShare> applied, bool runs)
    {
        lock (run.Mounting)
        {
            var name = run.Observed.Name;
            var now = PathShares.Set(name, initPid, IdsOf(run.Record!.IdmapBase), wanted, applied);
            var isAsBefore = now.SequenceEqual(run.Record.Shares ?? []);
            var (had, has) = (PathShares.RulesOf(applied), PathShares.RulesOf(now));
            // On record before they are allowed: what fails halfway is taken back, by the next daemon too.
            if (!had.SequenceEqual(has))
                run.Note(engine.Folder(name), r => r with { Shares = [.. now, .. (r.Shares ?? []).Except(now)] });
            SetDevices(name, had, has, runs);
            if (isAsBefore)
                return;
            run.Note(engine.Folder(name), r => r with { Shares = now });
            run.Update(o => o with { Shares = now, Reason = Report(now) ?? o.Reason });
        }
    }

    /// <summary>
    /// What the app's control group allows follows what is mounted. Version 2's program is the monitor's, which waits for the hook before
    /// init runs: what is there at the start is in liblxc's configuration.
    /// </summary>
    private void SetDevices(string name, IReadOnlyList<string> had, IReadOnlyList<string> has, bool runs)
    {
        var gone = had.Except(has).Where(rule => !LxcConfig.IsUsual(rule)).ToList();
        if (limits.DevicesOnV1)
            limits.SetDevices(name, has, gone);
        else if (runs)
            engine.SetDevices(name, [.. has.Except(had)], gone);
    }

    private ShareIds IdsOf(uint? idmapBase) =>
        idmapBase is { } first ? new ShareIds(first, Roots.IdCount, roots.UserNamespace(first)) : ShareIds.Privileged;

    /// <summary>That a share which may be missing cannot be used is no error, but somebody may want to know.</summary>
    private static string? Report(IReadOnlyList<AppliedShare>? shares) => shares?.FirstOrDefault(s => s.Why is not null) is { } share
        ? $"device {share.Share.Device} shows nothing: {share.Share.Source}: {share.Why}" : null;

    /// <summary>Runs until cancelled.</summary>
    public async Task Watch(Loop loop, CancellationToken ct)
    {
        using var events = MountEvents.Open();
        using var devices = DeviceEvents.Open();
        while (!ct.IsCancellationRequested)
            try
            {
                var restless = Look(loop);
                using var wait = CancellationTokenSource.CreateLinkedTokenSource(ct);
                if (restless)
                    wait.CancelAfter(Patience);
                Task[] ears = [events.Changed(wait.Token), devices.Wait(wait.Token)];
                await Task.WhenAny(ears).ConfigureAwait(false);
                // The other one waits no longer than this round.
                await wait.CancelAsync().ConfigureAwait(false);
                await Task.WhenAll(ears).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await Task.Delay(Burst, ct).ConfigureAwait(false);
                // Which parts of the machine fit a device is looked up with each plan.
                if (devices.Drain())
                    loop.Wake();
            }
            catch (OperationCanceledException)
            {
                return;
            }
    }

    /// <summary>Marks the instances whose shares are not as the host is now. True: there is something that no event will tell of.</summary>
    private bool Look(Loop loop)
    {
        var restless = loop.SomethingWaits;
        if (restless)
            loop.Wake();
        foreach (var run in loop.Runs)
        {
            if (run.Observed is not { Presence: Presence.Running, Stop: null, Shares: { Count: > 0 } shares })
                continue;
            restless |= shares.Any(s => s.Mount is null);
            if (LxcEngine.RunningInit(run.Monitor) is not { } init || PathShares.AreSettled(init, IdsOf(run.Record?.IdmapBase), shares))
                continue;
            run.Update(o => o with { SharesStale = true, RefusedShares = null });
            loop.Wake();
        }
        return restless;
    }
}
