using System.Globalization;
using System.Text;
using Holm.Config.Lxc;
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

    /// <summary>Rules of devices that it may use besides the usual; version 2 only, where the start's hook cannot set them.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>Signal that asks init to power off, as signal(7) spells it.</summary>
    public string HaltSignal { get; init; } = "SIGPWR";

    /// <summary>Signal that asks init to reboot.</summary>
    public string RebootSignal { get; init; } = "SIGINT";

    /// <summary>Where init starts; null: /.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>File that takes what the console prints; a full one becomes <c>.1</c>.</summary>
    public required string ConsoleLog { get; init; }

    /// <summary>Of an instance that is no system: how it is made instead; null: it is one.</summary>
    public OciContainer? Oci { get; init; }

    /// <summary>What liblxc runs between setting it up and its init; null: nothing. See <see cref="Engines.StartHook"/>.</summary>
    public string? StartHook { get; init; }

    /// <summary>The seccomp policy file; null where the kernel has no seccomp.</summary>
    public string? SeccompProfile { get; init; }

    /// <summary><c>generated</c> or <c>unconfined</c>; null where the kernel has no AppArmor.</summary>
    public string? AppArmorProfile { get; init; }

    /// <summary>Hard limit of open files; the soft one is the kernel's own 1024.</summary>
    public long OpenFilesHard { get; init; } = 4096;

    /// <summary>True: it may make containers of its own.</summary>
    public bool Nests { get; init; }

    /// <summary>Lines of <c>raw.lxc</c>, checked; <see cref="Holm.Config.Lxc.RawLxc"/>.</summary>
    public IReadOnlyList<LxcLine> Raw { get; init; } = [];

    /// <summary>True when holmd itself is spared by the out-of-memory killer, which the app must not inherit.</summary>
    public bool ResetOomScore { get; init; }
}

/// <summary>A container of a program, not of a system: holm-init is its process 1, and it may do what the OCI world lets it do.</summary>
/// <param name="InitProgram">Path of holm-init on the host.</param>
/// <param name="HostNetwork">True: it has the host's network, not one of its own.</param>
/// <param name="HostName">Its host name; null: the instance's name.</param>
public sealed record OciContainer(string InitProgram, bool HostNetwork, string? HostName)
{
    /// <summary>Where holm-init is, inside.</summary>
    public const string InitInside = "/dev/.holm-init";

    /// <summary>Docker's and podman's capabilities, and sys_boot: reboot(2) in a pid namespace ends that.</summary>
    public const string Capabilities =
        "audit_write chown dac_override fowner fsetid kill mknod net_bind_service net_raw setfcap setgid setpcap setuid sys_boot " +
        "sys_chroot";
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

    /// <summary>True: every instance may use this device, so that it must not be forbidden.</summary>
    public static bool IsUsual(string rule) => DeviceAllowlist.Contains(rule);

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

    /// <summary>
    /// The policy of containers that are no systems: what docker's and podman's default refuses, named, and all else let through, because
    /// a list of the 350 calls they allow takes milliseconds to load. <c>reboot</c> is not among them: in a pid namespace it ends that.
    /// </summary>
    public static string OciSeccompPolicy
    {
        get
        {
            const int EPERM = 1, ENOSYS = 38;
            var policy = new StringBuilder("2\ndenylist\n[all]\n");
            foreach (var call in OciRefused)
                policy.Append(CultureInfo.InvariantCulture, $"{call} errno {EPERM}\n");
            // New namespaces, by clone(2)'s flags CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; clone3(2) hides them.
            foreach (var flag in (uint[])[0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000])
                policy.Append(CultureInfo.InvariantCulture, $"clone errno {EPERM} [0,{flag},SCMP_CMP_MASKED_EQ,{flag}]\n");
            return policy.Append(CultureInfo.InvariantCulture, $"clone3 errno {ENOSYS}\n").ToString();
        }
    }

    private static readonly string[] OciRefused =
    [
        "acct", "add_key", "bpf", "clock_adjtime", "clock_settime", "delete_module", "fanotify_init", "finit_module", "fsconfig", "fsmount",
        "fsopen", "fspick", "get_mempolicy", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl",
        "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mbind", "migrate_pages", "mount", "mount_setattr",
        "move_mount", "move_pages", "nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open", "pivot_root", "quotactl",
        "quotactl_fd", "request_key", "set_mempolicy", "setdomainname", "sethostname", "setns", "settimeofday", "swapoff", "swapon",
        "syslog", "sysfs", "umount2", "unshare", "uselib", "userfaultfd", "ustat", "vhangup",
    ];

