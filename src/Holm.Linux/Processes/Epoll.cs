using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Holm.Linux.Processes;

/// <summary>
/// Waits for descriptors on one thread, whatever their number; epoll(7). The descriptor must stay open while it is waited for.
/// </summary>
/// <remarks>
/// Each wait registers the descriptor one-shot and takes it out again, so nothing is left behind when the descriptor is closed.
/// Used for what .NET has no reader for: pidfds, ptys, pipes handed to other programs, files of /proc.
/// </remarks>
public static partial class Epoll
{
    private static readonly ConcurrentDictionary<long, (int Number, TaskCompletionSource Ready)> Waiting = new();
    private static readonly Fd Instance = Start();
    private static long _lastId;

    /// <summary>Completes when a read would not wait (data, end of file, error; an exit, for a pidfd).</summary>
    public static Task Readable(Fd fd, CancellationToken ct = default) => Wait(fd, EPOLLIN | EPOLLONESHOT, ct);

    /// <summary>Completes when a write would not wait.</summary>
    public static Task Writable(Fd fd, CancellationToken ct = default) => Wait(fd, EPOLLOUT | EPOLLONESHOT, ct);

    /// <summary>Completes at an exceptional condition, such as a change of a kernfs file (<c>cgroup.events</c>).</summary>
    public static Task Exceptional(Fd fd, CancellationToken ct = default) => Wait(fd, EPOLLPRI | EPOLLONESHOT, ct);

    private static async Task Wait(Fd fd, uint events, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        // A duplicate, so that two waits (read and write of one pty) may hold the same file at once.
        using var copy = new Fd(LinuxException.Check(fcntl(fd.Number, F_DUPFD_CLOEXEC, 0), "duplicate a descriptor"));
        var id = Interlocked.Increment(ref _lastId);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Waiting[id] = (copy.Number, ready);
        var wanted = new Event { Events = events, Data = id };
        try
        {
            LinuxException.Check(epoll_ctl(Instance.Number, EPOLL_CTL_ADD, copy.Number, ref wanted), "wait for a descriptor");
            using var registration = ct.Register(static s => ((TaskCompletionSource)s!).TrySetCanceled(), ready);
            await ready.Task.ConfigureAwait(false);
        }
        finally
        {
            Waiting.TryRemove(id, out _);
            epoll_ctl(Instance.Number, EPOLL_CTL_DEL, copy.Number, ref wanted);
        }
    }

    private static Fd Start()
    {
        var instance = new Fd(LinuxException.Check(epoll_create1((int)OpenFlags.O_CLOEXEC), "make an epoll instance"));
        new Thread(() => Run(instance), 64 * 1024) { IsBackground = true, Name = "epoll" }.Start();
        return instance;
    }

    private static void Run(Fd instance)
    {
        var events = new Event[64];
        while (true)
        {
            var count = epoll_wait(instance.Number, events, events.Length, -1);
            for (var i = 0; i < count; i++)
                if (Waiting.TryGetValue(events[i].Data, out var waiter))
                    waiter.Ready.TrySetResult();
        }
    }

    private const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, F_DUPFD_CLOEXEC = 1030;
    private const uint EPOLLIN = 1, EPOLLPRI = 2, EPOLLOUT = 4, EPOLLONESHOT = 1u << 30;

    // Packed on x86-64 only: <sys/epoll.h>, __EPOLL_PACKED.
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    internal struct Event
    {
        public uint Events;
        public long Data;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epfd, int operation, int fd, ref Event wanted);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epfd, [Out] Event[] events, int count, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);
}
