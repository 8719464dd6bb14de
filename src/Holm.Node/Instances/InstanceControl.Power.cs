using Holm.Contract;
using Holm.Node.Config;

namespace Holm.Node.Instances;

/// <summary>How a wish for power comes true: it is said, and what is observed is waited for.</summary>
public sealed partial class InstanceControl
{
    private async Task Reach(string name, PowerAction action, StopManner manner, CancellationToken ct)
    {
        switch (action)
        {
            case PowerAction.Start: await Start(name, ct).ConfigureAwait(false); break;
            case PowerAction.Stop: await Stop(name, Wanted.Off, manner, ct).ConfigureAwait(false); break;
            case PowerAction.Restart:
                if (power[name] == Wanted.Off && loop.Of(name).Observed is { Presence: Presence.Absent, Busy: false })
                    throw new Refusal(400, $"The instance is already stopped: {name}");
                if (!manner.Force)
                    RefuseWhileStopping(name);
                CheckStart(name);
                var (restarted, asked) = (loop.Of(name), clock.SinceBoot());
                await Stop(name, Wanted.On, manner, ct).ConfigureAwait(false);
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
        RefuseWhileStopping(name);
        CheckStart(name);
        var asked = clock.SinceBoot();
        Want(run, Wanted.On, o => o with { FastFailures = 0, NotBefore = null, Failed = false, Reason = "", Waiting = "" });
        await WaitStarted(run, asked, ct).ConfigureAwait(false);
    }

    /// <summary>Two wishes at once would both come true, one after the other, and nobody had what they were told.</summary>
    private void RefuseWhileStopping(string name)
    {
        if (loop.Of(name).Observed is { Stop: not null, Presence: not Presence.Absent })
            throw new Refusal(400, $"Instance is busy running a \"stop\" operation: {name}: wait for its end, or stop it by force");
    }

    /// <summary>Says now, to whoever asks, why it could not start, rather than let it be waited for.</summary>
    private void CheckStart(string name)
    {
        config.Change($"give {name} its id range", d => IdRanges.Assign(d, paths.IdmapBase), Saving.Volatile);
        desired.SpecOf(name);
    }

    /// <summary>Ends when it runs, when it could not, when it ran and has ended again already, or when somebody stopped it.</summary>
    private async Task WaitStarted(InstanceRun run, TimeSpan asked, CancellationToken ct)
    {
        bool IsOver(ObservedInstance o) => o is { Presence: Presence.Running, Stop: null } ||
            o is { Presence: Presence.Absent, Busy: false } && (o.Failed || o.UpSince >= asked || WantsOff());
        bool WantsOff() => (transients.Find(run.Observed.Name)?.Wanted ?? power[run.Observed.Name]) == Wanted.Off;
        ObservedInstance reached;
        while (!IsOver(reached = await WaitUntil(
            run, "start", Executor.StartDeadline + Grace, o => IsOver(o) || o.Waiting.Length > 0, ct).ConfigureAwait(false)))
            if (await StillWaits(run, ct).ConfigureAwait(false))
                throw new Refusal(409, $"start {run.Observed.Name}: {run.Observed.Waiting}");
        if (reached is { Presence: Presence.Absent, Failed: true })
            throw new Refusal(500, reached.Reason);
        if (reached.Presence == Presence.Absent && !(reached.UpSince >= asked))
            throw new Refusal(400, $"start {run.Observed.Name}: it was stopped meanwhile");
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

    private async Task Stop(string name, Wanted after, StopManner manner, CancellationToken ct)
    {
        var run = loop.Of(name);
        if (run.Observed is { Presence: Presence.Absent, Busy: false } && power[name] == Wanted.Off && after == Wanted.Off
            && transients.Find(name) is null
            && !run.Observed.Failed)
            throw new Refusal(400, $"The instance is already stopped: {name}");
        if (manner.GivesUp)
            RefuseWhileStopping(name);
        var wasDown = run.Observed is { Presence: Presence.Absent, Busy: false };
        var longest = manner.Deadline ?? StopDeadline;
        var until = manner.GivesUp ? Never : clock.SinceBoot() + (manner.Force ? TimeSpan.Zero : longest);
        Want(run, after, o => o with
        {
            FastFailures = 0,
            NotBefore = null,
            Waiting = "",
            Stop = o is { Presence: Presence.Absent, Busy: false } ? null : new StopRequest(until, o.Stop?.Asked == true),
        });
        static bool IsOver(ObservedInstance o) => o is { Stop: null, Busy: false } or { Presence: Presence.Absent, Busy: false };
        if (manner.GivesUp && !await IsDown(run, IsOver, longest, ct).ConfigureAwait(false))
        {
            Want(run, Wanted.On, o => o with { Stop = o.Stop?.Deadline == Never ? null : o.Stop });
            throw new Refusal(400, $"Failed shutting down instance, status is \"Running\": {name} has not ended within " +
                $"{longest.TotalSeconds} s and goes on; a stop by force kills it");
        }
        await WaitUntil(run, "stop", longest + Grace, IsOver, ct).ConfigureAwait(false);
        run.Update(o => o with { Stop = null });
        if (after == Wanted.Off && wasDown)
            run.Update(o => o with { Failed = false, Reason = "" });
    }

    /// <summary>Deadline of a stop that kills nobody.</summary>
    private static readonly TimeSpan Never = TimeSpan.MaxValue;

    /// <summary>False: it is still up, and nobody else has asked for more than to be patient.</summary>
    private async Task<bool> IsDown(InstanceRun run, Func<ObservedInstance, bool> isOver, TimeSpan longest, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(longest, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        try
        {
            await run.WaitUntil(isOver, either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return run.Observed is not { Presence: Presence.Running, Stop: { } stop } || stop.Deadline != Never;
        }
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
}
