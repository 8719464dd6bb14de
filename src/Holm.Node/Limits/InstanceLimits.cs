using System.Globalization;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Cgroups;

namespace Holm.Node.Limits;

/// <summary>What one instance may use. Null: no limit.</summary>
/// <param name="MemoryBytes">Memory.</param>
/// <param name="Cpus">Processors it is pinned to, as cpuset(7) spells a list: <c>0-3,6</c>.</param>
/// <param name="Processes">Processes and threads.</param>
public sealed record LimitSpec(long? MemoryBytes, string? Cpus, long? Processes);

/// <summary>What one instance uses now. Null: this kernel does not count it.</summary>
public sealed record Usage
{
    /// <summary>Bytes.</summary>
    public long? Memory { get; init; }

    /// <summary>Highest bytes so far.</summary>
    public long? MemoryPeak { get; init; }

    /// <summary>Bytes allowed.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Bytes in swap.</summary>
    public long? Swap { get; init; }

    /// <summary>Processor time, nanoseconds.</summary>
    public long? CpuNanoseconds { get; init; }

    /// <summary>Processes and threads.</summary>
    public long? Processes { get; init; }

    /// <summary>Bytes read from block devices.</summary>
    public long? BlockRead { get; init; }

    /// <summary>Bytes written to block devices.</summary>
    public long? BlockWritten { get; init; }
}

/// <summary>
/// The control group of each instance, <c>holm-ID/NAME</c> on every hierarchy: limits are set on it, and liblxc's four groups (monitor,
/// pivot, container, inner) lie below, because liblxc refuses groups that exist and the app must not reach its own limits.
/// </summary>
/// <param name="tree">The machine's control groups.</param>
/// <param name="nodeId">Short id of this node; nothing outside <c>holm-ID</c> is ever touched.</param>
public sealed class InstanceLimits(CgroupTree tree, string nodeId)
{
    /// <summary>Processes and threads an instance may have when nothing is said: a fork bomb ends here.</summary>
    public const long DefaultProcesses = 4096;

    /// <summary>Group of an instance, relative to each hierarchy's root.</summary>
    public string Group(string name) => $"holm-{nodeId}/{name}";

    /// <summary>True when devices are filtered by the version 1 controller.</summary>
    public bool DevicesOnV1 => tree.Of("devices") is { Unified: false };

    /// <summary>Makes the group and sets its limits, whole; may be called again while the instance runs.</summary>
    /// <exception cref="LinuxException">The kernel refused a value, for example a processor that does not exist.</exception>
    public void Set(string name, LimitSpec limits)
    {
        var group = Group(name);
        tree.Create(group);
        foreach (var missing in Missing(limits))
            throw new Refusal(400, $"limit {missing} of {name}: this machine has no control group controller for it; take the limit away");
        // The monitor is in the group and not the app's; one more is what liblxc needs to start init at all.
        Write("pids", group, "pids.max", "pids.max", limits.Processes is { } count ? Math.Max(count + 1, 3) : null, "max", "max");
        tree.Of("cpuset")?.WriteCpus(group, limits.Cpus);
        // Version 1 would refuse it (EBUSY, E19), version 2 would kill until it fits.
        if (limits.MemoryBytes is { } bytes && Read(name).Memory is { } used && bytes < used)
            throw new Refusal(
                409, $"limit the memory of {name} to {bytes} bytes: it uses {used}; the old limit holds until it uses less");
        Write("memory", group, "memory.max", "memory.limit_in_bytes", limits.MemoryBytes, "max", "-1");
    }

    /// <summary>Limits asked for that this machine has no controller for, by name.</summary>
    private IReadOnlyList<string> Missing(LimitSpec limits) =>
    [
        .. limits.MemoryBytes is not null && tree.Of("memory") is null ? ["memory"] : Array.Empty<string>(),
        .. limits.Processes is not null and not DefaultProcesses && tree.Of("pids") is null ? ["processes"] : Array.Empty<string>(),
        .. limits.Cpus is not null && tree.Of("cpuset") is null ? ["cpu"] : Array.Empty<string>(),
    ];

    /// <summary>Freezes the instance, its monitor excepted.</summary>
    /// <exception cref="Refusal">Not within ten seconds; it goes on as before.</exception>
    public async Task Freeze(string name)
    {
        if (tree.Of("freezer") is not { } freezer)
            throw new Refusal(500, $"freeze {name}: this machine cannot freeze control groups");
        if (!await freezer.Freeze(Payload(name), TimeSpan.FromSeconds(10)).ConfigureAwait(false))
            throw new Refusal(
                500, $"freeze {name}: a process inside does not let itself be frozen (it waits for a disk or a device); it goes on");
    }

