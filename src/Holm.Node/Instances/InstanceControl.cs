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

/// <summary>How an instance is stopped.</summary>
/// <param name="Deadline">How long its init may take; null: <see cref="InstanceControl.StopDeadline"/>.</param>
/// <param name="Force">Kill at once.</param>
/// <param name="GivesUp">At the deadline it is not killed: it goes on, and the stop has failed.</param>
public readonly record struct StopManner(TimeSpan? Deadline = null, bool Force = false, bool GivesUp = false)
{
    /// <summary>Kill at once.</summary>
    public static StopManner AtOnce => new(Force: true);
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
    /// <param name="manner">For a stop: how.</param>
    /// <param name="ct">Gives up waiting; what was wanted stays wanted.</param>
    /// <exception cref="Refusal">It cannot be done, or was tried and failed.</exception>
    public async Task SetPower(string name, PowerAction action, StopManner manner, CancellationToken ct)
    {
        if (!config.Current.Instances.ContainsKey(name) && transients.Find(name) is null)
            throw new Refusal(404, "Instance not found");
        if (!config.Current.Instances.ContainsKey(name) && action is PowerAction.Start or PowerAction.Restart)
            throw new Refusal(400, $"{name} belongs to a flake: call its command to start it");
        _setting.AddOrUpdate(name, 1, (_, count) => count + 1);
        try
        {
            await Reach(name, action, manner, ct).ConfigureAwait(false);
            PowerSet(name, Lifecycle.Of(action, manner.Force));
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
