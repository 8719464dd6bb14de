using System.Runtime.InteropServices;
using System.Text;

namespace Holm.Linux.Mounts;

/// <summary>
/// A SquashFS file mounted read-only where nobody else sees it: a detached mount, in no mount table, that goes away with its descriptor,
/// and so with this process, however it ends. fsopen(2), fsconfig(2), fsmount(2); kernel 5.2.
/// </summary>
public sealed partial class SquashMount : IDisposable
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
            using var context = new Fd((int)LinuxException.Check(
                fsopen(SYS_fsopen, "squashfs", FSOPEN_CLOEXEC), "open the squashfs driver"));
            Configure(context, FSCONFIG_SET_FLAG, "ro", null);
            Configure(context, FSCONFIG_SET_STRING, "source", path);
            Configure(context, FSCONFIG_CMD_CREATE, null, null);
            return new SquashMount(new Fd((int)LinuxException.Check(
                fsmount(SYS_fsmount, context.Number, FSMOUNT_CLOEXEC, MOUNT_ATTR_ALL), "mount a squashfs file")));
        }
    }

    /// <summary>Unmounts; the loop device goes with it.</summary>
    public void Dispose() => Root.Dispose();

    private static void Configure(Fd context, uint command, string? key, string? value)
    {
        if (fsconfig(SYS_fsconfig, context.Number, command, key, value, 0) >= 0)
            return;
        var error = Marshal.GetLastPInvokeError();
        var said = Messages(context);
        throw new LinuxException($"mount a squashfs file{(said.Length == 0 ? "" : $" ({said})")}", error);
    }

    /// <summary>What the driver logged to the context, one message per read(2), each with a leading "e " or "w ".</summary>
    private static string Messages(Fd context)
    {
        var text = new StringBuilder();
        Span<byte> line = stackalloc byte[512];
        for (var i = 0; i < MessagesMax && context.TryRead(line) is var count && count > 0; i++)
            text.Append(text.Length == 0 ? "" : "; ").Append(Encoding.UTF8.GetString(line[..count]).TrimEnd('\n'));
        return text.ToString();
    }

    private const int MessagesMax = 8;
    internal const long SYS_fsopen = 430, SYS_fsconfig = 431, SYS_fsmount = 432;
    internal const uint FSOPEN_CLOEXEC = 1, FSMOUNT_CLOEXEC = 1;
    internal const uint FSCONFIG_SET_FLAG = 0, FSCONFIG_SET_STRING = 1, FSCONFIG_CMD_CREATE = 6;
    /// <summary>MOUNT_ATTR_RDONLY, NOSUID, NODEV and NOEXEC of <c>linux/mount.h</c>.</summary>
    internal const uint MOUNT_ATTR_ALL = 1 | 2 | 4 | 8;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long fsopen(long number, string name, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long fsconfig(long number, int fd, uint command, string? key, string? value, int aux);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long fsmount(long number, int fd, uint flags, uint attributes);
}
