using System.Runtime.InteropServices;

namespace Holm.Linux.Mounts;

/// <summary>
/// A private mount namespace, held by a descriptor. What is mounted in it is gone, wherever a crash falls, as soon as the last process
/// and the last descriptor in it are. It is a recursive slave of the host's, so that a host unmount reaches it.
/// </summary>
public sealed partial class MountNamespace : IDisposable
{
    private readonly Fd _fd;

    private MountNamespace(Fd fd) => _fd = fd;

    /// <summary>Makes one: unshare(2) with CLONE_NEWNS on a thread of its own.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static MountNamespace Create() => OnOwnThread(() =>
    {
        LinuxException.Check(unshare(CLONE_NEWNS), "make a mount namespace");
        MountCalls.Mount("none", "/", "", MountFlags.MS_REC | MountFlags.MS_SLAVE);
        return new MountNamespace(Fd.Open("/proc/thread-self/ns/mnt", OpenFlags.O_RDONLY));
    });

    /// <summary>The namespace a process lives in.</summary>
    public static MountNamespace Of(int pid) => new(Fd.Open($"/proc/{pid}/ns/mnt", OpenFlags.O_RDONLY));

    /// <summary>Runs something on a thread inside the namespace; programs it spawns live there too.</summary>
    public T Run<T>(Func<T> inside) => OnOwnThread(() =>
    {
        // setns(2) into a mount namespace needs a filesystem context of the thread's own.
        LinuxException.Check(unshare(CLONE_FS), "leave the shared filesystem context");
        LinuxException.Check(setns(_fd.Number, CLONE_NEWNS), "enter a mount namespace");
        return inside();
    });

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    /// <summary>The thread is never given back: it is in another namespace for good.</summary>
    private static T OnOwnThread<T>(Func<T> work)
    {
        var result = default(T);
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = work();
                }
#pragma warning disable CA1031 // carried over to the caller's thread, whatever it is
                catch (Exception e)
#pragma warning restore CA1031
                {
                    failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e);
                }
            },
            maxStackSize: 256 * 1024)
        { IsBackground = true, Name = "mount namespace" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    internal const int CLONE_FS = 0x200, CLONE_NEWNS = 0x20000;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int fd, int type);
}
