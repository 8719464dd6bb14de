using System.Collections.Concurrent;

namespace Holm.GraphQL.Execution;

/// <summary>
/// The thread of one execution: what is awaited in it goes on here, one piece after the other, so that nothing of it needs locks and errors
/// come in one order. No real thread is kept while there is nothing to do. When all that can go on has gone on, <paramref name="idle"/> is
/// asked for more: that is the end of a tick, and the moment for loads that were gathered in it.
/// </summary>
internal sealed class Ticks(Func<bool> idle) : SynchronizationContext
{
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _work = new();
    private int _runs;

    /// <summary>Runs something here, with all that it awaits.</summary>
    public Task<T> Run<T>(Func<Task<T>> body)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var flow = ExecutionContext.Capture();
        Post(_ =>
        {
            if (flow is null)
                Begin();
            else
                ExecutionContext.Run(flow, _ => Begin(), null);
        }, null);
        return done.Task;

        async void Begin()
        {
            try
            {
                done.SetResult(await body());
            }
            catch (OperationCanceledException cancelled)
            {
                done.SetCanceled(cancelled.CancellationToken);
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        _work.Enqueue((d, state));
        Wake();
    }

    public override SynchronizationContext CreateCopy() => this;

    private void Wake()
    {
        if (Interlocked.Exchange(ref _runs, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(ticks => ticks.Turn(), this, preferLocal: false);
    }

    private void Turn()
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            do
            {
                while (_work.TryDequeue(out var piece))
                    piece.Callback(piece.State);
            }
            while (idle());
        }
        finally
        {
            SetSynchronizationContext(before);
            // With a full fence: a look before the mark and a post before it could otherwise both miss each other.
            Interlocked.Exchange(ref _runs, 0);
        }
        if (!_work.IsEmpty)
            Wake();
    }
}
