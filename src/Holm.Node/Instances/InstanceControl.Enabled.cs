using Holm.Contract;

namespace Holm.Node.Instances;

/// <summary>What a change of the configuration asks of instances.</summary>
public sealed partial class InstanceControl
{
    /// <summary>It is enabled: wanted from now on. Ends when it runs; at once when it waits for something that is not there.</summary>
    /// <exception cref="Refusal">It was tried and failed.</exception>
    public async Task SwitchOn(string name, CancellationToken ct)
    {
        var (run, asked) = (loop.Of(name), clock.SinceBoot());
        Want(run, Wanted.On, o => o with { FastFailures = 0, NotBefore = null, Failed = false, Reason = "", Waiting = "" });
        if (desired.Of(name) is { Spec: not null })
            await WaitStarted(run, asked, ct).ConfigureAwait(false);
    }

    /// <summary>It is not enabled any more: stopped, if it is not already.</summary>
    public async Task SwitchOff(string name, CancellationToken ct)
    {
        if (loop.Find(name)?.Observed is { Presence: Presence.Absent, Busy: false, Failed: false } or null && power[name] == Wanted.Off)
            return;
        await Stop(name, Wanted.Off, default, ct).ConfigureAwait(false);
    }

    /// <summary>
    /// It is not configured any more, and the loop ends it. When it has ended, everything that was known of it goes, and unless they are
    /// kept its writes.
    /// </summary>
    /// <exception cref="Refusal">It does not end, or its writes cannot be deleted.</exception>
    public async Task Remove(string name, bool keepWrites, CancellationToken ct)
    {
        var run = loop.Of(name);
        loop.Wake();
        static bool IsGone(ObservedInstance o) => o is { Presence: Presence.Absent, Busy: false, Ending: null };
        while (!run.TryTake(IsGone))
            await WaitUntil(run, "stop", StopDeadline + Grace, IsGone, ct).ConfigureAwait(false);
        await ClearTaken(run, keepWrites).ConfigureAwait(false);
    }

    /// <summary>Whoever removed it did not live to see its end, or does the same in a moment.</summary>
    private async Task Clear(string name)
    {
        if (loop.Find(name) is { } run && run.TryTake(o => o.Presence == Presence.Absent))
            await ClearTaken(run, keepWrites: true).ConfigureAwait(false);
    }

    private async Task ClearTaken(InstanceRun run, bool keepWrites)
    {
        var name = run.Observed.Name;
        try
        {
            // Somebody may have made one of that name again.
            if (config.Current.Instances.ContainsKey(name) || transients.Find(name) is not null)
                return;
            if (!keepWrites)
                await Task.Run(() => KeptWrites.Delete(pools, name)).ConfigureAwait(false);
            engine.Forget(name);
            Forget(name);
            run.Update(o => o with { Failed = true, Reason = $"{name} was deleted" });
        }
        finally
        {
            run.Update(o => o with { Busy = false });
            loop.Wake();
        }
    }
}
