using System.Text.RegularExpressions;
using Holm.Contract;

namespace Holm.Config;

/// <summary>What network interfaces may be called; <c>dev_valid_name</c> of Linux, and the names that WeOS keeps for the host.</summary>
public static partial class InterfaceNames
{
    /// <summary>Bytes of the longest name: IFNAMSIZ without its NUL.</summary>
    public const int Longest = 15;

    /// <summary>Kinds of names that host ends cannot have: the host's own interfaces are called so.</summary>
    public static IReadOnlyList<string> Reserved { get; } =
        ["dslN", "ethN", "greN", "ifaceN", "ipsecN", "lo", "modemN", "portN", "pppN", "pppoeN", "sslN", "vlanN"];

    /// <summary>Accepts the name of an interface, whoever made it: a port, an existing bridge, a guest end.</summary>
    /// <param name="what">What it is the name of, for the message.</param>
    /// <param name="name">The name.</param>
    /// <exception cref="Refusal">400, saying which rule is broken.</exception>
    public static void Check(string what, string name)
    {
        var broken =
            name.Length == 0 ? "it is empty" :
            name.Length > Longest ? $"it has {name.Length} characters, {Longest} are allowed" :
            name is "." or ".." or "all" or "default" ? "the kernel uses it for something else" :
            name.Any(c => c is <= ' ' or > '~' or '/' or ':' or '%' or '"' or '\\' or '#') ?
                "only printable ASCII characters without spaces and any of / : % \" \\ # are allowed" :
            null;
        if (broken is not null)
            throw new Refusal(400, $"{what}: interface name {Names.Show(name)} is not allowed: {broken}");
    }

    /// <summary>Accepts the name of an interface that Holm makes on the host.</summary>
    /// <exception cref="Refusal">400: as <see cref="Check"/>, or reserved.</exception>
    public static void CheckHost(string what, string name)
    {
        Check(what, name);
        if (ReservedName().IsMatch(name))
            throw new Refusal(400, $"{what}: interface name {name} is reserved for the host ({string.Join(' ', Reserved)}); " +
                "choose another");
        // They are written into the rules of nftables and the arguments of dnsmasq.
        if (!char.IsAsciiLetter(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw new Refusal(400, $"{what}: interface name {name} is not allowed for an interface of the host: a letter, then letters, " +
                "digits, '-', '_' and '.'");
    }

    [GeneratedRegex("^(lo|(dsl|eth|gre|iface|ipsec|modem|port|ppp|pppoe|ssl|vlan)[0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex ReservedName();
}
