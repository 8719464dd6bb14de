using System.Net.Sockets;
using Holm.Config;
using Holm.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Holm.Node.Api;

/// <summary>What the API remembers between requests; never what the node is, which is asked anew each time.</summary>
internal sealed record ApiState(Operations Operations, ConsoleHub Consoles)
{
    /// <summary>The door to strangers.</summary>
    public RemoteDoor Remote { get; set; } = null!;
}

/// <summary>
/// The node's HTTP door: HTTP/1.1 on a unix socket, which group <c>holm</c> may use; by TLS where the configuration says so.
/// </summary>
public sealed class ApiServer : IAsyncDisposable
{
    private static readonly TimeSpan HeaderDeadline = TimeSpan.FromSeconds(10), KeepAlive = TimeSpan.FromSeconds(60),
        BodyGrace = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly RemoteDoor _remote;
    private readonly string _socket;

    private ApiServer(WebApplication app, RemoteDoor remote, string socket) => (_app, _remote, _socket) = (app, remote, socket);

    /// <summary>Opens the socket and begins to answer.</summary>
    /// <param name="socket">Absolute path of the socket; one that nobody listens on any more is replaced.</param>
    /// <param name="node">The node behind it.</param>
    /// <exception cref="Refusal">409: a daemon answers there already.</exception>
    public static async Task<ApiServer> Start(string socket, NodeFace node)
    {
        RemoveStale(socket);
        var state = new ApiState(new Operations(node.Events, node.Clock, node.Log), new ConsoleHub(node.Instances));
        state.Remote = new RemoteDoor(node, listen => Build(node, state, listen));
        var app = Build(node, state, kestrel => kestrel.ListenUnixSocket(socket, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => OddHost.Mend(next, KeepAlive));
        }));
        await app.StartAsync().ConfigureAwait(false);
        File.SetUnixFileMode(socket, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        state.Remote.Begin();
        return new ApiServer(app, state.Remote, socket);
    }

    private static WebApplication Build(NodeFace node, ApiState state, Action<KestrelServerOptions> listen)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = Call.LongestBody;
            // Kestrel never gives its buffers back: what it reads ahead of us stays ours, for each connection that ever was at once.
            kestrel.Limits.MaxRequestBufferSize = 64 * 1024;
            kestrel.Limits.MaxConcurrentConnections = 1024;
            kestrel.Limits.MaxConcurrentUpgradedConnections = 1024;
            kestrel.Limits.RequestHeadersTimeout = HeaderDeadline;
            kestrel.Limits.KeepAliveTimeout = KeepAlive;
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(100, BodyGrace);
            kestrel.Limits.MinResponseDataRate = new MinDataRate(100, BodyGrace);
            listen(kestrel);
        });
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        app.Use(next => context => Answer(next, new Call(context, node, state)));
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = EventRoutes.PingEvery });
        app.UseRouting();
        foreach (var (method, path, handler) in Routes.All)
            app.MapMethods(path, [method], context => handler(new Call(context, node, state)));
        return app;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Streams that clients hold open must not hold the daemon up.
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _remote.DisposeAsync().ConfigureAwait(false);
        await _app.StopAsync(deadline.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        File.Delete(_socket);
    }

    /// <summary>Around every request: each error becomes an envelope with a sentence.</summary>
    private static async Task Answer(RequestDelegate next, Call call)
    {
        var http = call.Http;
        try
        {
            // Only browsers say where a page comes from, and no page has anything to ask here, whoever's certificate is in the browser.
            if (call.IsRemote && http.Request.Headers.ContainsKey("Origin"))
                throw new Refusal(403, "not authorized: web pages are not answered");
            if (!IsPublic(http.Request))
                call.CheckTrusted();
            CheckPath(http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            Events.Requestor = call.Requestor;
            // Before there were virtual machines, LXD's instances were called so; pylxd still does.
            if (http.Request.Path.StartsWithSegments("/1.0/containers", StringComparison.Ordinal, out var rest))
                http.Request.Path = Routes.Instances + rest;
            using var trusted = call.IsRemote && call.IsTrusted
                ? call.Node.Trust.Clients.WhileTrusted(call.Certificate!, http.Abort) : null;
            if (call.Query("project") is not ("" or "default"))
                throw new Refusal(404,
                    $"Project not found: {Names.Show(call.Query("project"))}; this node has project default only");
            if (call.Query("project").Length > 0 && Keys.IsTrue(call.Query("all-projects")))
                throw new Refusal(400, "Cannot specify a project when requesting all projects");
            await next(http).ConfigureAwait(false);
            if (http.Response.StatusCode is 404 or 405 && !http.Response.HasStarted)
                await call.Refuse(http.Response.StatusCode, NotYet.Sentence(http)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client went away; there is nobody to tell.
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            var (code, message) = e switch
            {
                Refusal refusal => (refusal.Code, refusal.Message),
                Microsoft.AspNetCore.Http.BadHttpRequestException bad => (bad.StatusCode, bad.StatusCode == 413
                    ? $"the request's body is too long: {(http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize
                        ?? Call.LongestBody) / 1024} KiB are allowed" : bad.Message),
                _ => (500, $"the node failed: {e.Message}"),
            };
            if (code == 500)
                call.Node.Log($"{http.Request.Method} {Names.Show(http.Request.Path)} failed: {e}");
            await call.Refuse(code, message).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            call.Node.Log($"{http.Request.Method} {Names.Show(http.Request.Path)} failed while answering: {e}");
            http.Abort();
        }
    }

    /// <summary>
    /// Kestrel takes <c>.</c> and <c>..</c> out of a path (RFC 3986, section 5.2.4), and routing a <c>/</c> at its end: what names a
    /// snapshot so would be done to its instance.
    /// </summary>
    /// <exception cref="Refusal">404.</exception>
    private static void CheckPath(string target)
    {
        var path = target.Split('?', 2)[0];
        // A client of a proxy writes the whole URL.
        if (path.IndexOf("://", StringComparison.Ordinal) is > 0 and var scheme)
            path = path.IndexOf('/', scheme + 3) is > 0 and var begin ? path[begin..] : "/";
        if (path != "/" && path.Split('/').Skip(1).Any(s => Uri.UnescapeDataString(s) is "" or "." or ".."))
            throw new Refusal(404, $"there is nothing at {Names.Show(path)}; no part of a path is empty, . or ..");
    }

    /// <summary>What who is not trusted may ask: what this is, and to be trusted.</summary>
    private static bool IsPublic(HttpRequest request) => (request.Method, request.Path.Value) is
        ("GET", "/" or "/1.0") or ("POST", CertificateRoutes.All);

    private static void RemoveStale(string path)
    {
        if (!File.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            File.Delete(path);
            return;
        }
        throw new Refusal(409, $"cannot open {path}: a daemon answers there already; end it, or set HOLM_RUN to another folder");
    }
}
