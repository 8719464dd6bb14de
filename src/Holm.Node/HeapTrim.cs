namespace Holm.Node;

/// <summary>
/// Gives memory back after work. The collector lets its old generation grow to several times of what lives in it before it looks there,
/// which on a small machine is an app's worth. Where nothing was allocated nothing is done.
/// </summary>
internal sealed class HeapTrim : IDisposable
{
    private const long WorthItBytes = 4 << 20;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly Timer _timer;
    private long _allocated;

    public HeapTrim() => _timer = new Timer(_ => Trim(), null, Period, Period);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    // What was allocated since the last time counts, however slowly it came.
    private void Trim()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        if (allocated - _allocated < WorthItBytes)
            return;
        _allocated = allocated;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
