using System.Globalization;
using System.Runtime.InteropServices;
using Holm.Linux.Files;

namespace Holm.Linux.Processes;

/// <summary>Processes named by descriptor, which outlives reuse of the number; pidfd_open(2).</summary>
public static partial class PidFds
{
    /// <summary>Opens a process.</summary>
    /// <exception cref="LinuxException">ESRCH: there is none.</exception>
    public static Fd Open(int pid) => new((int)LinuxException.Check(pidfd_open(SYS_pidfd_open, pid, 0), $"open process {pid}"));

    /// <summary>
    /// Opens the process that had this id and start time (field 22 of /proc/PID/stat, clock ticks since boot), or returns null when it is
    /// gone or the id is another's by now.
    /// </summary>
    public static Fd? OpenExact(int pid, long startTime)
    {
        var result = (int)pidfd_open(SYS_pidfd_open, pid, 0);
        if (result < 0)
            return null;
        var fd = new Fd(result);
        if (ProcStat.Read(pid) is { } stat && stat.StartTime == startTime && stat.State is not ('Z' or 'X'))
            return fd;
        fd.Dispose();
        return null;
    }

    /// <summary>The process's id; null when it has ended and was reaped. Field <c>Pid</c> of /proc/self/fdinfo.</summary>
    public static int? IdOf(Fd process)
    {
        const string field = "\nPid:\t";
        var text = KernelFile.Read($"/proc/self/fdinfo/{process.Number}") ?? "";
        var at = text.IndexOf(field, StringComparison.Ordinal) + field.Length;
        return at >= field.Length && int.TryParse(text.AsSpan(at, text.IndexOf('\n', at) - at), CultureInfo.InvariantCulture, out var pid)
            && pid > 0 ? pid : null;
    }

    /// <summary>Sends a signal; an ended process is no error. pidfd_send_signal(2).</summary>
    public static void Signal(Fd process, int signal)
    {
        if (pidfd_send_signal(SYS_pidfd_send_signal, process.Number, signal, 0, 0) < 0 && Marshal.GetLastPInvokeError() != Errnos.ESRCH)
            throw LinuxException.Last($"send {Signals.Name(signal)}");
    }

    internal const long SYS_pidfd_send_signal = 424, SYS_pidfd_open = 434;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long pidfd_open(long number, int pid, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long pidfd_send_signal(long number, int pidfd, int signal, nint info, uint flags);
}

/// <summary>What Holm reads of /proc/PID/stat; proc(5).</summary>
/// <param name="State">Letter: R, S, D, Z, T, X.</param>
/// <param name="ParentPid">Parent.</param>
/// <param name="StartTime">Clock ticks since boot: with the pid it names a process for ever.</param>
public sealed record ProcStat(char State, int ParentPid, long StartTime)
{
    /// <summary>Reads it, or null when the process is gone.</summary>
    public static ProcStat? Read(int pid)
    {
        if (KernelFile.Read($"/proc/{pid}/stat") is not { Length: > 0 } text)
            return null;
        // The name, field 2, may hold spaces and parentheses; the last ')' ends it.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcStat(
            fields[0][0],
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            long.Parse(fields[19], CultureInfo.InvariantCulture));
    }
}

/// <summary>Signal numbers and names; signal(7), x86-64 and arm64.</summary>
public static class Signals
{
    /// <summary>Hangup.</summary>
    public const int SIGHUP = 1;
    /// <summary>Interrupt; LXC's default for a reboot.</summary>
    public const int SIGINT = 2;
    /// <summary>Kill.</summary>
    public const int SIGKILL = 9;
    /// <summary>User signal 1.</summary>
    public const int SIGUSR1 = 10;
    /// <summary>User signal 2; BusyBox init powers off.</summary>
    public const int SIGUSR2 = 12;
    /// <summary>Broken pipe.</summary>
    public const int SIGPIPE = 13;
    /// <summary>Terminate; BusyBox init reboots.</summary>
    public const int SIGTERM = 15;
    /// <summary>Power failure; LXC's default for a clean stop.</summary>
    public const int SIGPWR = 30;
    /// <summary>First real-time signal a program can use, as glibc counts.</summary>
    public const int SIGRTMIN = 34;
    /// <summary>Last real-time signal.</summary>
    public const int SIGRTMAX = 64;

    private static readonly string[] Names =
    [
        "0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
        "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>The name, for example <c>SIGKILL</c> or <c>SIGRTMIN+3</c>.</summary>
    public static string Name(int signal) => signal switch
    {
        >= 0 and < 32 => Names[signal],
        SIGRTMIN => "SIGRTMIN",
        > SIGRTMIN and <= SIGRTMAX => $"SIGRTMIN+{signal - SIGRTMIN}",
        _ => signal.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Reads <c>SIGTERM</c>, <c>TERM</c>, <c>SIGRTMIN+3</c> or a number; null when it is none.</summary>
    public static int? Parse(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number is >= 1 and <= SIGRTMAX ? number : null;
        var name = text.StartsWith("SIG", StringComparison.Ordinal) ? text : "SIG" + text;
        for (var signal = 1; signal <= SIGRTMAX; signal++)
            if (Name(signal) == name)
                return signal;
        return null;
    }
}
