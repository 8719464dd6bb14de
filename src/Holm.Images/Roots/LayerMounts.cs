using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Mounts;

namespace Holm.Images.Roots;

/// <summary>A layer file and the name it is mounted under.</summary>
/// <param name="Key">File name of the layer without its ending: its sha256, with the id base behind it for a shifted copy.</param>
/// <param name="Path">The SquashFS file.</param>
public sealed record Layer(string Key, string Path);

/// <summary>
/// The layers mounted in the host's own table: each once, however many instances stand on it; loop, read-only, nosuid, nodev, noexec, in
/// a folder only root enters. An overlay on top executes programs normally all the same (E14).
/// </summary>
/// <param name="folder">Where they are mounted; on tmpfs.</param>
public sealed class LayerMounts(string folder)
{
    private readonly Lock _lock = new();

    /// <summary>Mounts the layers that are not yet, and returns their folders in the same order.</summary>
    /// <exception cref="LinuxException">One cannot be mounted.</exception>
    public IReadOnlyList<string> Add(IReadOnlyList<Layer> layers)
    {
        lock (_lock)
            return [.. layers.Select(MountOnce)];
    }

    /// <summary>
    /// Unmounts every layer but these. False: a busy one stays until the next call. It may be busy for as long as another mount namespace
    /// is being made, which has all mounts of the host at first.
    /// </summary>
    public bool Set(IReadOnlySet<string> wantedKeys)
    {
        lock (_lock)
        {
            if (!Directory.Exists(folder))
                return true;
            var all = true;
            foreach (var target in Directory.EnumerateDirectories(folder).Where(t => !wantedKeys.Contains(Path.GetFileName(t))))
                if (MountCalls.TryUnmountIdle(target) || !IsMounted(target))
                    Directory.Delete(target);
                else
                    all = false;
            return all;
        }
    }

    /// <summary>Names of the layers that are mounted now.</summary>
    public IReadOnlyList<string> Mounted =>
        Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder).Where(IsMounted).Select(d => Path.GetFileName(d)!)] : [];

    private string MountOnce(Layer layer)
    {
        var target = Path.Combine(folder, layer.Key);
        if (IsMounted(target))
            return target;
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(target);
        using var file = Fd.Open(layer.Path, OpenFlags.O_RDONLY);
        var (loop, device) = Loop.Attach(file);
        using (loop)
            MountCalls.Mount(
                device, target, "squashfs", MountFlags.MS_RDONLY | MountFlags.MS_NOSUID | MountFlags.MS_NODEV | MountFlags.MS_NOEXEC);
        return target;
    }

    /// <summary>A mount point is on another device than its parent.</summary>
    private bool IsMounted(string target) =>
        Directory.Exists(target) && FileStat.Of(target).Device != FileStat.Of(folder).Device;
}
