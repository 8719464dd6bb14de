using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Images.Tests.Oci;

/// <summary>A real registry (Debian's docker-registry) on loopback, filled by skopeo; ends with the tests that share it.</summary>
public sealed class RegistryServer : IAsyncLifetime
{
    private Process? _process;

    public RegistryServer() => Port = FreePort();

    public Scratch Scratch { get; } = new();

    public int Port { get; }

    public string Host => $"127.0.0.1:{Port}";

    /// <summary>htpasswd(1) of who may pull; null: everybody.</summary>
    public string? Password { get; init; }

    public async ValueTask InitializeAsync()
    {
        var auth = "";
        if (Password is not null)
        {
            Scratch.Shell($"htpasswd -Bbn anna '{Password}' > users");
            auth = $"auth:\n  htpasswd:\n    realm: tests\n    path: {Scratch["users"]}\n";
        }
        await File.WriteAllTextAsync(Scratch["registry.yml"],
            $"version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {Scratch["store"]}\n" +
            $"http:\n  addr: {Host}\n{auth}");
        _process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", Scratch["registry.yml"]])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _ = _process.StandardError.ReadToEndAsync();
        _ = _process.StandardOutput.ReadToEndAsync();
        for (var i = 0; i < 600; i++)
        {
            using var socket = new TcpClient();
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50);
            }
        }
        throw new InvalidOperationException("docker-registry did not begin to listen");
    }

    /// <summary>Puts an OCI layout into it.</summary>
    public void Push(string layout, string name, string more = "") => Scratch.Shell(
        $"skopeo copy -q --insecure-policy --dest-tls-verify=false {more} " +
        (Password is null ? "" : $"--dest-creds anna:{Password} ") + $"oci:{layout} docker://{Host}/{name}");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        Scratch.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
