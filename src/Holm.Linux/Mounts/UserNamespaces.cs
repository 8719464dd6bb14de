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

    /// <summary>Makes a namespace in which one user and one group are another of the host, and nothing else is anybody.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Fd CreateForOne((uint Uid, uint Gid) inside, (uint Uid, uint Gid) host) => Create(
        string.Create(CultureInfo.InvariantCulture, $"{inside.Uid} {host.Uid} 1\n"),
        string.Create(CultureInfo.InvariantCulture, $"{inside.Gid} {host.Gid} 1\n"));

    private static Fd Create(string map) => Create(map, map);

    private static Fd Create(string users, string groups)
    {
        using var born = NamespaceHolder.Start(NamespaceHolder.CLONE_NEWUSER);
        File.WriteAllText($"/proc/{born.Pid}/uid_map", users);
        File.WriteAllText($"/proc/{born.Pid}/gid_map", groups);
        return Fd.Open($"/proc/{born.Pid}/ns/user", OpenFlags.O_RDONLY);
    }
}
