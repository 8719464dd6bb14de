using System.Runtime.InteropServices;
using Holm.Linux.Files;
using Holm.Linux.Processes;

namespace Holm.Linux.Mounts;

/// <summary>
/// A private mount namespace, held by a descriptor. What is mounted in it is gone, wherever a crash falls, as soon as the last process
/// and the last descriptor in it are. It is a recursive slave of the host's, so that a host unmount reaches it.
/// </summary>
public sealed partial class MountNamespace : IDisposable
{
    private readonly Fd _fd;

    private MountNamespace(Fd fd) => _fd = fd;

    /// <summary>Makes one: unshare(2) with CLONE_NEWNS on a thread of its own. It holds no stick of the host.</summary>
    /// <param name="needed">Folders of the host that are needed in it, with all that is mounted below them.</param>
    /// <param name="inside">What is done in it, on that thread.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static MountNamespace Create(IReadOnlyList<string> needed, Action inside) => OwnThread.Run("mount namespace", () =>
    {
        Leave();
        ForeignMounts.Drop(needed);
        inside();
        return new MountNamespace(Fd.Open("/proc/thread-self/ns/mnt", OpenFlags.O_RDONLY));
    });

    /// <summary>The namespace a process lives in.</summary>
    public static MountNamespace Of(int pid) => new(Fd.Open($"/proc/{pid}/ns/mnt", OpenFlags.O_RDONLY));

    /// <summary>True: it is the one this process lives in.</summary>
    public bool IsOwn
    {
        get
        {
            using var own = Fd.Open("/proc/self/ns/mnt", OpenFlags.O_RDONLY);
            return FileStat.Of(own).Inode == FileStat.Of(_fd).Inode;
        }
    }

    /// <summary>Runs something on a thread inside the namespace; programs it spawns live there too.</summary>
    public T Run<T>(Func<T> inside) => OwnThread.Run("mount namespace", () =>
    {
        Unshare();
        Enter(_fd);
        return inside();
    });

    /// <summary>Gives the calling thread a filesystem context of its own, which <see cref="Enter"/> needs.</summary>
    internal static void Unshare() => LinuxException.Check(unshare(CLONE_FS), "leave the shared filesystem context");

    /// <summary>Takes the calling thread into a new namespace, a slave of the old.</summary>
    internal static void Leave()
    {
        LinuxException.Check(unshare(CLONE_NEWNS), "make a mount namespace");
        MountCalls.Mount("none", "/", "", MountFlags.MS_REC | MountFlags.MS_SLAVE);
    }

    /// <summary>Takes the calling thread into a namespace; its root is that of the namespace from then on.</summary>
    /// <param name="file">A file of /proc/PID/ns.</param>
    internal static void Enter(Fd file) => LinuxException.Check(setns(file.Number, CLONE_NEWNS), "enter a mount namespace");

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    internal const int CLONE_FS = 0x200, CLONE_NEWNS = 0x20000;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int fd, int type);
}
