using System.Globalization;

namespace Holm.Linux.Mounts;

/// <summary>User namespaces that exist only to map the ids of mounts; user_namespaces(7), mount_setattr(2).</summary>
public static class UserNamespaces
{
    /// <summary>
    /// As <see cref="Create(uint, uint)"/>, and id <paramref name="count"/> besides is the host's root. An overlay's own bookkeeping is
    /// done as whoever mounted it: with an upper layer idmapped without that, it cannot make its work folder and mounts read-only.
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd CreateWithRoot(uint first, uint count) =>
        Create(string.Create(CultureInfo.InvariantCulture, $"0 {first} {count}\n{count} 0 1\n"));

    /// <summary>
    /// Makes a namespace in which ids 0 to <paramref name="count"/> - 1 are the host's <paramref name="first"/> and following. A process
    /// has to be born in it, for the millisecond that takes.
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd Create(uint first, uint count) => Create(string.Create(CultureInfo.InvariantCulture, $"0 {first} {count}\n"));

    /// <summary>
    /// Makes a namespace for a mount on which one user and group of the disk are one of a range, and all others stay who they are: outside
    /// that range, so that whoever lives in it has no more rights over their files than anybody. (An id that is mapped to nothing would
    /// make its files read-only even for their owner.)
    /// </summary>
    /// <param name="disk">Ids on the disk.</param>
    /// <param name="host">What they become: ids of the range.</param>
    /// <param name="first">First id of the range.</param>
    /// <param name="count">How many it has.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd CreateForOne((uint Uid, uint Gid) disk, (uint Uid, uint Gid) host, uint first, uint count) =>
        Create(MapOne(disk.Uid, host.Uid, first, count), MapOne(disk.Gid, host.Gid, first, count));

    /// <summary>The lines of such a map; user_namespaces(7).</summary>
    internal static string MapOne(uint disk, uint host, uint first, uint count)
    {
        var lines = string.Create(CultureInfo.InvariantCulture, $"{disk} {host} 1\n");
        // Without the range, and without the one id that has become another.
        foreach (var (begin, end) in ((uint, uint)[])[(0, first), (first + count, uint.MaxValue)])
        {
            var holes = disk >= begin && disk < end ? ((uint, uint)[])[(begin, disk), (disk + 1, end)] : [(begin, end)];
            foreach (var (from, to) in holes.Where(h => h.Item2 > h.Item1))
                lines += string.Create(CultureInfo.InvariantCulture, $"{from} {from} {to - from}\n");
        }
        return lines;
    }

    private static Fd Create(string map) => Create(map, map);

    private static Fd Create(string users, string groups)
    {
        using var born = NamespaceHolder.Start(NamespaceHolder.CLONE_NEWUSER);
        File.WriteAllText($"/proc/{born.Pid}/uid_map", users);
        File.WriteAllText($"/proc/{born.Pid}/gid_map", groups);
        return Fd.Open($"/proc/{born.Pid}/ns/user", OpenFlags.O_RDONLY);
    }
}
