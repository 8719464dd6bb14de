using Holm.Linux.Files;
using Holm.Linux.Processes;

namespace Holm.Linux.Mounts;

/// <summary>The root of another process, as it sees it: its own mounts are on it, whatever namespace they are in.</summary>
public static class ProcessRoot
{
    /// <summary>
    /// Opens it (O_PATH); proc_pid_root(5). What is opened belongs to this very process, for it has not been reaped meanwhile, and stays
    /// what it is when the process ends. Null: it has ended, or still has the host's root.
    /// </summary>
    /// <param name="pid">Process.</param>
    /// <param name="isMeant">Asked once the process is held: false: it is another by now.</param>
    public static Fd? TryOpen(int pid, Func<bool> isMeant)
    {
        Fd? root = null;
        try
        {
            using var process = PidFds.Open(pid);
            if (!isMeant())
                return null;
            root = Fd.Open($"/proc/{pid}/root", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
            var (own, hosts) = (FileStat.Of(root), FileStat.Of("/"));
            if (PidFds.IdOf(process) == pid && (own.Device, own.Inode) != (hosts.Device, hosts.Inode))
                return root;
        }
        catch (LinuxException e) when (e.Errno is Errnos.ESRCH or Errnos.ENOENT or Errnos.EINVAL)
        {
            return null;
        }
        root?.Dispose();
        return null;
    }
}
