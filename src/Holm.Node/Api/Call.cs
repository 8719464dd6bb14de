using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holm.Config;
using Holm.Contract;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holm.Node.Api;

/// <summary>One request and its answer.</summary>
internal sealed class Call(HttpContext http, NodeFace node, ApiState state)
{
    /// <summary>Longest JSON body, bytes.</summary>
    public const int LongestBody = 1024 * 1024;

    public HttpContext Http => http;

    public NodeFace Node => node;

    public Document Document => node.WithTransients(node.Config.Current);

    public Operations Operations => state.Operations;

    public ConsoleHub Consoles => state.Consoles;

    public RemoteDoor Remote => state.Remote;

    /// <summary>What the caller showed in the TLS handshake, whose key is thus his; null: nothing, or he came by the socket.</summary>
    public X509Certificate2? Certificate => http.Connection.ClientCertificate;

    /// <summary>
    /// True when he may do everything: he came by the socket, whose permissions are the login, or is trusted by his certificate.
    /// </summary>
    public bool IsTrusted => !IsRemote || node.Trust.Clients.Trusts(Certificate);

    /// <summary>True when he came by TLS.</summary>
    public bool IsRemote => http.Features.Get<ITlsConnectionFeature>() is not null;

    /// <summary>Who asks, for those who listen to events.</summary>
    public Requestor Requestor => !IsRemote ? new("root", "unix", "@") : new(
        Certificate is { } shown ? shown.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant() : "", "tls",
        $"{http.Connection.RemoteIpAddress}:{http.Connection.RemotePort}");

    /// <summary>How many levels of objects a list shows instead of URLs: 0, 1 or 2.</summary>
    public int Recursion => Query("recursion") switch
    {
        "" or "0" => 0,
        "1" => 1,
        "2" => 2,
        var other => throw new Refusal(400, $"recursion={Names.Show(other)} is not allowed; 0, 1 and 2 are"),
    };

    /// <summary>Part of the path.</summary>
    /// <remarks>Kestrel decodes all of a path but %2F; an alias may be debian/12, and no name holds a percent sign.</remarks>
    public string Route(string name) => ((string)http.Request.RouteValues[name]!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    /// <summary>A query parameter, or empty.</summary>
    public string Query(string name) => http.Request.Query[name].ToString();

    /// <summary>A header, percent-decoded, or empty.</summary>
    public string Header(string name) => Uri.UnescapeDataString(http.Request.Headers[name].ToString());

    /// <summary>A header of LXD's, or the one that Incus has in its place, as it is; or empty.</summary>
    public string Words(string name) => http.Request.Headers["X-LXD-" + name].ToString() is { Length: > 0 } lxd ? lxd
        : http.Request.Headers["X-Incus-" + name].ToString();

    /// <summary>Reads the JSON body.</summary>
    /// <exception cref="Refusal">400 naming the member that is wrong, or saying how its chunks are.</exception>
    /// <exception cref="BadHttpRequestException">It is too long, too late or cut.</exception>
    public async Task<T> Body<T>(JsonTypeInfo<T> shape)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(http.Request.Body, shape, http.RequestAborted).ConfigureAwait(false)
                ?? throw new Refusal(400, "the request's body is null; a JSON object is wanted");
        }
        catch (JsonException e)
        {
            var where = string.IsNullOrEmpty(e.Path) || e.Path == "$" ? "" : $" at {Names.Show(e.Path)}";
            throw new Refusal(400, $"the request's body is not the JSON that is wanted{where}: {Names.Show(e.Message)}", e);
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // Kestrel's own: a chunk's size beyond 64 bits.
            throw new Refusal(400, $"the request's body cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Answers with an object.</summary>
    public Task Answer<T>(T metadata, JsonTypeInfo<T> shape) => Write(200, "sync", StatusCode.Success, "", json =>
        JsonSerializer.Serialize(json, metadata, shape));

    /// <summary>Answers with an object whose writable members have this ETag.</summary>
    public Task Answer<T>(T metadata, JsonTypeInfo<T> shape, string etag)
    {
        http.Response.Headers.ETag = etag;
        return Answer(metadata, shape);
    }

    /// <summary>Answers: done, nothing to say.</summary>
    public Task Done() => Write(200, "sync", StatusCode.Success, "", Empty);

    /// <summary>Cancelled when the caller has gone.</summary>
    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>Answers: made, and where it is.</summary>
    public Task Created(string url)
    {
        http.Response.Headers.Location = url;
        return Write(201, "sync", StatusCode.Success, "", Empty);
    }

    /// <summary>Answers: goes on behind.</summary>
    public Task Began(OperationRun operation)
    {
        http.Response.Headers.Location = operation.Url;
        return Write(202, "async", StatusCode.OperationCreated, operation.Url, json =>
            JsonSerializer.Serialize(json, operation.Shown, ContractJson.Default.Operation));
    }

    /// <summary>Answers: no.</summary>
    public Task Refuse(int code, string message) => Write(code, "error", default, "", json => json.WriteNullValue(), message);

    /// <summary>Refuses who is not trusted.</summary>
    /// <exception cref="Refusal">403.</exception>
    public void CheckTrusted()
    {
        if (!IsTrusted)
            throw new Refusal(403, "not authorized");
    }

    /// <summary>Refuses when the caller's If-Match is of another version.</summary>
    /// <exception cref="Refusal">412.</exception>
    public void CheckMatch(string etag)
    {
        var wanted = http.Request.Headers.IfMatch.ToString();
        if (wanted.Length > 0 && wanted != "*" && wanted.Trim('"') != etag.Trim('"'))
            throw new Refusal(412,
                $"ETag doesn't match: {Names.Show(wanted)} vs {etag}; somebody changed it meanwhile, read it again");
    }

    /// <summary>Digest of an object's writable members.</summary>
    public static string ETag<T>(T writable, JsonTypeInfo<T> shape) =>
        $"\"{Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(writable, shape)))}\"";

    private static void Empty(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteEndObject();
    }

    /// <summary>Writes LXD's envelope, all seven members; see <see cref="Envelope{T}"/>.</summary>
    private async Task Write(int code, string type, StatusCode status, string operation, Action<Utf8JsonWriter> metadata, string error = "")
    {
        var body = new System.Buffers.ArrayBufferWriter<byte>(512);
        await using (var json = new Utf8JsonWriter(body, Events.Plain))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteString("status", status == default ? "" : OperationRun.Text(status));
            json.WriteNumber("status_code", (int)status);
            json.WriteString("operation", operation);
            json.WriteNumber("error_code", type == "error" ? code : 0);
            json.WriteString("error", error);
            json.WritePropertyName("metadata");
            metadata(json);
            json.WriteEndObject();
        }
        http.Response.StatusCode = code;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.Body.WriteAsync(body.WrittenMemory, http.RequestAborted).ConfigureAwait(false);
    }
}
