using System.Globalization;
using Holm.Contract;
using Holm.Linux.Files;

namespace Holm.Node.Instances;

/// <summary>Interfaces of a network namespace as one of its processes shows them: /proc/PID/net/dev, proc_pid_net(5).</summary>
public static class NetworkCountersOf
{
    /// <summary>Interfaces by name; null when the process is gone.</summary>
    public static IReadOnlyDictionary<string, NetworkState>? Process(int pid)
    {
        if (KernelFile.Read($"/proc/{pid}/net/dev") is not { } text)
            return null;
        var interfaces = new SortedDictionary<string, NetworkState>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var name = line[..colon].Trim();
            var f = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            interfaces[name] = new NetworkState
            {
                Type = name == "lo" ? "loopback" : "broadcast",
                Counters = new NetworkCounters
                {
                    BytesReceived = f[0],
                    PacketsReceived = f[1],
                    ErrorsReceived = f[2],
                    PacketsDroppedInbound = f[3],
                    BytesSent = f[8],
                    PacketsSent = f[9],
                    ErrorsSent = f[10],
                    PacketsDroppedOutbound = f[11],
                },
            };
        }
        return interfaces;
    }
}
