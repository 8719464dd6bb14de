namespace Holm.Images.Oci;

/// <summary>One at a time, by key.</summary>
internal sealed class Turns
{
    private readonly Dictionary<string, (SemaphoreSlim Gate, int Users)> _gates = new(StringComparer.Ordinal);

    /// <summary>Waits for the turn; disposing the result ends it.</summary>
    public async Task<IDisposable> Take(string key, CancellationToken ct)
    {
        SemaphoreSlim gate;
        lock (_gates)
        {
            var (found, users) = _gates.GetValueOrDefault(key, (new SemaphoreSlim(1), 0));
            _gates[key] = (gate = found, users + 1);
        }
        try
        {
            await gate.WaitAsync(ct).ConfigureAwait(false);
        }
        catch
        {
            Leave(key);
            throw;
        }
        return new Turn(() =>
        {
            gate.Release();
            Leave(key);
        });
    }

    private void Leave(string key)
    {
        lock (_gates)
            if (_gates[key] is var (gate, users) && users > 1)
                _gates[key] = (gate, users - 1);
            else
                _gates.Remove(key);
    }

    private sealed class Turn(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
