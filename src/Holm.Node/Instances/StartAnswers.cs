using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Processes;
using Holm.Node.Engines;
using Holm.Node.Networks;

namespace Holm.Node.Instances;

/// <summary>
/// Sees to each init of an instance, the first and those after reboots from inside: what belongs into its namespaces is put there, where
/// there is a hook before it runs.
/// </summary>
public sealed class StartAnswers(StartHook hook, InstanceNetworks networks, ShareControl shares)
{
    private static readonly TimeSpan InitPause = TimeSpan.FromMilliseconds(20);

    /// <summary>Called when there is another reason to look at an instance.</summary>
    public Action Wake { get; set; } = () => { };

    /// <summary>An instance into which nothing has to be put starts without the hook's millisecond.</summary>
    public static bool IsNeeded(InstanceSpec spec) => spec.Nics.Count > 0 || spec.Shares.Count > 0;

    /// <summary>Answers liblxc each time it has set the instance up, until its monitor ends.</summary>
    public async Task Serve(InstanceRun run)
    {
        var (name, monitor) = (run.Observed.Name, run.Monitor);
        run.Served = true;
        using var ended = new CancellationTokenSource();
        _ = run.WaitUntil(o => o.MonitorGone || run.Monitor != monitor, CancellationToken.None).ContinueWith(
            _ => ended.Cancel(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        var waits = hook.IsWaiting(name);
        while (!ended.IsCancellationRequested)
            try
            {
                using var brief = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
                if (waits)
                    brief.CancelAfter(AskPause);
                await Answer(run, await hook.Asked(name, brief.Token).ConfigureAwait(false)).ConfigureAwait(false);
                waits = false;
            }
            catch (OperationCanceledException)
            {
                // It asked an earlier daemon, which did not live to answer.
                if (waits && !ended.IsCancellationRequested && hook.IsWaiting(name) && LxcEngine.InitPid(monitor) is { } asked)
                    await Answer(run, asked).ConfigureAwait(false);
                waits = false;
            }
            catch (LinuxException)
            {
                await Task.Delay(AskPause).ConfigureAwait(false);
            }
    }

    private static readonly TimeSpan AskPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Connects a running instance otherwise, and keeps what really is.</summary>
    /// <returns>False: just now it has no init, for it is booting again.</returns>
    /// <exception cref="Refusal">Something is not to be had; the rest stays.</exception>
    public async Task<bool> Reconnect(InstanceRun run, IReadOnlyList<Nic> nics, string folder)
    {
        var changed = false;
        await run.Linking(async () =>
        {
            if (LxcEngine.RunningInit(run.Monitor) is not { } init)
                return;
            try
            {
                await networks.Change(run.Observed.Name, init, nics).ConfigureAwait(false);
                Keep(run, nics, folder);
            }
            catch
            {
                Keep(run, networks.Connected(run.Observed.Name), folder);
                throw;
            }
            changed = true;
        }).ConfigureAwait(false);
        if (changed)
            FollowUnserved(run);
        return changed;
    }

    /// <summary>Nics that it has, or that its init will be given: on record, and observed.</summary>
    public static void Keep(InstanceRun run, IReadOnlyList<Nic> nics, string folder)
    {
        run.Note(folder, r => r with { Nics = RunRecord.Keep(nics) });
        run.Update(o => o with { Nics = nics });
    }

    /// <summary>Begins to follow the inits of a running instance that was just given something and has no hook.</summary>
    public void FollowUnserved(InstanceRun run)
    {
        if (!run.Served)
            _ = Follow(run);
    }

    /// <summary>A daemon before this one started it: what only a process can hold is opened again.</summary>
    public void Adopt(InstanceRun run)
    {
        var (nics, given) = (run.Observed.Nics ?? [], run.Observed.Shares ?? []);
        if (nics.Count > 0 && LxcEngine.InitPid(run.Monitor) is { } init)
            networks.Adopt(run.Observed.Name, init, nics);
        if (hook.IsThere(run.Observed.Name))
            _ = Serve(run);
        else if (nics.Count + given.Count > 0)
            _ = Follow(run);
    }

    /// <summary>
    /// An instance that was started with nothing to put into it has no hook; after a reboot from inside it gets what it was given meanwhile
    /// as soon as its new init is seen.
    /// </summary>
    private async Task Follow(InstanceRun run)
    {
        run.Served = true;
        var monitor = run.Monitor;
        for (var last = 0; run.Monitor == monitor && !run.Observed.MonitorGone;)
        {
            if (LxcEngine.RunningInit(monitor) is not { } init || init == last)
            {
                await Task.Delay(InitPause).ConfigureAwait(false);
                continue;
            }
            try
            {
                if (last != 0)
                    await Put(run, init).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or Refusal)
            {
                // Then the planner sees what it lacks, and why it is so is told by whoever tries again.
                run.Update(o => o with { Nics = networks.Connected(o.Name), SharesStale = true });
                Wake();
            }
            last = init;
            await Ended(init).ConfigureAwait(false);
        }
    }

    private static async Task Ended(int pid)
    {
        try
        {
            using var process = PidFds.Open(pid);
            await Epoll.Readable(process).ConfigureAwait(false);
        }
        catch (LinuxException e) when (e.Errno == Errnos.ESRCH)
        {
            return;
        }
    }

    private async Task Put(InstanceRun run, int initPid)
    {
        await run.Linking(() => networks.Connect(run.Observed.Name, initPid, run.Observed.Nics ?? [])).ConfigureAwait(false);
        shares.Begin(run, initPid);
    }

    private async Task Answer(InstanceRun run, int initPid)
    {
        try
        {
            await Put(run, initPid).ConfigureAwait(false);
            run.HookFailure = null;
        }
#pragma warning disable CA1031 // whatever it is: the start ends, with this as its reason
        catch (Exception e)
#pragma warning restore CA1031
        {
            run.HookFailure = e.Message;
        }
        hook.Answer(run.Observed.Name, run.HookFailure is null);
        run.Answered.TrySetResult();
    }
}
