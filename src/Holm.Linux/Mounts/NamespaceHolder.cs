using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Holm.Linux.Processes;

namespace Holm.Linux.Mounts;

/// <summary>
/// A child of this process that does nothing but live in namespaces of its own; disposing it ends it. .NET is always threaded and cannot
/// unshare a user namespace itself, so libc's own sleep() is cloned; clone(2), namespaces(7). It outlives a daemon that is killed just
/// then, and must not hold what that had open: its lock keeps the next daemon out, and its socket takes calls that nobody will answer. So
/// it is cloned from a thread whose table of open files is its own, and empty; close_range(2).
/// </summary>
internal sealed unsafe partial class NamespaceHolder : IDisposable
{
    private readonly byte* _stack;

    private NamespaceHolder(int pid, byte* stack)
    {
        Pid = pid;
        _stack = stack;
    }

    /// <summary>Its process id.</summary>
    public int Pid { get; }

    /// <summary>Starts one.</summary>
    /// <param name="namespaces"><c>CLONE_NEW*</c>.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static NamespaceHolder Start(int namespaces) => OwnThread.Run("mount namespace", () => StartHere(namespaces));

    /// <summary>The calling thread has nothing open any more, and ends.</summary>
    private static NamespaceHolder StartHere(int namespaces)
    {
        var libc = NativeLibrary.Load("libc.so.6");
        var stack = (byte*)NativeMemory.AlignedAlloc(StackBytes, 16);
        try
        {
            // A runtime that compiles as it runs, as that of the tests does, needs a memory file of its own for that on any thread.
            if (!RuntimeFeature.IsDynamicCodeSupported)
                LinuxException.Check(close_range(FirstFile, uint.MaxValue, CLOSE_RANGE_UNSHARE), "give a thread a table of open files");
            var pid = clone(NativeLibrary.GetExport(libc, "sleep"), stack + StackBytes, namespaces | SIGCHLD, LongestSeconds);
            if (pid > 0)
                return new NamespaceHolder(pid, stack);
            throw new LinuxException("make a process in namespaces of its own", Marshal.GetLastPInvokeError());
        }
        catch
        {
            NativeMemory.AlignedFree(stack);
            throw;
        }
        finally
        {
            NativeLibrary.Free(libc);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        kill(Pid, Processes.Signals.SIGKILL);
        waitpid(Pid, out _, 0);
        NativeMemory.AlignedFree(_stack);
    }

    private const int StackBytes = 16 * 1024, LongestSeconds = 3;
    internal const int CLONE_NEWUSER = 0x10000000, CLONE_NEWNS = 0x20000, SIGCHLD = 17, CLOSE_RANGE_UNSHARE = 2;

    /// <summary>After standard input, output and error.</summary>
    private const uint FirstFile = 3;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clone(nint entry, byte* stack, int flags, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close_range(uint first, uint last, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, out int status, int options);
}
