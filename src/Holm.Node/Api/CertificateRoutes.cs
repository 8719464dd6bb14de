using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Holm.Config;
using Holm.Contract;
using Holm.Node.Trust;
using Microsoft.AspNetCore.Http.Features;

namespace Holm.Node.Api;

/// <summary>Clients that may come by TLS, and the tokens by which one becomes such a client.</summary>
/// <remarks>
/// <code>
///   trusted    POST {"token":true,"name":N}            operation of class token: base64 of what it says is the token
///              POST {"certificate":C,"name":N}         C is trusted
///   untrusted  POST {"password":TOKEN} with a          that certificate is trusted, by the name that the token has
///              certificate in the TLS handshake
/// </code>
/// </remarks>
internal static class CertificateRoutes
{
    /// <summary>Seconds that a token may be good: 49 days, as long as a timer runs.</summary>
    private const long LongestLife = 49 * 86400;

    /// <summary>Longest body of who is not trusted, bytes.</summary>
    private const long StrangersBody = 16 * 1024;

    /// <summary>Path of all of them.</summary>
    public const string All = "/1.0/certificates";

    private const int LongestName = 100;

    public static Task List(Call call) => call.Recursion == 0
        ? call.Answer([.. call.Node.Trust.Clients.All.Select(c => Url(c.Fingerprint))], ContractJson.Default.IReadOnlyListString)
        : call.Answer(call.Node.Trust.Clients.All, ContractJson.Default.IReadOnlyListClientCertificate);

    public static Task Get(Call call)
    {
        var found = call.Node.Trust.Clients.Get(call.Route("fingerprint"));
        return call.Answer(found, ContractJson.Default.ClientCertificate, ETag(found));
    }

    public static async Task Post(Call call)
    {
        var isTrusted = call.IsTrusted;
        if (!isTrusted && call.Certificate is null)
            throw new Refusal(403, "not authorized: a client that shows no certificate cannot be trusted");
        if (!isTrusted && call.Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } longest)
            longest.MaxRequestBodySize = StrangersBody;
        var body = await call.Body(ContractJson.Default.CertificatesPost).ConfigureAwait(false);
        CheckKind(body);
        if (body.Token == true)
        {
            call.CheckTrusted();
            await Token(call, body).ConfigureAwait(false);
            return;
        }
        var name = CheckName(body.Name);
        if (!isTrusted)
        {
            if (string.IsNullOrEmpty(body.Password))
                throw new Refusal(403, "not authorized: the token is missing; `holm token add NAME` on the node makes one");
            name = (await call.Node.Trust.Tokens.Take(body.Password, call.Http.RequestAborted).ConfigureAwait(false)).Name;
        }
        // A stranger's word is taken for no certificate but the one whose key he has.
        var certificate = isTrusted && !string.IsNullOrEmpty(body.Certificate) ? TrustStore.Read(body.Certificate)
            : call.Certificate ?? throw new Refusal(400, "the certificate is missing");
        var added = call.Node.Trust.Clients.Add(
            name.Length > 0 ? name : certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false), certificate);
        call.Node.Events.Lifecycle("certificate-created", Url(added.Fingerprint));
        call.Node.Log($"client {Names.Show(added.Name)} is trusted from now on: {added.Fingerprint}");
        await call.Created(Url(added.Fingerprint)).ConfigureAwait(false);
    }

    public static async Task Put(Call call)
    {
        var found = call.Node.Trust.Clients.Get(call.Route("fingerprint"));
        call.CheckMatch(ETag(found));
        var body = await call.Body(ContractJson.Default.CertificatesPost).ConfigureAwait(false);
        CheckKind(body);
        if (!string.IsNullOrEmpty(body.Certificate) && TrustStore.FingerprintOf(TrustStore.Read(body.Certificate)) != found.Fingerprint)
            throw new Refusal(400, "a trusted certificate cannot become another; remove it, and add the other");
        if (body.Name is not null)
            call.Node.Trust.Clients.Rename(found.Fingerprint, CheckName(body.Name));
        call.Node.Events.Lifecycle("certificate-updated", Url(found.Fingerprint));
        await call.Done().ConfigureAwait(false);
    }

    public static Task Delete(Call call)
    {
        var found = call.Node.Trust.Clients.Get(call.Route("fingerprint"));
        call.Node.Trust.Clients.Remove(found.Fingerprint);
        call.Node.Trust.Tokens.RemoveOf(found.Fingerprint);
        call.Node.Events.Lifecycle("certificate-deleted", Url(found.Fingerprint));
        return call.Done();
    }

    private static async Task Token(Call call, CertificatesPost body)
    {
        var name = CheckName(body.Name);
        if (name.Length == 0)
            throw new Refusal(400, "a token wants the name of the client that it is for");
        var seconds = body.ExpiresIn ?? (long)TrustTokens.Usual.TotalSeconds;
        if (seconds is < 1 or > LongestLife)
            throw new Refusal(400, $"a token that is good for {seconds} seconds is not allowed; 1 to {LongestLife} are");
        var trust = call.Node.Trust;
        var addresses = call.Remote.Addresses();
        if (addresses.Count == 0)
            throw new Refusal(409, "this node answers nobody by TLS; `configure` and `https 8443` let it, then make the token");
        var life = TimeSpan.FromSeconds(seconds);
        var token = trust.Tokens.Add(name, life, call.Certificate is { } by ? TrustStore.FingerprintOf(by) : null);
        var shown = new TrustToken
        {
            ClientName = name,
            Fingerprint = trust.Node.Fingerprint,
            Addresses = addresses,
            Secret = token.Secret,
            ExpiresAt = call.Node.Clock.GetUtcNow() + life,
        };
        var metadata = new Dictionary<string, JsonElement>(
            JsonSerializer.SerializeToElement(shown, ContractJson.Default.TrustToken).EnumerateObject()
                .Where(m => m.Name != "client_name")
                .Select(m => KeyValuePair.Create(m.Name == "expires_at" ? "expiresAt" : m.Name, m.Value)))
        {
            ["request"] = JsonSerializer.SerializeToElement(body with { Name = name }, ContractJson.Default.CertificatesPost),
        };
        var plan = new OperationPlan("Executing operation", "certificates") { MayCancel = true, IsToken = true, Metadata = metadata };
        await call.Began(call.Operations.Start(plan, async (run, ct) =>
        {
            try
            {
                await token.Taken.Task.WaitAsync(life, call.Node.Clock, ct).ConfigureAwait(false);
            }
            catch (TimeoutException e)
            {
                throw new Refusal(408, $"the token for {name} was not used in time", e);
            }
            finally
            {
                trust.Tokens.Remove(token);
            }
        })).ConfigureAwait(false);
    }

    private static void CheckKind(CertificatesPost body)
    {
        if (body.Type is not (null or "" or "client"))
            throw new Refusal(400, $"certificates of type {Names.Show(body.Type)} are not taken; those of clients are");
        if (body.Restricted == true || body.Projects is { Count: > 0 })
            throw new Refusal(400, "a client cannot be restricted to projects here: who is trusted may do everything");
    }

    private static string CheckName(string? name) =>
        (name ?? "") is var text && text.Length <= LongestName && !text.Any(char.IsControl) ? text
        : throw new Refusal(400, $"a client's name has at most {LongestName} characters, and no control characters");

    private static string Url(string fingerprint) => $"{All}/{fingerprint}";

    private static string ETag(ClientCertificate certificate) => Call.ETag(certificate, ContractJson.Default.ClientCertificate);
}