    /// <summary>The whole file.</summary>
    /// <exception cref="Refusal">A value has a control character.</exception>
    public static string Render(LxcSpec spec)
    {
        var text = new StringBuilder("# Written by holmd at every start; changes are lost.\n");
        void Line(string key, string value) => text.Append(key).Append(" = ").Append(Clean(key, value)).Append('\n');

        Line("lxc.uts.name", spec.Oci?.HostName ?? spec.Name);
        Line("lxc.arch", spec.Architecture);
        Line("lxc.rootfs.path", "dir:" + spec.Root);
        Line("lxc.rootfs.managed", "0");
        Mounts(spec, Line);
        if (spec.IdmapBase is { } first)
        {
            Line("lxc.idmap", string.Create(CultureInfo.InvariantCulture, $"u 0 {first} {spec.IdmapCount}"));
            Line("lxc.idmap", string.Create(CultureInfo.InvariantCulture, $"g 0 {first} {spec.IdmapCount}"));
        }

        Capabilities(spec, Line);
        if (spec.SeccompProfile is { } seccomp)
            Line("lxc.seccomp.profile", seccomp);
        if (spec.AppArmorProfile is { } apparmor)
            Line("lxc.apparmor.profile", apparmor);
        if (spec is { Nests: true, AppArmorProfile: "generated" })
            Line("lxc.apparmor.allow_nesting", "1");
        Line("lxc.net.0.type", spec.Oci is { HostNetwork: true } ? "none" : "empty");
        // The loopback: a system's init sets it up itself.
        if (spec.Oci is { HostNetwork: false })
            Line("lxc.net.0.flags", "up");
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
        foreach (var rule in spec.Devices)
            Line(devices + "allow", rule);
        // Rules that were written for the other version mean the same.
        foreach (var (_, key, value) in spec.Raw.Where(l => RawLxc.IsDevices(l.Key)))
            Line(devices + key[(key.LastIndexOf('.') + 1)..], value);

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
        foreach (var (_, key, value) in spec.Raw.Where(l => !RawLxc.IsDevices(l.Key) && l.Key != CapDrop))
            Line(key, value);
        return text.ToString();
    }

    private const string CapDrop = "lxc.cap.drop";

    /// <summary>What is dropped or kept: liblxc takes one of the two.</summary>
    private static void Capabilities(LxcSpec spec, Action<string, string> line)
    {
        var dropped = spec.Raw.Where(l => l.Key == CapDrop).SelectMany(l => l.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        if (spec.Oci is null)
            line(CapDrop, string.Join(' ', dropped.Prepend("mac_admin mac_override sys_time sys_module sys_rawio").Distinct()));
        else
            line("lxc.cap.keep", string.Join(' ', OciContainer.Capabilities.Split(' ').Except(dropped)));
    }

    private static void Mounts(LxcSpec spec, Action<string, string> line)
    {
        // sysfs belongs to a network namespace; of the host's an unprivileged one can only get a view.
        var (proc, sys) = spec.IdmapBase is null ? ("proc:mixed", "sys:mixed") : ("proc:rw", "sys:rw");
        var hostSys = spec.Oci is { HostNetwork: true };
        line("lxc.mount.auto", hostSys ? proc : $"{proc} {sys} cgroup:mixed");
        line("lxc.mount.entry", "mqueue dev/mqueue mqueue rw,relatime,create=dir,optional 0 0");
        if (hostSys)
            line("lxc.mount.entry", "/sys sys none rbind,ro,create=dir,optional 0 0");
        // Whole ones, hidden: without them the kernel lets no user namespace inside have its own. config/nesting.conf.in of LXC.
        if (spec.Nests)
        {
            line("lxc.mount.entry", "proc dev/.lxc/proc proc create=dir,optional 0 0");
            line("lxc.mount.entry", "sys dev/.lxc/sys sysfs create=dir,optional 0 0");
        }
        if (spec.Oci is not { } oci)
            return;
        line("lxc.mount.entry", "shm dev/shm tmpfs rw,nosuid,nodev,noexec,mode=1777,size=65536k,create=dir 0 0");
        line("lxc.mount.entry", "run run tmpfs rw,nosuid,nodev,mode=755,create=dir 0 0");
        line("lxc.mount.entry", $"{Word(oci.InitProgram)} {OciContainer.InitInside[1..]} none bind,ro,create=file 0 0");
    }

    /// <summary>A path as fstab(5) writes it.</summary>
    private static string Word(string path) => path.Replace("\\", "\\134", StringComparison.Ordinal)
        .Replace(" ", "\\040", StringComparison.Ordinal).Replace("\t", "\\011", StringComparison.Ordinal);

    private static string Clean(string key, string value) =>
        value.Any(char.IsControl)
            ? throw new Refusal(400, $"write {key} of the container's configuration: the value has a control character")
            : value;
}
