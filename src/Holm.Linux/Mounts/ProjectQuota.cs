using System.Runtime.InteropServices;

namespace Holm.Linux.Mounts;

/// <summary>
/// A limit on the bytes below one folder; quotactl_fd(2) with PRJQUOTA. ext4 and XFS mounted with <c>prjquota</c> have it.
/// </summary>
public static partial class ProjectQuota
{
    /// <summary>True when the filesystem of this folder enforces project quotas: counting alone is not enough.</summary>
    public static bool IsEnforced(string folder)
    {
        using var fd = Fd.Open(folder, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        var state = default(FsQuotaStat);
        return quotactl_fd(SYS_quotactl_fd, fd.Number, Command(Q_XGETQSTAT), 0, ref state) == 0 && (state.Flags & FS_QUOTA_PDQ_ENFD) != 0;
    }

    /// <summary>The project a folder is under; 0: none.</summary>
    /// <exception cref="LinuxException">The filesystem knows no projects.</exception>
    public static uint ProjectOf(string folder)
    {
        using var fd = Fd.Open(folder, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        return Attributes(fd, folder).ProjectId;
    }

    /// <summary>Puts a folder, and what is made in it from now on, under a project.</summary>
    /// <param name="folder">A folder, still empty.</param>
    /// <param name="project">Project id, not 0.</param>
    /// <exception cref="LinuxException">The filesystem knows no projects.</exception>
    public static void Assign(string folder, uint project)
    {
        using var fd = Fd.Open(folder, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        var attributes = Attributes(fd, folder);
        attributes.ProjectId = project;
        attributes.ExtendedFlags |= FS_XFLAG_PROJINHERIT;
        LinuxException.Check(Ioctl.Call(fd, FS_IOC_FSSETXATTR, ref attributes), $"set the project of {folder}");
    }

    /// <summary>Limits all that is under a project.</summary>
    /// <param name="folder">Any folder of the filesystem.</param>
    /// <param name="project">Project id, not 0.</param>
    /// <param name="bytes">The most it may hold; 0: no limit.</param>
    /// <exception cref="LinuxException">The filesystem has no project quota, or it is off.</exception>
    public static void Limit(string folder, uint project, long bytes)
    {
        using var fd = Fd.Open(folder, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        var quota = new Dqblk { BlockHardLimit = (ulong)((bytes + 1023) / 1024), BlockSoftLimit = 0, Valid = QIF_BLIMITS };
        LinuxException.Check(
            (int)quotactl_fd(SYS_quotactl_fd, fd.Number, Command(Q_SETQUOTA), project, ref quota), $"limit {folder} to {bytes} bytes");
    }

    private static Fsxattr Attributes(Fd fd, string folder)
    {
        var attributes = default(Fsxattr);
        LinuxException.Check(Ioctl.Call(fd, FS_IOC_FSGETXATTR, ref attributes), $"read the project of {folder}");
        return attributes;
    }

    private static uint Command(uint command) => (command << 8) | PRJQUOTA;

    internal const long SYS_quotactl_fd = 443;
    internal const uint Q_SETQUOTA = 0x800008, PRJQUOTA = 2, QIF_BLIMITS = 1;
    internal const uint Q_XGETQSTAT = 0x5805, FS_QUOTA_PDQ_ENFD = 0x20;
    internal const uint FS_IOC_FSGETXATTR = 0x801c581f, FS_IOC_FSSETXATTR = 0x401c5820;
    internal const uint FS_XFLAG_PROJINHERIT = 0x200;

    /// <summary>struct fsxattr of linux/fs.h.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 28)]
    internal struct Fsxattr
    {
        [FieldOffset(0)] public uint ExtendedFlags;
        [FieldOffset(12)] public uint ProjectId;
    }

    /// <summary>struct if_dqblk of linux/quota.h; block limits are in units of 1024 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 72)]
    internal struct Dqblk
    {
        [FieldOffset(0)] public ulong BlockHardLimit;
        [FieldOffset(8)] public ulong BlockSoftLimit;
        [FieldOffset(64)] public uint Valid;
    }

    /// <summary>struct fs_quota_stat of linux/dqblk_xfs.h, which ext4 answers, too.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 80)]
    internal struct FsQuotaStat
    {
        [FieldOffset(2)] public ushort Flags;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long quotactl_fd(long number, int fd, uint command, uint id, ref Dqblk quota);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long quotactl_fd(long number, int fd, uint command, uint id, ref FsQuotaStat state);
}
