using System.Runtime.InteropServices;

namespace Holm.Linux.Terminals;

/// <summary>Columns and rows of a terminal, in characters; 0 for unknown.</summary>
/// <param name="Columns">Width.</param>
/// <param name="Rows">Height.</param>
public readonly record struct WindowSize(int Columns, int Rows);

/// <summary>What Holm asks of a terminal: is it one, how large, and raw mode. isatty(3), ioctl_tty(2), termios(3).</summary>
/// <remarks>.NET's own Console is not used beside it: it changes modes and installs handlers by itself.</remarks>
public static partial class Terminal
{
    /// <summary>True when the descriptor is a terminal.</summary>
    public static bool Is(Fd fd) => isatty(fd.Number) == 1;

    /// <summary>The terminal's size; zeros when it is none or does not know; TIOCGWINSZ. <see cref="Pty.Resize"/> sets it.</summary>
    public static WindowSize Size(Fd fd)
    {
        var size = default(Winsize);
        return Ioctl.Call(fd, TIOCGWINSZ, ref size) == 0 ? new(size.Columns, size.Rows) : default;
    }

    internal const uint TIOCGWINSZ = 0x5413;

    /// <summary>struct winsize of asm-generic/termios.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Winsize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort XPixels;
        public ushort YPixels;
    }

    [LibraryImport("libc")]
    private static partial int isatty(int fd);
}

/// <summary>Raw mode of a terminal for as long as this object lives: every byte passes, nothing is echoed. cfmakeraw(3).</summary>
public sealed partial class RawMode : IDisposable
{
    private readonly Fd _fd;
    private readonly byte[] _before = new byte[TermiosRoom];
    private readonly byte[] _raw = new byte[TermiosRoom];
    private int _left;

    /// <summary>Remembers the modes and switches to raw.</summary>
    /// <exception cref="LinuxException">It is no terminal.</exception>
    public RawMode(Fd fd)
    {
        _fd = fd;
        LinuxException.Check(tcgetattr(fd.Number, _before), "read the modes of the terminal");
        _before.CopyTo(_raw, 0);
        cfmakeraw(_raw);
        Enter();
    }

    /// <summary>Switches to raw once more, for example after SIGCONT.</summary>
    public void Enter()
    {
        if (Volatile.Read(ref _left) == 0)
            LinuxException.Check(tcsetattr(_fd.Number, TCSANOW, _raw), "set the terminal to raw mode");
    }

    /// <summary>Puts back the modes found at the start; a terminal that is gone meanwhile is no error.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
            tcsetattr(_fd.Number, TCSANOW, _before);
    }

    // struct termios is 60 bytes in glibc (four flag words, c_line, 32 characters, two speeds) and never more than 128 anywhere.
    internal const int TermiosRoom = 128;
    private const int TCSANOW = 0;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(int fd, Span<byte> termios);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcsetattr(int fd, int actions, Span<byte> termios);

    [LibraryImport("libc")]
    private static partial void cfmakeraw(Span<byte> termios);
}
