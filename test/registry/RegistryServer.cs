using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Tests.Registry;

/// <summary>A real registry (Debian's docker-registry) on loopback, filled by skopeo; ends with the tests that share it.</summary>
public sealed class RegistryServer : IAsyncLifetime
{
    private Process? _process;

    public RegistryServer() => Port = FreePort();

    /// <summary>A folder that goes with it.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("holm-registry-").FullName;

    public int Port { get; }

    public string Host => $"127.0.0.1:{Port}";

    /// <summary>htpasswd(1) of who may pull; null: everybody.</summary>
    public string? Password { get; init; }

    /// <summary>Who gives out its tokens; null: it takes none.</summary>
    public TokenServer? Tokens { get; init; }

    public async ValueTask InitializeAsync()
    {
        var auth = "";
        if (Tokens is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(Folder, "tokens.pem"), Tokens.Pem);
            auth = $"auth:\n  token:\n    realm: {Tokens.Realm}\n    service: {TokenServer.Service}\n" +
                $"    issuer: {TokenServer.Issuer}\n    rootcertbundle: {Folder}/tokens.pem\n";
        }
        else if (Password is not null)
        {
            Sh($"htpasswd -Bbn anna '{Password}' > users");
            auth = $"auth:\n  htpasswd:\n    realm: tests\n    path: {Folder}/users\n";
        }
        await File.WriteAllTextAsync(Path.Combine(Folder, "registry.yml"),
            $"version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {Folder}/store\n" +
            $"http:\n  addr: {Host}\n{auth}");
        _process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", Path.Combine(Folder, "registry.yml")])
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
    public void Push(string layout, string name, string more = "") => Sh(
        $"skopeo copy -q --insecure-policy --dest-tls-verify=false {more} " +
        (Password is null ? "" : $"--dest-creds anna:{Password} ") + $"oci:{layout} docker://{Host}/{name}");

    /// <summary>Runs a line of shell in <see cref="Folder"/>, and gives what it printed.</summary>
    public string Sh(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/bash", ["-euo", "pipefail", "-c", script])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = shell.StandardError.ReadToEndAsync();
        var output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        Assert.True(shell.ExitCode == 0, $"{script}\nexit code {shell.ExitCode}\n{output}\n{error.Result}");
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        Directory.Delete(Folder, recursive: true);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
