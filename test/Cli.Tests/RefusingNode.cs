using System.Net.Sockets;
using System.Text;

namespace Cli.Tests;

/// <summary>Answers after the first bytes of a request and reads nothing more, as a node does that refuses a body.</summary>
internal sealed class RefusingNode : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _folder = Directory.CreateTempSubdirectory("holm-cli-tests-").FullName;

    public RefusingNode(string json)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen(1);
        new Thread(() =>
        {
            using var connection = _listener.Accept();
            connection.Receive(new byte[100]);
            connection.Send(Encoding.UTF8.GetBytes(
                $"HTTP/1.1 507 Insufficient Storage\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json}"));
            connection.Shutdown(SocketShutdown.Receive);
        })
        { IsBackground = true }.Start();
    }

    public string SocketPath => Path.Combine(_folder, "unix.socket");

    public void Dispose()
    {
        _listener.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
