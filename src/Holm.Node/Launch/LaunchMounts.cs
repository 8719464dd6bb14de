using Holm.Contract;
using Holm.Images.Roots;
using Holm.Linux;
using Holm.Linux.Mounts;
using Holm.Node.Flakes;
using Holm.Node.Networks;

namespace Holm.Node.Launch;

/// <summary>What a launch sees of the host, opened: by the caller what is the caller's, by the node what the flake says.</summary>
public sealed class LaunchMounts : IDisposable
{
    private readonly List<Fd> _opened = [];
    private readonly List<RootMount> _all = [];

    /// <summary>Folders that a container cannot do without: one of the host's in their place would break it.</summary>
    private static readonly string[] Systems =
        ["/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr", "/var"];

    private static readonly (string Name, string Path)[] HostFiles =
    [
        ("resolv.conf", ResolvConf.Path), ("hosts", "/etc/hosts"), ("localtime", "/etc/localtime"),
        ("ca-certificates", "/etc/ssl/certs/ca-certificates.crt"),
    ];

    /// <summary>In the order in which they are mounted.</summary>
    public IReadOnlyList<RootMount> All => _all;

    /// <summary>
    /// The host's resolv.conf, where a container with a network of its own cannot ask the servers it names, and is given another in its
    /// place; null: it is given this one, or none.
    /// </summary>
    public string? Resolver { get; private set; }

    /// <summary>Opens all of it.</summary>
    /// <exception cref="Refusal">A path that the flake names is not there, or a folder of the caller's cannot be shared.</exception>
    public static LaunchMounts Of(Flake flake, FlakeStack stack, LaunchRequest request)
    {
        var mounts = new LaunchMounts();
        try
        {
            mounts.AddHost(flake, stack);
            mounts.AddFlake(flake);
            if (flake.ShareHome && request.Home is { } home && request.Call.Home != "/")
                mounts.AddCallers(flake, "home directory", request.Call.Home, home, request.Caller);
            if (SharesFolder(flake, request.Call))
                mounts.AddCallers(flake, "working directory", request.Call.Folder, request.Folder, request.Caller);
            return mounts;
        }
        catch
        {
            mounts.Dispose();
            throw;
        }
    }

    /// <summary>True when the command starts in the caller's own folder. In / there is nothing to share: / is the container's.</summary>
    public static bool SharesFolder(Flake flake, LaunchCall call) => flake.ShareCwd && call.Folder != "/";

    private void AddHost(Flake flake, FlakeStack stack)
    {
        var isOwn = flake.Network == "nat" && !flake.Without.Contains("resolv.conf") && File.Exists(ResolvConf.Path);
        Resolver = isOwn && File.ReadAllText(ResolvConf.Path) is var text && !ResolvConf.ReachesOut(text) ? text : null;
        foreach (var (name, path) in HostFiles)
            if (!flake.Without.Contains(name) && !(Resolver is not null && path == ResolvConf.Path) &&
                !(flake.Network == "none" && name is "resolv.conf" or "hosts") && Fd.TryOpen(path, OpenFlags.O_PATH) is { } file)
            {
                _opened.Add(file);
                _all.Add(new RootMount(path)
                {
                    Source = file,
                    ReadOnly = true,
                    Replaces = name != "ca-certificates",
                    OnlyIfMissing = name == "ca-certificates",
                });
            }
        foreach (var path in stack.HostFiles)
            Add($"launch {flake.Name}", path, path, readOnly: true);
    }

    private void AddFlake(Flake flake)
    {
        foreach (var path in flake.Tmpfs)
            _all.Add(new RootMount(path));
        foreach (var mount in flake.Mounts.Where(m => !flake.PilotOptions.Contains("%ignore_missing_volume_path") || Path.Exists(m.Source)))
            Add($"launch {flake.Name}", mount.Source, mount.Path, mount.ReadOnly);
    }

    private void Add(string what, string source, string path, bool readOnly)
    {
        try
        {
            var file = Fd.Open(source, OpenFlags.O_PATH);
            _opened.Add(file);
            _all.Add(new RootMount(path) { Source = file, ReadOnly = readOnly });
        }
        catch (LinuxException e)
        {
            throw new Refusal(404, $"{what}: it is given {source}: {e.Message}", e);
        }
    }

    private void AddCallers(Flake flake, string what, string path, Fd folder, Peer caller)
    {
        if (Systems.Any(s => path == s || path.StartsWith(s + "/", StringComparison.Ordinal) && s is "/dev" or "/proc" or "/sys")
            || path.Split('/').Contains(".."))
            throw new Refusal(400, $"launch {flake.Name}: your {what} {path} cannot be shared: the container has its own; go elsewhere");
        if (caller.Uid != 0 && !LeadsTo(path, folder))
            throw new Refusal(400, $"launch {flake.Name}: your {what} {path} cannot be shared: on this host that path leads elsewhere");
        _all.Add(new RootMount(path) { Source = folder, Caller = (caller.Uid, caller.Gid) });
    }

    /// <summary>
    /// The path is no more than the caller's word. Were it not looked at, he could cover any folder of the container by one of his own, and
    /// run what he likes with all that the flake is given. No filesystem is asked: one may have him for a server, who never answers.
    /// </summary>
    private static bool LeadsTo(string path, Fd folder)
    {
        if (MountIdentity.PathHere(folder) == path)
            return true;
        // A link lies on the way, or he is in a mount namespace of his own, which has the host's folders on mounts of its own.
        using var there = UnservedPath.TryOpen(path);
        return there is not null && MountIdentity.Known(folder) is { } his && MountIdentity.Known(there) is { } ours
            && (his.Device, his.Inode) == (ours.Device, ours.Inode);
    }

    /// <inheritdoc/>
    public void Dispose() => _opened.ForEach(f => f.Dispose());
}
