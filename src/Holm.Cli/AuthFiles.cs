using System.Text;
using System.Text.Json;
using Holm.Contract;

namespace Holm.Cli;

/// <summary>Credentials that docker and podman keep for whoever calls; the node never reads his files.</summary>
/// <remarks>containers-auth.json(5), for the order of the files.</remarks>
internal static class AuthFiles
{
    /// <summary>By host; an earlier file wins over a later.</summary>
    /// <param name="caller">Has the environment.</param>
    /// <param name="named">A file that has to be there; null: the usual ones, where they are.</param>
    /// <exception cref="Refusal">400: a file cannot be read.</exception>
    public static Dictionary<string, RegistryLogin> Read(Caller caller, string? named)
    {
        var found = new Dictionary<string, RegistryLogin>(StringComparer.Ordinal);
        foreach (var path in named is not null ? [named] : Usual(caller.Environment))
            if (named is not null || File.Exists(path))
                foreach (var (key, auth) in Parse(path))
                    if (Login(auth) is { } login)
                        found.TryAdd(Host(key), login);
        return found;
    }

    private static IEnumerable<string> Usual(Func<string, string?> environment)
    {
        if (environment("REGISTRY_AUTH_FILE") is { Length: > 0 } file)
            yield return file;
        if (environment("XDG_RUNTIME_DIR") is { Length: > 0 } run)
            yield return Path.Combine(run, "containers/auth.json");
        if (environment("HOME") is not { Length: > 0 } home)
            yield break;
        yield return Path.Combine(home, ".config/containers/auth.json");
        var docker = environment("DOCKER_CONFIG") is { Length: > 0 } folder ? folder : Path.Combine(home, ".docker");
        yield return Path.Combine(docker, "config.json");
    }

    private static IReadOnlyDictionary<string, RegistryAuth> Parse(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), OciJson.Default.RegistryAuths)?.Auths
                ?? new Dictionary<string, RegistryAuth>();
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new Refusal(400, $"credentials in {path} cannot be read: {e.Message}", e);
        }
    }

    private static RegistryLogin? Login(RegistryAuth? auth)
    {
        var bytes = new byte[auth?.Auth?.Length ?? 0];
        var text = Convert.TryFromBase64String(auth?.Auth ?? "", bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : "";
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon <= 0 && auth?.IdentityToken is null ? null : new()
        {
            User = colon <= 0 ? "" : text[..colon],
            Password = colon <= 0 ? "" : text[(colon + 1)..].TrimEnd('\0'),
            IdentityToken = auth?.IdentityToken,
        };
    }

    /// <summary>Docker writes its hub as an URL; keys with a path are for that registry, too.</summary>
    private static string Host(string key)
    {
        var host = key.Replace("https://", "", StringComparison.Ordinal).Replace("http://", "", StringComparison.Ordinal).Split('/')[0];
        return host is "index.docker.io" or "registry-1.docker.io" ? "docker.io" : host;
    }
}
