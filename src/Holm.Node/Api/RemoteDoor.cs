using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Holm.Config;
using Holm.Linux.Netlink;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Holm.Node.Api;

/// <summary>
/// The API by TLS 1.3, open where the configuration says so: the same routes, for clients that are trusted by their certificate.
/// </summary>
internal sealed class RemoteDoor(NodeFace node, Func<Action<KestrelServerOptions>, WebApplication> build) : IAsyncDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5), Handshake = TimeSpan.FromSeconds(10);

    private const int ConnectionsMax = 256, ConnectionsOfOneMax = 64;

    private readonly SemaphoreSlim _one = new(1), _changed = new(0);
    private readonly CancellationTokenSource _end = new();
    private WebApplication? _app;
    private volatile HttpsAddress? _open;
    private string? _told;
    private Task _following = Task.CompletedTask;

    /// <summary>
    /// Where it answers now, <c>ADDRESS:PORT</c> each: of all the host's addresses those that others reach, if there are any.
    /// </summary>
    public IReadOnlyList<string> Addresses()
    {
        if (_open is not { } open)
            return [];
        if (open.Address is not null && !open.Address.Equals(IPAddress.Any))
            return [open.ToString()];
        using var host = RouteSocket.Open();
        var all = host.Addresses().Select(a => a.Address)
            .Where(a => !a.IsIPv6LinkLocal && (open.Address is null || a.AddressFamily == AddressFamily.InterNetwork)).ToList();
        var others = all.Where(a => !IPAddress.IsLoopback(a)).ToList();
        return [.. (others.Count > 0 ? others : all).Select(a => new IPEndPoint(a, open.Port).ToString()).Distinct()];
    }

    /// <summary>Opens it, and follows the configuration from now on; what cannot be opened is tried again.</summary>
    public void Begin()
    {
        node.Config.Changed += Follow;
        _following = Run(_end.Token);
    }

    /// <summary>Makes it as it is written now.</summary>
    /// <returns>Why that cannot be, a sentence; null: it is.</returns>
    public async Task<string?> Settle()
    {
        await _one.WaitAsync(_end.Token).ConfigureAwait(false);
        try
        {
            _end.Token.ThrowIfCancellationRequested();
            var wanted = node.Config.Current.Https;
            if (wanted == _open)
                return null;
            await Close().ConfigureAwait(false);
            var problem = wanted is null ? null : await Open(wanted).ConfigureAwait(false);
            if (problem is not null && problem != _told)
                node.Log(problem);
            return _told = problem;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        node.Config.Changed -= Follow;
        await _end.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Somebody may be about to open it.
        await _one.WaitAsync().ConfigureAwait(false);
        await Close().ConfigureAwait(false);
        _one.Dispose();
        _changed.Dispose();
        _end.Dispose();
    }

    private void Follow(Document before, Document after)
    {
        if (before.Https != after.Https)
            _changed.Release();
    }

    private async Task Run(CancellationToken ct)
    {
        while (true)
        {
            var isOpen = await Settle().ConfigureAwait(false) is null;
            await _changed.WaitAsync(isOpen ? Timeout.InfiniteTimeSpan : Retry, ct).ConfigureAwait(false);
        }
    }

    private async Task<string?> Open(HttpsAddress wanted)
    {
        WebApplication? app = null;
        try
        {
            var certificate = node.Trust.Node.Get();
            var share = new FairShare(ConnectionsOfOneMax);
            app = build(kestrel =>
            {
                void Listen(ListenOptions listen)
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(share.Guard);
                    listen.UseHttps(new HttpsConnectionAdapterOptions
                    {
                        ServerCertificate = certificate,
                        SslProtocols = SslProtocols.Tls13,
                        HandshakeTimeout = Handshake,
                        // Who has the key is looked up by the certificate's digest at each request; nobody vouches for anybody here.
                        ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                        ClientCertificateValidation = (_, _, _) => true,
                        // Else .NET looks for who vouches where the certificate says: wherever a stranger likes, with the rights of root.
                        OnAuthenticate = (_, tls) => tls.CertificateChainPolicy = new X509ChainPolicy
                        {
                            DisableCertificateDownloads = true,
                            RevocationMode = X509RevocationMode.NoCheck,
                        },
                    });
                }
                kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
                if (wanted.Address is null)
                    kestrel.ListenAnyIP(wanted.Port, Listen);
                else
                    kestrel.Listen(wanted.Address, wanted.Port, Listen);
            });
            await app.StartAsync().ConfigureAwait(false);
            (_app, _open) = (app, wanted);
            node.Log($"answers by TLS on {wanted}");
            return null;
        }
#pragma warning disable CA1031 // files that a person has changed fail in many ways; each is told, and tried again
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (app is not null)
                await app.DisposeAsync().ConfigureAwait(false);
            return $"https {wanted}: cannot answer there: {e.Message}";
        }
    }

    private async Task Close()
    {
        _open = null;
        if (_app is not { } app)
            return;
        _app = null;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await app.StopAsync(deadline.Token).ConfigureAwait(false);
        await app.DisposeAsync().ConfigureAwait(false);
    }
}
