using System.Net.Sockets;

namespace Holm.Cli.Wire;

/// <summary>The daemon cannot be talked to, or stopped talking: exit code 3.</summary>
internal sealed class Unreachable(string socket, string why) : Exception($"cannot talk to the node at {socket}: {why}")
{
    /// <summary>Says why a connection could not be made, and the mend.</summary>
    public static Unreachable Connect(string socket, SocketException error) => new(socket, error.SocketErrorCode switch
    {
        SocketError.AddressNotAvailable => "there is no such socket; start the daemon with systemctl start holmd, or set HOLM_RUN",
        SocketError.ConnectionRefused => "nobody listens there; start the daemon with systemctl start holmd",
        SocketError.AccessDenied => "permission denied; ask root to add you to the group holm, which is as mighty as root",
        _ => error.Message.TrimEnd('.'),
    });
}
