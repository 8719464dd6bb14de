using System.Globalization;
using Holm.Linux.Files;

namespace Holm.Linux.Cgroups;

/// <summary>One mounted hierarchy of control groups.</summary>
/// <param name="Root">Where it is mounted.</param>
/// <param name="Unified">True for version 2.</param>
/// <param name="Controllers">Controllers it has.</param>
public sealed record Hierarchy(string Root, bool Unified, IReadOnlyList<string> Controllers)
{
    /// <summary>Makes a group and its parents; enables this hierarchy's controllers on the way down.</summary>
    public void Create(string path)
    {
        var folder = Root;
        foreach (var part in path.Split('/'))
        {
            if (Unified)
                EnableBelow(folder);
            var parent = folder;
            folder = Path.Combine(folder, part);
            Directory.CreateDirectory(folder);
            if (!Unified && Controllers.Contains("cpuset"))
                Inherit(parent, folder);
        }
        if (Unified)
            EnableBelow(folder);
    }

    /// <summary>Makes a group without groups below, and moves a process there; one that has ended is no error.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public void Add(string path, int pid)
    {
        Create(Path.GetDirectoryName(path)!);
        var folder = Path.Combine(Root, path);
        Directory.CreateDirectory(folder);
        if (!Unified && Controllers.Contains("cpuset"))
            Inherit(Path.GetDirectoryName(folder)!, folder);
        try
        {
            Write(path, "cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
        }
        catch (LinuxException e) when (e.Errno == Errnos.ESRCH)
        {
            return;
        }
    }

    /// <summary>Writes one file of a group.</summary>
    /// <exception cref="LinuxException">The kernel refused the value.</exception>
    public void Write(string path, string file, string value)
    {
        using var fd = Fd.Open(Path.Combine(Root, path, file), OpenFlags.O_WRONLY);
        var result = fd.TryWrite(System.Text.Encoding.ASCII.GetBytes(value));
        if (result < 0)
            throw new LinuxException($"write {value.Trim()} to {Path.Combine(Root, path, file)}", -result);
    }

    /// <summary>Pins a group to processors; what is in it already moves.</summary>
    /// <param name="path">The group.</param>
    /// <param name="cpus">As cpuset(7) lists them; null: all there are.</param>
    /// <exception cref="LinuxException">The kernel refused, for example a processor that does not exist.</exception>
    public void WriteCpus(string path, string? cpus)
    {
        const string file = "cpuset.cpus";
        if (Unified)
        {
            Write(path, file, cpus ?? "\n");
            return;
        }
        var all = Read("", file) ?? "";
        try
        {
            Write(path, file, cpus ?? all);
        }
        catch (LinuxException e) when (e.Errno == Errnos.EBUSY)
        {
            // Good, but a group below has more. Each has its own there, within its parent's: cgroup-v1/cpusets.rst.
        }
        FolderTree.Visit(Path.Combine(Root, path), group => TryWrite(group, file, all));
        FolderTree.VisitFromBelow(Path.Combine(Root, path), group => TryWrite(group, file, cpus ?? all));
        Write(path, file, cpus ?? all);
    }

    /// <summary>Writes a file of a group, and of all below it as far as they take it.</summary>
    /// <exception cref="LinuxException">The kernel refused the value for the group itself.</exception>
    public void WriteAll(string path, string file, string value)
    {
        Write(path, file, value);
        FolderTree.Visit(Path.Combine(Root, path), group => TryWrite(group, file, value));
    }

    private static void TryWrite(Fd group, string file, string value)
    {
        using var fd = Fd.TryOpen($"{group.ProcPath}/{file}", OpenFlags.O_WRONLY);
        fd?.TryWrite(System.Text.Encoding.ASCII.GetBytes(value));
    }

    /// <summary>Reads one file of a group, or null where it is missing.</summary>
    public string? Read(string path, string file) => KernelFile.Read(Path.Combine(Root, path, file))?.TrimEnd('\n');

    /// <summary>Reads a number; <c>max</c>, and anything version 1 means by it, is null, as is a missing file.</summary>
    public long? ReadNumber(string path, string file) =>
        long.TryParse(Read(path, file), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
        && number < long.MaxValue / 4096 * 4096
            ? number
            : null;

    /// <summary>Removes a group and all below it, deepest first. False: a process is still there.</summary>
    public bool Remove(string path) => FolderTree.TryRemoveFolders(Path.Combine(Root, path));

    /// <summary>
    /// Freezes a group and waits until every process in it is. Version 1 is told again and again: a parent that is in vfork(2) while its
    /// child freezes is only caught the second time; cgroup-v1/freezer-subsystem.rst, cgroup-v2.rst "cgroup.freeze".
    /// </summary>
    /// <returns>False: not within the deadline; the group is thawed again.</returns>
    public async Task<bool> Freeze(string path, TimeSpan deadline)
    {
        for (var waited = TimeSpan.Zero; waited < deadline; waited += FreezePause)
        {
            Write(path, Unified ? "cgroup.freeze" : "freezer.state", Unified ? "1" : "FROZEN");
            if (IsFrozen(path))
                return true;
            await Task.Delay(FreezePause).ConfigureAwait(false);
        }
        Thaw(path);
        return false;
    }

    /// <summary>True when every process of a group is frozen.</summary>
    public bool IsFrozen(string path) => Unified
        ? Read(path, "cgroup.events")?.Contains("frozen 1", StringComparison.Ordinal) == true
        : Read(path, "freezer.state") == "FROZEN";

    /// <summary>Lets a frozen group go on.</summary>
    public void Thaw(string path) => Write(path, Unified ? "cgroup.freeze" : "freezer.state", Unified ? "0" : "THAWED");

    /// <summary>Lets it go on with all groups below it, whoever froze those: in version 1 a frozen process does not even die.</summary>
    public void ThawAll(string path) => FolderTree.Visit(
        Path.Combine(Root, path), group => TryWrite(group, Unified ? "cgroup.freeze" : "freezer.state", Unified ? "0" : "THAWED"));

    private static readonly TimeSpan FreezePause = TimeSpan.FromMilliseconds(10);

    internal void CollectProcesses(string path, HashSet<int> pids) => FolderTree.Visit(Path.Combine(Root, path), group =>
    {
        foreach (var line in (KernelFile.Read($"{group.ProcPath}/cgroup.procs") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            pids.Add(int.Parse(line, CultureInfo.InvariantCulture));
    });

    /// <summary>A controller that is busy or not delegated stays off; the limit that needs it says so when it is set.</summary>
    private void EnableBelow(string folder)
    {
        foreach (var controller in Controllers.Where(c => c is not ("freezer" or "cpuacct")))
            try
            {
                File.WriteAllText(Path.Combine(folder, "cgroup.subtree_control"), $"+{controller}");
            }
            catch (IOException)
            {
                continue;
            }
    }

    /// <summary>
    /// A version 1 cpuset is empty, and admits nobody, until it is given processors and memory nodes; cgroup-v1/cpusets.rst.
    /// </summary>
    private void Inherit(string parent, string folder)
    {
        foreach (var file in (string[])["cpuset.cpus", "cpuset.mems"])
            if (string.IsNullOrEmpty(Read(folder, file)))
                Write(folder, file, Read(parent, file) ?? "");
        // What liblxc makes below is filled in by the kernel, too.
        Write(folder, "cgroup.clone_children", "1");
    }
}
