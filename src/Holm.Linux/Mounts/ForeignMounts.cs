namespace Holm.Linux.Mounts;

/// <summary>
/// What a copy of the host's mount table holds and does not need. Where the host's mounts are shared, as systemd makes them, an unmount
/// reaches every copy; where they are private, as the kernel makes them, each copy keeps a stick in use that the host has unmounted, until
/// the copy ends. mount_namespaces(7), "Shared subtrees".
/// </summary>
internal static class ForeignMounts
{
    /// <summary>Programs, their libraries and settings, and the kernel's own filesystems: with all that is mounted below.</summary>
    private static readonly string[] System =
        ["/proc", "/sys", "/dev", "/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/opt", "/nix"];

    /// <summary>Folders of files in passing, without what is mounted below.</summary>
    private static readonly string[] Passing = ["/", "/run", "/tmp", "/var"];

    /// <summary>Takes out of the calling thread's namespace, a slave of the host's, what no unmount of the host would reach.</summary>
    /// <param name="needed">Folders that are needed besides, with all that is mounted below.</param>
    public static void Drop(IReadOnlyList<string> needed)
    {
        using var table = Fd.Open("/proc/thread-self/mountinfo", OpenFlags.O_RDONLY);
        string[] whole = [.. System, .. needed, AppContext.BaseDirectory.TrimEnd('/')];
        // One that lies on another's place is gone first.
        foreach (var mount in MountLine.ReadAll(table).Reverse())
            if (!mount.FollowsHost && !Passing.Contains(mount.Target) &&
                !whole.Any(w => IsAtOrBelow(mount.Target, w) || IsAtOrBelow(w, mount.Target)))
                MountCalls.Unmount(mount.Target);
    }

    private static bool IsAtOrBelow(string path, string folder) =>
        path.StartsWith(folder, StringComparison.Ordinal) && (path.Length == folder.Length || path[folder.Length] == '/');
}