    /// <summary>True while all its processes are frozen.</summary>
    public bool IsFrozen(string name) => tree.Of("freezer")?.IsFrozen(Payload(name)) == true;

    /// <summary>Lets it go on.</summary>
    public void Thaw(string name)
    {
        if (tree.Of("freezer") is { } freezer && Directory.Exists(Path.Combine(freezer.Root, Payload(name))))
            freezer.Thaw(Payload(name));
    }

    /// <summary>Lets all in it go on, the groups that the app froze itself as well, so that they can die.</summary>
    public void ThawAll(string name) => tree.Of("freezer")?.ThawAll(Group(name));

    /// <summary>The group liblxc puts the instance's processes into, as <c>LxcConfig</c> tells it to.</summary>
    private string Payload(string name) => Group(name) + "/payload";

    /// <summary>Removes the group. False: a process is still in it, and the caller asks again.</summary>
    public bool Remove(string name) => tree.Remove(Group(name));

    /// <summary>Counts a process that works for an instance as the instance's own; it ends with it at the latest.</summary>
    public void CountAs(string name, int pid)
    {
        // A network's processes are the node's.
        if (name.Length > 0 && Existing.Contains(name))
            tree.Add($"{Group(name)}/services", pid);
    }

    /// <summary>Every process that is in an instance's groups, the monitor included.</summary>
    public IReadOnlySet<int> Processes(string name) => tree.Processes(Group(name));

    /// <summary>Instances that have a group, left behind or in use.</summary>
    public IReadOnlySet<string> Existing => tree.Children($"holm-{nodeId}");

    /// <summary>Removes what is left of a node that is gone: its empty parent group.</summary>
    public void CleanUp()
    {
        if (Existing.Count == 0)
            tree.Remove($"holm-{nodeId}");
    }

    /// <summary>Reads the counters.</summary>
    public Usage Read(string name)
    {
        var group = Group(name);
        var (memory, cpu, pids) = (tree.Of("memory"), tree.Of("cpuacct"), tree.Of("pids"));
        var (read, written) = Block(group);
        var v2 = memory?.Unified == true;
        return new Usage
        {
            Memory = memory?.ReadNumber(group, v2 ? "memory.current" : "memory.usage_in_bytes"),
            MemoryPeak = memory?.ReadNumber(group, v2 ? "memory.peak" : "memory.max_usage_in_bytes"),
            MemoryLimit = memory?.ReadNumber(group, v2 ? "memory.max" : "memory.limit_in_bytes"),
            Swap = v2 ? memory?.ReadNumber(group, "memory.swap.current") : null,
            CpuNanoseconds = cpu is { Unified: true }
                ? Field(cpu.Read(group, "cpu.stat"), "usage_usec") * 1000
                : cpu?.ReadNumber(group, "cpuacct.usage"),
            Processes = pids?.ReadNumber(Payload(name), "pids.current"),
            BlockRead = read,
            BlockWritten = written,
        };
    }

    private void Write(string controller, string group, string v2File, string v1File, long? value, string v2None, string v1None)
    {
        if (tree.Of(controller) is not { } hierarchy)
            return;
        var none = hierarchy.Unified ? v2None : v1None;
        hierarchy.Write(group, hierarchy.Unified ? v2File : v1File, value?.ToString(CultureInfo.InvariantCulture) ?? none);
    }

    private (long? Read, long? Written) Block(string group)
    {
        if (tree.Of("io")?.Read(group, "io.stat") is { } v2)
            return (Sum(v2, "rbytes="), Sum(v2, "wbytes="));
        if (tree.Of("blkio")?.Read(group, "blkio.throttle.io_service_bytes_recursive") is { } v1)
            return (Sum(v1, "Read "), Sum(v1, "Write "));
        return (null, null);
    }

    private static long Sum(string text, string before)
    {
        long sum = 0;
        for (var at = text.IndexOf(before, StringComparison.Ordinal); at >= 0; at = text.IndexOf(before, at + 1, StringComparison.Ordinal))
        {
            var digits = text.AsSpan(at + before.Length);
            var end = digits.IndexOfAnyExceptInRange('0', '9');
            if (long.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                sum += number;
        }
        return sum;
    }

    private static long? Field(string? text, string name)
    {
        foreach (var line in (text ?? "").Split('\n'))
            if (line.StartsWith(name + " ", StringComparison.Ordinal))
                return long.Parse(line.AsSpan(name.Length + 1), CultureInfo.InvariantCulture);
        return null;
    }
}
