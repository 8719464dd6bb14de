using System.Globalization;
using Holm.Linux.Mounts;

namespace Holm.Linux.Cgroups;

/// <summary>
/// The control groups of this machine, whichever way they are mounted; cgroups(7). Each controller is on a hierarchy of version 1, or on
/// the one of version 2, or nowhere; a hybrid machine has both kinds. All paths here are relative to the hierarchy's root.
/// </summary>
public sealed class CgroupTree
{
    private static readonly string[] Known = ["cpu", "cpuacct", "cpuset", "memory", "pids", "freezer", "devices", "blkio", "io"];

    private readonly Dictionary<string, Hierarchy> _byController = [];
    private int _hastening;

    private CgroupTree(IReadOnlyList<Hierarchy> hierarchies)
    {
        Hierarchies = hierarchies;
        foreach (var hierarchy in hierarchies)
            foreach (var controller in hierarchy.Controllers)
                _byController.TryAdd(controller, hierarchy);
    }

    /// <summary>Every hierarchy, version 2 last: on a hybrid machine a controller of version 1 comes first.</summary>
    public IReadOnlyList<Hierarchy> Hierarchies { get; }

    /// <summary><c>v1</c>, <c>hybrid</c> or <c>v2</c>.</summary>
    public string Layout =>
        Hierarchies.All(h => h.Unified) ? "v2" : Hierarchies.Any(h => h.Unified) ? "hybrid" : "v1";

    /// <summary>Looks at the mount table.</summary>
    public static CgroupTree Read()
    {
        var found = new List<Hierarchy>();
        foreach (var line in MountLine.ReadAll())
            if (line.Type == "cgroup" && found.All(h => h.Root != line.Target))
                found.Add(new Hierarchy(line.Target, false, [.. line.Options.Split(',').Where(Known.Contains)]));
        foreach (var line in MountLine.ReadAll())
            if (line.Type == "cgroup2" && !found.Any(h => h.Unified))
                found.Add(new Hierarchy(line.Target, true, UnifiedControllers(line.Target)));
        return new CgroupTree(found);
    }

    /// <summary>The hierarchy that has this controller, or null.</summary>
    public Hierarchy? Of(string controller) => _byController.GetValueOrDefault(controller);

    /// <summary>Makes a group on every hierarchy, with its controllers enabled for the groups below it. An existing one is fine.</summary>
    public void Create(string path)
    {
        foreach (var hierarchy in Hierarchies)
            hierarchy.Create(path);
    }

    /// <summary>Moves a process to a group without groups below, on every hierarchy; the group is made where it is missing.</summary>
    public void Add(string path, int pid)
    {
        foreach (var hierarchy in Hierarchies)
            hierarchy.Add(path, pid);
    }

    /// <summary>
    /// Makes the next moves of processes between groups quick. Who moves the first in a while waits until each processor has come by
    /// (an RCU grace period: 4 to 15 ms), who comes shortly after does not; <c>favordynmods</c> in cgroup-v2.rst. So this process is moved
    /// to where it is, while something else is being done.
    /// </summary>
    public void HastenMoves()
    {
        if (Interlocked.Exchange(ref _hastening, 1) != 0)
            return;
        try
        {
            foreach (var line in File.ReadLines("/proc/self/cgroup"))
                if (line.Split(':', 3) is [_, var controllers, var path] && !path.Contains("..", StringComparison.Ordinal) &&
                    (controllers.Length == 0 ? Hierarchies.FirstOrDefault(h => h.Unified) : Of(controllers.Split(',')[0])) is { } own)
                {
                    own.Write(path.TrimStart('/'), "cgroup.procs", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
                    return;
                }
        }
        catch (LinuxException)
        {
            // Not to be had; then the next one waits.
        }
        finally
        {
            Volatile.Write(ref _hastening, 0);
        }
    }

    /// <summary>True when a group is there. The first hierarchy tells: groups are made there first.</summary>
    public bool Exists(string path) => Hierarchies.Count > 0 && Directory.Exists(Path.Combine(Hierarchies[0].Root, path));

    /// <summary>Removes a group and all below it on every hierarchy. False: a process is still in one of them.</summary>
    public bool Remove(string path)
    {
        var gone = true;
        foreach (var hierarchy in Hierarchies)
            gone &= hierarchy.Remove(path);
        return gone;
    }

    /// <summary>Process ids in a group and below it, on any hierarchy.</summary>
    public IReadOnlySet<int> Processes(string path)
    {
        var pids = new HashSet<int>();
        foreach (var hierarchy in Hierarchies)
            hierarchy.CollectProcesses(path, pids);
        return pids;
    }

    /// <summary>Names of the groups directly below a group, on any hierarchy.</summary>
    public IReadOnlySet<string> Children(string path)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var folder in Hierarchies.Select(h => Path.Combine(h.Root, path)).Where(Directory.Exists))
            names.UnionWith(Directory.EnumerateDirectories(folder).Select(d => Path.GetFileName(d)!));
        return names;
    }

    private static string[] UnifiedControllers(string root) =>
        [.. File.ReadAllText(Path.Combine(root, "cgroup.controllers"))
            .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            // Version 2 freezes, filters devices and counts processor time without a controller of that name.
            .Concat(["freezer", "cpuacct"])];
}
