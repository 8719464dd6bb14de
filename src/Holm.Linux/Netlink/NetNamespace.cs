using System.Runtime.InteropServices;
using Holm.Linux.Files;
using Holm.Linux.Mounts;
using Holm.Linux.Processes;

namespace Holm.Linux.Netlink;

/// <summary>
/// Network namespaces; network_namespaces(7). One lives as long as a process or thread is in it, a descriptor of it is open, a socket of it
/// is, or it is pinned. With it go its veth, macvlan and bridge links; physical ports return to where the first process lives.
/// </summary>
public static partial class NetNamespace
{
    /// <summary>The one a process lives in.</summary>
    /// <exception cref="LinuxException">ENOENT: there is no such process, or it has ended.</exception>
    public static Fd Of(int pid) => Fd.Open($"/proc/{pid}/ns/net", OpenFlags.O_RDONLY);

    /// <summary>The one the calling thread is in.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd Own() => Fd.Open("/proc/thread-self/ns/net", OpenFlags.O_RDONLY);

    /// <summary>Makes a new one, empty but for a <c>lo</c> that is down; unshare(2) with CLONE_NEWNET on a thread of its own.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd Create() => OwnThread.Run("network namespace", () =>
    {
        LinuxException.Check(unshare(CLONE_NEWNET), "make a network namespace");
        return Own();
    });

    /// <summary>True when both are the same one.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static bool IsSame(Fd a, Fd b)
    {
        var (first, second) = (FileStat.Of(a), FileStat.Of(b));
        return first.Inode == second.Inode && first.Device == second.Device;
    }

    /// <summary>Keeps one alive by a mount of it on a file, which is made; as ip-netns(8) does.</summary>
    /// <remarks>
    /// The mount spreads like any other: where the folder's mount is shared, into each mount namespace that receives from it, and
    /// <see cref="Unpin"/> takes it away from there, too.
    /// </remarks>
    /// <exception cref="LinuxException">EEXIST: there is one already. EINVAL: it is no namespace.</exception>
    public static void Pin(Fd netNamespace, string path)
    {
        using (Fd.Open(path, OpenFlags.O_RDONLY | OpenFlags.O_CREAT, 0))
        {
            using var pinned = OpenPinned(path);
            if (pinned is not null)
                throw new LinuxException($"pin a network namespace at {path}", Errnos.EEXIST);
        }
        // The type is not looked at for a mount of what exists; here it is what an error's sentence says.
        MountCalls.Mount(netNamespace.ProcPath, path, "network namespace", MountFlags.MS_BIND);
    }

    /// <summary>Opens one that is pinned; null when there is none at this path.</summary>
    /// <exception cref="LinuxException">The kernel refused to say.</exception>
    public static Fd? OpenPinned(string path)
    {
        var fd = Fd.TryOpen(path, OpenFlags.O_RDONLY);
        if (fd is null)
            return null;
        var filesystem = default(Filesystem);
        if (fstatfs(fd.Number, ref filesystem) == 0 && filesystem.Type == NSFS_MAGIC && Ioctl.Call(fd, NS_GET_NSTYPE) == CLONE_NEWNET)
            return fd;
        fd.Dispose();
        return null;
    }

    /// <summary>Ends a pin and removes its file; a missing one is fine.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Unpin(string path)
    {
        while (MountCalls.Unmount(path))
        {
        }
        File.Delete(path);
    }

    /// <summary>Runs something on a thread inside one. What it opens there stays in it, whoever uses it later.</summary>
    /// <exception cref="LinuxException">The kernel refused; EINVAL: it is no network namespace.</exception>
    public static T Run<T>(Fd netNamespace, Func<T> inside) => OwnThread.Run("network namespace", () =>
    {
        LinuxException.Check(setns(netNamespace.Number, CLONE_NEWNET), "enter a network namespace");
        return inside();
    });

    internal const int CLONE_NEWNET = 0x40000000;
    internal const long NSFS_MAGIC = 0x6e736673;
    internal const uint NS_GET_NSTYPE = 0xb703;

    /// <summary><c>struct statfs</c>: 120 bytes; what Holm does not look at is padding here.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    internal struct Filesystem
    {
        /// <summary><c>f_type</c>.</summary>
        [FieldOffset(0)] public long Type;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int fd, int type);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fstatfs(int fd, ref Filesystem filesystem);
}
