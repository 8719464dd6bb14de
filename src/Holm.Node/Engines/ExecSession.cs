using Holm.Linux;
using Holm.Linux.Lxc;
using Holm.Linux.Processes;
using Holm.Linux.Terminals;

namespace Holm.Node.Engines;

/// <summary>A command to run inside a running instance.</summary>
/// <param name="Command">Program and arguments; the program is looked up on the PATH of <paramref name="Environment"/>.</param>
/// <param name="Environment">Its environment.</param>
/// <param name="User">User id inside.</param>
/// <param name="Group">Group id inside; there are no supplementary groups.</param>
/// <param name="Cwd">Working directory inside; empty: root's home where there is one, else /.</param>
/// <param name="Interactive">True: on a terminal of its own, which it controls. False: three pipes.</param>
/// <param name="Width">Columns of the terminal.</param>
/// <param name="Height">Rows of the terminal.</param>
public sealed record ExecRequest(
    IReadOnlyList<string> Command, IReadOnlyDictionary<string, string> Environment, uint User, uint Group, string Cwd, bool Interactive,
    int Width, int Height);

/// <summary>
/// A command inside an instance: made ready, not run before <see cref="Go"/>. Disposing it while the command runs kills the command.
/// </summary>
public sealed class ExecSession : IDisposable
{
    private readonly Child _attach;
    private readonly Fd _life;
    private readonly ExecStreams _streams;

    internal ExecSession(Child attach, Fd life, ExecStreams streams)
    {
        (_attach, _life, _streams) = (attach, life, streams.Keep());
        Exit = WaitForExit();
    }

    /// <summary>Lets the command run.</summary>
    /// <exception cref="LinuxException">Unless it has ended already; <see cref="Exit"/> says how.</exception>
    public void Go()
    {
        if (_life.TryWrite([1]) is < 0 and not -Errnos.EPIPE and var error)
            throw new LinuxException("let the command run", -error);
    }

    /// <summary>Interactive: the terminal's master, not blocking; EIO when the last program on it is gone. Else null.</summary>
    public Fd? Terminal => _streams.Master;

    /// <summary>Not interactive: where the command's input is written, not blocking.</summary>
    public Fd? Stdin => _streams.OurStdin;

    /// <summary>Not interactive: the command's output, not blocking.</summary>
    public Fd? Stdout => _streams.OurStdout;

    /// <summary>Not interactive: the command's errors, not blocking.</summary>
    public Fd? Stderr => _streams.OurStderr;

    /// <summary>
    /// Exit status as a shell says it: the code, 128 + N by signal N, 127 not found, 126 not executable, 125 Holm's own failure.
    /// </summary>
    public Task<int> Exit { get; }

    /// <summary>Sends the command a signal; one that has ended is no error.</summary>
    public void Signal(int signal)
    {
        if (!Exit.IsCompleted)
            _attach.Signal(signal);
    }

    /// <summary>Tells the command the size of its terminal.</summary>
    public void Resize(int width, int height)
    {
        if (_streams.Master is { } master)
            Pty.Resize(master, width, height);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _life.Dispose();
        _streams.Dispose();
    }

    private async Task<int> WaitForExit()
    {
        using (_attach)
            return (await _attach.Wait().ConfigureAwait(false)).ShellCode;
    }
}

/// <summary>The descriptors of one exec: ours are not blocking, the command's are, and those are closed here once it has them.</summary>
internal sealed class ExecStreams : IDisposable
{
    private bool _kept;

    public Fd? Master { get; set; }
    public Fd? Slave { get; set; }
    public Fd? OurStdin { get; private set; }
    public Fd? OurStdout { get; private set; }
    public Fd? OurStderr { get; private set; }
    public Fd? ChildStdin => Slave ?? _stdin;
    public Fd? ChildStdout => Slave ?? _stdout;
    public Fd? ChildStderr => Slave ?? _stderr;

    private Fd? _stdin, _stdout, _stderr;

    public void MakePipes()
    {
        (_stdin, OurStdin) = Fd.Pipe(nonBlockingWrite: true);
        (OurStdout, _stdout) = Fd.Pipe(nonBlockingRead: true);
        (OurStderr, _stderr) = Fd.Pipe(nonBlockingRead: true);
    }

    /// <summary>The command is running: its ends are closed here, ours live until the session's end.</summary>
    public ExecStreams Keep()
    {
        _kept = true;
        Master?.SetNonBlocking();
        foreach (var end in (Fd?[])[Slave, _stdin, _stdout, _stderr])
            end?.Dispose();
        return new ExecStreams { Master = Master, OurStdin = OurStdin, OurStdout = OurStdout, OurStderr = OurStderr };
    }

    public void Dispose()
    {
        if (_kept)
            return;
        foreach (var end in (Fd?[])[Master, Slave, _stdin, _stdout, _stderr, OurStdin, OurStdout, OurStderr])
            end?.Dispose();
    }
}

/// <summary>The console of a running instance, held by holmd alone and fanned out by the API.</summary>
public sealed class ConsoleLink
{
    private readonly LxcTerminal _terminal;
    private readonly Fd? _devpts;

    internal ConsoleLink(LxcTerminal terminal, Fd? devpts)
    {
        (_terminal, _devpts) = (terminal, devpts);
        terminal.Master.SetNonBlocking();
    }

    /// <summary>Not blocking. It must be read without pause: the monitor writes to it before it does anything else.</summary>
    public Fd Terminal => _terminal.Master;

    /// <summary>Tells the programs on the console its size: liblxc makes it the first terminal of the instance's own devpts.</summary>
    public void Resize(int width, int height)
    {
        if (_devpts is null)
            return;
        using var console = Fd.OpenInRoot(_devpts, "0", OpenFlags.O_RDWR | OpenFlags.O_NOCTTY | OpenFlags.O_NONBLOCK);
        Pty.Resize(console, width, height);
    }

    /// <summary>Gives the console back; another can take it when the task has ended.</summary>
    public async Task Leave()
    {
        await _terminal.Leave().ConfigureAwait(false);
        _devpts?.Dispose();
    }
}
