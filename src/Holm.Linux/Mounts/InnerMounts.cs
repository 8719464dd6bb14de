using System.Globalization;
using System.Runtime.InteropServices;
using Holm.Linux.Files;

namespace Holm.Linux.Mounts;

/// <summary>
/// The mounts of another process's namespace, seen and changed from a thread inside it. What that process has made of its own /proc is not
/// used: the host's is brought along, open. Every path is resolved below the namespace's root and leads nowhere else, whoever renames or
/// links what meanwhile.
/// </summary>
public sealed partial class InnerMounts : IDisposable
{
    private readonly Fd _proc, _files;

    private InnerMounts(Fd proc, Fd files) =>
        (_proc, _files, Root) = (proc, files, Fd.Open("/", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY));

    /// <summary>The root of the namespace, O_PATH.</summary>
    public Fd Root { get; }

    /// <summary>Runs something on a thread in the namespace of a process; what it makes there belongs to a user of the host.</summary>
    /// <param name="pid">Process. The caller knows that it lives.</param>
    /// <param name="owner">User, and group of the same number.</param>
    /// <param name="work">Work, on that thread: it may start no other.</param>
    /// <exception cref="LinuxException">The process has no namespace, or no root, of its own (EXDEV), or the kernel refused.</exception>
    public static T In<T>(int pid, uint owner, Func<InnerMounts, T> work)
    {
        using var space = MountNamespace.Of(pid);
        // Numbers of processes are given again: what is meant for an app must never be done to the host.
        if (space.IsOwn)
            throw new LinuxException($"enter the mount namespace of process {pid}, which is the host's", Errnos.EXDEV);
        var hostRoot = FileStat.Of("/");
        using var proc = Fd.Open("/proc", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        using var files = Fd.Open("/proc/self/fd", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        return space.Run(() =>
        {
            using var inner = new InnerMounts(proc, files);
            // One that liblxc has only just begun to set up still has the host's root.
            if (FileStat.Of(inner.Root) is var root && (root.Device, root.Inode) == (hostRoot.Device, hostRoot.Inode))
                throw new LinuxException($"enter the mount namespace of process {pid}, whose root is still the host's", Errnos.EXDEV);
            FilesystemUser.Become(owner);
            return work(inner);
        });
    }

    /// <summary>All mounts, in order.</summary>
    public IReadOnlyList<MountLine> Read()
    {
        using var table = Fd.OpenInRoot(_proc, "thread-self/mountinfo", OpenFlags.O_RDONLY);
        return MountLine.ReadAll(table);
    }

    /// <summary>Opens a mount where the table says it is; null when something else is there by now, or on top.</summary>
    public Fd? TryOpen(MountLine mount)
    {
        Fd found;
        try
        {
            found = Fd.OpenBytesInRoot(Root, mount.TargetBytes, OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW);
        }
        catch (LinuxException)
        {
            return null;
        }
        if (MountIdentity.Of(found) is { IsMountRoot: true } identity && identity.MountId == mount.Id)
            return found;
        found.Dispose();
        return null;
    }

    /// <summary>Takes the very mount away whose root is open, wherever it is and whatever is on top of it; umount2(2), lazily.</summary>
    /// <remarks>The host's /proc/self/fd becomes the thread's current folder: a name there is the open file itself.</remarks>
    /// <returns>False: it is no longer mounted.</returns>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public bool Detach(Fd mountRoot)
    {
        LinuxException.Check(fchdir(_files.Number), "go to the open files");
        if (umount2(mountRoot.Number.ToString(CultureInfo.InvariantCulture), MNT_DETACH) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == Errnos.EINVAL ? false : throw LinuxException.Last("unmount");
    }

    /// <summary>True for a file of proc(5), where a mount could give the kernel's word to something else.</summary>
    public static bool IsProc(Fd file) => FilesystemOf(file) == PROC_SUPER_MAGIC;

    /// <summary>The number of an open file's filesystem in linux/magic.h.</summary>
    internal static long FilesystemOf(Fd file)
    {
        var stat = default(Statfs);
        LinuxException.Check(fstatfs(file.Number, ref stat), "look at a filesystem");
        return stat.Type;
    }

    /// <inheritdoc/>
    public void Dispose() => Root.Dispose();

    private const int MNT_DETACH = 2;
    private const long PROC_SUPER_MAGIC = 0x9fa0;

    /// <summary>Head of <c>struct statfs</c>, 120 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    internal struct Statfs
    {
        /// <summary><c>f_type</c>.</summary>
        [FieldOffset(0)] public long Type;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchdir(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fstatfs(int fd, ref Statfs stat);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);
}
