using Holm.Linux;

namespace Holm.Cli.Wire;

/// <summary>The daemon cannot be talked to, or stopped talking: exit code 3.</summary>
internal sealed class Unreachable(string socket, string why) : Exception($"cannot talk to the node at {socket}: {why}")
{
    /// <summary>Says why a connection could not be made, and the mend.</summary>
    public static Unreachable Connect(string socket, LinuxException error) => new(socket, error.Errno switch
    {
        Errnos.ENOENT => "there is no such socket; start the daemon with systemctl start holmd, or set HOLM_RUN",
        Errnos.ECONNREFUSED => "nobody listens there; start the daemon with systemctl start holmd",
        Errnos.EACCES => "permission denied; ask root to add you to the group holm, which is as mighty as root",
        Errnos.EAGAIN => "it does not answer, and too many wait for it already; look at it with systemctl status holmd",
        _ => error.Message,
    });
}
