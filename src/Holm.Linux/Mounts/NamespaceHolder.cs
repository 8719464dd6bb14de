using System.Runtime.InteropServices;

namespace Holm.Linux.Mounts;

/// <summary>
/// A child of this process that does nothing but live in namespaces of its own; disposing it ends it. .NET is always threaded and cannot
/// unshare a user namespace itself, so what libc has is cloned; clone(2), namespaces(7). It outlives a daemon that is killed just then, and
/// must not hold what that had open: its lock keeps the next daemon out, and its socket takes calls that nobody will answer. So it closes
/// everything before it sleeps.
/// </summary>
internal sealed unsafe partial class NamespaceHolder : IDisposable
{
    private readonly byte* _memory;

    private NamespaceHolder(int pid, byte* memory)
    {
        Pid = pid;
        _memory = memory;
    }

    /// <summary>Its process id.</summary>
    public int Pid { get; }

    /// <summary>Starts one.</summary>
    /// <param name="namespaces"><c>CLONE_NEW*</c>.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static NamespaceHolder Start(int namespaces)
    {
        var libc = NativeLibrary.Load("libc.so.6");
        var memory = (byte*)NativeMemory.AlignedAlloc(4 * PartBytes, 16);
        try
        {
            var end = Call(memory + PartBytes, NativeLibrary.GetExport(libc, "_exit"), 0, 0, next: null);
            var sleep = Call(memory + (2 * PartBytes), NativeLibrary.GetExport(libc, "sleep"), LongestSeconds, 0, end);
            var first = Call(memory + (3 * PartBytes), NativeLibrary.GetExport(libc, "close_range"), FirstFile, LastFile, sleep);
            var pid = clone(NativeLibrary.GetExport(libc, "setcontext"), memory + PartBytes, namespaces | SIGCHLD, (nint)first);
            return new NamespaceHolder(LinuxException.Check(pid, "make a process in namespaces of its own"), memory);
        }
        catch
        {
            NativeMemory.AlignedFree(memory);
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
        NativeMemory.AlignedFree(_memory);
    }

    /// <summary>A call of a function of libc's and what comes after it, for a process in which no .NET runs; makecontext(3).</summary>
    private static Context* Call(byte* memory, nint function, nint first, nint second, Context* next)
    {
        var context = (Context*)memory;
        LinuxException.Check(getcontext(context), "make a context");
        context->Link = next;
        context->Stack = memory + ContextBytes;
        context->StackBytes = PartBytes - ContextBytes;
        makecontext(context, function, 3, first, second, 0);
        return context;
    }

    /// <summary>The beginning of <c>ucontext_t</c>; what follows it is libc's own.</summary>
    internal struct Context
    {
        public nuint Flags;
        public Context* Link;
        public byte* Stack;
        public int StackFlags;
        public nuint StackBytes;
    }

    /// <summary>After standard input, output and error.</summary>
    private const int FirstFile = 3, LastFile = int.MaxValue;

    private const int PartBytes = 32 * 1024, LongestSeconds = 3;

    /// <summary>Room for a whole ucontext_t: 968 bytes here, 4,560 on other machines.</summary>
    internal const int ContextBytes = 8 * 1024;

    internal const int CLONE_NEWUSER = 0x10000000, CLONE_NEWNS = 0x20000, SIGCHLD = 17;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clone(nint entry, byte* stack, int flags, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getcontext(Context* context);

    // Its arguments after the third are variable: integers, which are passed like others.
    [LibraryImport("libc")]
    private static partial void makecontext(Context* context, nint function, int count, nint first, nint second, nint third);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, out int status, int options);
}
