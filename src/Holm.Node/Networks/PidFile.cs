using System.Globalization;
using Holm.Linux;
using Holm.Linux.Processes;

namespace Holm.Node.Networks;

/// <summary>A file that names a process for the next daemon: its id and start time, which together no other process ever has.</summary>
internal static class PidFile
{
    /// <summary>Writes it.</summary>
    public static void Write(string path, int pid) =>
        File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $"{pid} {ProcStat.Read(pid)?.StartTime}"));

    /// <summary>Opens the process; null: there is no file, or the process has ended.</summary>
    public static Fd? Open(string path) =>
        File.Exists(path) && File.ReadAllText(path).Split(' ') is [var pid, var start] &&
        int.TryParse(pid, CultureInfo.InvariantCulture, out var id) && long.TryParse(start, CultureInfo.InvariantCulture, out var since)
            ? PidFds.OpenExact(id, since) : null;

    /// <summary>Ends the process, if it is there.</summary>
    public static void Kill(string path)
    {
        using var process = Open(path);
        if (process is not null)
            PidFds.Signal(process, Signals.SIGKILL);
    }
}
