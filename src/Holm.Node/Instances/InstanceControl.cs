using System.Collections.Concurrent;
using System.Globalization;
using Holm.Config;
using Holm.Contract;
using Holm.Images.Roots;
using Holm.Node.Config;
using Holm.Node.Engines;

namespace Holm.Node.Instances;

/// <summary>What a person can do to an instance's power.</summary>
public enum PowerAction
{
    /// <summary>Bring it up.</summary>
    Start,
    /// <summary>Ask it to end; kill it at the deadline.</summary>
    Stop,
    /// <summary>Stop, then start.</summary>
    Restart,
    /// <summary>Hold all its processes.</summary>
    Freeze,
    /// <summary>Let them go on.</summary>
    Unfreeze,
}

/// <summary>How an instance is.</summary>
/// <param name="Code">Stopped, Starting, Running, Frozen, Stopping or Error.</param>
/// <param name="Reason">Why, as a sentence; empty when there is nothing to say.</param>
/// <param name="LastUsedAt">When it was last started; year 1 if never.</param>
public sealed record InstanceStatus(StatusCode Code, string Reason, DateTimeOffset LastUsedAt);

/// <summary>
/// What the doors ask of instances. It starts and stops nothing itself: it says what is wanted, wakes the loop, and waits for what is
/// observed to agree.
/// </summary>
public sealed partial class InstanceControl(
    Loop loop, DesiredState desired, WantedPower power, ConfigStore config, Transients transients, LxcEngine engine, NodePaths paths,
    PoolFolders pools, TimeProvider clock)
{
    /// <summary>How long init may take to power off before it is killed, when the caller does not say.</summary>
    public static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(30);

    /// <summary>How an instance is now.</summary>
    public InstanceStatus Status(string name)
    {
        var observed = loop.Find(name)?.Observed ?? new ObservedInstance { Name = name };
        var wanted = transients.Find(name)?.Wanted ?? power[name];
        var code = observed switch
        {
            { Presence: Presence.Running, Stop: not null } => StatusCode.Stopping,
            { Presence: Presence.Running, Frozen: true } => StatusCode.Frozen,
            { Presence: Presence.Running } => StatusCode.Running,
            { Presence: Presence.Starting } => StatusCode.Starting,
            { Presence: Presence.Ended, Stop: not null } => StatusCode.Stopping,
            { Failed: true } => StatusCode.Error,
            { Presence: Presence.Absent } when wanted != Wanted.Off => StatusCode.Starting,
            _ => StatusCode.Stopped,
        };
        var reason = string.Join("; ", new[] { observed.Reason, observed.Lacks, observed.Unfelt ?? "" }.Where(said => said.Length > 0));
        if (code == StatusCode.Starting && reason.Length == 0 && wanted != Wanted.Off)
            reason = observed.Waiting is { Length: > 0 } waits ? waits : desired.Of(name)?.Waiting ?? "";
        if (observed is { Presence: Presence.Absent, NotBefore: { } next } && next - clock.SinceBoot() is var pause && pause > TimeSpan.Zero
            && wanted != Wanted.Off)
            reason += string.Create(CultureInfo.InvariantCulture,
                $"{(reason.Length > 0 ? "; " : "")}next try at {clock.GetUtcNow() + pause:HH:mm:ss} UTC");
        return new InstanceStatus(code, reason, observed.StartedAt ?? default);
    }

    /// <summary>Says what is wanted and waits until it is so.</summary>
    /// <param name="name">The instance.</param>
    /// <param name="action">What is wanted.</param>
    /// <param name="deadline">For a stop: how long init may take; null: <see cref="StopDeadline"/>.</param>
    /// <param name="force">For a stop: kill at once.</param>
    /// <param name="ct">Gives up waiting; what was wanted stays wanted.</param>
    /// <exception cref="Refusal">It cannot be done, or was tried and failed.</exception>
    public async Task SetPower(string name, PowerAction action, TimeSpan? deadline, bool force, CancellationToken ct)
    {
        if (!config.Current.Instances.ContainsKey(name) && transients.Find(name) is null)
            throw new Refusal(404, "Instance not found");
        if (!config.Current.Instances.ContainsKey(name) && action is PowerAction.Start or PowerAction.Restart)
            throw new Refusal(400, $"{name} belongs to a flake: call its command to start it");
        _setting.AddOrUpdate(name, 1, (_, count) => count + 1);
        try
        {
            await Reach(name, action, deadline, force, ct).ConfigureAwait(false);
            PowerSet(name, Lifecycle.Of(action, force));
        }
        finally
        {
            _setting.AddOrUpdate(name, 0, (_, count) => count - 1);
            _setting.TryRemove(KeyValuePair.Create(name, 0));
        }
    }

    /// <summary>Gets each instance whose power was set and is reached, with LXD's word for it.</summary>
    public Action<string, string> PowerSet { get; set; } = (_, _) => { };

    /// <summary>True while somebody sets its power: what comes of that is told as one thing.</summary>
    public bool IsBeingSet(string name) => _setting.GetValueOrDefault(name) > 0;

    private readonly ConcurrentDictionary<string, int> _setting = new(StringComparer.Ordinal);

    private async Task Reach(string name, PowerAction action, TimeSpan? deadline, bool force, CancellationToken ct)
    {
        switch (action)
        {
            case PowerAction.Start: await Start(name, ct).ConfigureAwait(false); break;
            case PowerAction.Stop: await Stop(name, Wanted.Off, deadline, force, ct).ConfigureAwait(false); break;
            case PowerAction.Restart:
                if (power[name] == Wanted.Off && loop.Of(name).Observed is { Presence: Presence.Absent, Busy: false })
                    throw new Refusal(400, $"The instance is already stopped: {name}");
                CheckStart(name);
                var (restarted, asked) = (loop.Of(name), clock.SinceBoot());
                await Stop(name, Wanted.On, deadline, force, ct).ConfigureAwait(false);
                await WaitStarted(restarted, asked, ct).ConfigureAwait(false);
                break;
            case PowerAction.Freeze: await SetFrozen(name, Wanted.Frozen, ct).ConfigureAwait(false); break;
            case PowerAction.Unfreeze: await SetFrozen(name, Wanted.On, ct).ConfigureAwait(false); break;
            default: throw new Refusal(400, $"unknown action {action}");
        }
    }

    private async Task Start(string name, CancellationToken ct)
    {
        var run = loop.Of(name);
        if (run.Observed is { Presence: Presence.Running, Stop: null })
            throw new Refusal(400,
                run.Observed.Frozen ? $"The instance is frozen: {name}: unfreeze it" : $"The instance is already running: {name}");
        CheckStart(name);
        var asked = clock.SinceBoot();
        Want(run, Wanted.On, o => o with { FastFailures = 0, NotBefore = null, Failed = false, Reason = "", Waiting = "" });
        await WaitStarted(run, asked, ct).ConfigureAwait(false);
    }

    /// <summary>Says now, to whoever asks, why it could not start, rather than let it be waited for.</summary>
    private void CheckStart(string name)
    {
        config.Change($"give {name} its id range", d => IdRanges.Assign(d, paths.IdmapBase), Saving.Volatile);
        desired.SpecOf(name);
    }

    /// <summary>Ends when it runs, when it could not, or when it ran and has ended again already.</summary>
    private async Task WaitStarted(InstanceRun run, TimeSpan asked, CancellationToken ct)
    {
        bool IsOver(ObservedInstance o) => o is { Presence: Presence.Running, Stop: null } ||
            o is { Presence: Presence.Absent, Busy: false } && (o.Failed || o.UpSince >= asked);
        ObservedInstance reached;
        while (!IsOver(reached = await WaitUntil(
            run, "start", Executor.StartDeadline + Grace, o => IsOver(o) || o.Waiting.Length > 0, ct).ConfigureAwait(false)))
            if (await StillWaits(run, ct).ConfigureAwait(false))
                throw new Refusal(409, $"start {run.Observed.Name}: {run.Observed.Waiting}");
        if (reached is { Presence: Presence.Absent, Failed: true })
            throw new Refusal(500, reached.Reason);
    }

    /// <summary>True: what its start waits for has not come within moments; it stays wanted, and the person is told.</summary>
    private async Task<bool> StillWaits(InstanceRun run, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(WaitPatience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        try
        {
            await run.WaitUntil(o => o.Waiting.Length == 0, either.Token).ConfigureAwait(false);
            return false;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return true;
        }
    }

    /// <summary>How long a person who starts an instance is kept waiting for what the start waits for.</summary>
    private static readonly TimeSpan WaitPatience = TimeSpan.FromSeconds(3);

    /// <summary>Waits, but not for ever: what was wanted stays wanted, and the loop goes on with it.</summary>
    private async Task<ObservedInstance> WaitUntil(
        InstanceRun run, string verb, TimeSpan longest, Func<ObservedInstance, bool> reached, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(longest, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        try
        {
            return await run.WaitUntil(reached, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            var reason = run.Observed.Reason is { Length: > 0 } said ? ": " + said : "";
            throw new Refusal(500, $"{verb} {run.Observed.Name}: not done after {longest.TotalSeconds} s, it goes on{reason}");
        }
    }

    /// <summary>What a step may take beyond the deadline it has itself: layers to shift, processes that die slowly.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    private async Task Stop(string name, Wanted after, TimeSpan? deadline, bool force, CancellationToken ct)
    {
        var run = loop.Of(name);
        if (run.Observed is { Presence: Presence.Absent, Busy: false } && power[name] == Wanted.Off && after == Wanted.Off
            && transients.Find(name) is null
            && !run.Observed.Failed)
            throw new Refusal(400, $"The instance is already stopped: {name}");
        var wasDown = run.Observed is { Presence: Presence.Absent, Busy: false };
        var until = clock.SinceBoot() + (force ? TimeSpan.Zero : deadline ?? StopDeadline);
        Want(run, after, o => o with
        {
            FastFailures = 0,
            NotBefore = null,
            Waiting = "",
            Stop = o is { Presence: Presence.Absent, Busy: false } ? null : new StopRequest(until, o.Stop?.Asked == true),
        });
        await WaitUntil(
            run, "stop", (deadline ?? StopDeadline) + Grace,
            o => o is { Stop: null, Busy: false } or { Presence: Presence.Absent, Busy: false }, ct).ConfigureAwait(false);
        run.Update(o => o with { Stop = null });
        if (after == Wanted.Off && wasDown)
            run.Update(o => o with { Failed = false, Reason = "" });
    }

    /// <summary>Stops it because the host goes down: nothing is written, what was wanted stays as it was.</summary>
    public async Task StopForShutdown(string name, TimeSpan timeout, CancellationToken ct)
    {
        var run = loop.Of(name);
        var until = clock.SinceBoot() + timeout;
        run.Update(o => o with { Stop = new StopRequest(until, o.Stop?.Asked == true), NotBefore = null });
        loop.Wake();
        await run.WaitUntil(o => o is { Presence: Presence.Absent, Busy: false }, ct).ConfigureAwait(false);
    }

    /// <summary>An instance is being taken down: one of a launch is over. While it is busy nobody makes another of its name.</summary>
    public void GoesDown(string name) => transients.Remove(name);

    /// <summary>An instance ended by itself and stays off.</summary>
    public void SwitchedOff(string name)
    {
        transients.Remove(name);
        if (power[name] != Wanted.Off && !desired.GoingDown)
            Want(loop.Of(name), Wanted.Off, o => o);
    }

    /// <summary>
    /// An instance went down. An ephemeral one that is not wanted any more is deleted; of one that is not configured any more nothing is
    /// known any longer.
    /// </summary>
    public async Task WentDown(string name)
    {
        if (!config.Current.Instances.ContainsKey(name))
            await Clear(name).ConfigureAwait(false);
        if (config.Current.Instances.GetValueOrDefault(name) is not { Ephemeral: true } || power[name] != Wanted.Off)
            return;
        await Delete(name, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task SetFrozen(string name, Wanted wanted, CancellationToken ct)
    {
        var run = loop.Of(name);
        if (run.Observed is not { Presence: Presence.Running, Stop: null })
            throw new Refusal(400, $"The container isn't running: {name}");
        if (wanted == Wanted.Frozen && run.Observed.Frozen)
            throw new Refusal(400, $"The container is already frozen: {name}");
        Want(run, wanted, o => o with { NotBefore = null, Failed = false, Reason = "" });
        var reached = await WaitUntil(
            run, wanted == Wanted.Frozen ? "freeze" : "unfreeze", Grace,
            o => o is not { Presence: Presence.Running, Stop: null } || o.Frozen == (wanted == Wanted.Frozen) || o.Failed, ct)
            .ConfigureAwait(false);
        if (reached is not { Presence: Presence.Running, Stop: null })
            throw new Refusal(400, $"The instance isn't running any more: {name}");
        if (!reached.Failed)
            return;
        // Else it would be frozen by surprise later on.
        Want(run, Wanted.On, o => o);
        throw new Refusal(500, reached.Reason);
    }

    /// <summary>Makes a command inside ready to run. The instance's own environment is under the request's.</summary>
    /// <exception cref="Refusal">It does not run, is frozen, or has no such user or group id.</exception>
    public ExecSession Exec(string name, ExecRequest request)
    {
        var run = RunningOf(name);
        if (run.Observed.Frozen)
            throw new Refusal(400, $"Instance is frozen: {name}: unfreeze it");
        var idmapBase = run.Record?.IdmapBase ?? 0;
        var ids = idmapBase > 0 ? Roots.IdCount : uint.MaxValue;
        if (Math.Max(request.User, request.Group) is var highest && highest >= ids)
            throw new Refusal(400, $"run a command in {name}: id {highest} does not exist there; ids go from 0 to {ids - 1}");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = SpecReader.DefaultPath,
            ["LANG"] = "C.UTF-8",
        };
        if (request.User == 0)
            (environment["HOME"], environment["USER"]) = ("/root", "root");
        foreach (var (key, value) in SpecReader.EnvironmentOf(config.Current, name).Concat(request.Environment))
            environment[key] = value;
        // The folder follows a HOME that was asked for. The usual one may not be there yet, and is then passed over.
        var cwd = request.Cwd.Length == 0 && request.Environment.GetValueOrDefault("HOME") is ['/', ..] home ? home : request.Cwd;
        return engine.Exec(name, request with { Environment = environment, Cwd = cwd }, idmapBase);
    }

    /// <summary>Takes the console.</summary>
    /// <exception cref="Refusal">It does not run, or another program holds the console.</exception>
    public ConsoleLink OpenConsole(string name)
    {
        RunningOf(name);
        return engine.OpenConsole(name) ??
            throw new Refusal(409, $"attach to the console of {name}: another program (lxc-console?) holds it; end that first");
    }

    /// <summary>What the console printed lately.</summary>
    public byte[] ConsoleLog(string name) => engine.ConsoleLog(name);

    /// <summary>Empties that.</summary>
    public void ClearConsoleLog(string name) => engine.ClearConsoleLog(name);

    /// <summary>What liblxc said of the last start, warnings and errors; empty when it had nothing to say.</summary>
    public byte[] EngineLog(string name) => engine.Log(name);

    /// <summary>Folder of logs of an instance; in memory, and gone with it.</summary>
    public string LogFolder(string name) => engine.Folder(name);

    /// <summary>Fingerprint of the image a running instance was started from; null when it does not run.</summary>
    public string? RunningImage(string name) => loop.Find(name)?.Record?.Fingerprint;

    /// <summary>
    /// Waits until those that run are as the configuration has them, as far as that can be done now; no longer than some seconds, after
    /// which it goes on by itself.
    /// </summary>
    public async Task Settle(IReadOnlyList<string> names, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(LongestSettling, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        try
        {
            // Who was busy at the look has not been planned for yet.
            while (names.Any(n => loop.Find(n)?.Observed.Presence == Presence.Running))
            {
                await loop.NextLook().WaitAsync(either.Token).ConfigureAwait(false);
                if (names.Select(loop.Find).FirstOrDefault(r => r?.Observed is { Presence: Presence.Running, Busy: true }) is not { } busy)
                    return;
                await busy.WaitUntil(o => !o.Busy || o.Presence != Presence.Running, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
        }
    }

    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(10);

    private InstanceRun RunningOf(string name) =>
        loop.Find(name) is { Observed.Presence: Presence.Running } run ? run : throw new Refusal(400, $"Instance is not running: {name}");

    /// <summary>
    /// Says what is wanted, together with what that changes in the observed, and wakes the loop. Where boot.autostart says nothing, the
    /// last wish is the one that the next boot follows.
    /// </summary>
    private void Want(InstanceRun run, Wanted wanted, Func<ObservedInstance, ObservedInstance> change)
    {
        var name = run.Observed.Name;
        loop.BetweenLooks(() =>
        {
            if (loop.Find(name) != run)
                throw new Refusal(404, "Instance not found");
            if (!transients.SwitchTo(name, wanted))
                power.Set(name, wanted);
            run.Update(change);
        });
        loop.Wake();
        var document = config.Current;
        if (!document.Instances.TryGetValue(name, out var instance) ||
            Expansion.Expand(document, instance).Config.ContainsKey("boot.autostart"))
            return;
        var state = wanted == Wanted.Off ? "STOPPED" : "RUNNING";
        if (instance.Config.GetValueOrDefault(LastPowerKey) != state)
            config.Change($"remember the power of {name}", d => d.Instances.TryGetValue(name, out var now)
                ? d.With(now with { Config = now.Config.SetItem(LastPowerKey, state) })
                : d, Saving.Volatile);
    }

    /// <summary>LXD's key for the power an instance had last.</summary>
    public const string LastPowerKey = "volatile.last_state.power";
}
