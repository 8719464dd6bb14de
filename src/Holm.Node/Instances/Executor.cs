using Holm.Contract;
using Holm.Images;
using Holm.Images.Roots;
using Holm.Linux;
using Holm.Linux.Processes;
using Holm.Node.Engines;
using Holm.Node.Limits;
using Holm.Node.Networks;
using Holm.Node.Proxies;
using Holm.Node.Shares;

namespace Holm.Node.Instances;

/// <summary>Facts of this node that a start needs.</summary>
/// <param name="Architecture">Kernel name of the machine.</param>
/// <param name="SeccompProfile">Policy file; null: no seccomp here.</param>
/// <param name="AppArmorProfile">Profile; null: no AppArmor here.</param>
/// <param name="OpenFilesHard">Hard limit of open files of holmd, which no app can exceed.</param>
/// <param name="ResetOomScore">True when holmd is spared by the out-of-memory killer.</param>
/// <param name="OciSeccompProfile">Policy file of containers that are no systems; null: no seccomp here.</param>
/// <param name="InitProgram">Path of holm-init.</param>
public sealed record NodeFacts(string Architecture, string? SeccompProfile, string? AppArmorProfile, long OpenFilesHard,
    bool ResetOomScore, string? OciSeccompProfile, string InitProgram);

/// <summary>Carries out steps, one line a step. It decides nothing: a step that fails becomes part of what is observed.</summary>
public sealed partial class Executor(
    Roots roots, ImageStore images, InstanceLimits limits, InstanceNetworks networks, ShareControl shares, InstanceProxies proxies,
    LxcEngine engine, StartHook hook, StartAnswers answers, NodeFacts facts, TimeProvider clock)
{
    /// <summary>Called when a monitor has ended, whoever started it.</summary>
    public Action MonitorEnded { get; set; } = () => { };

    /// <summary>Called with the name of an instance that ended and stays off: it is not wanted any more.</summary>
    public Action<string> SwitchedOff { get; set; } = _ => { };

    /// <summary>The longest a start may take until init runs.</summary>
    public static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Carries out the steps of one instance in order. A failed start ends the list.</summary>
    public async Task Run(InstanceRun run, IReadOnlyList<Step> steps)
    {
        // Control groups and a root know nothing of each other: both are made at the same time.
        var limited = steps is [MountRoot, SetLimits early, ..] ? Task.Run(() => LimitEarly(run, early.Spec.Limits)) : null;
        foreach (var step in steps)
            try
            {
                await (step is SetLimits && limited is not null ? limited : Run(run, step)).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // whatever it is: an instance whose steps break is shown as failed, and the others go on
            catch (Exception e)
#pragma warning restore CA1031
            {
                // What it refuses is of no interest any more, but it is over before the instance is taken down.
                if (limited is not null)
                    await limited.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Failed(run, step, e.Message);
                return;
            }
    }

    private async Task Run(InstanceRun run, Step step)
    {
        switch (step)
        {
            case MountRoot s: await Mount(run, s.Spec).ConfigureAwait(false); break;
            case SetLimits s: Limit(run, s.Spec.Limits); break;
            case SetNetwork s: await Connect(run, s.Spec.Nics).ConfigureAwait(false); break;
            case SetShares s: Share(run, s.Spec.Shares); break;
            case SetProxies s: await Carry(run, s.Spec.Proxies).ConfigureAwait(false); break;
            case Create s: engine.Create(LxcSpecOf(s.Spec)); break;
            case Start s: await StartInit(run, s.Spec).ConfigureAwait(false); break;
            case Halt s: SendHalt(run); break;
            case Kill:
                await EndProxies(run).ConfigureAwait(false);
                KillAll(run);
                Pause(run);
                break;
            case Freeze: await SetFrozen(run, true).ConfigureAwait(false); break;
            case Unfreeze: await SetFrozen(run, false).ConfigureAwait(false); break;
            case TearDown: await TakeDown(run).ConfigureAwait(false); break;
            case Wait s: run.Update(o => o with { Waiting = s.Reason, Reason = "", Failed = false }); break;
            case StayOff s:
                SwitchedOff(s.Name);
                // A port that is not home as it was outlasts why the app ended.
                var stray = networks.Stray(run.Observed.Name);
                var failed = s.Failed || stray is not null;
                run.Update(o => o with { Ending = null, Reason = stray ?? s.Reason, Failed = failed, NotBefore = null });
                break;
            case StartAgain s:
                run.Update(o => o with
                {
                    Ending = null,
                    NotBefore = s.NotBefore,
                    FastFailures = s.FastFailures,
                    Reason = s.Reason,
                    Failed = true,
                });
                break;
            default: throw new InvalidOperationException($"no line for step {step}");
        }
    }

    private async Task Mount(InstanceRun run, InstanceSpec spec)
    {
        run.Record = new RunRecord(
            spec.Fingerprint, [.. spec.Root.Layers.Select(l => l.Key)], spec.Root.IdmapBase, spec.HaltSignal, null, null, null, null,
            Launched: spec.Process?.Launched);
        run.Reachable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        run.Update(o => o with
        {
            Presence = Presence.Starting,
            // Nothing is mounted yet; the hook does that.
            Shares = [.. spec.Shares.Select(s => new AppliedShare(s, null))],
            MonitorGone = false,
            Failed = false,
            Reason = "",
            Waiting = "",
            NotBefore = null,
            StartedAt = null,
            UpSince = null,
        });
        run.Record.Write(engine.Folder(spec.Name));
        // Two overlays on one folder of writes at a time would spoil it.
        await run.Visits.ConfigureAwait(false);
        if (spec.Root is { LayersAreShifted: true, IdmapBase: { } first })
            await Shift(run, spec.Root.Layers, first).ConfigureAwait(false);
        if (spec.Process is { } process)
            MountFor(run, spec, process);
        else
            run.Space = spec.Templates.IsEmpty ? roots.Mount(spec.Root) : MountWritten(spec);
    }

    /// <summary>Finds the program's user in the root as well, and mounts what belongs there before anything runs.</summary>
    private void MountFor(InstanceRun run, InstanceSpec spec, ProcessSpec process)
    {
        var what = $"start {spec.Name}";
        RootUser? user = null;
        using var mounts = new RootMounts(process.Mounts);
        run.Space = roots.Mount(spec.Root, root =>
        {
            user = RootUsers.Find(root, process.User);
            if (spec.Root.IdmapBase is not null && user.Groups.Append(user.Uid).Append(user.Gid).Max() is var highest
                && highest >= Roots.IdCount)
                throw new Refusal(400, $"{what}: its user has id {highest}; ids go from 0 to {Roots.IdCount - 1}");
            mounts.Attach(what, root, [process.Folder, .. process.Volumes], user, spec.Root.IdmapBase, roots.UserNamespace);
        });
        run.Note(engine.Folder(spec.Name), r => r with { User = user });
    }

    /// <summary>This kernel cannot map the ids of a layer: its copy for this range is made once, which may take minutes.</summary>
    private async Task Shift(InstanceRun run, IReadOnlyList<Layer> layers, uint first)
    {
        foreach (var sha in layers.Select(l => l.Key.Split('.')[0]))
        {
            run.Update(o => o with { Reason = $"making the shifted copy of layer {sha[..12]}" });
            await images.Shift(sha, first, CancellationToken.None).ConfigureAwait(false);
        }
        run.Update(o => o with { Reason = "" });
    }

    private async Task StartInit(InstanceRun run, InstanceSpec spec)
    {
        var space = run.Space ?? throw new InvalidOperationException("Start without MountRoot");
        using var program = spec.Process is { TakesLaunches: false } process ? ProgramOf(process, run.Record!.User!).Open() : null;
        using var launches = spec.Process is { TakesLaunches: true } ? engine.ListenForLaunches(spec.Name) : null;
        var monitor = engine.Start(spec.Name, space, spec.Init, spec.Environment, spec.LogLevel, program, launches);
        run.Monitor = monitor.PidFd;
        _ = Watch(run, monitor);
        (run.HookFailure, run.Served) = (null, false);
        run.Answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (StartAnswers.IsNeeded(spec))
            _ = answers.Serve(run);
        else
            run.Answered.SetResult();
        run.Space = null;
        run.Reachable.TrySetResult();
        // From here on the namespace is the monitor's: when that ends, the mounts end.
        space.Dispose();

        using var deadline = new CancellationTokenSource(StartDeadline, clock);
        using var enough = new CancellationTokenSource();
        var runs = false;
        var stopped = run.WaitUntil(o => o.Stop is not null, enough.Token);
        _ = stopped.ContinueWith(_ => deadline.Cancel(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion,
            TaskScheduler.Default);
        try
        {
            runs = await LxcEngine.WaitRunning(run.Monitor, run.Answered.Task, clock, deadline.Token).ConfigureAwait(false);
            // Init may have come and gone between two questions.
            if (!runs && engine.Exit(spec.Name).Status is null)
                throw new Refusal(500, $"start {spec.Name}: {run.HookFailure ?? engine.StartFailure(spec.Name)}");
        }
        catch (OperationCanceledException) when (run.Observed.Stop is null)
        {
            throw new Refusal(500, $"start {spec.Name}: init did not run within {StartDeadline.TotalSeconds} s");
        }
        finally
        {
            await enough.CancelAsync().ConfigureAwait(false);
        }
        var (startedAt, upSince) = (clock.GetUtcNow(), clock.SinceBoot());
        run.Note(engine.Folder(spec.Name), r => r with { StartedAt = startedAt, UpSince = upSince });
        run.Update(o => o with { StartedAt = startedAt, UpSince = upSince, Frozen = false } is var up && (o.MonitorGone || !runs)
            ? up with { Presence = Presence.Ended, Ending = EndingOf(run) }
            : up with { Presence = Presence.Running });
    }

    private static InitProgram ProgramOf(ProcessSpec process, RootUser user) => new()
    {
        User = user,
        StopSignal = process.StopSignal,
        Folder = process.Folder,
        Arguments = InitProgram.Strings(process.Arguments),
        Environment = InitProgram.Strings(
            (process.Environment.ContainsKey("HOME") ? process.Environment : process.Environment.Append(new("HOME", user.Home)))
            .Select(e => $"{e.Key}={e.Value}")),
    };

    /// <summary>Waits for a monitor's end, reaps it when it is our child, and makes that end part of what is observed.</summary>
    /// <param name="run">The instance.</param>
    /// <param name="child">The monitor; null: started by an earlier daemon, only its pidfd is known.</param>
    public async Task Watch(InstanceRun run, Child? child)
    {
        var monitor = run.Monitor ?? throw new InvalidOperationException("nothing to watch");
        if (child is not null)
            await child.Wait().ConfigureAwait(false);
        else
            await Epoll.Readable(monitor).ConfigureAwait(false);
        // Told late, it may be the end of a run that has been taken down meanwhile: no word about the next one.
        run.Update(o => run.Monitor != monitor ? o
            : o.Presence == Presence.Running
            ? o with { Presence = Presence.Ended, MonitorGone = true, Ending = EndingOf(run), NotBefore = null }
            : o with { MonitorGone = true });
        MonitorEnded();
    }

    /// <summary>
    /// Ends an instance that an earlier daemon started when its init does not come up: liblxc waits for ever for one that was killed on
    /// its way.
    /// </summary>
    public async Task SeeInit(InstanceRun run)
    {
        var monitor = run.Monitor ?? throw new InvalidOperationException("nothing to watch");
        using var deadline = new CancellationTokenSource(StartDeadline, clock);
        var seen = LxcEngine.WaitRunning(monitor, Task.CompletedTask, clock, deadline.Token);
        await ((Task)seen).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var runs = seen.IsCompletedSuccessfully && await seen.ConfigureAwait(false);
        if (run.Monitor != monitor || run.Observed.MonitorGone)
            return;
        if (runs)
            run.Note(engine.Folder(run.Observed.Name), r => r with { StartedAt = run.Observed.StartedAt, UpSince = clock.SinceBoot() });
        else
            PidFds.Signal(monitor, Signals.SIGKILL);
    }

    /// <summary>How the last run ended, by what its monitor wrote.</summary>
    public Ending EndingOf(InstanceRun run) => engine.Exit(run.Observed.Name) switch
    {
        // A pid namespace's init that powers off is ended by SIGINT; reboot(2).
        { Status: { Signal: Signals.SIGINT } } => new Ending("powered off from inside", StartFailed: false, PoweredOff: true),
        { Status: { Exited: true, ExitCode: 0 } } => new Ending("init ended", StartFailed: false, PoweredOff: true),
        { Status: { } status } => new Ending($"init ended with {status}", StartFailed: false, PoweredOff: false),
        { Failed: true } => new Ending(
            $"its boot from inside failed: {run.HookFailure ?? engine.StartFailure(run.Observed.Name)}", StartFailed: true,
            PoweredOff: false),
        _ => new Ending("its monitor was lost", StartFailed: false, PoweredOff: false),
    };

    private void SendHalt(InstanceRun run)
    {
        var unasked = new StopRequest(clock.SinceBoot() + InstanceControl.StopDeadline, false);
        run.Update(o => o with { Stop = new StopRequest((o.Stop ?? unasked).Deadline, Asked: true) });
        if (LxcEngine.InitPid(run.Monitor) is not { } pid)
            return;
        using var init = PidFds.Open(pid);
        PidFds.Signal(init, run.Record?.HaltSignal ?? Signals.SIGPWR);
    }

    /// <summary>The control group first, with a deadline; then liblxc, which finds it done and tells its own tools.</summary>
    private async Task SetFrozen(InstanceRun run, bool frozen)
    {
        var name = run.Observed.Name;
        if (frozen)
            await limits.Freeze(name).ConfigureAwait(false);
        else
            limits.Thaw(name);
        engine.SetFrozen(name, frozen);
        run.Update(o => o with { Frozen = frozen });
    }

    /// <summary>Everything in the instance's groups, monitor included; liblxc's pdeathsig would take init along anyway (E6).</summary>
    private void KillAll(InstanceRun run)
    {
        var name = run.Observed.Name;
        foreach (var pid in limits.Processes(name))
            KillOne(pid);
        if (run.Monitor is { IsClosed: false } monitor)
            PidFds.Signal(monitor, Signals.SIGKILL);
        limits.ThawAll(name);
    }

    private static void KillOne(int pid)
    {
        try
        {
            using var process = PidFds.Open(pid);
            PidFds.Signal(process, Signals.SIGKILL);
        }
        catch (LinuxException e) when (e.Errno is Errnos.ESRCH or Errnos.EINVAL)
        {
            return;
        }
    }

    private async Task TakeDown(InstanceRun run)
    {
        var name = run.Observed.Name;
        run.Space?.Dispose();
        run.Space = null;
        await EndProxies(run).ConfigureAwait(false);
        KillAll(run);
        var (isHome, problem) = await networks.Disconnect(name).ConfigureAwait(false);
        if (!isHome)
            throw new Refusal(500, problem!);
        // A process on its way out holds its group for a moment.
        for (var pauseMs = 1; !limits.Remove(name); pauseMs *= 2)
        {
            if (pauseMs > RetryPause.TotalMilliseconds)
                throw new Refusal(500, $"take down {name}: a process of it does not end (it waits for a disk or a device); tried again");
            await Task.Delay(pauseMs).ConfigureAwait(false);
        }
        hook.Delete(name);
        engine.Delete(name);
        run.Monitor?.Dispose();
        (run.Monitor, run.Record) = (null, null);
        run.Update(o => o with
        {
            Presence = Presence.Absent,
            Part = null,
            Frozen = false,
            Nics = null,
            Shares = null,
            SharesStale = false,
            Refused = null,
            Unfelt = null,
            RefusedNics = null,
            RefusedShares = null,
            Proxies = null,
            ProxiesStale = false,
            RefusedProxies = null,
            Stop = null,
            NotBefore = null,
            Ending = o.Stop is null ? o.Ending : null,
            Failed = problem is not null || (o.Failed && o.Stop is null),
            Reason = problem ?? (o.Stop is null ? o.Reason : ""),
        });
    }

    /// <summary>How long a step that failed, or has to be seen to work, is not taken again.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private void Pause(InstanceRun run)
    {
        var until = clock.SinceBoot() + RetryPause;
        run.Update(o => o.Presence == Presence.Ended ? o : o with { NotBefore = until });
    }

    private LxcSpec LxcSpecOf(InstanceSpec spec) => new()
    {
        Name = spec.Name,
        Root = Path.Combine(engine.Folder(spec.Name), "root"),
        Architecture = facts.Architecture,
        IdmapBase = spec.Root.IdmapBase,
        Cgroup = limits.Group(spec.Name),
        DevicesOnV1 = limits.DevicesOnV1,
        Devices = limits.DevicesOnV1 ? [] : PathShares.RulesOf(spec.Shares),
        Oci = spec.Process is { } process ? new OciContainer(facts.InitProgram, process.HostNetwork, process.HostName) : null,
        HaltSignal = Signals.Name(spec.HaltSignal),
        RebootSignal = Signals.Name(spec.RebootSignal),
        StartHook = StartAnswers.IsNeeded(spec) ? hook.Prepare(spec.Name) : null,
        WorkingDirectory = spec.WorkingDirectory,
        Raw = spec.Raw,
        Nests = spec.Nests,
        ConsoleLog = Path.Combine(engine.Folder(spec.Name), "console.log"),
        SeccompProfile = spec.Process is null || spec.Nests ? facts.SeccompProfile : facts.OciSeccompProfile,
        AppArmorProfile = facts.AppArmorProfile,
        OpenFilesHard = facts.OpenFilesHard,
        ResetOomScore = facts.ResetOomScore,
    };
}
