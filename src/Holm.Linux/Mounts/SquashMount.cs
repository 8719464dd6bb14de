namespace Holm.Linux.Mounts;

/// <summary>
/// A SquashFS file mounted read-only where nobody else sees it: a detached mount, in no mount table, that goes away with its descriptor,
/// and so with this process, however it ends.
/// </summary>
public sealed class SquashMount : IDisposable
{
    private SquashMount(Fd root) => Root = root;

    /// <summary>The root folder of the mount, for <see cref="Fd.OpenInRoot"/>.</summary>
    public Fd Root { get; }

    /// <summary>Mounts a file: ro, nosuid, nodev, noexec.</summary>
    /// <param name="file">A SquashFS file, open for reading.</param>
    /// <exception cref="LinuxException">The kernel refused; what it said is in the message.</exception>
    public static SquashMount Open(Fd file)
    {
        var (loop, path) = Loop.Attach(file);
        // Closed at the end of this method: from then on only the mount holds the device, and autoclear frees it with the mount.
        using (loop)
        {
            using var context = new FilesystemContext("squashfs");
            context.Set("ro");
            context.Set("source", path);
            return new SquashMount(context.Mount(MOUNT_ATTR_ALL));
        }
    }

    /// <summary>Unmounts; the loop device goes with it.</summary>
    public void Dispose() => Root.Dispose();

    /// <summary>MOUNT_ATTR_RDONLY, NOSUID, NODEV and NOEXEC of <c>linux/mount.h</c>.</summary>
    internal const uint MOUNT_ATTR_ALL = 1 | 2 | 4 | 8;
}
