using System.Runtime.InteropServices;
using System.Text;

namespace Holm.Linux.Mounts;

/// <summary>
/// A filesystem being put together: opened, told its options one by one, made, mounted where nobody sees it yet. fsopen(2), fsconfig(2),
/// fsmount(2); kernel 5.2. What the driver said of an option is in the error's message.
/// </summary>
internal sealed partial class FilesystemContext : IDisposable
{
    private readonly string _type;
    private readonly Fd _fd;

    /// <summary>Opens a driver.</summary>
    /// <param name="type">Such as <c>squashfs</c>.</param>
    /// <exception cref="LinuxException">The kernel does not have it.</exception>
    public FilesystemContext(string type)
    {
        _type = type;
        _fd = new Fd((int)LinuxException.Check(fsopen(SYS_fsopen, type, FSOPEN_CLOEXEC), $"open the {type} driver"));
    }

    /// <summary>Sets an option without a value.</summary>
    public void Set(string flag) => Configure(FSCONFIG_SET_FLAG, flag, null);

    /// <summary>Sets an option.</summary>
    public void Set(string key, string value) => Configure(FSCONFIG_SET_STRING, key, value);

    /// <summary>Sets an option; false when the driver does not take it.</summary>
    public bool TrySet(string key, string value) => fsconfig(SYS_fsconfig, _fd.Number, FSCONFIG_SET_STRING, key, value, 0) == 0;

    /// <summary>Makes the filesystem of the options given.</summary>
    /// <param name="attributes"><c>MOUNT_ATTR_*</c> of the mount.</param>
    /// <returns>A detached mount, gone when closed unless attached somewhere.</returns>
    public Fd Mount(uint attributes)
    {
        Configure(FSCONFIG_CMD_CREATE, null, null);
        return new Fd((int)LinuxException.Check(fsmount(SYS_fsmount, _fd.Number, FSMOUNT_CLOEXEC, attributes), $"mount {_type}"));
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private void Configure(uint command, string? key, string? value)
    {
        if (fsconfig(SYS_fsconfig, _fd.Number, command, key, value, 0) >= 0)
            return;
        var error = Marshal.GetLastPInvokeError();
        var said = Messages();
        var what = key is null ? $"mount {_type}" : $"set {key} of {_type}";
        throw new LinuxException(said.Length == 0 ? what : $"{what} ({said})", error);
    }

    /// <summary>What the driver logged to the context, one message per read(2), each with a leading "e " or "w ".</summary>
    private string Messages()
    {
        var text = new StringBuilder();
        Span<byte> line = stackalloc byte[512];
        for (var i = 0; i < MessagesMax && _fd.TryRead(line) is var count && count > 0; i++)
            text.Append(text.Length == 0 ? "" : "; ").Append(Encoding.UTF8.GetString(line[..count]).TrimEnd('\n'));
        return text.ToString();
    }

    private const int MessagesMax = 8;
    internal const long SYS_fsopen = 430, SYS_fsconfig = 431, SYS_fsmount = 432;
    internal const uint FSOPEN_CLOEXEC = 1, FSMOUNT_CLOEXEC = 1;
    internal const uint FSCONFIG_SET_FLAG = 0, FSCONFIG_SET_STRING = 1, FSCONFIG_CMD_CREATE = 6;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long fsopen(long number, string name, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long fsconfig(long number, int fd, uint command, string? key, string? value, int aux);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long fsmount(long number, int fd, uint flags, uint attributes);
}
