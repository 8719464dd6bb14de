using Holm.GraphQL;
using Holm.GraphQL.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace GraphQL.Tests;

/// <summary>An endpoint on loopback.</summary>
public sealed class Http : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Http(WebApplication app) => _app = app;

    public Uri Url => new($"{_app.Urls.First()}/graphql");

    // A client that goes is gone at once.
    public HttpClient Client { get; } = new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero });

    public static async Task<Http> Start(Engine engine, EndpointOptions? options = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGraphQL("/graphql", engine, options);
        await app.StartAsync();
        return new Http(app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
