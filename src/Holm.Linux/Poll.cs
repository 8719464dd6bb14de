using System.Runtime.InteropServices;

namespace Holm.Linux;

/// <summary>Waits for one descriptor on the calling thread; poll(2). For many at once there is <see cref="Processes.Epoll"/>.</summary>
public static partial class Poll
{
    /// <summary>Waits until a read would not wait; false: not within <paramref name="milliseconds"/> (-1: no limit).</summary>
    public static bool Readable(Fd fd, int milliseconds = -1) => Wait(fd, POLLIN, milliseconds);

    /// <summary>Waits until a write would not wait; false: not within <paramref name="milliseconds"/> (-1: no limit).</summary>
    public static bool Writable(Fd fd, int milliseconds = -1) => Wait(fd, POLLOUT, milliseconds);

    /// <summary>Waits until one of two can be read, and gives it, the first where both can; null when a signal came in between.</summary>
    public static Fd? FirstReadable(Fd first, Fd second)
    {
        Span<PollFd> wanted = [new() { Fd = first.Number, Events = POLLIN }, new() { Fd = second.Number, Events = POLLIN }];
        return poll(ref wanted[0], 2, -1) <= 0 ? null : wanted[0].Returned != 0 ? first : second;
    }

    /// <summary>Waits for an exceptional condition; false: there is none within <paramref name="milliseconds"/> (-1: no limit).</summary>
    public static bool Exceptional(Fd fd, int milliseconds = -1) => Wait(fd, POLLPRI, milliseconds);

    /// <summary>A read would not wait.</summary>
    public const short Input = POLLIN;

    /// <summary>A write would not wait.</summary>
    public const short Output = POLLOUT;

    /// <summary>Waits until one of several is as asked, or closed at the other end, or a signal came in between, or so long.</summary>
    /// <param name="milliseconds">-1: no limit.</param>
    /// <param name="wanted">Each with what is asked of it; null: left out.</param>
    /// <returns>For each what it is: 0 for nothing.</returns>
    public static short[] Any(int milliseconds, params ReadOnlySpan<(Fd? Fd, int Events)> wanted)
    {
        Span<PollFd> asked = stackalloc PollFd[wanted.Length];
        for (var i = 0; i < wanted.Length; i++)
            asked[i] = new PollFd { Fd = wanted[i].Fd?.Number ?? -1, Events = (short)wanted[i].Events };
        var interrupted = poll(ref asked[0], (nuint)asked.Length, milliseconds) < 0;
        var found = new short[wanted.Length];
        for (var i = 0; i < wanted.Length && !interrupted; i++)
            found[i] = asked[i].Returned;
        return found;
    }

    // An interrupted wait counts as ready: whoever reads or writes then finds out, and waits again.
    private static bool Wait(Fd fd, short events, int milliseconds)
    {
        var wanted = new PollFd { Fd = fd.Number, Events = events };
        return poll(ref wanted, 1, milliseconds) != 0;
    }

    private const short POLLIN = 1, POLLPRI = 2, POLLOUT = 4;

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref PollFd fds, nuint count, int milliseconds);
}
