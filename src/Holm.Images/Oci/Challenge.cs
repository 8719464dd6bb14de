using System.Net.Http.Headers;

namespace Holm.Images.Oci;

/// <summary>What a registry wants before it answers: a <c>WWW-Authenticate</c> header.</summary>
/// <remarks>RFC 9110, 11.6.1; Distribution, "Token Authentication Specification".</remarks>
/// <param name="Scheme"><c>basic</c> or <c>bearer</c>.</param>
/// <param name="Realm">Of bearer: URL of the token server.</param>
/// <param name="Service">Of bearer: what the token server calls the registry.</param>
/// <param name="Scope">Of bearer: what the token is for.</param>
internal sealed record Challenge(string Scheme, string? Realm, string? Service, string? Scope)
{
    /// <summary>The first challenge that Holm can meet, or null.</summary>
    public static Challenge? From(HttpResponseHeaders headers) => headers.WwwAuthenticate
        .Select(h => (Scheme: h.Scheme.ToLowerInvariant(), Words: Parameters(h.Parameter ?? "")))
        .Where(h => h.Scheme is "basic" or "bearer")
        .Select(h => new Challenge(
            h.Scheme, h.Words.GetValueOrDefault("realm"), h.Words.GetValueOrDefault("service"), h.Words.GetValueOrDefault("scope")))
        .FirstOrDefault();

    /// <summary><c>name="value",name=value</c>; a quoted value may hold commas and escaped quotes.</summary>
    internal static Dictionary<string, string> Parameters(string text)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var rest = text.AsSpan();
        while (rest.IndexOf('=') is var equals && equals > 0)
        {
            var name = rest[..equals].Trim([' ', ',']).ToString();
            rest = rest[(equals + 1)..].TrimStart();
            var value = new System.Text.StringBuilder();
            if (rest.StartsWith("\""))
            {
                var i = 1;
                for (; i < rest.Length && rest[i] != '"'; i++)
                    value.Append(rest[i] == '\\' && i + 1 < rest.Length ? rest[++i] : rest[i]);
                rest = rest[Math.Min(i + 1, rest.Length)..];
            }
            else
            {
                var comma = rest.IndexOf(',') is var c && c < 0 ? rest.Length : c;
                value.Append(rest[..comma].Trim());
                rest = rest[comma..];
            }
            found.TryAdd(name, value.ToString());
        }
        return found;
    }
}
