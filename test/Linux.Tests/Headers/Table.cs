namespace Linux.Tests.Headers;

/// <summary>A C struct that a struct of Holm.Linux lays out.</summary>
/// <param name="Type">Name in Holm.Linux, without that prefix; <c>+</c> before a nested one, as reflection writes it.</param>
/// <param name="C">Name in C.</param>
/// <param name="Whole">True: sizes are equal. False: only a head of the C struct is declared.</param>
/// <param name="Headers">Group of headers that knows it: <see cref="Table.Groups"/>.</param>
public sealed record StructRow(string Type, string C, bool Whole = true, int Headers = 0)
{
    /// <summary>C# field to C member, where it is not <see cref="Prefix"/> and the same name in snake_case.</summary>
    public Dictionary<string, string> Fields { get; init; } = [];

    /// <summary>What C puts before every member's name, such as <c>stx_</c>.</summary>
    public string Prefix { get; init; } = "";
}

/// <summary>
/// What cannot be read from Holm.Linux itself. A new constant needs a line here only when its header is not included yet or its name is
/// Holm's own; a new struct needs one row.
/// </summary>
internal static class Table
{
    /// <summary>Headers which can be included together. A constant is looked for in the first group, then in the next.</summary>
    public static readonly string[][] Groups =
    [
        [
            "errno.h", "fcntl.h", "limits.h", "poll.h", "sched.h", "signal.h", "spawn.h", "stdint.h", "termios.h", "ucontext.h",
            "unistd.h", "dirent.h", "grp.h", "sys/epoll.h", "sys/eventfd.h", "sys/file.h", "sys/inotify.h", "sys/ioctl.h",
            "sys/mman.h", "sys/mount.h", "sys/prctl.h", "sys/reboot.h", "sys/resource.h", "sys/signalfd.h", "sys/socket.h",
            "sys/stat.h", "sys/auxv.h", "sys/statfs.h", "sys/statvfs.h", "sys/syscall.h", "sys/sysmacros.h", "sys/timerfd.h", "sys/uio.h",
            "sys/un.h", "sys/wait.h", "sys/xattr.h", "linux/capability.h", "linux/loop.h", "linux/magic.h", "linux/nsfs.h",
            "linux/openat2.h", "linux/securebits.h", "lxc/lxccontainer.h", "lxc/attach_options.h", "histedit.h", "locale.h",
        ],
        [
            "stdint.h", "stddef.h", "linux/fs.h", "linux/mount.h", "linux/fcntl.h", "linux/stat.h", "linux/netlink.h",
            "linux/rtnetlink.h", "linux/if.h", "linux/if_link.h", "linux/if_tun.h", "linux/if_bridge.h", "linux/veth.h",
            "linux/neighbour.h", "linux/net_namespace.h", "linux/netfilter/nf_tables.h", "linux/netfilter/nfnetlink.h",
            "linux/quota.h", "linux/dqblk_xfs.h", "linux/sched.h", "linux/elf.h", "linux/vt.h", "linux/kd.h",
        ],
    ];

