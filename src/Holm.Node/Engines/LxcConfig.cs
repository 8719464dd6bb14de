using System.Globalization;
using System.Text;
using Holm.Contract;

namespace Holm.Node.Engines;

/// <summary>All that liblxc has to know of one instance.</summary>
public sealed record LxcSpec
{
    /// <summary>Instance; also its host name.</summary>
    public required string Name { get; init; }

    /// <summary>The mounted root.</summary>
    public required string Root { get; init; }

    /// <summary>Kernel name of the machine, for example <c>x86_64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>First host id of its range; null: privileged.</summary>
    public uint? IdmapBase { get; init; }

    /// <summary>Number of ids in the range.</summary>
    public uint IdmapCount { get; init; } = 65536;

    /// <summary>Its own control group on every hierarchy; liblxc makes the four it needs below.</summary>
    public required string Cgroup { get; init; }

    /// <summary>True: devices are filtered by the version 1 controller; false: by version 2's program.</summary>
    public bool DevicesOnV1 { get; init; }

    /// <summary>Signal that asks init to power off, as signal(7) spells it.</summary>
    public string HaltSignal { get; init; } = "SIGPWR";

    /// <summary>Signal that asks init to reboot.</summary>
    public string RebootSignal { get; init; } = "SIGINT";

    /// <summary>Where init starts; null: /.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>File that takes what the console prints; a full one becomes <c>.1</c>.</summary>
    public required string ConsoleLog { get; init; }

    /// <summary>What liblxc runs between setting it up and its init; null: nothing. See <see cref="Engines.StartHook"/>.</summary>
    public string? StartHook { get; init; }

    /// <summary>The seccomp policy file; null where the kernel has no seccomp.</summary>
    public string? SeccompProfile { get; init; }

    /// <summary><c>generated</c> or <c>unconfined</c>; null where the kernel has no AppArmor.</summary>
    public string? AppArmorProfile { get; init; }

    /// <summary>Hard limit of open files; the soft one is the kernel's own 1024.</summary>
    public long OpenFilesHard { get; init; } = 4096;

    /// <summary>True when holmd itself is spared by the out-of-memory killer, which the app must not inherit.</summary>
    public bool ResetOomScore { get; init; }
}

/// <summary>Writes liblxc's configuration: our compiled output, lxc.container.conf(5). Pure.</summary>
/// <remarks>
/// Argument vectors and environments never pass through here (they reach liblxc's API as bytes). A control character in any value is
/// refused: a newline would start a line of its own, and <c>lxc.hook.*</c> runs as root on the host.
/// </remarks>
public static class LxcConfig
{
    /// <summary>Bytes of recent console output kept on tmpfs, at least; twice that at most. liblxc wants a power of two.</summary>
    public const int ConsoleBytes = 64 * 1024;

    // config/templates/common.conf.in of LXC: any mknod, then null zero full tty console ptmx random urandom pts fuse.
    private static readonly string[] DeviceAllowlist =
    [
        "c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 5:0 rwm", "c 5:1 rwm", "c 5:2 rwm", "c 1:8 rwm", "c 1:9 rwm",
        "c 136:* rwm", "c 10:229 rwm",
    ];

    /// <summary>The policy every instance runs under: LXD's default, version 2 of liblxc's format.</summary>
    public const string SeccompPolicy =
        """
        2
        denylist
        reject_force_umount
        [all]
        kexec_load errno 38
        open_by_handle_at errno 38
        init_module errno 38
        finit_module errno 38
        delete_module errno 38

        """;

    /// <summary>The whole file.</summary>
    /// <exception cref="Refusal">A value has a control character.</exception>
    public static string Render(LxcSpec spec)
    {
        var text = new StringBuilder("# Written by holmd at every start; changes are lost.\n");
        void Line(string key, string value) => text.Append(key).Append(" = ").Append(Clean(key, value)).Append('\n');

        Line("lxc.uts.name", spec.Name);
        Line("lxc.arch", spec.Architecture);
        Line("lxc.rootfs.path", "dir:" + spec.Root);
        Line("lxc.rootfs.managed", "0");
        Line("lxc.mount.auto", spec.IdmapBase is null ? "proc:mixed sys:mixed cgroup:mixed" : "proc:rw sys:rw cgroup:mixed");
        Line("lxc.mount.entry", "mqueue dev/mqueue mqueue rw,relatime,create=dir,optional 0 0");
        if (spec.IdmapBase is { } first)
        {
            Line("lxc.idmap", string.Create(CultureInfo.InvariantCulture, $"u 0 {first} {spec.IdmapCount}"));
            Line("lxc.idmap", string.Create(CultureInfo.InvariantCulture, $"g 0 {first} {spec.IdmapCount}"));
        }

        Line("lxc.cap.drop", "mac_admin mac_override sys_time sys_module sys_rawio");
        if (spec.SeccompProfile is { } seccomp)
            Line("lxc.seccomp.profile", seccomp);
        if (spec.AppArmorProfile is { } apparmor)
            Line("lxc.apparmor.profile", apparmor);
        Line("lxc.net.0.type", "empty");
        if (spec.StartHook is { } hook)
            Line("lxc.hook.start-host", hook);

        Line("lxc.cgroup.dir.monitor", spec.Cgroup + "/monitor");
        Line("lxc.cgroup.dir.monitor.pivot", spec.Cgroup + "/pivot");
        Line("lxc.cgroup.dir.container", spec.Cgroup + "/payload");
        Line("lxc.cgroup.dir.container.inner", "inner");
        var devices = spec.DevicesOnV1 ? "lxc.cgroup.devices." : "lxc.cgroup2.devices.";
        Line(devices + "deny", "a");
        foreach (var rule in DeviceAllowlist)
            Line(devices + "allow", rule);

        Line("lxc.signal.halt", spec.HaltSignal);
        Line("lxc.signal.reboot", spec.RebootSignal);
        if (spec.WorkingDirectory is { } folder)
            Line("lxc.init.cwd", folder);
        Line("lxc.tty.max", "0");
        Line("lxc.pty.max", "1024");
        var consoleBytes = ConsoleBytes.ToString(CultureInfo.InvariantCulture);
        Line("lxc.console.size", consoleBytes);
        Line("lxc.console.rotate", "1");
        Line("lxc.console.logfile", spec.ConsoleLog);
        Line("lxc.prlimit.nofile", string.Create(CultureInfo.InvariantCulture, $"1024:{Math.Max(spec.OpenFilesHard, 1024)}"));
        if (spec.ResetOomScore)
            Line("lxc.proc.oom_score_adj", "0");
        return text.ToString();
    }

    private static string Clean(string key, string value) =>
        value.Any(char.IsControl)
            ? throw new Refusal(400, $"write {key} of the container's configuration: the value has a control character")
            : value;
}
