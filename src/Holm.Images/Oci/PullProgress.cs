using Holm.Contract;

namespace Holm.Images.Oci;

/// <summary>How far each layer is, told now and then: at once when a layer's state changes, else at most five times a second.</summary>
/// <param name="blobs">The layers, lowest first.</param>
/// <param name="clock">Paces it.</param>
/// <param name="tell">Gets the whole state; one call at a time.</param>
internal sealed class PullProgress(IReadOnlyList<OciDescriptor> blobs, TimeProvider clock, Action<IReadOnlyList<PullLayer>> tell)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private readonly Lock _lock = new();
    private readonly (PullState State, long Here)[] _layers = new (PullState, long)[blobs.Count];
    private long _told;

    public void Set(int layer, PullState state)
    {
        lock (_lock)
        {
            _layers[layer] = (state, state >= PullState.Fetched ? blobs[layer].Size : _layers[layer].Here);
            Tell();
        }
    }

    public void Came(int layer, long here)
    {
        lock (_lock)
        {
            _layers[layer].Here = here;
            if (clock.GetElapsedTime(_told) >= Pause)
                Tell();
        }
    }

    private void Tell()
    {
        _told = clock.GetTimestamp();
        tell([.. blobs.Select((b, i) => new PullLayer
        {
            Digest = Digest.TryParse(b.Digest)!.Brief,
            Size = b.Size,
            Here = _layers[i].Here,
            State = _layers[i].State switch
            {
                PullState.Waiting => "waiting",
                PullState.Fetching => "fetching",
                PullState.Fetched => "fetched",
                PullState.Converting => "converting",
                _ => "done",
            },
        })]);
    }
}
