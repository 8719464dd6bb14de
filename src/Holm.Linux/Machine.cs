using System.Globalization;

namespace Holm.Linux;

/// <summary>What this machine has, whatever this process may use of it.</summary>
public static class Machine
{
    /// <summary>Processors that are online.</summary>
    public static int OnlineCpus() => CountCpus(File.ReadAllText("/sys/devices/system/cpu/online").Trim());

    /// <summary>How many processors are in a list such as <c>0-3,6</c>; cpuset(7), "List format".</summary>
    public static int CountCpus(string list)
    {
        var count = 0;
        foreach (var part in list.Split(','))
        {
            var ends = part.Split('-');
            count += int.Parse(ends[^1], CultureInfo.InvariantCulture) - int.Parse(ends[0], CultureInfo.InvariantCulture) + 1;
        }
        return count;
    }

    /// <summary>RAM that the kernel has to give, bytes: MemTotal of /proc/meminfo.</summary>
    public static long MemoryBytes() => Memory("MemTotal:");

    /// <summary>RAM that could be given without swapping, bytes: MemAvailable of /proc/meminfo.</summary>
    public static long AvailableMemoryBytes() => Memory("MemAvailable:");

    private static long Memory(string name)
    {
        var line = File.ReadLines("/proc/meminfo").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
