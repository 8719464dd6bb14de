using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Tests.Registry;

/// <summary>
/// A token server as registries send their clients to: anna may do anything with her password, anybody may pull what is below public/.
/// Its tokens are JWTs signed by a key of its own, which a real registry checks.
/// </summary>
/// <remarks>Distribution, "Token Authentication Specification" and "Token Authentication Implementation".</remarks>
public sealed class TokenServer : IAsyncDisposable
{
    public const string Service = "registry of the tests", Issuer = "token server of the tests", Password = "s3cr:et";

    /// <summary>How long docker-registry still takes a token that has expired: <c>Leeway</c> of its registry/auth/token/token.go.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(60);

    private readonly RSA _key = RSA.Create(2048);
    private readonly X509Certificate2 _certificate;
    private readonly HttpServer _http;
    private readonly List<(string? User, string Scope)> _asked = [];

    public TokenServer()
    {
        var request = new CertificateRequest("CN=token server", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _http = new HttpServer("127.0.0.1", Answer);
    }

    /// <summary>Where a registry sends its clients.</summary>
    public string Realm => $"http://{_http.Host}/token";

    /// <summary>By which a registry knows its tokens.</summary>
    public string Pem => _certificate.ExportCertificatePem();

    /// <summary>How long registries take a token.</summary>
    public TimeSpan Life { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Until when they take the last one.</summary>
    public DateTimeOffset LastsUntil { get; private set; }

    /// <summary>Who asked for what, in order; a wrong password is nobody's.</summary>
    public IReadOnlyList<(string? User, string Scope)> Asked
    {
        get
        {
            lock (_asked)
                return [.. _asked];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _http.DisposeAsync();
        _certificate.Dispose();
        _key.Dispose();
    }

    private Task Answer(HttpListenerContext context)
    {
        var (query, given) = (context.Request.QueryString, context.Request.Headers["Authorization"]);
        var user = given == HttpServer.Basic("anna", Password) ? "anna" : null;
        lock (_asked)
            _asked.Add((user, query["scope"] ?? ""));
        if (query["service"] != Service || (given is not null && user is null))
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        }
        var wanted = (query["scope"] ?? "").Split(':');
        var actions = (wanted.Length == 3 ? wanted[2].Split(',') : []).Where(
            a => user is not null || (a == "pull" && wanted[1].StartsWith("public/", StringComparison.Ordinal))).ToArray();
        var body = JsonSerializer.SerializeToUtf8Bytes(new { token = Token(user, wanted, actions) });
        return context.Response.OutputStream.WriteAsync(body).AsTask();
    }

    private string Token(string? user, string[] wanted, string[] actions)
    {
        var now = DateTimeOffset.UtcNow;
        var expires = (now + Life - Leeway).ToUnixTimeSeconds();
        LastsUntil = DateTimeOffset.FromUnixTimeSeconds(expires) + Leeway;
        object[] access = actions.Length == 0 ? [] : [new { type = wanted[0], name = wanted[1], actions }];
        var signed = Part(new { typ = "JWT", alg = "RS256", x5c = new[] { Convert.ToBase64String(_certificate.RawData) } }) + "." + Part(new
        {
            iss = Issuer,
            sub = user ?? "",
            aud = Service,
            exp = expires,
            nbf = now.ToUnixTimeSeconds(),
            iat = now.ToUnixTimeSeconds(),
            jti = Guid.NewGuid().ToString("N"),
            access,
        });
        var signature = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return signed + "." + System.Buffers.Text.Base64Url.EncodeToString(signature);
    }

    private static string Part(object value) => System.Buffers.Text.Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
