using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Holm.Linux;
using Holm.Linux.Processes;
using Holm.Linux.Terminals;

namespace Holm.Launch;

/// <summary>The line between a program in an instance and whoever called it: what happens to one happens to the other.</summary>
/// <remarks>
/// Without a terminal on both ends (or with one that is not passed on) no byte of the streams comes by here: the program has them itself.
/// With one, the program has a terminal of the container's own, and this process carries bytes between the two masters' sides:
/// <code>
///   keys --> input (raw) --> master --> program                  ^C, ^Z are bytes; the container's terminal makes signals of them
///   screen &lt;-- output &lt;-------- master &lt;-- program
/// </code>
/// </remarks>
/// <param name="control">To the program's shepherd in holm-init.</param>
/// <param name="input">This process's.</param>
/// <param name="output">This process's.</param>
/// <param name="terminals">Which streams are terminals: 1, 2, 4.</param>
internal sealed class Link(Fd control, Fd input, Fd output, int terminals) : IDisposable
{
    private readonly List<PosixSignalRegistration> _handlers = [];
    private readonly (Fd Read, Fd Write) _signals = Fd.Pipe(nonBlockingRead: true, nonBlockingWrite: true);
    private Fd? _master;
    private RawMode? _raw;
    private byte[] _pending = [];
    private bool _inputEnded, _isLeft, _isBegun;
    private EscapeKeys? _keys;

    /// <summary>Signals that are passed on, by their numbers; the terminal's size has its own way.</summary>
    private static readonly int[] Passed =
        [Signals.SIGHUP, Signals.SIGINT, SIGQUIT, Signals.SIGUSR1, Signals.SIGUSR2, Signals.SIGTERM, SIGALRM, SIGTSTP, SIGCONT, SIGWINCH];

    private const byte CtrlP = 0x10;
    private const int FrontMilliseconds = 200;
    private const int SIGQUIT = 3, SIGALRM = 14, SIGCONT = 18, SIGTSTP = 20, SIGWINCH = 28;

    /// <summary>
    /// Runs until the program has ended; returns its exit code, or dies by its signal. Null: the instance ended before it heard of it.
    /// </summary>
    public int? Run()
    {
        // What the caller has it ignore (nohup, a script's background jobs) the program does not feel either.
        var ignored = OwnProcess.Ignored();
        foreach (var signal in Passed)
            if ((ignored >> (signal - 1) & 1) == 0)
                Handle(signal);
        if (Serve() is not { } status)
            return null;
        Leave();
        if ((status & 0x7f) != 0)
            OwnProcess.DieBy(status & 0x7f);
        return status >> 8 & 0xff;
    }

    /// <summary>Puts the terminal back.</summary>
    private void Leave() => _raw?.Dispose();

    /// <inheritdoc/>
    public void Dispose() => Leave();

    private int? Serve()
    {
        Span<byte> message = stackalloc byte[1024];
        var files = new List<Fd>();
        while (true)
        {
            ComeToFront();
            var ready = Poll.Any(
                _master is not null && _raw is null ? FrontMilliseconds : -1, (control, Poll.Input), (_signals.Read, Poll.Input),
                (_master, _pending.Length > 0 ? Poll.Input | Poll.Output : Poll.Input),
                (_raw is not null && _master is not null && _pending.Length == 0 && !_inputEnded ? input : null, Poll.Input));
            if (ready[1] != 0)
                PassSignals();
            if ((ready[2] & ~Poll.Output) != 0)
                CarryOut();
            if (_pending.Length > 0)
                CarryIn();
            if (ready[3] != 0)
                ReadKeys();
            if (_isLeft)
                return Goodbye();
            if (ready[0] == 0)
                continue;
            var length = PacketSocket.Receive(control, message, files);
            if (length == 0 && !_isBegun)
                return null;
            _isBegun = true;
            if (length == 0)
            {
                Leave();
                return Program.Fail(Program.Ended) << 8;
            }
            if (Take(message[..length], files) is { } status)
                return status;
        }
    }

    /// <summary>The person has left a program that goes on.</summary>
    private int Goodbye()
    {
        Leave();
        Program.Say("\nholm: it goes on; who calls it joins it\n");
        return 0;
    }

