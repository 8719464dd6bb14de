using Holm.Config;
using Holm.Node.Engines;
using Holm.Node.Limits;
using Holm.Node.Proxies;

namespace Holm.Node.Instances;

/// <summary>What an instance is given, before it starts or while it runs: limits, nics, shares. And what a step that fails means.</summary>
public sealed partial class Executor
{
    /// <summary>How long limits or shares that a running instance could not be given are not tried again.</summary>
    private static readonly TimeSpan LimitPause = Partition.RetryPause;

    /// <summary>The same for nics: what is in their way is something of the host's, of which no event need tell.</summary>
    private static readonly TimeSpan NicPause = TimeSpan.FromSeconds(2);

    /// <summary>How soon an instance that is booting again from inside is looked at again.</summary>
    private static readonly TimeSpan BootPause = TimeSpan.FromMilliseconds(100);

    private void Limit(InstanceRun run, LimitSpec wanted)
    {
        limits.Set(run.Observed.Name, wanted);
        var part = wanted.InPartition ? wanted.MemoryBytes : null;
        var unfelt = limits.Unfelt(run.Observed.Name, wanted);
        run.Update(o => o with { Limits = wanted, Part = part, Refused = null, Unfelt = unfelt });
    }

    /// <summary>Before a start, in which liblxc moves processes as soon as the groups are there.</summary>
    private void LimitEarly(InstanceRun run, LimitSpec wanted)
    {
        Limit(run, wanted);
        _ = Task.Run(limits.HastenMoves);
    }

    /// <summary>Before a start only what can be refused or has to be on record is done; the rest once its namespace is there.</summary>
    private async Task Connect(InstanceRun run, IReadOnlyList<Nic> nics)
    {
        var name = run.Observed.Name;
        if (run.Observed.Presence != Presence.Running)
        {
            networks.Prepare(name, nics);
            StartAnswers.Keep(run, nics, engine.Folder(name));
            return;
        }
        var done = await answers.Reconnect(run, nics, engine.Folder(name)).ConfigureAwait(false);
        var later = done ? null : new RefusedNics(nics, "", clock.SinceBoot() + BootPause);
        run.Update(o => o with { RefusedNics = later });
    }

    private void Share(InstanceRun run, IReadOnlyList<ShareSpec> wanted)
    {
        if (shares.Change(run, wanted))
        {
            answers.FollowUnserved(run);
            return;
        }
        var later = new RefusedShares(wanted, "", clock.SinceBoot() + BootPause);
        run.Update(o => o with { SharesStale = true, RefusedShares = later });
    }

    /// <summary>On record first are the files on the host that have to go when it ends, whoever is there to see that.</summary>
    private async Task Carry(InstanceRun run, IReadOnlyList<ProxySpec> wanted)
    {
        var (name, folder) = (run.Observed.Name, engine.Folder(run.Observed.Name));
        // Before it is looked at: what ends from here on is another reason to look.
        run.Update(o => o with { ProxiesStale = false });
        if (LxcEngine.RunningInit(run.Monitor) is not { } init)
        {
            var later = new RefusedProxies(wanted, "", clock.SinceBoot() + BootPause);
            run.Update(o => o with { ProxiesStale = true, RefusedProxies = later });
            return;
        }
        var (files, before) = (InstanceProxies.FilesOf(wanted), run.Record!.SocketFiles ?? []);
        if (!files.SequenceEqual(before))
            run.Note(folder, r => r with { SocketFiles = [.. before.Union(files)] });
        try
        {
            await proxies.Set(name, init, run.Record.IdmapBase ?? 0, wanted).ConfigureAwait(false);
        }
        finally
        {
            InstanceProxies.RemoveFiles(before.Except(files));
        }
        if (!files.SequenceEqual(before))
            run.Note(folder, r => r with { SocketFiles = files.Count > 0 ? files : null });
        run.Update(o => o with { Proxies = wanted, RefusedProxies = null });
    }

    /// <summary>Called with the name of an instance of which a proxy has ended.</summary>
    public Action<string> ProxyEnded { set => proxies.Ended = value; }

    /// <summary>True: an earlier daemon has left some.</summary>
    public bool HasProxies(string name) => proxies.Any(name);

    private async Task EndProxies(InstanceRun run)
    {
        if (run.Observed is { Proxies: null, ProxiesStale: false } && run.Record?.SocketFiles is null)
            return;
        await proxies.EndAll(run.Observed.Name).ConfigureAwait(false);
        InstanceProxies.RemoveFiles(run.Record?.SocketFiles ?? []);
    }

    /// <summary>A start that fails has ended. What a running one is refused holds up nothing else, and is tried again in a while.</summary>
    private void Failed(InstanceRun run, Step step, string message)
    {
        var now = clock.SinceBoot();
        switch (step)
        {
            case MountRoot or SetLimits or SetNetwork or Create or Start when run.Observed.Presence != Presence.Running:
                run.Update(o => o with { Ending = new Ending(message, StartFailed: true, PoweredOff: false), Presence = Presence.Ended });
                break;
            case SetLimits s:
                // The old ones hold. It may fit in later, when it uses less.
                run.Update(o => o with { Refused = new RefusedLimits(s.Spec.Limits, message, now + LimitPause) });
                break;
            case SetNetwork s:
                run.Update(o => o with { RefusedNics = new RefusedNics(s.Spec.Nics, message, now + NicPause) });
                break;
            case SetShares s:
                var untaken = new RefusedShares(s.Spec.Shares, message, now + LimitPause);
                run.Update(o => o with { SharesStale = true, RefusedShares = untaken });
                break;
            case SetProxies s:
                var uncarried = new RefusedProxies(s.Spec.Proxies, message, now + NicPause);
                run.Update(o => o with { ProxiesStale = true, RefusedProxies = uncarried });
                break;
            default:
                run.Update(o => o with { Reason = message, Failed = true, NotBefore = now + RetryPause });
                break;
        }
    }
}
