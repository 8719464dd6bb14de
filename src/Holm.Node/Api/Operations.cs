using System.Collections.Concurrent;
using System.Text.Json;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>Work that goes on behind an answered request. Finished operations stay a while, for those who look again.</summary>
public sealed class Operations(Events events, TimeProvider clock, Action<string> log)
{
    /// <summary>How long a finished operation can still be asked for.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, OperationRun> _all = new(StringComparer.Ordinal);

    /// <summary>All that run or have just ended.</summary>
    public IReadOnlyList<OperationRun> All => [.. _all.Values.OrderBy(o => o.Shown.CreatedAt)];

    /// <summary>One of them, or null.</summary>
    public OperationRun? Find(string id) => _all.GetValueOrDefault(id);

    /// <summary>Starts work.</summary>
    /// <param name="what">LXD's description, resources and class.</param>
    /// <param name="work">Gets the operation, to tell of its progress; a thrown <see cref="Refusal"/> fails it with that sentence.</param>
    public OperationRun Start(OperationPlan what, Func<OperationRun, CancellationToken, Task> work)
    {
        var now = clock.GetUtcNow();
        var run = new OperationRun(events, clock, what, new Operation
        {
            Id = Guid.NewGuid().ToString(),
            Class = what.IsToken ? "token" : what.Sockets is null ? "task" : "websocket",
            Description = what.Description,
            CreatedAt = now,
            UpdatedAt = now,
            Status = OperationRun.Text(StatusCode.Running),
            StatusCode = (int)StatusCode.Running,
            Resources = what.Resources,
            Metadata = what.Metadata,
            MayCancel = what.MayCancel,
        });
        _all[run.Id] = run;
        events.Publish(run.Shown);
        _ = Task.Run(() => Run(run, work));
        return run;
    }

    private async Task Run(OperationRun run, Func<OperationRun, CancellationToken, Task> work)
    {
        try
        {
            await work(run, run.Cancelled).ConfigureAwait(false);
            run.Finish(StatusCode.Success, "");
        }
        catch (OperationCanceledException) when (run.Cancelled.IsCancellationRequested)
        {
            run.Finish(StatusCode.Cancelled, "somebody cancelled it");
        }
        catch (Refusal refusal)
        {
            run.Finish(StatusCode.Failure, refusal.Message);
        }
        catch (Exception e)
        {
            log($"operation {run.Id} ({run.Shown.Description}) failed: {e}");
            run.Finish(StatusCode.Failure, e is IOException ? e.Message : $"the node failed: {e.Message}");
        }
        await Task.Delay(Remembered, clock).ConfigureAwait(false);
        _all.TryRemove(run.Id, out _);
        run.Dispose();
    }
}

/// <summary>What an operation is about.</summary>
/// <param name="Description">LXD's words, for example <c>Starting instance</c>.</param>
/// <param name="Kind">Kind of what it touches, for example <c>instances</c>.</param>
/// <param name="Urls">URLs of what it touches.</param>
public sealed record OperationPlan(string Description, string Kind, params IReadOnlyList<string> Urls)
{
    /// <summary>True: a DELETE ends it early.</summary>
    public bool MayCancel { get; init; }

    /// <summary>True: it lasts as long as the token that its metadata is.</summary>
    public bool IsToken { get; init; }

    /// <summary>Streams that clients join by secret; null for a plain task.</summary>
    public SocketSet? Sockets { get; init; }

    /// <summary>What is known from the start.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Metadata { get; init; }

    /// <summary>As the operation shows it; LXD's older clients look for <c>containers</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Resources => Kind == "instances"
        ? new Dictionary<string, IReadOnlyList<string>>
        {
            ["containers"] = [.. Urls.Select(u => u.Replace("/1.0/instances/", "/1.0/containers/", StringComparison.Ordinal))],
            [Kind] = Urls,
        }
        : new Dictionary<string, IReadOnlyList<string>> { [Kind] = Urls };
}

/// <summary>One operation.</summary>
public sealed class OperationRun : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Events _events;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Operation _shown;

    internal OperationRun(Events events, TimeProvider clock, OperationPlan plan, Operation shown) =>
        (_events, _clock, Sockets, _shown, Cancelled) = (events, clock, plan.Sockets, shown, _cancel.Token);

    /// <summary>UUID.</summary>
    public string Id => _shown.Id;

    /// <summary>URL.</summary>
    public string Url => $"/1.0/operations/{Id}";

    /// <summary>As it is now.</summary>
    public Operation Shown => _shown;

    /// <summary>Completes, always well, when it is final.</summary>
    public Task Done => _done.Task;

    /// <summary>Streams that clients join, or null.</summary>
    public SocketSet? Sockets { get; }

    internal CancellationToken Cancelled { get; }

    /// <summary>Adds a result, or replaces it, and tells the listeners.</summary>
    public void Tell(string key, JsonElement value) => Update(o => o with
    {
        Metadata = new Dictionary<string, JsonElement>(o.Metadata ?? new Dictionary<string, JsonElement>()) { [key] = value },
    });

    /// <summary>Adds a text.</summary>
    public void Tell(string key, string value) => Tell(key, JsonSerializer.SerializeToElement(value, ContractJson.Default.String));

    /// <summary>Adds a number.</summary>
    public void Tell(string key, int value) => Tell(key, JsonSerializer.SerializeToElement(value, ContractJson.Default.Int32));

    /// <summary>Asks it to end early.</summary>
    /// <exception cref="Refusal">400: it cannot be cancelled, or is over.</exception>
    public void Cancel()
    {
        if (!_shown.MayCancel || _done.Task.IsCompleted)
            throw new Refusal(400, $"This operation can't be cancelled: {_shown.Description} ({_shown.Status})");
        _cancel.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose() => _cancel.Dispose();

    internal void Finish(StatusCode code, string error)
    {
        Update(o => o with { Status = Text(code), StatusCode = (int)code, Err = error, MayCancel = false });
        _done.TrySetResult();
    }

    private void Update(Func<Operation, Operation> change)
    {
        lock (_gate)
        {
            _shown = change(_shown) with { UpdatedAt = _clock.GetUtcNow() };
            _events.Publish(_shown);
        }
    }

    /// <summary>LXD's text for a status code (<c>shared/api/status_code.go</c>).</summary>
    public static string Text(StatusCode code) => code == StatusCode.OperationCreated ? "Operation created" : code.ToString();
}
