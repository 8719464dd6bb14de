using Holm.Linux;
using Holm.Linux.Processes;

namespace Holm.Node.Networks;

/// <summary>
/// A program at a host end, dnsmasq or udhcpc. The next daemon knows it again by its argument vector, which names a file of this node's run
/// folder: there is no record that a daemon could die before it wrote it.
/// </summary>
/// <remarks>
/// Between a spawn's clone and its exec the child still holds the daemon's lock on its run folder (flock(2) goes with the copied
/// descriptor), so that no next daemon can look before the arguments are there.
/// </remarks>
internal sealed class Attendant : IDisposable
{
    private readonly Lock _lock = new();
    private Fd? _process;
    private bool _ended;

    /// <summary>User nobody, whom dnsmasq turns into: the default of <c>/proc/sys/kernel/overflowuid</c>.</summary>
    private const uint Nobody = 65534;

    /// <summary>Ends those that an earlier daemon has left: all are told at once, and have gone when the task ends.</summary>
    /// <param name="words">First arguments; null matches anything.</param>
    public static Task EndLeft(params string?[] words) => Task.WhenAll([.. ProcessTable.Open(Nobody, words).Select(End)]);

    private static async Task End(Fd process)
    {
        using (process)
        {
            PidFds.Signal(process, Signals.SIGKILL);
            await Epoll.Readable(process).ConfigureAwait(false);
        }
    }

    /// <summary>Takes over one that an earlier daemon has left, and ends any other like it; null: there is none.</summary>
    /// <param name="words">As in <see cref="EndLeft"/>.</param>
    public Fd? TakeOver(params string?[] words)
    {
        var left = ProcessTable.Open(Nobody, words);
        foreach (var other in left.Skip(1))
            _ = End(other);
        return left.Count > 0 && Hold(left[0]) ? left[0] : null;
    }

    /// <summary>Starts the program, unless this is disposed meanwhile; null: it is.</summary>
    /// <param name="prepare">Writes what the program reads; not begun once this is disposed.</param>
    /// <param name="spawn">Starts it.</param>
    public Child? Start(Action prepare, Func<Child> spawn)
    {
        lock (_lock)
        {
            if (_ended)
                return null;
            prepare();
            var child = spawn();
            _process = child.PidFd;
            return child;
        }
    }

    /// <summary>It has ended, and its descriptor is about to be closed.</summary>
    public void Release()
    {
        lock (_lock)
            _process = null;
    }

    /// <summary>Ends it; none is started any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _ended = true;
            if (_process is not null)
                PidFds.Signal(_process, Signals.SIGKILL);
        }
    }

    private bool Hold(Fd process)
    {
        lock (_lock)
        {
            if (_ended)
                _ = End(process);
            else
                _process = process;
            return !_ended;
        }
    }
}
