using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Holm.Contract;

namespace Holm.Images.Oci;

/// <summary>Pulls from one registry by the OCI distribution protocol.</summary>
/// <remarks>
/// OCI distribution specification 1.1, "Pulling manifests" and "Pulling blobs". A first request goes without credentials; what the
/// registry then asks for (basic, or a token from its token server) is kept for the requests that follow. Redirects are followed, never
/// from https to http, and never with credentials; where they lead, nothing can be asked for. A token server's are not followed.
/// </remarks>
/// <param name="endpoint">The registry.</param>
/// <param name="credentials">Who asks, or null: anybody.</param>
public sealed class RegistryClient(RegistryEndpoint endpoint, RegistryCredentials? credentials) : IDisposable
{
    /// <summary>Bytes of the largest manifest; the specification asks registries to take 4 MiB.</summary>
    private const int ManifestMax = 4 << 20;

    private static readonly string[] ManifestTypes = [.. MediaTypes.Indexes, .. MediaTypes.Manifests];

    private readonly HttpClient _http = Client(endpoint.Url, redirected: true), _tokens = Client(endpoint.Url, redirected: false);

    private readonly ConcurrentDictionary<string, AuthenticationHeaderValue> _granted = new(StringComparer.Ordinal);

    /// <summary>Host as people write it.</summary>
    public string Host => endpoint.Host;

    /// <summary>A manifest or index, as it is, with what the registry says it is.</summary>
    /// <param name="path">Path of the image in the registry.</param>
    /// <param name="name">Tag or digest.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="Refusal">404 none there; 401 or 403 not for these credentials; 400 it is no manifest.</exception>
    /// <exception cref="HttpRequestException">The way there is broken; worth another try.</exception>
    public async Task<(byte[] Bytes, string MediaType)> Manifest(string path, string name, CancellationToken ct)
    {
        using var answer = await Get($"/v2/{path}/manifests/{name}", path, null, ManifestTypes, ct).ConfigureAwait(false);
        var bytes = await Text(answer, ManifestMax + 1, ct).ConfigureAwait(false);
        return bytes.Length <= ManifestMax ? (bytes, answer.Content.Headers.ContentType?.MediaType ?? "")
            : throw new Refusal(400, $"the manifest of {Host}/{path} is larger than {ManifestMax >> 20} MiB, which no image's is");
    }

    /// <summary>The bytes of a blob from some position on.</summary>
    /// <param name="path">Path of the image in the registry.</param>
    /// <param name="digest">Which.</param>
    /// <param name="from">How many are here already.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The answer, for the caller to read and dispose, and where it begins: 0 where the registry does not give parts.</returns>
    /// <exception cref="Refusal">As <see cref="Manifest"/>.</exception>
    /// <exception cref="HttpRequestException">The way there is broken; worth another try.</exception>
    public async Task<(HttpResponseMessage Answer, long From)> Blob(string path, Digest digest, long from, CancellationToken ct)
    {
        var answer = await Get(
            $"/v2/{path}/blobs/{digest}", path, from > 0 ? new RangeHeaderValue(from, null) : null, [], ct).ConfigureAwait(false);
        return (answer, answer.StatusCode == HttpStatusCode.PartialContent ? answer.Content.Headers.ContentRange?.From ?? from : 0);
    }

    /// <summary>Checks that the registry is one, and lets these credentials in.</summary>
    /// <exception cref="Refusal">401: not these.</exception>
    public async Task Check(CancellationToken ct) => (await Get("/v2/", null, null, [], ct).ConfigureAwait(false)).Dispose();

    /// <summary>Reads; a registry that says nothing for half a minute counts as gone.</summary>
    /// <exception cref="HttpRequestException">It went away.</exception>
    internal static async Task<int> Read(Stream body, Memory<byte> buffer, CancellationToken ct)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(ct);
        idle.CancelAfter(Silence);
        try
        {
            return await body.ReadAsync(buffer, idle.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new HttpRequestException($"nothing came for {Silence.TotalSeconds} seconds");
        }
        catch (IOException e)
        {
            throw new HttpRequestException(e.Message, e);
        }
    }

