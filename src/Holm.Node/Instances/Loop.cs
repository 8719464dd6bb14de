using System.Threading.Channels;
using Holm.Images.Roots;
using Holm.Linux;
using Holm.Linux.Processes;
using Holm.Node.Engines;
using Holm.Node.Limits;
using Holm.Node.Networks;

namespace Holm.Node.Instances;

/// <summary>
/// The one loop of the node: looks at the whole state, plans, has the steps carried out, and sleeps until something wakes it. Events only
/// wake it; they carry nothing.
/// </summary>
public sealed class Loop(
    DesiredState desired, Executor executor, StartAnswers answers, LxcEngine engine, InstanceLimits limits, InstanceNetworks networks,
    TimeProvider clock, LayerMounts layers)
{
    /// <summary>Nothing is looked at less often.</summary>
    private const double LongestSleepMs = 600_000;

    /// <summary>Called with the name of an instance that was taken down, however that came, while it is still busy.</summary>
    public Action<string> GoesDown { get; set; } = _ => { };

    /// <summary>Called with the same name a moment later, when it is not busy any more.</summary>
    public Func<string, Task> WentDown { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called with every change of what is observed of an instance: before, after.</summary>
    public Action<ObservedInstance, ObservedInstance> Changed { get; set; } = (_, _) => { };

    private readonly Dictionary<string, InstanceRun> _runs = new(StringComparer.Ordinal);
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>True when at the last look an instance could not be started for want of something on the host.</summary>
    public bool SomethingWaits { get; private set; }

    /// <summary>Asks for another look.</summary>
    public void Wake() => _wakes.Writer.TryWrite(true);

    /// <summary>The run of an instance, made when asked for.</summary>
    public InstanceRun Of(string name)
    {
        lock (_runs)
        {
            if (!_runs.TryGetValue(name, out var run))
                _runs[name] = run = new InstanceRun(name, (before, after) => Changed(before, after));
            return run;
        }
    }

    /// <summary>The run of an instance, or null when nothing is known of it.</summary>
    public InstanceRun? Find(string name)
    {
        lock (_runs)
            return _runs.GetValueOrDefault(name);
    }

    /// <summary>A proxy of an instance has ended: it is looked at again.</summary>
    private void ProxyEnded(string name)
    {
        Find(name)?.Update(o => o.Presence == Presence.Running ? o with { ProxiesStale = true } : o);
        Wake();
    }

    /// <summary>The instance is no more.</summary>
    public void Forget(string name)
    {
        lock (_runs)
            _runs.Remove(name);
    }

    /// <summary>Finds what an earlier daemon left: its monitors go on, the rest is marked to be taken down.</summary>
    public void Adopt()
    {
        var monitors = engine.List();
        var left = limits.Existing.Concat(engine.Records()).Concat(networks.Existing);
        foreach (var name in monitors.Keys.Concat(left).Distinct(StringComparer.Ordinal))
        {
            var run = Of(name);
            run.Record = RunRecord.Read(engine.Folder(name));
            var part = limits.Part(name);
            run.Update(o => o with { Part = part });
            run.Monitor = monitors.TryGetValue(name, out var pid) ? OpenMonitor(pid) : null;
            // One whose init has got a program lives, though nobody may have seen it come up; that is looked into.
            var seen = run.Record?.StartedAt ?? (run.Record?.Launched is { HandedOver: true } ? clock.GetUtcNow() : null);
            if (run.Monitor is null || seen is not { } startedAt)
            {
                // Caught before init ran: nothing has ended, and what is wanted decides.
                var ending = run.Record?.StartedAt is null ? null : executor.EndingOf(run);
                run.Update(o => o with { Presence = Presence.Ended, Ending = ending });
                continue;
            }
            run.Update(o => o with
            {
                Presence = Presence.Running,
                StartedAt = startedAt,
                UpSince = run.Record!.UpSince,
                Frozen = limits.IsFrozen(name),
                Nics = networks.WithPorts(run.Record.ReadNics()),
                Shares = run.Record.Shares ?? [],
                SharesStale = run.Record.Shares is { Count: > 0 },
                ProxiesStale = executor.HasProxies(name),
            });
            _ = executor.Watch(run, child: null);
            if (run.Record!.StartedAt is null)
                _ = executor.SeeInit(run);
            answers.Adopt(run);
        }
    }

    /// <summary>Runs until cancelled. Apps are left as they are.</summary>
    public async Task Run(CancellationToken ct)
    {
        executor.MonitorEnded = Wake;
        executor.ProxyEnded = ProxyEnded;
        answers.Wake = Wake;
        while (!ct.IsCancellationRequested)
        {
            var partitionFits = SetPartition();
            var pause = Look(clock.SinceBoot());
            if (!partitionFits && !(pause < Partition.RetryPause))
                pause = Partition.RetryPause;
            var release = ReleaseLayers(clock.SinceBoot());
            await Sleep(release < (pause ?? TimeSpan.MaxValue) ? release : pause, ct).ConfigureAwait(false);
        }
        ReleaseLayers(TimeSpan.MaxValue - LayerPause);
    }

    /// <summary>
    /// Runs something while no plan is being made, so that what it finds and what it says hold together: a plan made before has made its
    /// instances busy, one made after sees all of it.
    /// </summary>
    public void BetweenLooks(Action action)
    {
        lock (_runs)
            action();
    }

    /// <summary>Asks for another look, and completes when one that saw all that has been said before has been taken.</summary>
    public Task NextLook()
    {
        Task looked;
        lock (_runs)
            looked = _looked.Task;
        Wake();
        return looked;
    }

    private TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Plans and begins; returns how long nothing more is to be done.</summary>
    private TimeSpan? Look(TimeSpan now)
    {
        lock (_runs)
        {
            var observed = _runs.Values.Select(r => r.Observed).ToList();
            var wanted = desired.Read(name => _runs.GetValueOrDefault(name)?.Observed.Presence is not (null or Presence.Absent));
            SomethingWaits = wanted.Any(w => w.Waiting.Length > 0);
            foreach (var group in Planner.Plan(wanted, observed, now, desired.Partition.MemoryBytes).GroupBy(s => s.Name))
                Begin(Of(group.Key), observed.Find(o => o.Name == group.Key), [.. group]);
            _looked.SetResult();
            _looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return Planner.NextTime(wanted, observed, now) - now;
        }
    }

    private void Begin(InstanceRun run, ObservedInstance? planned, IReadOnlyList<Step> steps)
    {
        // Changed since it was looked at: the change has woken the loop, or does so now.
        if (!run.TryTake(o => o == (planned ?? o with { Busy = false })))
        {
            Wake();
            return;
        }
        run.Update(o => o with { Part = Division.Reserve(o, steps) });
        _ = Task.Run(async () =>
        {
            try
            {
                await executor.Run(run, steps).ConfigureAwait(false);
            }
            finally
            {
                var isDown = run.Observed.Presence == Presence.Absent && steps[^1] is TearDown or StayOff;
                if (isDown)
                    GoesDown(run.Observed.Name);
                run.Update(o => o with { Busy = false });
                Wake();
                if (isDown)
                    await WentDown(run.Observed.Name).ConfigureAwait(false);
            }
        });
    }

    /// <summary>Before the look, so that the partition has grown when its instances grow. False: it does not fit yet.</summary>
    private bool SetPartition()
    {
        var observed = Observed;
        return limits.Partition.Set(Division.Whole(desired.Partition, observed), inUse: observed.Any(o => o.Part is not null));
    }

    /// <summary>Every instance of which anything is known.</summary>
    public IReadOnlyList<ObservedInstance> Observed => [.. Snapshot().Select(r => r.Observed)];

    /// <summary>All runs.</summary>
    public IReadOnlyList<InstanceRun> Runs => Snapshot();

    private List<InstanceRun> Snapshot()
    {
        lock (_runs)
            return [.. _runs.Values];
    }

    /// <summary>How long layers of a launch stay after its end: the same command is often called again, and a mount takes 5 ms.</summary>
    private static readonly TimeSpan LayerPause = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, TimeSpan> _layersUntil = new(StringComparer.Ordinal);

    /// <summary>Held while layers are released: nobody begins to mount some meanwhile.</summary>
    private readonly Lock _releasing = new();

    /// <summary>Makes an instance busy with work for which its root is mounted, if it is as asked; false: it is not.</summary>
    public bool TryTakeRoot(InstanceRun run, Func<ObservedInstance, bool> asked)
    {
        lock (_releasing)
            return run.TryTake(asked);
    }

    /// <summary>
    /// A layer that no run stands on is unmounted. While any instance is between two states the question waits. Returns how long until
    /// one is to go.
    /// </summary>
    private TimeSpan? ReleaseLayers(TimeSpan now)
    {
        lock (_releasing)
            return ReleaseLayers(Snapshot(), now);
    }

    private TimeSpan? ReleaseLayers(List<InstanceRun> runs, TimeSpan now)
    {
        foreach (var layer in runs.Where(r => r.Record?.Launched is not null).SelectMany(r => r.Record?.Layers ?? []))
            _layersUntil[layer] = now + LayerPause;
        if (!runs.TrueForAll(r => !r.Observed.Busy))
            return null;
        var used = runs.SelectMany(r => r.Record?.Layers ?? []).ToHashSet(StringComparer.Ordinal);
        foreach (var (layer, until) in _layersUntil)
            if (until <= now)
                _layersUntil.Remove(layer);
        if (!layers.Set(used.Union(_layersUntil.Keys).ToHashSet(StringComparer.Ordinal)))
            return LayerPause;
        return _layersUntil.Where(l => !used.Contains(l.Key)).Select(l => (TimeSpan?)(l.Value - now)).Min();
    }

    private async Task Sleep(TimeSpan? longest, CancellationToken ct)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (longest is { } span)
            timer.CancelAfter(TimeSpan.FromMilliseconds(Math.Clamp(span.TotalMilliseconds, 1, LongestSleepMs)));
        try
        {
            await _wakes.Reader.ReadAsync(timer.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    private static Fd? OpenMonitor(int pid)
    {
        try
        {
            return PidFds.Open(pid);
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
