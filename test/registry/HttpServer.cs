using System.Net;
using System.Text;

namespace Tests.Registry;

/// <summary>A web server on loopback that answers as a test says, and remembers what credentials it was shown.</summary>
public sealed class HttpServer : IAsyncDisposable
{
    private static readonly HttpClient Onwards = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly HttpListener _listener = new();
    private readonly Func<HttpListenerContext, Task> _answer;
    private readonly Task _serving;
    private readonly List<(string Request, string? Authorization, string Body)> _asked = [];

    /// <param name="name">127.0.0.1 or localhost: two hosts, as a client sees it.</param>
    /// <param name="answer">Answers.</param>
    public HttpServer(string name, Func<HttpListenerContext, Task> answer)
    {
        Host = $"{name}:{RegistryServer.FreePort()}";
        _answer = answer;
        _listener.Prefixes.Add($"http://{Host}/");
        _listener.Start();
        _serving = Serve();
    }

    public string Host { get; }

    /// <summary>Every request: method and path, what credentials came with it, and its body.</summary>
    public IReadOnlyList<(string Request, string? Authorization, string Body)> Asked
    {
        get
        {
            lock (_asked)
                return [.. _asked];
        }
    }

    public static string Basic(string user, string password) =>
        "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    /// <summary>Asks another server the same, and gives on what it says.</summary>
    /// <param name="context">A GET.</param>
    /// <param name="host">The other server.</param>
    /// <param name="authorization">Credentials to show there.</param>
    public static async Task PassOn(HttpListenerContext context, string host, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{host}{context.Request.RawUrl}");
        foreach (var name in (string[])["Accept", "Range"])
            request.Headers.TryAddWithoutValidation(name, context.Request.Headers[name] ?? "");
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var answer = await Onwards.SendAsync(request);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var challenge in answer.Headers.WwwAuthenticate)
            context.Response.AddHeader("WWW-Authenticate", challenge.ToString());
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString() ?? "text/plain";
        await answer.Content.CopyToAsync(context.Response.OutputStream);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task Serve()
    {
        while (true)
            try
            {
                var context = await _listener.GetContextAsync();
                using var body = new StreamReader(context.Request.InputStream);
                var asked = ($"{context.Request.HttpMethod} {context.Request.Url!.AbsolutePath}",
                    context.Request.Headers["Authorization"], await body.ReadToEndAsync());
                lock (_asked)
                    _asked.Add(asked);
                await _answer(context);
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The client went away, or the test is over.
                if (!_listener.IsListening)
                    return;
            }
    }
}
