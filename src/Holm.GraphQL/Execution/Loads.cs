namespace Holm.GraphQL.Execution;

/// <summary>The loads of one execution: gathered until it is idle, then sent a batch at a time; each key once.</summary>
internal sealed class Loads
{
    private readonly Lock _gate = new();
    private readonly Dictionary<object, IPending> _batches = new(ReferenceEqualityComparer.Instance);

    public Task<TValue?> Load<TKey, TValue>(Batch<TKey, TValue> batch, TKey key, Run run) where TKey : notnull
    {
        Task<TValue?> value;
        lock (_gate)
        {
            if (!_batches.TryGetValue(batch, out var pending))
                _batches[batch] = pending = new Pending<TKey, TValue>(batch, run);
            value = ((Pending<TKey, TValue>)pending).Add(key);
        }
        // A resolver that went on elsewhere has to wake the execution; for the others this costs next to nothing.
        run.Ticks.Post(_ => { }, null);
        return value;
    }

    /// <summary>Sends what was gathered.</summary>
    /// <returns>False: nothing was.</returns>
    public bool Send()
    {
        List<IPending> ready;
        lock (_gate)
            ready = [.. _batches.Values.Where(pending => pending.Take())];
        foreach (var pending in ready)
            pending.Send();
        return ready.Count > 0;
    }

    private interface IPending
    {
        bool Take();

        void Send();
    }

    private sealed class Pending<TKey, TValue>(Batch<TKey, TValue> batch, Run run) : IPending where TKey : notnull
    {
        private readonly Dictionary<TKey, TaskCompletionSource<TValue?>> _known = [];
        private List<TKey> _gathered = [], _taken = [];

        public Task<TValue?> Add(TKey key)
        {
            if (!_known.TryGetValue(key, out var value))
            {
                _known[key] = value = new TaskCompletionSource<TValue?>(TaskCreationOptions.RunContinuationsAsynchronously);
                _gathered.Add(key);
            }
            return value.Task;
        }

        public bool Take()
        {
            (_taken, _gathered) = (_gathered, []);
            return _taken.Count > 0;
        }

        public async void Send()
        {
            var keys = _taken;
            try
            {
                var values = await batch.Load(keys, run);
                foreach (var key in keys)
                    Known(key).SetResult(values.TryGetValue(key, out var value) ? value : default);
            }
            catch (Exception error)
            {
                foreach (var key in keys)
                    Known(key).TrySetException(error);
            }
        }

        private TaskCompletionSource<TValue?> Known(TKey key)
        {
            lock (run.Loads._gate)
                return _known[key];
        }
    }
}