    /// <summary>Every struct of Holm.Linux.</summary>
    public static readonly StructRow[] Structs =
    [
        new("Fd+OpenHow", "struct open_how"),
        new("Processes.Epoll+Event", "struct epoll_event"),
        new("Mounts.MountCalls+MountAttr", "struct mount_attr"),
        new("Files.FileStat+Statx", "struct statx")
        {
            Prefix = "stx_", Fields =
            {
                ["Inode"] = "stx_ino", ["Links"] = "stx_nlink", ["Accessed"] = "stx_atime.tv_sec",
                ["AccessedNanoseconds"] = "stx_atime.tv_nsec", ["Modified"] = "stx_mtime.tv_sec",
                ["ModifiedNanoseconds"] = "stx_mtime.tv_nsec",
            },
        },
        new("Files.FilesystemRoom+Statvfs", "struct statvfs") { Prefix = "f_" },
        new("Mounts.ProjectQuota+Fsxattr", "struct fsxattr", Headers: 1)
        {
            Fields = { ["ExtendedFlags"] = "fsx_xflags", ["ProjectId"] = "fsx_projid" },
        },
        new("Mounts.ProjectQuota+Dqblk", "struct if_dqblk", Headers: 1)
        {
            Fields = { ["BlockHardLimit"] = "dqb_bhardlimit", ["BlockSoftLimit"] = "dqb_bsoftlimit", ["Valid"] = "dqb_valid" },
        },
        new("Mounts.ProjectQuota+FsQuotaStat", "struct fs_quota_stat", Headers: 1) { Fields = { ["Flags"] = "qs_flags" } },
        new("Mounts.NamespaceHolder+Context", "ucontext_t", Whole: false)
        {
            Fields =
            {
                ["Flags"] = "uc_flags", ["Link"] = "uc_link", ["Stack"] = "uc_stack.ss_sp", ["StackFlags"] = "uc_stack.ss_flags",
                ["StackBytes"] = "uc_stack.ss_size",
            },
        },
        new("Mounts.Loop+LoopConfig", "struct loop_config") { Fields = { ["Flags"] = "info.lo_flags" } },
        new("Mounts.InnerMounts+Statfs", "struct statfs") { Prefix = "f_" },
        new("Terminals.Terminal+Winsize", "struct winsize")
        {
            Fields = { ["Rows"] = "ws_row", ["Columns"] = "ws_col", ["XPixels"] = "ws_xpixel", ["YPixels"] = "ws_ypixel" },
        },
        new("Poll+PollFd", "struct pollfd") { Fields = { ["Returned"] = "revents" } },
        new("UnixSocket+Timeval", "struct timeval") { Fields = { ["Seconds"] = "tv_sec", ["Microseconds"] = "tv_usec" } },
        new("PacketSocket+Credentials", "struct ucred"),
        new("PacketSocket+Part", "struct iovec") { Fields = { ["Base"] = "iov_base", ["Length"] = "iov_len" } },
        new("PacketSocket+Message", "struct msghdr")
        {
            Prefix = "msg_",
            Fields =
            {
                ["NameLength"] = "msg_namelen", ["Parts"] = "msg_iov", ["PartCount"] = "msg_iovlen", ["ControlLength"] = "msg_controllen",
            },
        },
        new("PacketSocket+ControlHead", "struct cmsghdr", Whole: false) { Prefix = "cmsg_", Fields = { ["Length"] = "cmsg_len" } },
        new("Processes.OwnProcess+Limit", "struct rlimit") { Fields = { ["Current"] = "rlim_cur", ["Maximum"] = "rlim_max" } },
        new("Netlink.MessageHead", "struct nlmsghdr", Headers: 1) { Prefix = "nlmsg_" },
        new("Netlink.LinkHead", "struct ifinfomsg", Headers: 1) { Prefix = "ifi_", Fields = { ["Pad"] = "__ifi_pad" } },
        new("Netlink.AddressHead", "struct ifaddrmsg", Headers: 1) { Prefix = "ifa_", Fields = { ["PrefixLength"] = "ifa_prefixlen" } },
        new("Netlink.RouteHead", "struct rtmsg", Headers: 1) { Prefix = "rtm_" },
        new("Netlink.BridgeVlan", "struct bridge_vlan_info", Headers: 1),
        new("Netlink.LinkStatistics", "struct rtnl_link_stats64", Whole: false, Headers: 1),
        new("Netlink.NetlinkSocket+SocketAddress", "struct sockaddr_nl", Headers: 1) { Prefix = "nl_" },
        new("Netlink.NetNamespace+Filesystem", "struct statfs") { Prefix = "f_" },
        new("Terminals.EditLine+LineInfo", "LineInfo"),
        new("Terminals.EditLine+HistEvent", "HistEvent"),
        new("Lxc.LxcContainer+Native", "struct lxc_container", Whole: false),
    ];

    /// <summary>Structs that no C code ever sees, each with the reason.</summary>
    public static readonly Dictionary<string, string> OwnStructs = new()
    {
        ["Netlink.MessageReader"] = "a place in a datagram",
        ["Netlink.AttributeReader"] = "a place in a message",
    };

    /// <summary>Constants that C spells otherwise: C expression, which must be constant.</summary>
    public static readonly Dictionary<string, string> Spelled = new()
    {
        ["F_SEAL_ALL"] = "F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE",
        ["MOUNT_ATTR_ALL"] = "MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC",
    };

    /// <summary>Constants that glibc computes when a program runs; checked by running one.</summary>
    public static readonly string[] AtRunTime = ["SIGRTMIN", "SIGRTMAX"];

    /// <summary>Constants in capitals which no header defines, each with the reason.</summary>
    public static readonly Dictionary<string, string> OwnConstants = new()
    {
        ["IFLA_NETNS_IMMUTABLE"] = "in linux/if_link.h since Linux 6.15; NetlinkTests finds it on lo where the kernel is as new",
    };

    /// <summary>Constants with a name of Holm's own that must hold against C; <c>{0}</c> is the value.</summary>
    public static readonly (string Constant, string Condition)[] Promises =
    [
        ("Mounts.NamespaceHolder.ContextBytes", "sizeof(ucontext_t) <= {0}"),
        ("Processes.Child.SpawnStructBytes", "sizeof(posix_spawn_file_actions_t) <= {0} && sizeof(posix_spawnattr_t) <= {0}"),
        ("Processes.Child.SignalSetBytes", "sizeof(sigset_t) == {0}"),
        ("UnixSocket.LongestPath", "sizeof(((struct sockaddr_un *)0)->sun_path) == {0} + 1"),
    ];
}
