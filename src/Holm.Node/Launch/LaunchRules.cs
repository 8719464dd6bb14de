using System.Globalization;
using Holm.Contract;
using Holm.Linux;

namespace Holm.Node.Launch;

/// <summary>Who may launch what. Root and group holm may everything; who else, a flake says.</summary>
public static class LaunchRules
{
    /// <summary>True when a caller may launch a flake.</summary>
    /// <param name="flake">The flake.</param>
    /// <param name="caller">Who called, as the kernel says.</param>
    /// <param name="passwd">Lines of the host's /etc/passwd.</param>
    /// <param name="group">Lines of the host's /etc/group.</param>
    public static bool May(Flake flake, Peer caller, IReadOnlyList<string> passwd, IReadOnlyList<string> group)
    {
        if (caller.Uid == 0)
            return true;
        var name = NameOf(passwd, caller.Uid);
        var groups = group.Select(line => line.Split(':'))
            .Where(g => g.Length >= 4 && (IsOf(g[2], caller) || name is not null && g[3].Split(',').Contains(name)))
            .Select(g => g[0]).ToHashSet(StringComparer.Ordinal);
        return groups.Contains("holm") || flake.Allow.Any(who =>
            who == "*" || who.StartsWith('@') && groups.Contains(who[1..]) || who == name || who == Number(caller.Uid));
    }

    /// <summary>Name of a user, or null.</summary>
    public static string? NameOf(IReadOnlyList<string> passwd, uint uid) =>
        passwd.Select(line => line.Split(':')).FirstOrDefault(u => u.Length >= 3 && u[2] == Number(uid))?[0];

    private static bool IsOf(string id, Peer caller) =>
        uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var gid) &&
        (gid == caller.Gid || caller.Groups.Contains(gid));

    private static string Number(uint id) => id.ToString(CultureInfo.InvariantCulture);
}
