using System.Globalization;
using System.Runtime.InteropServices;

namespace Holm.Linux.Mounts;

/// <summary>User namespaces that exist only to map the ids of mounts; user_namespaces(7), mount_setattr(2).</summary>
public static unsafe partial class UserNamespaces
{
    /// <summary>
    /// As <see cref="Create(uint, uint)"/>, and id <paramref name="count"/> besides is the host's root. An overlay's own bookkeeping is
    /// done as whoever mounted it: with an upper layer idmapped without that, it cannot make its work folder and mounts read-only.
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd CreateWithRoot(uint first, uint count) =>
        Create(string.Create(CultureInfo.InvariantCulture, $"0 {first} {count}\n{count} 0 1\n"));

    /// <summary>
    /// Makes a namespace in which ids 0 to <paramref name="count"/> - 1 are the host's <paramref name="first"/> and following. A process
    /// has to be born in it, so libc's own pause() is cloned for the millisecond that takes (.NET is always threaded and cannot unshare
    /// a user namespace).
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd Create(uint first, uint count) => Create(string.Create(CultureInfo.InvariantCulture, $"0 {first} {count}\n"));

    private static Fd Create(string map)
    {
        const int stackBytes = 16 * 1024;
        var stack = (byte*)NativeMemory.AlignedAlloc(stackBytes, 16);
        var libc = NativeLibrary.Load("libc.so.6");
        var pid = 0;
        try
        {
            pid = LinuxException.Check(
                clone(NativeLibrary.GetExport(libc, "pause"), stack + stackBytes, CLONE_NEWUSER | SIGCHLD, 0), "make a user namespace");
            File.WriteAllText($"/proc/{pid}/uid_map", map);
            File.WriteAllText($"/proc/{pid}/gid_map", map);
            return Fd.Open($"/proc/{pid}/ns/user", OpenFlags.O_RDONLY);
        }
        finally
        {
            if (pid > 0)
            {
                kill(pid, Processes.Signals.SIGKILL);
                waitpid(pid, out _, 0);
            }
            NativeMemory.AlignedFree(stack);
            NativeLibrary.Free(libc);
        }
    }

    internal const int CLONE_NEWUSER = 0x10000000, SIGCHLD = 17;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clone(nint entry, byte* stack, int flags, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, out int status, int options);
}
