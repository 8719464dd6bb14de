using Holm.Linux.Processes;

namespace Holm.Linux.Mounts;

/// <summary>
/// Says when something was mounted, unmounted or remounted in this process's mount namespace: /proc/self/mountinfo, proc(5). What it was
/// is not said; nothing between two waits is missed.
/// </summary>
/// <remarks>
/// The kernel says it once to each open file, when it is asked; and epoll asks twice, as it is told of the file and as it is about to
/// answer. What was said the first time is lost, so a second open file is asked directly once the first is waited for.
/// </remarks>
public sealed class MountEvents : IDisposable
{
    private readonly Fd _waited, _asked;

    private MountEvents(Fd waited, Fd asked) => (_waited, _asked) = (waited, asked);

    /// <summary>Begins to watch.</summary>
    public static MountEvents Open() => new(OpenTable(), OpenTable());

    /// <summary>Completes when the table has changed since it was opened, or since this completed last.</summary>
    public async Task Changed(CancellationToken ct = default)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var changed = Epoll.Exceptional(_waited, enough.Token);
        if (Poll.Exceptional(_asked, 0))
        {
            await enough.CancelAsync().ConfigureAwait(false);
            await changed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }
        await changed.ConfigureAwait(false);
        // The same event.
        Poll.Exceptional(_asked, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _waited.Dispose();
        _asked.Dispose();
    }

    private static Fd OpenTable() => Fd.Open("/proc/self/mountinfo", OpenFlags.O_RDONLY);
}
