using System.Net;
using System.Net.Sockets;

namespace System.Tests;

/// <summary>On the host: what comes goes back.</summary>
internal sealed class EchoServer : IDisposable
{
    private readonly Socket _socket;
    private int _taken;

    public EchoServer(EndPoint at)
    {
        _socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        _socket.Bind(at);
        _socket.Listen();
        _ = Run();
    }

    public EndPoint Address => _socket.LocalEndPoint!;

    /// <summary>Connections so far.</summary>
    public int Taken => _taken;

    private async Task Run()
    {
        while (true)
        {
            Socket next;
            try
            {
                next = await _socket.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
            Interlocked.Increment(ref _taken);
            _ = Task.Run(async () =>
            {
                using var stream = new NetworkStream(next, ownsSocket: true);
                try
                {
                    await stream.CopyToAsync(stream);
                }
                catch (IOException)
                {
                    return;
                }
            });
        }
    }

    public void Dispose() => _socket.Dispose();
}