    /// <summary>A message of holm-init's; returns the status once the program has ended.</summary>
    private int? Take(ReadOnlySpan<byte> message, List<Fd> files)
    {
        switch (message[0])
        {
            case (byte)'p' when files.Count == 1 && message.Length == 2:
                _keys = message[1] != 0 ? new EscapeKeys(CtrlP) : null;
                _master = files[0].SetNonBlocking();
                files.Clear();
                Resize();
                return null;
            case (byte)'t':
                Stop();
                return null;
            case (byte)'e' when message.Length > 2:
                Leave();
                Program.Say("holm: " + Encoding.UTF8.GetString(message[2..]) + "\n");
                return null;
            case (byte)'x' when message.Length == 5:
                // What the program wrote last is still in the terminal.
                while (_master is not null && CarryOut())
                    continue;
                return BinaryPrimitives.ReadInt32LittleEndian(message[1..]);
            default:
                return null;
        }
    }

    /// <summary>The program has stopped: so does this process, and its shell says so. Both go on together.</summary>
    private void Stop()
    {
        Leave();
        _raw = null;
        OwnProcess.Stop();
        Resize();
        PacketSocket.TrySend(control, "c"u8);
    }

    /// <summary>
    /// Takes the terminal's keys, if this process is in front of it: who changes a terminal from behind is stopped; tcsetattr(3). No shell
    /// tells a job that goes on behind it that it comes to the front: it is looked at now and then.
    /// </summary>
    private void ComeToFront()
    {
        if (_master is not null && _raw is null && IsInFront())
            _raw = new RawMode(input);
    }

    private void Resize()
    {
        if (_master is null)
            return;
        var size = Terminal.Size(input);
        Pty.Resize(_master, size.Columns, size.Rows);
    }

    /// <summary>
    /// From the terminal's keys a signal goes to all of a group, from kill(1) to one process. Which of the two it was is not told; it is
    /// taken for a key when this process is in front of its terminal.
    /// </summary>
    private void PassSignals()
    {
        Span<byte> numbers = stackalloc byte[64];
        for (var i = _signals.Read.TryRead(numbers); i > 0; i--)
            switch ((int)numbers[i - 1])
            {
                case SIGWINCH:
                    Resize();
                    break;
                case SIGCONT:
                    break;
                case var number:
                    var isKey = number is Signals.SIGINT or SIGQUIT or SIGTSTP or Signals.SIGHUP && IsInFront();
                    PacketSocket.TrySend(control, [isKey ? (byte)'S' : (byte)'s', (byte)number]);
                    break;
            }
    }

    private bool IsInFront()
    {
        using var terminal = terminals != 0 ? Fd.TryOpen("/dev/tty", OpenFlags.O_RDWR | OpenFlags.O_NOCTTY) : null;
        return terminal is not null && OwnProcess.IsInFront(terminal);
    }

    /// <summary>False: nothing is there, or the program's side is closed.</summary>
    private bool CarryOut()
    {
        Span<byte> bytes = stackalloc byte[16 * 1024];
        var length = _master!.TryRead(bytes);
        if (length is -Errnos.EAGAIN)
            return false;
        if (length <= 0)
        {
            _master.Dispose();
            _master = null;
            return false;
        }
        output.WriteAll(bytes[..length]);
        return true;
    }

    private void ReadKeys()
    {
        Span<byte> bytes = stackalloc byte[4096];
        var length = input.TryRead(bytes);
        _inputEnded = length <= 0 && length is not -Errnos.EAGAIN;
        _pending = length > 0 ? Keys(bytes[..length]) : [];
        if (_pending.Length > 0)
            CarryIn();
    }

    /// <summary>What of typed bytes is the program's.</summary>
    private byte[] Keys(ReadOnlySpan<byte> typed)
    {
        if (_keys is null)
            return typed.ToArray();
        var send = new List<byte>();
        _isLeft = _keys.Feed(typed, send);
        return [.. send];
    }

    private void CarryIn()
    {
        var written = _master?.TryWrite(_pending) ?? _pending.Length;
        if (written is -Errnos.EAGAIN)
            return;
        _pending = written < 0 ? [] : _pending[written..];
    }

    private void Handle(int signal) =>
        _handlers.Add(PosixSignalRegistration.Create((PosixSignal)signal, context =>
        {
            context.Cancel = true;
            _signals.Write.TryWrite([(byte)signal]);
        }));
}
