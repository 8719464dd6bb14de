using System.Globalization;
using System.Text;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Images.Roots;

/// <summary>A user of a root, by the ids inside.</summary>
/// <param name="Uid">User.</param>
/// <param name="Gid">Group.</param>
/// <param name="Groups">Further groups.</param>
/// <param name="Home">Home directory; <c>/</c> for a user that the root does not know.</param>
public sealed record RootUser(uint Uid, uint Gid, IReadOnlyList<uint> Groups, string Home);

/// <summary>Finds users in a root's own <c>/etc/passwd</c> and <c>/etc/group</c>; passwd(5), group(5).</summary>
public static class RootUsers
{
    /// <summary>Bytes of each file that are looked at.</summary>
    private const int LongestFile = 1024 * 1024;

    /// <summary>Finds the user that an image names.</summary>
    /// <param name="root">The root's folder, open.</param>
    /// <param name="user">
    /// <c>user</c>, <c>uid</c>, <c>user:group</c>, <c>uid:gid</c> and mixtures; OCI image specification, config.md, User. Empty: root.
    /// </param>
    /// <exception cref="Refusal">400: a name is in neither file.</exception>
    public static RootUser Find(Fd root, string user)
    {
        var passwd = Lines(root, "/etc/passwd");
        var groups = Lines(root, "/etc/group");
        var (name, group) = user.Split(':', 2) is [var first, var second] ? (first, second) : (user.Length > 0 ? user : "0", "");
        var number = Number(name);
        var entry = passwd.FirstOrDefault(e => e.Length >= 6 && (e[0] == name || number is not null && Number(e[2]) == number));
        var uid = entry is not null ? Number(entry[2]) : number;
        if (uid is not { } found)
            throw new Refusal(400, $"user {Shown(name)} is not in the image's /etc/passwd; name another, or a number");
        var gid = group.Length > 0 ? GroupOf(groups, group) : entry is not null ? Number(entry[3]) ?? 0 : 0;
        var further = group.Length > 0 || entry is null ? [] : groups
            .Where(g => g.Length >= 4 && g[3].Split(',').Contains(entry[0]))
            .Select(g => Number(g[2])).OfType<uint>().Where(g => g != gid).Distinct().ToList();
        return new RootUser(found, gid, further, entry?[5] is { Length: > 0 } home && home.StartsWith('/') ? home : "/");
    }

    private static uint GroupOf(List<string[]> groups, string group) =>
        Number(group) ?? groups.Where(g => g.Length >= 3 && g[0] == group).Select(g => Number(g[2])).FirstOrDefault(g => g is not null) ??
        throw new Refusal(400, $"group {Shown(group)} is not in the image's /etc/group; name another, or a number");

    /// <summary>The file may be anything that whoever made the image, or runs in it, wanted it to be.</summary>
    private static List<string[]> Lines(Fd root, string path)
    {
        try
        {
            using var file = Fd.OpenInRoot(root, path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY);
            if (!FileStat.Of(file).IsRegular)
                return [];
            var bytes = new byte[Math.Min(FileStat.Of(file).Size, LongestFile)];
            var length = 0;
            while (length < bytes.Length && file.TryRead(bytes.AsSpan(length)) is > 0 and var count)
                length += count;
            return [.. Encoding.UTF8.GetString(bytes, 0, length).Split('\n').Select(line => line.Split(':'))];
        }
        catch (LinuxException)
        {
            return [];
        }
    }

    private static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Shown(string text) => '"' + new string([.. text.Take(64).Select(c => char.IsControl(c) ? '?' : c)]) + '"';
}
