using System.Runtime.InteropServices;

namespace Holm.Linux;

/// <summary>
/// A system call failed. The message says what was being done, to what, and why: <c>mount /x: No such device (ENODEV)</c>.
/// </summary>
/// <param name="doing">What was being done and to what, without the reason.</param>
/// <param name="errno">Error number as in errno(3).</param>
public sealed class LinuxException(string doing, int errno) : IOException($"{doing}: {Describe(errno)}")
{
    /// <summary>Error number as in errno(3).</summary>
    public int Errno { get; } = errno;

    /// <summary>What was being done, without the reason.</summary>
    public string Doing { get; } = doing;

    /// <summary>Makes the exception of the call that failed just now on this thread.</summary>
    public static LinuxException Last(string doing) => new(doing, Marshal.GetLastPInvokeError());

    /// <summary>Throws when <paramref name="result"/> is negative; else returns it.</summary>
    public static int Check(int result, string doing) => result < 0 ? throw Last(doing) : result;

    /// <summary>Throws when <paramref name="result"/> is negative; else returns it.</summary>
    public static long Check(long result, string doing) => result < 0 ? throw Last(doing) : result;

    private static string Describe(int errno) => $"{Marshal.GetPInvokeErrorMessage(errno)} ({Errnos.Name(errno)})";
}
