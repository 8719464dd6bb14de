using System.Globalization;
using Holm.Linux.Files;

namespace Holm.Linux.Processes;

/// <summary>Looks through /proc; proc(5). For what has to be found again without any memory of it.</summary>
public static class ProcessTable
{
    /// <summary>
    /// Processes of this pid namespace, run by root, whose argument vector begins with these words. A process inside an app lives in a pid
    /// namespace of its own, and one of another user runs as that user: neither can pass for one.
    /// </summary>
    /// <param name="words">First arguments, the program's name included; null matches anything.</param>
    /// <returns>Process id and whole argument vector.</returns>
    public static IEnumerable<(int Pid, string[] Arguments)> Find(params string?[] words)
    {
        var ours = Namespace("self");
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                continue;
            if (ReadArguments(pid) is { } arguments && Begins(arguments, words) && IsRoots(pid) &&
                Namespace(Path.GetFileName(folder)) == ours)
                yield return (pid, arguments);
        }
    }

    /// <summary>
    /// Opens the processes of this pid namespace, run by root or by a user that root's programs turn into, whose argument vector begins
    /// with these words. As in <see cref="Find"/> no app and no other user can pass for one.
    /// </summary>
    /// <param name="user">Real user id besides root's, for example nobody's.</param>
    /// <param name="words">First arguments, the program's name included; null matches anything.</param>
    public static IReadOnlyList<Fd> Open(uint user, params string?[] words)
    {
        var (found, ours) = (new List<Fd>(), Namespace("self"));
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            var name = Path.GetFileName(folder);
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                continue;
            // The start time first: it is opened only if it is still who all the rest was read of.
            if (ProcStat.Read(pid) is { } stat && ReadArguments(pid) is { } arguments && Begins(arguments, words) &&
                (IsRoots(pid) || IsUsers(pid, user)) && Namespace(name) == ours && PidFds.OpenExact(pid, stat.StartTime) is { } process)
                found.Add(process);
        }
        return found;
    }

    /// <summary>
    /// Processes that one process started and has not waited for; /proc/PID/task/PID/children, and all of /proc where the kernel was built
    /// without that.
    /// </summary>
    public static IEnumerable<int> Children(int pid)
    {
        var text = KernelFile.Read($"/proc/{pid}/task/{pid}/children");
        if (text is null && !File.Exists("/proc/thread-self/children"))
            return Directory.EnumerateDirectories("/proc")
                .Select(folder =>
                    int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
                .Where(id => id > 0 && ProcStat.Read(id)?.ParentPid == pid);
        return (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => int.Parse(word, CultureInfo.InvariantCulture));
    }

    /// <summary>The program file that a process runs; null for one that has ended, waited for or not.</summary>
    public static FileStat? Program(int pid) => FileStat.TryOf($"/proc/{pid}/exe");

    private static bool Begins(string[] arguments, string?[] words) =>
        arguments.Length >= words.Length && words.Select((w, i) => w is null || w == arguments[i]).All(same => same);

    /// <summary>The argument vector of a process; null: it has ended, or has none.</summary>
    public static string[]? ArgumentsOf(int pid) => ReadArguments(pid);

    private static string[]? ReadArguments(int pid) =>
        KernelFile.Read($"/proc/{pid}/cmdline") is { Length: > 0 } text ? text.TrimEnd('\0').Split('\0') : null;

    /// <summary>By the real user id, the first of four: a set-user-id program keeps its caller's.</summary>
    private static bool IsRoots(int pid) => IsUsers(pid, 0);

    private static bool IsUsers(int pid, uint user) => KernelFile.Read($"/proc/{pid}/status")?.Contains(
        string.Create(CultureInfo.InvariantCulture, $"\nUid:\t{user}\t"), StringComparison.Ordinal) == true;

    private static string? Namespace(string pid)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{pid}/ns/pid", returnFinalTarget: false)?.Name;
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
