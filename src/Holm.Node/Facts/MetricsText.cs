using System.Globalization;
using System.Text;
using Holm.Contract;

namespace Holm.Node.Facts;

/// <summary>
/// What instances use, as Prometheus reads it: LXD's series, of those the ones that this node has readings for. Where LXD tells apart
/// (mode of processor time, device of a disk) what is counted here as one, that label is left out. Pure.
/// </summary>
/// <remarks>LXD 5.0.2, doc/metrics.md; names and helps of lxd/metrics/types.go.</remarks>
internal static class MetricsText
{
    private const double NanosecondsPerSecond = 1e9;

    private sealed record Series(string Name, string Help, Func<InstanceState, long, IEnumerable<(string Label, double Value)>> Samples);

    private static readonly Series[] All =
    [
        new("lxd_cpu_seconds_total", "The total number of CPU time used in seconds.", (s, _) => One(s.Cpu.Usage / NanosecondsPerSecond)),
        new("lxd_disk_read_bytes_total", "The total number of bytes read.", (s, _) => One(s.Block.BytesRead)),
        new("lxd_disk_written_bytes_total", "The total number of bytes written.", (s, _) => One(s.Block.BytesWritten)),
        new("lxd_memory_MemAvailable_bytes", "The amount of available memory.", (s, m) => One(Math.Max(0, TotalOf(s, m) - s.Memory.Usage))),
        new("lxd_memory_MemFree_bytes", "The amount of free memory.", (s, m) => One(Math.Max(0, TotalOf(s, m) - s.Memory.Usage))),
        new("lxd_memory_MemTotal_bytes", "The amount of used memory.", (s, m) => One(TotalOf(s, m))),
        new("lxd_memory_Swap_bytes", "The amount of used swap memory.", (s, _) => One(s.Memory.SwapUsage)),
        Network("receive_bytes", "received bytes", c => c.BytesReceived),
        Network("receive_drop", "received dropped bytes", c => c.PacketsDroppedInbound),
        Network("receive_errs", "received errors", c => c.ErrorsReceived),
        Network("receive_packets", "received packets", c => c.PacketsReceived),
        Network("transmit_bytes", "transmitted bytes", c => c.BytesSent),
        Network("transmit_drop", "transmitted dropped bytes", c => c.PacketsDroppedOutbound),
        Network("transmit_errs", "transmitted errors", c => c.ErrorsSent),
        Network("transmit_packets", "transmitted packets", c => c.PacketsSent),
        new("lxd_procs_total", "The number of running processes.", (s, _) => s.Processes < 0 ? [] : One(s.Processes)),
    ];

    /// <summary>The page.</summary>
    /// <param name="running">Instances that run, by name; names hold no quote and no backslash.</param>
    /// <param name="memoryBytes">RAM of the machine: what an instance without a limit may take.</param>
    public static string Write(IReadOnlyList<(string Name, InstanceState State)> running, long memoryBytes)
    {
        var text = new StringBuilder();
        foreach (var series in All)
        {
            var samples = running.SelectMany(r => series.Samples(r.State, memoryBytes).Select(s => (r.Name, s.Label, s.Value))).ToList();
            if (samples.Count == 0)
                continue;
            var isCounter = series.Name.EndsWith("_total", StringComparison.Ordinal) && series.Name != "lxd_procs_total";
            text.Append(CultureInfo.InvariantCulture, $"# HELP {series.Name} {series.Help}\n");
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {series.Name} {(isCounter ? "counter" : "gauge")}\n");
            foreach (var (name, label, value) in samples)
                text.Append(series.Name).Append('{').Append(label).Append("name=\"").Append(name)
                    .Append("\",project=\"default\",type=\"container\"} ")
                    .Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }
        return text.Append("# EOF\n").ToString();
    }

    private static Series Network(string name, string help, Func<NetworkCounters, long> count) => new(
        $"lxd_network_{name}_total", $"The amount of {help} on a given interface.",
        (s, _) => (s.Network ?? new Dictionary<string, NetworkState>())
            .Select(n => ($"device=\"{Escaped(n.Key)}\",", (double)count(n.Value.Counters))));

    /// <summary>An interface is named by the app itself, and by nearly any byte.</summary>
    private static string Escaped(string text) => new StringBuilder(text).Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")
        .ToString();

    private static long TotalOf(InstanceState state, long memoryBytes) =>
        state.Memory.Total > 0 ? Math.Min(state.Memory.Total, memoryBytes) : memoryBytes;

    private static IEnumerable<(string, double)> One(double value) => [("", value)];
}
