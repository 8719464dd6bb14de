using System.Runtime.InteropServices;
using Holm.Cli.Streams;
using Holm.Linux;

namespace Holm.Cli.Console;

/// <summary>
/// The signals of a console: a hangup or a request to end ends it, dropping what is not applied; ^C while a program runs is the
/// program's, while the node is asked it ends the question; a new window size is looked at when a line is edited.
/// </summary>
internal sealed class TerminalSignals : IDisposable
{
    private readonly Fd _read;
    private readonly Fd _write;
    private readonly Watch _watch;
    private volatile int _ended;
    private volatile bool _interrupted;

    /// <summary>Takes them over.</summary>
    public TerminalSignals()
    {
        (_read, _write) = Fd.Pipe(nonBlockingRead: true, nonBlockingWrite: true);
        _watch = new Watch()
            .On(End, PosixSignal.SIGHUP, PosixSignal.SIGTERM)
            .On(_ => _interrupted = true, PosixSignal.SIGINT, PosixSignal.SIGQUIT)
            .On(_ => Wake(), PosixSignal.SIGWINCH, PosixSignal.SIGCONT);
    }

    /// <summary>Readable after a signal.</summary>
    public Fd Woken => _read;

    /// <summary>The signal that ended the console, or 0.</summary>
    public int Ended => _ended;

    /// <summary>True when what is being done is to be given up.</summary>
    public bool Interrupted => _interrupted || _ended != 0;

    /// <summary>Forgets an earlier ^C.</summary>
    public void Calm() => _interrupted = false;

    /// <summary>Empties <see cref="Woken"/>; false when the console ends.</summary>
    public bool Look()
    {
        Span<byte> drop = stackalloc byte[64];
        while (_read.TryRead(drop) > 0)
        {
            // One look answers all.
        }
        return _ended == 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch.Dispose();
        _read.Dispose();
        _write.Dispose();
    }

    private void End(int signal)
    {
        _ended = signal;
        Wake();
    }

    private void Wake() => _write.TryWrite("!"u8);
}
