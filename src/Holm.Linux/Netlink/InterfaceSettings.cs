namespace Holm.Linux.Netlink;

/// <summary>Settings of an interface that are files of /proc, of the calling thread's network namespace; Linux <c>ip-sysctl</c>.</summary>
public static class InterfaceSettings
{
    /// <summary>
    /// Keeps an interface from IPv6 altogether: no address of its own making, none from a router's advertisement, and none of the host's
    /// others is answered for on it. A kernel without IPv6 has nothing to keep it from.
    /// </summary>
    public static void DisableIpv6(string name)
    {
        var path = Path.Combine("/proc/sys/net/ipv6/conf", name, "disable_ipv6");
        if (File.Exists(path))
            File.WriteAllText(path, "1");
    }
}
