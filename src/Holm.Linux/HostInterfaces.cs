namespace Holm.Linux;

/// <summary>Names of the network interfaces of this machine, for completion; sysfs(5), /sys/class/net.</summary>
public static class HostInterfaces
{
    private const string Folder = "/sys/class/net";

    /// <summary>Those that a person may give away: not the loopback and no bridge.</summary>
    public static IEnumerable<string> Ports() => All().Where(name => name != "lo" && !IsBridge(name));

    /// <summary>Bridges.</summary>
    public static IEnumerable<string> Bridges() => All().Where(IsBridge);

    private static bool IsBridge(string name) => Directory.Exists($"{Folder}/{name}/bridge");

    private static IEnumerable<string> All() =>
        Directory.Exists(Folder) ? Directory.EnumerateDirectories(Folder).Select(path => Path.GetFileName(path)) : [];
}
