using System.Runtime.InteropServices;
using System.Text;

namespace Holm.Linux.Processes;

/// <summary>A program to run. Nothing is inherited but what is named here: no descriptor, no environment, no signal state.</summary>
public sealed record Command
{
    /// <summary>Path of the program; no PATH is searched.</summary>
    public required string Path { get; init; }

    /// <summary>Arguments after the program's name.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Whole environment, <c>NAME=value</c> each.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Becomes descriptor 0; null is /dev/null.</summary>
    public Fd? Stdin { get; init; }

    /// <summary>Becomes descriptor 1; null is /dev/null.</summary>
    public Fd? Stdout { get; init; }

    /// <summary>Becomes descriptor 2; null is /dev/null.</summary>
    public Fd? Stderr { get; init; }

    /// <summary>Become descriptors 3, 4, … in order.</summary>
    public IReadOnlyList<Fd> Extra { get; init; } = [];

    /// <summary>True: leads a session of its own, so that a terminal's ^C does not reach it.</summary>
    public bool NewSession { get; init; }
}

/// <summary>A child process of this one. Dispose does not end it; an undisposed child is a zombie until this process ends.</summary>
public sealed partial class Child : IDisposable
{
    private Child(int pid, Fd pidFd) => (Pid, PidFd) = (pid, pidFd);

    /// <summary>Process id.</summary>
    public int Pid { get; }

    /// <summary>Names the process beyond reuse of its id; pidfd_open(2).</summary>
    public Fd PidFd { get; }

    /// <summary>
    /// Starts a program; posix_spawn(3). The child is in the mount namespace of the calling thread, with all signals at their default
    /// and unblocked (.NET itself ignores SIGPIPE), and no descriptor but those of the command.
    /// </summary>
    /// <exception cref="LinuxException">It could not be started.</exception>
    public static unsafe Child Spawn(Command command)
    {
        using var devNull = Fd.Open("/dev/null", OpenFlags.O_RDWR);
        var wanted = new List<Fd> { command.Stdin ?? devNull, command.Stdout ?? devNull, command.Stderr ?? devNull };
        wanted.AddRange(command.Extra);

        // Sizes: 80 and 336 bytes in glibc 2.36, checked with room by HeaderTests.
        byte* actions = stackalloc byte[SpawnStructBytes], attributes = stackalloc byte[SpawnStructBytes];
        byte* signals = stackalloc byte[SignalSetBytes];
        Must(posix_spawn_file_actions_init(actions), command);
        Must(posix_spawnattr_init(attributes), command);
        try
        {
            // Two rounds of dup2, because a source may have the number of an earlier target.
            var above = wanted.Count + wanted.Max(f => f.Number) + 1;
            for (var i = 0; i < wanted.Count; i++)
                Must(posix_spawn_file_actions_adddup2(actions, wanted[i].Number, above + i), command);
            for (var i = 0; i < wanted.Count; i++)
                Must(posix_spawn_file_actions_adddup2(actions, above + i, i), command);
            Must(posix_spawn_file_actions_addclosefrom_np(actions, wanted.Count), command);

            sigemptyset(signals);
            Must(posix_spawnattr_setsigmask(attributes, signals), command);
            sigfillset(signals);
            Must(posix_spawnattr_setsigdefault(attributes, signals), command);
            var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (command.NewSession ? POSIX_SPAWN_SETSID : 0);
            Must(posix_spawnattr_setflags(attributes, (short)flags), command);

            using var argv = new StringVector([command.Path, .. command.Arguments]);
            using var envp = new StringVector(command.Environment);
            Must(posix_spawn(out var pid, command.Path, actions, attributes, argv.Pointer, envp.Pointer), command);
            return new Child(pid, PidFds.Open(pid));
        }
        finally
        {
            posix_spawn_file_actions_destroy(actions);
            posix_spawnattr_destroy(attributes);
        }
    }

    /// <summary>Waits for the end and reaps; cancelling leaves it running and unreaped.</summary>
    public async Task<WaitStatus> Wait(CancellationToken ct = default)
    {
        await Epoll.Readable(PidFd, ct).ConfigureAwait(false);
        LinuxException.Check(waitpid(Pid, out var status, 0), $"wait for process {Pid}");
        return new WaitStatus(status);
    }

    /// <summary>Sends a signal; an ended process is no error.</summary>
    public void Signal(int signal) => PidFds.Signal(PidFd, signal);

    /// <inheritdoc/>
    public void Dispose() => PidFd.Dispose();

    private static void Must(int error, Command command)
    {
        if (error != 0)
            throw new LinuxException($"start {command.Path}", error);
    }

    internal const int SpawnStructBytes = 512, SignalSetBytes = 128;
    private const int POSIX_SPAWN_SETSIGDEF = 0x04, POSIX_SPAWN_SETSIGMASK = 0x08, POSIX_SPAWN_SETSID = 0x80;

    /// <summary>A NULL-terminated vector of C strings, freed by Dispose.</summary>
    private sealed unsafe class StringVector : IDisposable
    {
        private readonly List<IntPtr> _strings = [];

        public StringVector(IReadOnlyList<string> values)
        {
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)values.Count + 1, (nuint)sizeof(byte*));
            for (var i = 0; i < values.Count; i++)
            {
                if (values[i].Contains('\0', StringComparison.Ordinal))
                    throw new ArgumentException("a NUL character cannot be passed to a program");
                var bytes = Encoding.UTF8.GetByteCount(values[i]);
                var text = (byte*)NativeMemory.AllocZeroed((nuint)bytes + 1);
                Encoding.UTF8.GetBytes(values[i], new Span<byte>(text, bytes));
                Pointer[i] = text;
                _strings.Add((IntPtr)text);
            }
        }

        public byte** Pointer { get; }

        public void Dispose()
        {
            foreach (var text in _strings)
                NativeMemory.Free((void*)text);
            NativeMemory.Free(Pointer);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int posix_spawn(
        out int pid, string path, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_addclosefrom_np(byte* actions, int from);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static unsafe partial int sigemptyset(byte* signals);

    [LibraryImport("libc")]
    private static unsafe partial int sigfillset(byte* signals);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, out int status, int options);
}

/// <summary>How a process ended, as wait(2) packs it.</summary>
/// <param name="Raw">The packed status.</param>
public readonly record struct WaitStatus(int Raw)
{
    /// <summary>True when it called exit.</summary>
    public bool Exited => (Raw & 0x7f) == 0;

    /// <summary>Exit code, when <see cref="Exited"/>.</summary>
    public int ExitCode => (Raw >> 8) & 0xff;

    /// <summary>The signal that ended it, or 0.</summary>
    public int Signal => Exited ? 0 : Raw & 0x7f;

    /// <summary>As a shell says it: exit code, or 128 + signal.</summary>
    public int ShellCode => Exited ? ExitCode : 128 + Signal;

    /// <inheritdoc/>
    public override string ToString() => Exited ? $"exit code {ExitCode}" : $"signal {Signals.Name(Signal)}";
}
