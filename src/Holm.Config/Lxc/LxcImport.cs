using System.Collections.Immutable;
using System.Globalization;
using Holm.Contract;

namespace Holm.Config.Lxc;

/// <summary>What became of the configuration of an LXC container.</summary>
/// <param name="Name">Its host name; null: none was said.</param>
/// <param name="Rootfs">Absolute path of its root, a folder; null: none was said, or it is none.</param>
/// <param name="Config">Keys of the app.</param>
/// <param name="Devices">Devices of the app, without a root.</param>
/// <param name="Taken">Lines that were taken, each with what became of it.</param>
/// <param name="NotTaken">Lines that were not, each with the reason.</param>
public sealed record ImportedLxc(
    string? Name, string? Rootfs, ImmutableSortedDictionary<string, string> Config,
    ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> Devices, IReadOnlyList<string> Taken,
    IReadOnlyList<string> NotTaken);

/// <summary>
/// Makes an app's keys and devices of the configuration of an LXC container; lxc.container.conf(5), keys of before LXC 2.1 too. Pure. Every
/// line is either taken or told.
/// </summary>
public sealed partial class LxcImport
{
    private readonly SortedDictionary<string, string> _config = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ImmutableSortedDictionary<string, string>> _devices = new(StringComparer.Ordinal);
    private readonly List<string> _taken = [], _notTaken = [];
    private readonly List<LxcLine> _raw = [];
    private readonly List<Interface> _interfaces = [];
    private string? _name, _rootfs;
    private bool _isMapped;

    private sealed record Interface(string Index, Dictionary<string, LxcLine> Keys);

    private LxcImport()
    {
    }

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="Refusal">400: a line is none.</exception>
    public static ImportedLxc Read(string text)
    {
        var import = new LxcImport();
        foreach (var line in LxcLines.Read(text))
            import.Take(line with { Key = Current(line.Key) });
        import.TakeInterfaces();
        import.TakeRaw();
        if (!import._isMapped)
            import._taken.Add("no lxc.idmap: it was privileged; as an app root inside is nobody outside (else: security.privileged=true)");
        return new ImportedLxc(import._name, import._rootfs, import._config.ToImmutableSortedDictionary(StringComparer.Ordinal),
            import._devices.ToImmutableSortedDictionary(StringComparer.Ordinal), import._taken, import._notTaken);
    }

    /// <summary>A key of before LXC 2.1 as it is spelt since.</summary>
    private static string Current(string key) => key switch
    {
        "lxc.utsname" => "lxc.uts.name",
        "lxc.rootfs" => "lxc.rootfs.path",
        "lxc.mount" => "lxc.mount.fstab",
        "lxc.id_map" => "lxc.idmap",
        "lxc.init_cmd" => "lxc.init.cmd",
        "lxc.haltsignal" => "lxc.signal.halt",
        "lxc.rebootsignal" => "lxc.signal.reboot",
        "lxc.stopsignal" => "lxc.signal.stop",
        "lxc.aa_profile" => "lxc.apparmor.profile",
        "lxc.se_context" => "lxc.selinux.context",
        "lxc.seccomp" => "lxc.seccomp.profile",
        "lxc.tty" => "lxc.tty.max",
        "lxc.pts" => "lxc.pty.max",
        "lxc.console" => "lxc.console.path",
        "lxc.loglevel" => "lxc.log.level",
        "lxc.logfile" => "lxc.log.file",
        _ when key.StartsWith("lxc.limit.", StringComparison.Ordinal) => "lxc.prlimit." + key["lxc.limit.".Length..],
        _ => key,
    };

    private void Take(LxcLine line)
    {
        var (_, key, value) = line;
        switch (key)
        {
            case "lxc.uts.name":
                _name = value;
                Took(line, "its name");
                break;
            case "lxc.arch":
                Took(line, "the image says that");
                break;
            case "lxc.rootfs.path":
                TakeRootfs(line);
                break;
            case "lxc.idmap":
                _isMapped = value.Length > 0;
                Took(line, "an app has the node's range of ids");
                break;
            case "lxc.mount.entry":
                TakeMount(line);
                break;
            case "lxc.mount.auto" or "lxc.autodev" or "lxc.tty.max" or "lxc.pty.max" or "lxc.rootfs.mount" or "lxc.rootfs.backend":
                Took(line, "an app has its own");
                break;
            case "lxc.environment" when value.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals:
                Set(line, "environment." + value[..equals], value[(equals + 1)..]);
                break;
            case "lxc.start.auto":
                Set(line, "boot.autostart", value == "1" ? "true" : "false");
                break;
            case "lxc.cgroup.memory.limit_in_bytes" or "lxc.cgroup2.memory.max":
                Set(line, "limits.memory", MemoryOf(value));
                break;
            case "lxc.cap.drop" or "lxc.cap.keep":
                TakeCapabilities(line);
                break;
            case var net when (net + ".").StartsWith("lxc.net.", StringComparison.Ordinal)
                || (net + ".").StartsWith("lxc.network.", StringComparison.Ordinal):
                AddInterface(line);
                break;
            case var own when SameMeaning.TryGetValue(own, out var name):
                Set(line, name, value);
                break;
            case var raw when RawLxc.IsDevices(raw) || raw.StartsWith("lxc.prlimit.", StringComparison.Ordinal)
                || raw.StartsWith("lxc.sysctl.", StringComparison.Ordinal):
                AddRaw(line);
                break;
            default:
                Left(line, WhyNot(key));
                break;
        }
    }

