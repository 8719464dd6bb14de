using System.Net;
using System.Net.Sockets;

namespace Tests.Registry;

/// <summary>A link to a server that breaks: each connection ends after so many bytes from the server.</summary>
public sealed class CuttingLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _to;
    private readonly Task _accepting;

    public CuttingLink(int toPort)
    {
        _to = toPort;
        _listener.Start();
        _accepting = Accept();
    }

    public string Host => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Bytes from the server after which a connection breaks.</summary>
    public long CutAfter { get; set; } = long.MaxValue;

    /// <summary>Connections that were broken.</summary>
    public int Cuts { get; private set; }

    /// <summary>Bytes that came from the server.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    private long _bytes;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task Accept()
    {
        while (!_end.IsCancellationRequested)
            _ = Serve(await _listener.AcceptTcpClientAsync(_end.Token));
    }

    private async Task Serve(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _to, _end.Token);
                var up = client.GetStream().CopyToAsync(server.GetStream(), _end.Token);
                var buffer = new byte[16 * 1024];
                var rest = CutAfter;
                for (int count; rest > 0; rest -= count)
                {
                    count = await server.GetStream().ReadAsync(buffer.AsMemory(0, (int)Math.Min(rest, buffer.Length)), _end.Token);
                    if (count == 0)
                        return;
                    await client.GetStream().WriteAsync(buffer.AsMemory(0, count), _end.Token);
                    Interlocked.Add(ref _bytes, count);
                }
                Cuts++;
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // One of the two went away, as they may.
            }
        }
    }
}
