using System.Globalization;
using Holm.Contract;
using Holm.Node.Config;
using Holm.Node.Engines;
using Holm.Node.Limits;

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
public sealed class InstanceControl(
    Loop loop, DesiredState desired, WantedPower power, ConfigStore config, LxcEngine engine, InstanceLimits limits, NodePaths paths,
    TimeProvider clock)
{
    /// <summary>How long init may take to power off before it is killed, when the caller does not say.</summary>
    public static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(30);

    /// <summary>How an instance is now.</summary>
    public InstanceStatus Status(string name)
    {
        var observed = loop.Find(name)?.Observed ?? new ObservedInstance { Name = name };
        var wanted = power[name];
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
        var reason = observed.Reason;
        if (code == StatusCode.Starting && reason.Length == 0 && wanted != Wanted.Off)
            reason = desired.Of(name)?.Waiting ?? "";
        if (observed.NotBefore is { } next && next > clock.GetUtcNow() && wanted != Wanted.Off)
            reason += $"{(reason.Length > 0 ? "; " : "")}next try at {next.UtcDateTime.ToString("HH:mm:ss",
                CultureInfo.InvariantCulture)} UTC";
        return new InstanceStatus(code, reason, observed.StartedAt ?? default);
    }

    /// <summary>What it uses now, read from the kernel.</summary>
    public InstanceState State(string name)
    {
        var status = Status(name);
        var run = loop.Find(name);
        if (run?.Observed.Presence != Presence.Running || engine.InitPid(name) is not { } pid)
            return new InstanceState { Status = status.Code.ToString(), StatusCode = (int)status.Code, Reason = status.Reason };
        var usage = limits.Read(name);
        return new InstanceState
        {
            Status = status.Code.ToString(),
            StatusCode = (int)status.Code,
            Reason = status.Reason,
            Pid = pid,
            Processes = usage.Processes ?? -1,
            StartedAt = run.Observed.StartedAt,
            Cpu = new CpuState { Usage = usage.CpuNanoseconds ?? 0 },
            Memory = new MemoryState
            {
                Usage = usage.Memory ?? 0, UsagePeak = usage.MemoryPeak ?? 0, SwapUsage = usage.Swap ?? 0, Total = usage.MemoryLimit ?? 0,
            },
            Network = NetworkCountersOf.Process(pid),
            Block = new BlockState { BytesRead = usage.BlockRead ?? 0, BytesWritten = usage.BlockWritten ?? 0 },
        };
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
        if (!config.Current.Instances.ContainsKey(name))
            throw new Refusal(404, "Instance not found");
        switch (action)
        {
            case PowerAction.Start: await Start(name, ct).ConfigureAwait(false); break;
            case PowerAction.Stop: await Stop(name, Wanted.Off, deadline, force, ct).ConfigureAwait(false); break;
            case PowerAction.Restart:
                var asked = clock.GetUtcNow();
                await Stop(name, Wanted.On, deadline, force, ct).ConfigureAwait(false);
                await WaitStarted(name, asked, ct).ConfigureAwait(false);
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
            throw new Refusal(400, "The instance is already running");
        config.Change($"give {name} its id range", d => IdRanges.Assign(d, paths.IdmapBase));
        // Said now, to whoever asks, rather than waited for.
        desired.SpecOf(name);
        Want(name, Wanted.On);
        var asked = clock.GetUtcNow();
        run.Update(o => o with { FastFailures = 0, NotBefore = null, Failed = false, Reason = "" });
        loop.Wake();
        await WaitStarted(name, asked, ct).ConfigureAwait(false);
    }

    /// <summary>Ends when it runs, when it could not, or when it ran and has ended again already.</summary>
    private async Task WaitStarted(string name, DateTimeOffset asked, CancellationToken ct)
    {
        var reached = await WaitUntil(
            name, "start", Executor.StartDeadline + Grace,
            o => o is { Presence: Presence.Running, Stop: null } ||
                o is { Presence: Presence.Absent, Busy: false } && (o.Failed || o.StartedAt >= asked), ct).ConfigureAwait(false);
        if (reached is { Presence: Presence.Absent, Failed: true })
            throw new Refusal(500, reached.Reason);
    }

    /// <summary>Waits, but not for ever: what was wanted stays wanted, and the loop goes on with it.</summary>
    private async Task<ObservedInstance> WaitUntil(
        string name, string verb, TimeSpan longest, Func<ObservedInstance, bool> reached, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(longest, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        try
        {
            return await loop.Of(name).WaitUntil(reached, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            var reason = loop.Of(name).Observed.Reason is { Length: > 0 } said ? ": " + said : "";
            throw new Refusal(500, $"{verb} {name}: not done after {longest.TotalSeconds} s, it goes on{reason}");
        }
    }

    /// <summary>What a step may take beyond the deadline it has itself: layers to shift, processes that die slowly.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    private async Task Stop(string name, Wanted after, TimeSpan? deadline, bool force, CancellationToken ct)
    {
        var run = loop.Of(name);
        var pending = run.Observed.Presence == Presence.Absent && !run.Observed.Busy;
        if (pending && power[name] == Wanted.Off && after == Wanted.Off)
            throw new Refusal(400, "The instance is already stopped");
        Want(name, after);
        run.Update(o => o with { FastFailures = 0, NotBefore = null });
        if (!pending)
        {
            var now = clock.GetUtcNow();
            run.Update(o => o with { Stop = new StopRequest(force ? now : now + (deadline ?? StopDeadline), o.Stop?.Asked == true) });
        }
        loop.Wake();
        await WaitUntil(
            name, "stop", (deadline ?? StopDeadline) + Grace,
            o => o is { Stop: null, Busy: false } or { Presence: Presence.Absent, Busy: false }, ct).ConfigureAwait(false);
        run.Update(o => o with { Stop = null });
        if (after == Wanted.Off)
            run.Update(o => o with { Failed = false, Reason = "" });
    }

    /// <summary>Stops it because the host goes down: nothing is written, what was wanted stays as it was.</summary>
    public async Task StopForShutdown(string name, TimeSpan timeout)
    {
        var run = loop.Of(name);
        run.Update(o => o with { Stop = new StopRequest(clock.GetUtcNow() + timeout, false), NotBefore = DateTimeOffset.MaxValue });
        loop.Wake();
        await run.WaitUntil(o => o.Presence == Presence.Absent, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>An instance ended by itself and stays off.</summary>
    public void SwitchedOff(string name)
    {
        if (power[name] != Wanted.Off)
            Want(name, Wanted.Off);
    }

    /// <summary>An instance went down. An ephemeral one that is not wanted any more is deleted.</summary>
    public async Task WentDown(string name)
    {
        if (config.Current.Instances.GetValueOrDefault(name) is not { Ephemeral: true } || power[name] != Wanted.Off)
            return;
        await Delete(name, CancellationToken.None).ConfigureAwait(false);
        config.Change($"delete ephemeral instance {name}", d => d.WithoutInstance(name));
    }

    private async Task SetFrozen(string name, Wanted wanted, CancellationToken ct)
    {
        var run = loop.Of(name);
        if (run.Observed.Presence != Presence.Running)
            throw new Refusal(400, "The instance isn't running");
        Want(name, wanted);
        run.Update(o => o with { Failed = false, Reason = "" });
        loop.Wake();
        var reached = await run.WaitUntil(
            o => o.Presence != Presence.Running || o.Frozen == (wanted == Wanted.Frozen) || o.Failed, ct).ConfigureAwait(false);
        if (reached.Failed)
            throw new Refusal(500, reached.Reason);
    }

    /// <summary>Removes what is left of an instance: its kept writes, logs and records. Its config goes after this.</summary>
    /// <exception cref="Refusal">It runs.</exception>
    public Task Delete(string name, CancellationToken ct)
    {
        var observed = loop.Find(name)?.Observed;
        if (observed is not null && (observed.Presence != Presence.Absent || observed.Busy))
            throw new Refusal(400, "Instance is running");
        loop.Forget(name);
        power.Forget(name);
        engine.Forget(name);
        return Task.Run(() => KeptWrites.Delete(paths, name), ct);
    }

    /// <summary>Carries an instance's kept writes, logs and wanted power over to a new name.</summary>
    /// <exception cref="Refusal">It runs.</exception>
    public Task Rename(string from, string to)
    {
        if (loop.Find(from)?.Observed is { } observed && (observed.Presence != Presence.Absent || observed.Busy))
            throw new Refusal(400, "Renaming of running instance not allowed");
        KeptWrites.Rename(paths, from, to);
        loop.Forget(from);
        power.Forget(from);
        engine.Forget(from);
        return Task.CompletedTask;
    }

    /// <summary>Makes a command inside ready to run. The instance's own environment is under the request's.</summary>
    /// <exception cref="Refusal">It does not run, or is frozen.</exception>
    public ExecSession Exec(string name, ExecRequest request)
    {
        var run = RunningOf(name);
        if (run.Observed.Frozen)
            throw new Refusal(400, "Instance is frozen");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = SpecReader.DefaultPath, ["LANG"] = "C.UTF-8",
        };
        if (request.User == 0)
            (environment["HOME"], environment["USER"]) = ("/root", "root");
        foreach (var (key, value) in SpecReader.EnvironmentOf(config.Current, name).Concat(request.Environment))
            environment[key] = value;
        var cwd = request.Cwd.Length > 0 ? request.Cwd : request.User == 0 ? "/root" : "/";
        return engine.Exec(name, request with { Environment = environment, Cwd = cwd }, run.Record?.IdmapBase ?? 0);
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

    /// <summary>Fingerprint of the image a running instance was started from; null when it does not run.</summary>
    public string? RunningImage(string name) => loop.Find(name)?.Record?.Fingerprint;

    private InstanceRun RunningOf(string name) =>
        loop.Find(name) is { Observed.Presence: Presence.Running } run ? run : throw new Refusal(400, "Instance is not running");

    /// <summary>Where boot.autostart says nothing, the last wish is the one that the next boot follows; LXD's key for it.</summary>
    private void Want(string name, Wanted wanted)
    {
        power.Set(name, wanted);
        var document = config.Current;
        if (!document.Instances.TryGetValue(name, out var instance) ||
            Expansion.Expand(document, instance).Config.ContainsKey("boot.autostart"))
            return;
        var state = wanted == Wanted.Off ? "STOPPED" : "RUNNING";
        if (instance.Config.GetValueOrDefault(LastPowerKey) != state)
            config.Change($"remember the power of {name}", d => d.Instances.TryGetValue(name, out var now)
                ? d.With(now with { Config = now.Config.SetItem(LastPowerKey, state) })
                : d);
    }

    /// <summary>LXD's key for the power an instance had last.</summary>
    public const string LastPowerKey = "volatile.last_state.power";
}
