using System.Runtime.InteropServices;
using System.Text;

namespace Holm.Linux.Files;

/// <summary>What stands under a name in a folder of a mounted layer. Names are bytes, and no link is followed.</summary>
public sealed partial class LayerEntry : IDisposable
{
    private static readonly byte[] Opaque = [.. "trusted.overlay.opaque"u8, 0];

    private LayerEntry(Fd file) => (File, Stat) = (file, FileStat.Of(file));

    /// <summary>Open as a name only (O_PATH); a folder's for the next <see cref="TryOpen"/>.</summary>
    public Fd File { get; }

    /// <summary>What it is.</summary>
    public FileStat Stat { get; }

    /// <summary>True for a folder that hides those of the layers below; overlayfs, "opaque directories".</summary>
    public bool IsOpaque
    {
        get
        {
            Span<byte> value = stackalloc byte[1];
            return getxattr(File.ProcPath, Opaque, value, 1) == 1 && value[0] == 'y';
        }
    }

    /// <summary>Opens it; null: nothing has that name.</summary>
    /// <param name="folder">Open folder.</param>
    /// <param name="name">One component.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static LayerEntry? TryOpen(Fd folder, ReadOnlySpan<byte> name)
    {
        byte[] terminated = [.. name, 0];
        var flags = OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;
        var number = openat(folder.Number, terminated, (int)flags, 0);
        if (number < 0 && Marshal.GetLastPInvokeError() == Errnos.ENOENT)
            return null;
        return new LayerEntry(new Fd(LinuxException.Check(number, $"look at {Encoding.UTF8.GetString(name)} in a layer")));
    }

    /// <summary>Its extended attributes, in the kernel's order.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public IReadOnlyList<(byte[] Name, byte[] Value)> Attributes() => AttributesOf(File, new byte[XATTR_SIZE_MAX]);

    /// <summary>The same of any open file, by way of a buffer of <see cref="XATTR_SIZE_MAX"/>.</summary>
    internal static IReadOnlyList<(byte[] Name, byte[] Value)> AttributesOf(Fd file, byte[] value)
    {
        var length = (int)listxattr(file.ProcPath, [], 0);
        if (length == 0)
            return [];
        var names = new byte[XATTR_LIST_MAX];
        length = (int)listxattr(file.ProcPath, names, (nuint)names.Length);
        // A SquashFS none of whose files has any says so.
        if (length < 0 && Marshal.GetLastPInvokeError() == Errnos.EOPNOTSUPP)
            return [];
        LinuxException.Check(length, "list extended attributes");
        var found = new List<(byte[], byte[])>();
        for (int at = 0, end; at < length; at = end + 1)
        {
            end = Array.IndexOf(names, (byte)0, at);
            var name = names[at..(end + 1)];
            var size = LinuxException.Check((int)getxattr(file.ProcPath, name, value, (nuint)value.Length), "read an extended attribute");
            found.Add((name[..^1], value[..size]));
        }
        return found;
    }

    /// <summary>What a symbolic link says; readlinkat(2).</summary>
    /// <exception cref="LinuxException">The kernel refused, or it is no link.</exception>
    public byte[] Target()
    {
        var text = new byte[PATH_MAX];
        return text[..LinuxException.Check((int)readlinkat(File.Number, [0], text, (nuint)text.Length), "read a symbolic link in a layer")];
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    internal const int XATTR_LIST_MAX = 65536, XATTR_SIZE_MAX = 65536, PATH_MAX = 4096;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(int folder, ReadOnlySpan<byte> name, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readlinkat(int folder, ReadOnlySpan<byte> path, Span<byte> text, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint getxattr(string path, ReadOnlySpan<byte> name, Span<byte> value, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint listxattr(string path, Span<byte> list, nuint size);
}
