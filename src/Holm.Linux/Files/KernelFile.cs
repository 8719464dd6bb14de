using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Holm.Linux.Files;

/// <summary>
/// Files that the kernel makes up as they are read: proc(5), sysfs(5), cgroups(7). Hundreds are read for each start and each list, many of
/// them missing or gone a moment later: no exception and no reader's buffers are spent on them.
/// </summary>
public static partial class KernelFile
{
    /// <summary>The whole text; null when the file is missing, gone while it is read, or not for us.</summary>
    public static string? Read(string path)
    {
        using var fd = Fd.TryOpen(path, OpenFlags.O_RDONLY);
        if (fd is null)
            return null;
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            for (var length = 0; ;)
            {
                var count = fd.TryRead(buffer.AsSpan(length));
                if (count < 0)
                    return null;
                if (count == 0)
                    return Encoding.UTF8.GetString(buffer, 0, length);
                length += count;
                if (length < buffer.Length)
                    continue;
                var longer = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                buffer.CopyTo(longer, 0);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = longer;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Removes a folder of the kernel's, such as a control group; rmdir(2). A missing one is fine.</summary>
    /// <returns>False: it is in use.</returns>
    /// <exception cref="LinuxException">Any other refusal.</exception>
    public static bool TryRemoveFolder(string path)
    {
        if (rmdir(path) == 0)
            return true;
        return Marshal.GetLastPInvokeError() switch
        {
            Errnos.ENOENT => true,
            Errnos.EBUSY or Errnos.ENOTEMPTY => false,
            _ => throw LinuxException.Last($"remove {path}"),
        };
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rmdir(string path);
}
