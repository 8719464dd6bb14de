using System.Runtime.InteropServices;

namespace Holm.Linux;

/// <summary>ioctl(2), declared once. Requests and structs stand with their callers; errno is in the last P/Invoke error.</summary>
internal static unsafe partial class Ioctl
{
    /// <summary>With a number, or nothing (0), as argument.</summary>
    public static int Call(Fd file, nuint request, nint argument = 0) => ioctl(file.Number, request, argument);

    /// <summary>With a struct that the kernel reads or fills.</summary>
    public static int Call<T>(Fd file, nuint request, ref T argument)
        where T : unmanaged
    {
        fixed (T* pinned = &argument)
            return ioctl(file.Number, request, (nint)pinned);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, nint argument);
}