    private static readonly Dictionary<string, string> SameMeaning = new(StringComparer.Ordinal)
    {
        ["lxc.init.cmd"] = "init.cmd",
        ["lxc.init.cwd"] = "init.cwd",
        ["lxc.signal.halt"] = "init.signal.halt",
        ["lxc.signal.reboot"] = "init.signal.reboot",
        ["lxc.start.delay"] = "boot.autostart.delay",
        ["lxc.start.order"] = "boot.autostart.priority",
        ["lxc.cgroup.cpuset.cpus"] = "limits.cpu",
        ["lxc.cgroup2.cpuset.cpus"] = "limits.cpu",
        ["lxc.cgroup.pids.max"] = "limits.processes",
        ["lxc.cgroup2.pids.max"] = "limits.processes",
    };

    private static string WhyNot(string key) => key switch
    {
        "lxc.include" => "what stands in another file is not read; put it into this one",
        "lxc.mount.fstab" => "what stands in another file is not read; write lxc.mount.entry lines",
        _ when key.StartsWith("lxc.hook.", StringComparison.Ordinal) => "nothing of an app runs on the host",
        _ when key.StartsWith("lxc.apparmor.", StringComparison.Ordinal) || key.StartsWith("lxc.selinux.", StringComparison.Ordinal)
            || key.StartsWith("lxc.seccomp.", StringComparison.Ordinal) => "the node sets that for every app",
        _ when key.StartsWith("lxc.cgroup", StringComparison.Ordinal) => "it has no equal; limits.* are there",
        _ when key.StartsWith("lxc.log.", StringComparison.Ordinal) => "see log.level",
        _ => "it has no equal",
    };

    /// <summary>A key of the app, if its rules accept the value.</summary>
    private void Set(LxcLine line, string key, string value)
    {
        try
        {
            Keys.Check(key, value);
            _config[key] = value;
            Took(line, $"{key}={value}");
        }
        catch (Refusal refusal)
        {
            Left(line, refusal.Message);
        }
    }

    private void TakeRootfs(LxcLine line)
    {
        var path = line.Value.StartsWith("dir:", StringComparison.Ordinal) ? line.Value[4..] : line.Value;
        if (path.StartsWith('/') && !path.Contains(':', StringComparison.Ordinal))
        {
            _rootfs = path;
            Took(line, "its root, packed into an image");
        }
        else
            Left(line, "only a folder can be packed into an image; say it with --rootfs");
    }

    /// <summary>From 128M to 128MiB: LXC's letters are powers of two.</summary>
    private static string MemoryOf(string value) =>
        value.Length > 1 && char.ToUpperInvariant(value[^1]) is 'K' or 'M' or 'G' && value[..^1].All(char.IsAsciiDigit)
            ? $"{value[..^1]}{char.ToUpperInvariant(value[^1])}iB" : value;

    private void TakeMount(LxcLine line)
    {
        // fstab(5): what, where (below the root), type, options; blanks in names are \040.
        var words = line.Value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words is not [var source, var target, var type, var marks, ..])
        {
            Left(line, "it is no line of fstab(5)");
            return;
        }
        var inside = "/" + Plain(target).Trim('/');
        var options = marks.Split(',');
        if (type is "proc" or "sysfs" or "devpts" or "mqueue" or "cgroup" or "cgroup2" || inside is "/proc" or "/sys")
            Took(line, "an app has its own");
        else if (!options.Any(o => o is "bind" or "rbind"))
            Left(line, $"of mounts only binds have an equal, not {Names.Show(type)}");
        else
            AddDevice(line, "share", new()
            {
                ["type"] = "disk",
                ["source"] = Plain(source),
                ["path"] = inside,
                ["readonly"] = options.Contains("ro") ? "true" : "false",
                ["required"] = options.Contains("optional") ? "false" : "true",
                ["recursive"] = options.Contains("rbind") ? "true" : "false",
            });
    }

    private static string Plain(string word) => word.Replace("\\040", " ", StringComparison.Ordinal)
        .Replace("\\011", "\t", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);

    private void AddDevice(LxcLine line, string prefix, Dictionary<string, string> keys)
    {
        var number = 0;
        string name;
        do
            name = prefix + (number++).ToString(CultureInfo.InvariantCulture);
        while (_devices.ContainsKey(name));
        try
        {
            var device = keys.Where(k => k.Value != "false" || k.Key == "required").ToImmutableSortedDictionary(StringComparer.Ordinal);
            Config.Devices.Check(name, device);
            _devices[name] = device;
            Took(line, $"device {name}: {string.Join(' ', device.Select(k => $"{k.Key}={k.Value}"))}");
        }
        catch (Refusal refusal)
        {
            Left(line, refusal.Message);
        }
    }

    private void Took(LxcLine line, string what) => _taken.Add($"{Shown(line)}: {what}");

    private void Left(LxcLine line, string why) => _notTaken.Add($"{Shown(line)}: {why}");

    private static string Shown(LxcLine line) =>
        string.Create(CultureInfo.InvariantCulture, $"line {line.Number}: {line.Key} = {line.Value}");
}