    /// <summary>The body, or its first bytes.</summary>
    private static async Task<byte[]> Text(HttpResponseMessage answer, int most, CancellationToken ct)
    {
        var body = await answer.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int count; bytes.Length < most && (count = await Read(body, buffer, ct).ConfigureAwait(false)) > 0;)
            bytes.Write(buffer, 0, (int)Math.Min(count, most - bytes.Length));
        return bytes.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _tokens.Dispose();
    }

    private static HttpClient Client(Uri url, bool redirected) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = redirected,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        MaxAutomaticRedirections = 5,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        UseCookies = false,
    })
    { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan };

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private async Task<HttpResponseMessage> Get(
        string url, string? path, RangeHeaderValue? range, IReadOnlyList<string> accepted, CancellationToken ct)
    {
        for (var asked = false; ; asked = true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Range = range;
            foreach (var type in accepted)
                request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("holm", null));
            request.Headers.Authorization = _granted.GetValueOrDefault(path ?? "");
            var answer = await Send(_http, request, ct).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return answer;
            using (answer)
            {
                if (answer.StatusCode == HttpStatusCode.Unauthorized && !asked && IsTheRegistrys(answer) &&
                    Challenge.From(answer.Headers) is { } challenge)
                    _granted[path ?? ""] = await Meet(challenge, path, ct).ConfigureAwait(false);
                else
                    throw await Refused(answer, path, ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>False for an answer from where a redirect led.</summary>
    private bool IsTheRegistrys(HttpResponseMessage answer) => Uri.Compare(answer.RequestMessage!.RequestUri, endpoint.Url,
        UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    private async Task<HttpResponseMessage> Send(HttpClient http, HttpRequestMessage request, CancellationToken ct)
    {
        using var slow = CancellationTokenSource.CreateLinkedTokenSource(ct);
        slow.CancelAfter(Silence);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, slow.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new HttpRequestException($"{Host} did not answer within {Silence.TotalSeconds} seconds");
        }
    }

    private async Task<AuthenticationHeaderValue> Meet(Challenge challenge, string? path, CancellationToken ct)
    {
        var basic = credentials is null or { IdentityToken: not null } ? null
            : new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.User}:{credentials.Password}")));
        if (challenge.Scheme == "basic")
            return basic ?? throw new Refusal(401, $"{Host} wants to know who asks: `holm login {Host}`, or --creds USER:PASSWORD");
        if (!Uri.TryCreate(challenge.Realm, UriKind.Absolute, out var realm) || realm.Scheme is not ("http" or "https"))
            throw new Refusal(400, $"{Host} asks for a token and does not say where from");
        if (endpoint.Url.Scheme == "https" && realm.Scheme != "https")
            throw new Refusal(400, $"{Host} sends for a token to {realm}, where a password would travel in the clear; it is not sent");
        var scope = challenge.Scope ?? (path is null ? "" : $"repository:{path}:pull");
        using var request = TokenRequest(realm, challenge.Service ?? "", scope, basic);
        using var answer = await Send(_tokens, request, ct).ConfigureAwait(false);
        if ((int)answer.StatusCode is >= 300 and < 400)
            throw new Refusal(400, $"the token server {realm.Host} of {Host} answers {(int)answer.StatusCode}; " +
                "who asks is not told elsewhere");
        if (!answer.IsSuccessStatusCode)
            throw await Refused(answer, path, ct).ConfigureAwait(false);
        try
        {
            var read = JsonSerializer.Deserialize(
                await Text(answer, ManifestMax, ct).ConfigureAwait(false), OciJson.Default.RegistryToken);
            return (read?.Token ?? read?.AccessToken) is { Length: > 0 } token && !token.Any(char.IsControl)
                ? new AuthenticationHeaderValue("Bearer", token)
                : throw new Refusal(400, $"the token server {realm.Host} of {Host} gave no token");
        }
        catch (JsonException e)
        {
            throw new Refusal(400, $"the token server {realm.Host} of {Host} answered with what is no JSON", e);
        }
    }

    private HttpRequestMessage TokenRequest(Uri realm, string service, string scope, AuthenticationHeaderValue? basic)
    {
        if (credentials?.IdentityToken is { } refresh)
            return new HttpRequestMessage(HttpMethod.Post, realm)
            {
                Content = new FormUrlEncodedContent(
                [
                    new("grant_type", "refresh_token"), new("refresh_token", refresh), new("client_id", "holm"),
                    new("service", service), new("scope", scope),
                ]),
            };
        var join = realm.Query.Length > 0 ? "&" : "?";
        var url = $"{realm}{join}service={Uri.EscapeDataString(service)}" + (scope == "" ? "" : $"&scope={Uri.EscapeDataString(scope)}");
        return new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Authorization = basic } };
    }

    /// <summary>Tells what cannot be mended by another try (a refusal) from what can.</summary>
    private async Task<Exception> Refused(HttpResponseMessage answer, string? path, CancellationToken ct)
    {
        var code = (int)answer.StatusCode;
        var image = path is null ? Host : $"{Host}/{path}";
        switch (code)
        {
            case 404:
                return new Refusal(404, $"{image}: the registry has no such image, tag or blob");
            case 401 or 403:
                return new Refusal(code, $"{image}: the registry refuses {credentials?.User ?? "whom it does not know"}; " +
                    $"`holm login {Host}` changes who asks, and a name that does not exist is refused the same way");
            case 408 or 416 or 429 or >= 500:
                var pause = answer.Headers.RetryAfter?.Delta;
                return new BusyException($"{Host} answers {code}", pause);
            default:
                var said = Encoding.UTF8.GetString(await Text(answer, 300, ct).ConfigureAwait(false));
                said = new string([.. said.Select(c => char.IsControl(c) ? ' ' : c)]);
                return new Refusal(400, $"{image}: the registry answers {code}: {said}");
        }
    }
}

/// <summary>A registry that may have time later.</summary>
/// <param name="message">What it said.</param>
/// <param name="pause">After which time it wants to be asked again, when it said.</param>
internal sealed class BusyException(string message, TimeSpan? pause) : HttpRequestException(message)
{
    public TimeSpan? Pause { get; } = pause;
}
