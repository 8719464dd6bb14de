using Holm.Contract;

namespace Holm.Node.Instances;

/// <summary>An instance goes, or goes on under another name.</summary>
public sealed partial class InstanceControl
{
    /// <summary>Removes an instance: kept writes, logs, records, then its config. Nothing else is done to it meanwhile.</summary>
    /// <exception cref="Refusal">It runs.</exception>
    public async Task Delete(string name, CancellationToken ct)
    {
        var run = await Take(name, "Instance is running", ct).ConfigureAwait(false);
        try
        {
            PoolFolders.RefuseAway(config.Current, name);
            await Task.Run(() => KeptWrites.Delete(pools, name), ct).ConfigureAwait(false);
            engine.Forget(name);
            config.Change($"delete instance {name}", d => d.WithoutInstance(name));
            Forget(name);
            run.Update(o => o with { Failed = true, Reason = $"{name} was deleted" });
        }
        finally
        {
            run.Update(o => o with { Busy = false });
            loop.Wake();
        }
    }

    /// <summary>Does something with an instance that does not run, and is not started meanwhile.</summary>
    /// <exception cref="Refusal">It runs: the sentence that was given.</exception>
    public async Task<T> WhileStopped<T>(string name, string otherwise, Func<Task<T>> work, CancellationToken ct)
    {
        var run = await Take(name, otherwise, ct).ConfigureAwait(false);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            engine.Delete(name);
            run.Update(o => o with { Busy = false });
            loop.Wake();
        }
    }

    /// <summary>Does something beside an instance, whether it runs or not, which is not started, stopped or deleted meanwhile.</summary>
    /// <exception cref="Refusal">404: it is gone.</exception>
    public async Task<T> WhileHeld<T>(string name, Func<Task<T>> work, CancellationToken ct)
    {
        var run = await Hold(name, ct).ConfigureAwait(false);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            if (run.Observed.Presence == Presence.Absent)
                engine.Delete(name);
            Release(run);
        }
    }

    /// <summary>Gives an instance another name, with its kept writes. Nothing else is done to either meanwhile.</summary>
    /// <exception cref="Refusal">It runs, or the new name is taken.</exception>
    public async Task Rename(string from, string to)
    {
        List<InstanceRun> taken = [await Take(from, "Renaming of running instance not allowed", CancellationToken.None)
            .ConfigureAwait(false)];
        try
        {
            taken.Add(TakeNew(to));
            KeptWrites.Rename(
                pools, from, to, () => config.Change($"rename instance {from} to {to}", d => d.Renamed(from, to)), () => config.Current);
            engine.Forget(from);
            Forget(from);
            taken[0].Update(o => o with { Failed = true, Reason = $"{from} was renamed to {to}" });
        }
        finally
        {
            taken.ForEach(run => run.Update(o => o with { Busy = false }));
            loop.Wake();
        }
    }

    /// <summary>
    /// Makes one that does not run busy. What is still being taken down is waited for: a port of it may be late in coming home.
    /// </summary>
    private async Task<InstanceRun> Take(string name, string otherwise, CancellationToken ct)
    {
        static bool IsSettled(ObservedInstance o) =>
            o is { Presence: Presence.Starting or Presence.Running } or { Presence: Presence.Absent, Busy: false };
        var run = loop.Of(name);
        while (!run.TryTake(o => o.Presence == Presence.Absent))
            if ((await WaitUntil(run, "take down", Grace, IsSettled, ct).ConfigureAwait(false)).Presence != Presence.Absent)
                throw new Refusal(400, otherwise);
        if (loop.Find(name) == run)
            return run;
        run.Update(o => o with { Busy = false });
        throw new Refusal(404, "Instance not found");
    }

    /// <summary>Makes one busy with the caller's work, whether it runs or not; what is being done to it is waited for.</summary>
    /// <exception cref="Refusal">404: it is gone.</exception>
    public async Task<InstanceRun> Hold(string name, CancellationToken ct)
    {
        static bool IsSettled(ObservedInstance o) =>
            o is { Busy: false, Stop: null, Presence: Presence.Absent or Presence.Running };
        var run = loop.Of(name);
        while (!run.TryTake(IsSettled))
            await WaitUntil(run, "wait for", Grace, IsSettled, ct).ConfigureAwait(false);
        if (loop.Find(name) == run && config.Current.Instances.ContainsKey(name))
            return run;
        Release(run);
        throw new Refusal(404, "Instance not found");
    }

    /// <summary>Makes a name busy that no instance has yet.</summary>
    /// <exception cref="Refusal">One has it.</exception>
    public InstanceRun HoldNew(string name) => TakeNew(name);

    /// <summary>Ends that.</summary>
    public void Release(InstanceRun run)
    {
        run.Update(o => o with { Busy = false });
        loop.Wake();
    }

    private InstanceRun TakeNew(string name)
    {
        var run = loop.Of(name);
        return run.TryTake(o => o.Presence == Presence.Absent) ? run : throw new Refusal(400, $"Instance \"{name}\" already exists");
    }

    private void Forget(string name) => loop.BetweenLooks(() =>
    {
        power.Forget(name);
        loop.Forget(name);
    });
}
