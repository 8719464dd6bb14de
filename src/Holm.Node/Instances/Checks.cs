using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Cgroups;
using Holm.Linux.Lxc;
using Holm.Linux.Mounts;

namespace Holm.Node.Instances;

/// <summary>
/// What this machine can do and what Holm does where it cannot: the rows of <c>holm checkconfig</c>, read anew at each call.
/// </summary>
/// <param name="tree">The machine's control groups.</param>
/// <param name="paths">This node's folders.</param>
/// <param name="canIdmapLayers">True: SquashFS mounts can be idmapped.</param>
public sealed class Checks(CgroupTree tree, NodePaths paths, bool canIdmapLayers)
{
    private const string Yes = "yes", No = "no", Missing = "missing";

    /// <summary>All rows.</summary>
    public IReadOnlyList<Check> Read() =>
    [
        new() { Feature = "kernel", Found = KernelRelease(), Holm = "5.12 or later is needed, 6.2 or later is best" },
        new() { Feature = "liblxc", Found = LxcContainer.Version, Holm = "runs the containers" },
        Filesystem("squashfs", "layers cannot be mounted: load or build the squashfs module"),
        Filesystem("overlay", "no root can be made: load or build the overlay module"),
        Row(File.Exists("/dev/loop-control"), "loop devices", "layers are mounted through them", "layers cannot be mounted: modprobe loop"),
        canIdmapLayers
            ? new() { Feature = "idmapped SquashFS", Found = Yes, Holm = "unprivileged instances share the layers as they are" }
            : new() { Feature = "idmapped SquashFS", Found = No, Holm = "a shifted copy of each layer is kept for unprivileged instances" },
        Row(Directory.Exists("/proc/self/ns") && File.Exists("/proc/self/ns/user"), "user namespaces", "instances are unprivileged",
            "only security.privileged=true instances can run: build the kernel with CONFIG_USER_NS"),
        new() { Feature = "cgroups", Found = tree.Layout, Holm = "limits are set where each controller is" },
        Controller("cpu"), Controller("memory"), Controller("pids"), Controller("cpuset"), Controller("cpuacct"),
        tree.Of("devices") is { Unified: false }
            ? new() { Feature = "device filter", Found = "v1", Holm = "by the devices controller" }
            : new() { Feature = "device filter", Found = "v2", Holm = "by a program on the control group (BPF)" },
        Row(File.Exists("/proc/sys/kernel/seccomp/actions_avail"), "seccomp", "LXD's default policy is applied",
            "no system call is filtered: build the kernel with CONFIG_SECCOMP_FILTER", orElse: No),
        AppArmor(),
        Row(Directory.Exists("/sys/fs/selinux/initial_contexts"), "SELinux", "instances run in holmd's own context",
            "nothing is labelled", orElse: No),
        Row(QuotaWorks(), "project quota of HOLM_STATE", "size of a kept root is enforced",
            "size is refused on pools of driver dir: mount the filesystem with prjquota", orElse: No),
        Row(NetworkForwards(), "IPv4 forwarding", "on: the host forwards between its interfaces, apps among them",
            "off: switched on as long as an app has ipv4.nat, and then guarded, so that only apps are forwarded for", orElse: No),
        Program("dnsmasq", "dnsmasq-base", "no address is handed out on host ends and networks"),
        Program("udhcpc", "udhcpc", "no host end asks for an address by DHCP"),
        Program("nft", "nftables", "nothing is masqueraded (ipv4.nat)"),
        Program("tar2sqfs", "squashfs-tools-ng", "tar images cannot be imported"),
        Program("sqfs2tar", "squashfs-tools-ng", "layers cannot be shifted, and images not saved"),
        Program("xz", "xz-utils", ".tar.xz images cannot be imported"),
        Program("zstd", "zstd", ".tar.zst images cannot be imported"),
    ];

    /// <summary>The AppArmor profile instances get; null where the kernel has no AppArmor.</summary>
    public static string? AppArmorProfile() =>
        !AppArmorEnabled() ? null : OnPath("apparmor_parser") ? "generated" : "unconfined";

    private static Check AppArmor() => AppArmorProfile() switch
    {
        null => new() { Feature = "AppArmor", Found = No, Holm = "nothing is confined by it: the kernel has it not, or it is off" },
        "generated" => new() { Feature = "AppArmor", Found = Yes, Holm = "a profile is generated for each instance" },
        _ => new() { Feature = "AppArmor", Found = Missing, Holm = "nothing is confined by it: install the package apparmor" },
    };

    private static bool AppArmorEnabled() =>
        File.Exists("/sys/module/apparmor/parameters/enabled") &&
        File.ReadAllText("/sys/module/apparmor/parameters/enabled").StartsWith('Y') &&
        Directory.Exists("/sys/kernel/security/apparmor");

    private Check Controller(string name) => tree.Of(name) is { } hierarchy
        ? new() { Feature = $"controller {name}", Found = hierarchy.Unified ? "v2" : "v1", Holm = "limits and counters work" }
        : new() { Feature = $"controller {name}", Found = Missing, Holm = "its limits are refused and its counters read 0" };

    private static Check Filesystem(string name, string otherwise) =>
        Row(File.ReadAllLines("/proc/filesystems").Any(l => l.EndsWith('\t' + name)), name, "in the kernel", otherwise);

    private static bool NetworkForwards() => File.ReadAllText("/proc/sys/net/ipv4/ip_forward").Trim() == "1";

    private bool QuotaWorks()
    {
        try
        {
            return ProjectQuota.IsEnforced(paths.State);
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    private static Check Program(string name, string package, string otherwise) =>
        Row(OnPath(name), name, "found", $"{otherwise}: install the package {package}");

    private static bool OnPath(string program) =>
        ((string[])["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"])
            .Any(folder => File.Exists(Path.Combine(folder, program)));

    private static Check Row(bool found, string feature, string then, string otherwise, string orElse = Missing) =>
        new() { Feature = feature, Found = found ? Yes : orElse, Holm = found ? then : otherwise };

    /// <summary>The kernel's release, for example <c>6.1.0-28-amd64</c>.</summary>
    public static string KernelRelease() => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
}
