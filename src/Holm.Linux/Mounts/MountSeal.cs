using System.Globalization;
using Holm.Linux.Processes;

namespace Holm.Linux.Mounts;

/// <summary>
/// Makes what a mount forbids final. Attached in the mount namespace of a user namespace, a mount belongs to the root there, who may take
/// <c>ro</c>, <c>nosuid</c> and <c>nodev</c> off again with a remount, as if he had set them himself. The kernel locks them only in mounts
/// that come from a mount namespace into one of another user namespace, together with what covers what in their tree
/// (mount_namespaces(7), "Restrictions on mount namespaces", points 2 and 3). So each comes once that way:
/// </summary>
/// <remarks>
/// <code>
///   outer   a mount namespace of the host's user namespace: the root, and on /proc a shared tmpfs, the bench
///     |     a mount is attached to an entry of the bench …
///   inner   a mount namespace of a user namespace without ids, whose bench is the outer one's slave
///           … appears here, locked, and is copied from here; then it is taken off the bench again
/// </code>
/// Both namespaces are held by descriptors alone, and made at the first use.
/// </remarks>
public sealed class MountSeal
{
    private static readonly Lazy<MountSeal> One = new(() => new MountSeal());

    private readonly Lock _lock = new();
    private readonly Fd _outer, _inner, _bench;
    private int _last;

    private MountSeal()
    {
        (var holder, _outer, _bench) = OwnThread.Run("mount namespace", MakeOuter);
        using (holder)
            _inner = Fd.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{holder.Pid}/ns/mnt"), OpenFlags.O_RDONLY);
    }

    /// <summary>The same mounts, sealed, in the same order. Those given are used up, and the caller's to dispose of.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static IReadOnlyList<DetachedMount> Seal(IReadOnlyList<DetachedMount> mounts)
    {
        var seal = One.Value;
        lock (seal._lock)
            return OwnThread.Run("mount namespace", () => seal.SealHere(mounts));
    }

    private List<DetachedMount> SealHere(IReadOnlyList<DetachedMount> mounts)
    {
        MountNamespace.Unshare();
        var sealedOnes = new List<DetachedMount>();
        try
        {
            foreach (var mount in mounts)
                sealedOnes.Add(SealOne(mount, (++_last).ToString(CultureInfo.InvariantCulture)));
            return sealedOnes;
        }
        catch
        {
            sealedOnes.ForEach(s => s.Dispose());
            throw;
        }
    }

    private DetachedMount SealOne(DetachedMount mount, string name)
    {
        var place = BenchFolder + "/" + name;
        MountNamespace.Enter(_outer);
        Fd.MakeEntry(_bench, name, mount.IsFolder);
        try
        {
            mount.AttachAt(_bench, name);
            MountNamespace.Enter(_inner);
            var copy = DetachedMount.CopyAt(place, mount.Recursive);
            copy.MakePrivate();
            return copy;
        }
        finally
        {
            MountNamespace.Enter(_outer);
            MountCalls.Unmount(place);
            if (Directory.Exists(place))
                Directory.Delete(place);
            else
                File.Delete(place);
        }
    }

    private static (NamespaceHolder Holder, Fd Outer, Fd Bench) MakeOuter()
    {
        MountNamespace.Leave();
        var outer = Fd.Open("/proc/thread-self/ns/mnt", OpenFlags.O_RDONLY);
        // Nothing else, so that nothing of the host is kept in use; then /proc is free, which every host has.
        using (var table = Fd.Open("/proc/thread-self/mountinfo", OpenFlags.O_RDONLY))
            foreach (var mount in MountLine.ReadAll(table).Reverse().Where(m => m.Target != "/"))
                MountCalls.Unmount(mount.Target);
        using var context = new FilesystemContext("tmpfs");
        var bench = context.Mount(0);
        MountCalls.Attach(bench, BenchFolder);
        MountCalls.Mount("none", BenchFolder, "", MountFlags.MS_SHARED);
        return (NamespaceHolder.Start(NamespaceHolder.CLONE_NEWUSER | NamespaceHolder.CLONE_NEWNS), outer, bench);
    }

    private const string BenchFolder = "/proc";
}
