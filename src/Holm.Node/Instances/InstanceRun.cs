using Holm.Linux;
using Holm.Linux.Mounts;

namespace Holm.Node.Instances;

/// <summary>
/// One instance as this daemon holds it: the observed record, and the handles that only a process can hold. Changed under its lock, by
/// the executor's worker for this instance and by requests; everybody else reads the record.
/// </summary>
/// <param name="name">The instance.</param>
/// <param name="tell">Gets each change: before, after.</param>
public sealed class InstanceRun(string name, Action<ObservedInstance, ObservedInstance> tell)
{
    private readonly Lock _lock = new();
    private ObservedInstance _observed = new() { Name = name };
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where it stands now.</summary>
    public ObservedInstance Observed
    {
        get
        {
            lock (_lock)
                return _observed;
        }
    }

    /// <summary>The namespace with its root, between MountRoot and Start.</summary>
    public MountNamespace? Space { get; set; }

    /// <summary>The monitor, while it runs; pidfd.</summary>
    public Fd? Monitor { get; set; }

    /// <summary>True while somebody looks after its next init, after a reboot from inside.</summary>
    public bool Served { get; set; }

    /// <summary>Why the last start, or the last boot from inside, was ended before init, as a sentence; null: it was not.</summary>
    public string? HookFailure { get; set; }

    /// <summary>Completes when the hook of this start has its answer; complete where there is no hook.</summary>
    public TaskCompletionSource Answered { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the socket of its init is there; begun anew for each start.</summary>
    public TaskCompletionSource Reachable { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What it was started with; null when nothing of it runs.</summary>
    public RunRecord? Record { get; set; }

    /// <summary>Held while its record is changed and written: its worker and the hook may do so side by side.</summary>
    private readonly Lock _recording = new();

    /// <summary>Held while its mounts are changed from outside, for the same reason.</summary>
    public Lock Mounting { get; } = new();

    private Task _linking = Task.CompletedTask;

    /// <summary>
    /// Does something to its links after all that was to be done to them before: its worker may change them just as the hook of its next
    /// init asks for them.
    /// </summary>
    public Task Linking(Func<Task> work)
    {
        lock (_lock)
        {
            var before = _linking;
            return _linking = Task.Run(async () =>
            {
                await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await work().ConfigureAwait(false);
            });
        }
    }

    /// <summary>Completes when nobody works any more in the root that it had so far.</summary>
    public Task Visits { get; private set; } = Task.CompletedTask;

    /// <summary>Does something in its root from outside; what it throws is thrown here only.</summary>
    public Task Visit(Func<Task> work)
    {
        lock (_lock)
        {
            var (before, visit) = (Visits, Task.Run(work));
            Visits = Over(before, visit);
            return visit;
        }

        static async Task Over(Task before, Task visit)
        {
            await before.ConfigureAwait(false);
            await visit.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Changes what it was started with, and writes it; of one that has ended nothing is written.</summary>
    public void Note(string folder, Func<RunRecord, RunRecord> change)
    {
        lock (_recording)
        {
            if (Record is not { } record)
                return;
            Record = change(record);
            Record.Write(folder);
        }
    }

    /// <summary>Swaps the record and tells those who wait.</summary>
    public void Update(Func<ObservedInstance, ObservedInstance> change)
    {
        TaskCompletionSource changed;
        ObservedInstance before, next;
        lock (_lock)
        {
            (before, next) = (_observed, change(_observed));
            if (next == before)
                return;
            _observed = next;
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        tell(before, next);
        changed.SetResult();
    }

    /// <summary>Makes it busy with the caller's work, if it is not busy already and as asked; false: it is not.</summary>
    public bool TryTake(Func<ObservedInstance, bool> asked)
    {
        var taken = false;
        Update(o => (taken = !o.Busy && asked(o)) ? o with { Busy = true } : o);
        return taken;
    }

    /// <summary>Waits until the record is as asked.</summary>
    public async Task<ObservedInstance> WaitUntil(Func<ObservedInstance, bool> reached, CancellationToken ct)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (reached(_observed))
                    return _observed;
                changed = _changed.Task;
            }
            await changed.WaitAsync(ct).ConfigureAwait(false);
        }
    }
}
