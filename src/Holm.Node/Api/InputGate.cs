namespace Holm.Node.Api;

/// <summary>
/// Lets input through to a descriptor until it is closed; once <see cref="Close"/> returns, nobody touches the descriptor any more.
/// </summary>
internal sealed class InputGate : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private bool _closed;

    /// <summary>Writes, unless closed; false when closed or the reader is gone.</summary>
    public async Task<bool> Write(Func<CancellationToken, Task<bool>> write)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            return !_closed && await write(_closing.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends a write that waits, and all later ones.</summary>
    public async Task Close()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _turn.WaitAsync().ConfigureAwait(false);
        _closed = true;
        _turn.Release();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _turn.Dispose();
        _closing.Dispose();
    }
}
