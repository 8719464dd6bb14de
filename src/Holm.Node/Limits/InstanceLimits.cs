using System.Globalization;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Cgroups;

namespace Holm.Node.Limits;

/// <summary>
/// The control group of each instance on every hierarchy, <c>holm-ID/_apps/NAME</c> in partition <c>apps</c>, else <c>holm-ID/NAME</c>:
/// limits are set on it, and liblxc's four groups (monitor, pivot, container, inner) lie below, because liblxc refuses groups that exist
/// and the app must not reach its own limits.
/// </summary>
/// <param name="tree">The machine's control groups.</param>
/// <param name="nodeId">Short id of this node; nothing outside <c>holm-ID</c> is ever touched.</param>
public sealed class InstanceLimits(CgroupTree tree, string nodeId)
{
    /// <summary>Processes and threads an instance may have when nothing is said: a fork bomb ends here.</summary>
    public const long DefaultProcesses = 4096;

    /// <summary>The group that instances in the partition share.</summary>
    public Partition Partition { get; } = new(tree, nodeId);

    /// <summary>Group of an instance, relative to each hierarchy's root: where it was put at its start, until it ends.</summary>
    public string Group(string name) => tree.Exists(Inside(name)) ? Inside(name) : Outside(name);

    private string Inside(string name) => $"{Partition.Group}/{name}";

    private string Outside(string name) => $"holm-{nodeId}/{name}";

    /// <summary>Memory that an instance holds of the partition; 0 before it has got any; null: it is not in it.</summary>
    public long? Part(string name) => tree.Exists(Inside(name)) ? Counters.MemoryLimit(tree, Inside(name)) ?? 0 : null;

    /// <summary>True when devices are filtered by the version 1 controller.</summary>
    public bool DevicesOnV1 => tree.Of("devices") is { Unified: false };

    /// <summary>
    /// Lets a running instance use devices, or forbids them; version 1 only. What is allowed is allowed to the groups in it as well: the
    /// kernel passes on only what is forbidden; cgroup-v1/devices.rst.
    /// </summary>
    /// <param name="name">The instance.</param>
    /// <param name="allowed">Rules such as <c>c 10:200 rwm</c>.</param>
    /// <param name="forbidden">The same.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public void SetDevices(string name, IReadOnlyList<string> allowed, IReadOnlyList<string> forbidden)
    {
        if (tree.Of("devices") is not { Unified: false } devices)
            return;
        foreach (var rule in forbidden)
            devices.Write(Payload(name), "devices.deny", rule);
        foreach (var rule in allowed)
            devices.WriteAll(Payload(name), "devices.allow", rule);
    }

    /// <summary>Makes the group and sets its limits, whole; may be called again while the instance runs.</summary>
    /// <exception cref="LinuxException">The kernel refused a value, for example a processor that does not exist.</exception>
    public void Set(string name, LimitSpec limits)
    {
        if (limits.InPartition)
            Partition.Make();
        var group = limits.InPartition ? Inside(name) : Outside(name);
        tree.Create(group);
        foreach (var missing in Missing(limits))
            throw new Refusal(400, $"limit {missing} of {name}: this machine has no control group controller for it; take the limit away");
        // The monitor is in the group and not the app's; one more is what liblxc needs to start init at all.
        Write("pids", group, "pids.max", "pids.max", limits.Processes is { } count ? Math.Max(count + 1, 3) : null, "max", "max");
        tree.Of("cpuset")?.WriteCpus(group, limits.Cpus);
        Weights.SetCpu(tree, name, group, limits);
        Weights.SetDisk(tree, group, limits.DiskWeight);
        if (tree.Of("memory") is { } memory && MemoryLimit.TrySet(memory, group, limits.MemoryBytes) is { } used)
            throw new Refusal(409,
                $"limit the memory of {name} to {limits.MemoryBytes} bytes: it uses {used}; the old limit holds until it uses less");
        Write("memory", group, "memory.low", "memory.soft_limit_in_bytes", limits.SoftMemoryBytes, "0", "-1");
    }

    /// <summary>Makes liblxc's next moves of processes quick; <see cref="CgroupTree.HastenMoves"/>.</summary>
    public void HastenMoves() => tree.HastenMoves();

    /// <summary>Limits asked for that this machine has no controller for, by name.</summary>
    private IReadOnlyList<string> Missing(LimitSpec limits) =>
    [
        .. (limits.MemoryBytes ?? limits.SoftMemoryBytes) is not null && tree.Of("memory") is null ? ["memory"] : Array.Empty<string>(),
        .. limits.Processes is not null and not DefaultProcesses && tree.Of("pids") is null ? ["processes"] : Array.Empty<string>(),
        .. limits.Cpus is not null && tree.Of("cpuset") is null ? ["cpu"] : Array.Empty<string>(),
        .. (limits.CpuQuota is not null || limits.CpuShares != LimitSpec.UsualShares) && tree.Of("cpu") is null
            ? ["cpu.allowance"] : Array.Empty<string>(),
    ];

    /// <summary>What of the limits of a group that is there the kernel takes no notice of, as a sentence; null: nothing.</summary>
    public string? Unfelt(string name, LimitSpec limits) =>
        limits.DiskWeight is null || Weights.CanSetDisk(tree, Group(name)) ? null
            : "limits.disk.priority has no effect: this kernel does not weigh what apps read and write (CONFIG_BFQ_GROUP_IOSCHED)";

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
    public void ThawAll(string name)
    {
        foreach (var group in (string[])[Inside(name), Outside(name)])
            tree.Of("freezer")?.ThawAll(group);
    }

    /// <summary>The group liblxc puts the instance's processes into, as <c>LxcConfig</c> tells it to.</summary>
    private string Payload(string name) => Group(name) + "/payload";

    /// <summary>Removes the group. False: a process is still in it, and the caller asks again.</summary>
    public bool Remove(string name) => tree.Remove(Inside(name)) & tree.Remove(Outside(name));

    /// <summary>Counts a process that works for an instance as the instance's own; it ends with it at the latest.</summary>
    public void CountAs(string name, int pid)
    {
        // A network's processes are the node's.
        if (name.Length > 0 && Existing.Contains(name))
            tree.Add($"{Group(name)}/services", pid);
    }

    /// <summary>Processes that were counted as an instance's own.</summary>
    public IReadOnlySet<int> Services(string name) => tree.Processes($"{Group(name)}/services");

    /// <summary>Every process that is in an instance's groups, the monitor included.</summary>
    public IReadOnlySet<int> Processes(string name) =>
        tree.Processes(Inside(name)).Union(tree.Processes(Outside(name))).ToHashSet();

    /// <summary>Instances that have a group, left behind or in use.</summary>
    public IReadOnlySet<string> Existing => tree.Children($"holm-{nodeId}").Where(name => name != Partition.Name)
        .Union(tree.Children(Partition.Group)).ToHashSet(StringComparer.Ordinal);

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
        return Counters.Read(tree, group) with { Processes = tree.Of("pids")?.ReadNumber(group + "/payload", "pids.current") };
    }

    private void Write(string controller, string group, string v2File, string v1File, long? value, string v2None, string v1None)
    {
        if (tree.Of(controller) is not { } hierarchy)
            return;
        var none = hierarchy.Unified ? v2None : v1None;
        hierarchy.Write(group, hierarchy.Unified ? v2File : v1File, value?.ToString(CultureInfo.InvariantCulture) ?? none);
    }
}
