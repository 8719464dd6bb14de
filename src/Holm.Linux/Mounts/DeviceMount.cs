using System.Runtime.InteropServices;
using Holm.Linux.Processes;

namespace Holm.Linux.Mounts;

/// <summary>
/// A device file on a filesystem of its own, as a mount that is nowhere yet. Nobody in a user namespace can make one (mknod(2), EPERM); one
/// that is mounted there works, where its mount is not nodev and the control group allows it.
/// </summary>
public static partial class DeviceMount
{
    /// <summary>Makes one. Nothing of it is ever in the host's mount table: it is mounted for a moment in a namespace of its own.</summary>
    /// <param name="isBlock">True: a block device; false: a character device.</param>
    /// <param name="major">Its numbers.</param>
    /// <param name="minor">The other.</param>
    /// <param name="user">Owner, as the host counts.</param>
    /// <param name="group">Group, as the host counts.</param>
    /// <param name="mode">Permission bits.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static DetachedMount Make(bool isBlock, uint major, uint minor, uint user, uint group, uint mode) =>
        OwnThread.Run("mount namespace", () =>
        {
            MountNamespace.Leave();
            using var context = new FilesystemContext("tmpfs");
            context.Set("size", "4096");
            context.Set("mode", "0700");
            using var mount = context.Mount(0);
            // /proc is there on every host, and is needed no more by this thread.
            MountCalls.Attach(mount, "/proc");
            using var folder = Fd.Open("/proc", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
            LinuxException.Check(mknodat(folder.Number, Name, (isBlock ? S_IFBLK : S_IFCHR) | OnlyOwner, Packed(major, minor)),
                $"make the device file {major}:{minor}");
            LinuxException.Check(fchownat(folder.Number, Name, user, group, AT_SYMLINK_NOFOLLOW), "give a device file to its owner");
            LinuxException.Check(fchmodat(folder.Number, Name, mode, 0), "set a device file's permissions");
            return DetachedMount.CopyAt("/proc/" + Name, recursive: false);
        });

    private const string Name = "device";

    /// <summary>As glibc's makedev(3) has it.</summary>
    private static ulong Packed(uint major, uint minor) =>
        (minor & 0xff) | (ulong)(major & 0xfff) << 8 | (ulong)(minor & ~0xffu) << 12 | (ulong)(major & ~0xfffu) << 32;

    private const uint S_IFBLK = 0x6000, S_IFCHR = 0x2000, OnlyOwner = 0x180;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mknodat(int folder, string name, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int fchownat(int folder, string name, uint user, uint group, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int fchmodat(int folder, string name, uint mode, int flags);
}
