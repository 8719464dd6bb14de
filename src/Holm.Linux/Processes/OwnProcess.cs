using System.Globalization;
using System.Runtime.InteropServices;
using Holm.Linux.Files;

namespace Holm.Linux.Processes;

/// <summary>This process as the kernel sees it, byte for byte.</summary>
/// <remarks>.NET decodes arguments and environment as UTF-8, and what is none is lost before any code runs (E4).</remarks>
public static partial class OwnProcess
{
    /// <summary>The arguments, the program's name first, each with a NUL behind it; proc_pid_cmdline(5).</summary>
    /// <exception cref="IOException">There is no /proc.</exception>
    public static byte[] Arguments() => File.ReadAllBytes("/proc/self/cmdline");

    /// <summary>The environment it was started with, each entry with a NUL behind it; proc_pid_environ(5).</summary>
    /// <exception cref="IOException">There is no /proc.</exception>
    public static byte[] Environment() => File.ReadAllBytes("/proc/self/environ");

    /// <summary>The path that execve(2) was given: a symbolic link is not gone through; getauxval(3), AT_EXECFN.</summary>
    public static string ExecutedAs() => Marshal.PtrToStringUTF8((nint)getauxval(AT_EXECFN)) ?? "";

    /// <summary>Signals that whoever started this process has it ignore, bit N - 1 for signal N; proc_pid_status(5), SigIgn.</summary>
    /// <remarks>SIGPIPE is always among them: .NET ignores it before any code runs.</remarks>
    public static ulong Ignored()
    {
        const string field = "\nSigIgn:\t";
        var status = KernelFile.Read("/proc/self/status") ?? "";
        var at = status.IndexOf(field, StringComparison.Ordinal) + field.Length;
        return at >= field.Length && ulong.TryParse(
            status.AsSpan(at, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var mask) ? mask : 0;
    }

    /// <summary>The mask of new files' permissions; umask(2), which tells only while it sets.</summary>
    public static uint FileMask()
    {
        var mask = umask(0);
        umask(mask);
        return mask;
    }

    /// <summary>
    /// Resource limits by their numbers, 0 to 15, each "SOFT:HARD" and a space behind it; RLIM_INFINITY is the highest number;
    /// getrlimit(2).
    /// </summary>
    public static string Limits() => string.Concat(Enumerable.Range(0, LimitCount).Select(resource =>
        getrlimit(resource, out var limit) < 0 ? throw LinuxException.Last("read the limits") :
            string.Create(CultureInfo.InvariantCulture, $"{limit.Current}:{limit.Maximum} ")));

    /// <summary>True: text is such a list.</summary>
    public static bool AreLimits(string text) => text.Split(' ') is { Length: LimitCount + 1 } parts && parts[^1].Length == 0 &&
        parts[..^1].All(p => p.Split(':') is [var soft, var hard] && IsNumber(soft) && IsNumber(hard));

    private static bool IsNumber(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>Ends this process at once; _exit(2).</summary>
    public static void Exit(int code) => _exit(code);

    /// <summary>Ends this process by a signal, as if it had been sent to it, without a core file.</summary>
    public static void DieBy(int signal)
    {
        var none = default(Limit);
        setrlimit(RLIMIT_CORE, in none);
        SetDefault(signal);
        kill(getpid(), signal);
        // One whose default is to go on does not end it.
        _exit(128 + signal);
    }

    /// <summary>Stops this process, until somebody lets it go on; SIGSTOP.</summary>
    public static void Stop() => kill(getpid(), SIGSTOP);

    /// <summary>Lets a signal do what it does by default.</summary>
    public static void SetDefault(int signal) => _ = OwnProcess.signal(signal, 0);

    /// <summary>True when this process is in front of the terminal, where its keys' signals go to.</summary>
    public static bool IsInFront(Fd terminal) => tcgetpgrp(terminal.Number) == getpgrp();

    private const ulong AT_EXECFN = 31;
    private const int LimitCount = 16, RLIMIT_CORE = 4, SIGSTOP = 19;

    /// <summary>struct rlimit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Limit
    {
        public ulong Current;
        public ulong Maximum;
    }

    [LibraryImport("libc")]
    private static partial ulong getauxval(ulong type);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc")]
    private static partial void _exit(int code);

    [LibraryImport("libc")]
    private static partial int getpid();

    [LibraryImport("libc")]
    private static partial int getpgrp();

    [LibraryImport("libc")]
    private static partial int tcgetpgrp(int terminal);

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, out Limit limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, in Limit limit);
}
