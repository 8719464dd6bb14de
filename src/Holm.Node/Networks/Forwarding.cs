namespace Holm.Node.Networks;

/// <summary>
/// The host's forwarding of IPv4 packets, ip_forward (Linux <c>ip-sysctl</c>). Switched on when a subnet is masqueraded and it was off, and
/// off again when none is any more; as long as it was Holm that did it, <see cref="NatTable"/> guards the host's other interfaces.
/// </summary>
/// <param name="markFile">Exists while it was Holm that switched it on; on tmpfs.</param>
internal sealed class Forwarding(string markFile)
{
    private const string Sysctl = "/proc/sys/net/ipv4/ip_forward";

    /// <summary>True while the host forwards.</summary>
    public static bool IsOn => File.ReadAllText(Sysctl).Trim() == "1";

    /// <summary>True while it is on because of Holm, or would be if Holm switched it on now.</summary>
    public bool IsOurs => File.Exists(markFile) || !IsOn;

    /// <summary>Switches it on; the guard stands already.</summary>
    public void On()
    {
        if (IsOn)
            return;
        File.WriteAllBytes(markFile, []);
        File.WriteAllText(Sysctl, "1");
    }

    /// <summary>Switches it off if it was Holm that switched it on; the guard still stands.</summary>
    public void Off()
    {
        if (!File.Exists(markFile))
            return;
        File.WriteAllText(Sysctl, "0");
        File.Delete(markFile);
    }
}
