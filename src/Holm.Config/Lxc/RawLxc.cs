using System.Text.RegularExpressions;
using Holm.Contract;

namespace Holm.Config.Lxc;

/// <summary>
/// Key <c>raw.lxc</c>: lines of liblxc's configuration that an app may add to its own, checked one by one. Those are taken that take
/// something from the app or set a limit or a setting inside its own namespaces, and those of devices. Nothing is taken that runs, mounts,
/// maps or names something on the host (<c>lxc.hook.*</c> runs as root): Holm's own keys and devices are for that.
/// </summary>
public static partial class RawLxc
{
    /// <summary>Names of capabilities without CAP_, lower case; capabilities(7).</summary>
    public static IReadOnlyList<string> Capabilities { get; } =
    [
        "audit_control", "audit_read", "audit_write", "block_suspend", "bpf", "checkpoint_restore", "chown", "dac_override",
        "dac_read_search", "fowner", "fsetid", "ipc_lock", "ipc_owner", "kill", "lease", "linux_immutable", "mac_admin", "mac_override",
        "mknod", "net_admin", "net_bind_service", "net_broadcast", "net_raw", "perfmon", "setfcap", "setgid", "setpcap", "setuid",
        "sys_admin", "sys_boot", "sys_chroot", "sys_module", "sys_nice", "sys_pacct", "sys_ptrace", "sys_rawio", "sys_resource",
        "sys_time", "sys_tty_config", "syslog", "wake_alarm",
    ];

    private static readonly string[] Limits =
    [
        "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime",
        "sigpending", "stack",
    ];

    /// <summary>What is taken, for people.</summary>
    public const string Taken = "lxc.cap.drop, lxc.cgroup.devices.allow and .deny, lxc.cgroup2.devices.allow and .deny, " +
        "lxc.prlimit.* and lxc.sysctl.* of net, fs.mqueue and kernel.shm, .msg and .sem";

    /// <summary>Reads and checks the lines.</summary>
    /// <exception cref="Refusal">400: one is not taken, by its number.</exception>
    public static IReadOnlyList<LxcLine> Read(string text)
    {
        try
        {
            var lines = LxcLines.Read(text);
            foreach (var line in lines)
                if (Problem(line) is { } problem)
                    throw new Refusal(400, $"line {line.Number}: {problem}");
            return lines;
        }
        catch (Refusal refusal)
        {
            throw new Refusal(400, $"raw.lxc: {refusal.Message}", refusal);
        }
    }

    /// <summary>Why a line is not taken, as a sentence; null: it is.</summary>
    public static string? Problem(LxcLine line)
    {
        var (_, key, value) = line;
        if (key == "lxc.cap.drop")
            return value.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } names && names.All(Capabilities.Contains)
                ? null : $"{Names.Show(value)} are no capabilities such as sys_nice";
        if (IsDevices(key))
            return DeviceRule().IsMatch(value) ? null : $"{Names.Show(value)} is no rule for devices such as c 10:200 rwm";
        if (key.StartsWith("lxc.prlimit.", StringComparison.Ordinal))
            return Limits.Contains(key["lxc.prlimit.".Length..]) && Limit().IsMatch(value) ? null
                : $"{key} = {Names.Show(value)} is no limit such as lxc.prlimit.nofile = 1024:4096";
        if (key.StartsWith("lxc.sysctl.", StringComparison.Ordinal))
            return Setting().IsMatch(key["lxc.sysctl.".Length..]) ? null
                : $"{key} is a setting of the whole host; of the app's own are net.*, fs.mqueue.*, kernel.shm*, .msg* and .sem";
        return $"{key} is not taken; {Taken} are";
    }

    /// <summary>True for rules of devices, whichever version of control groups they were written for.</summary>
    public static bool IsDevices(string key) =>
        key is "lxc.cgroup.devices.allow" or "lxc.cgroup.devices.deny" or "lxc.cgroup2.devices.allow" or "lxc.cgroup2.devices.deny";

    [GeneratedRegex(@"\A(a|[abc] (\d{1,7}|\*):(\d{1,7}|\*) [rwm]{1,3})\z")]
    private static partial Regex DeviceRule();

    [GeneratedRegex(@"\A(\d{1,19}|unlimited)(:(\d{1,19}|unlimited))?\z")]
    private static partial Regex Limit();

    [GeneratedRegex(@"\A(net|fs\.mqueue)(\.[a-zA-Z0-9_-]+)+\z|\Akernel\.(shm|msg)[a-z_]*\z|\Akernel\.sem\z")]
    private static partial Regex Setting();
}
