using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Holm.Contract;
using Holm.Linux.Files;

namespace Holm.Images.Oci;

/// <summary>Who this node is to registries: a file in the form of containers-auth.json(5), readable by its owner only.</summary>
public sealed class Logins
{
    private readonly string _path;
    private readonly Lock _lock = new();
    private ImmutableSortedDictionary<string, RegistryAuth> _all =
        ImmutableSortedDictionary.Create<string, RegistryAuth>(StringComparer.Ordinal);

    /// <summary>Reads the file, if it is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="say">Hears that it cannot be read; it is left as it is, and nobody is logged in.</param>
    public Logins(string path, Action<string> say)
    {
        _path = path;
        try
        {
            if (File.Exists(path))
                _all = _all.AddRange(JsonSerializer.Deserialize(File.ReadAllBytes(path), OciJson.Default.RegistryAuths)?.Auths
                    ?? ImmutableDictionary<string, RegistryAuth>.Empty);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            say($"{path} cannot be read ({e.Message}): no registry knows this node until `holm login`");
        }
    }

    /// <summary>Registries that know this node.</summary>
    public IReadOnlyList<string> Hosts => [.. _all.Keys];

    /// <summary>Who the node is there, or null.</summary>
    public RegistryCredentials? Of(string host) => _all.TryGetValue(host, out var auth) ? Read(auth) : null;

    /// <summary>Notes who it is.</summary>
    public void Set(string host, RegistryCredentials credentials) => Write(all => all.SetItem(host, new RegistryAuth
    {
        Auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.User}:{credentials.Password}")),
        IdentityToken = credentials.IdentityToken,
    }));

    /// <summary>Forgets it.</summary>
    /// <exception cref="Refusal">404: it is not known.</exception>
    public void Remove(string host) => Write(all => all.Remove(host) is var rest && rest != all ? rest
        : throw new Refusal(404, $"this node is not logged in at {host}"));

    /// <summary>Reads one entry of such a file; null: it holds no password.</summary>
    public static RegistryCredentials? Read(RegistryAuth auth)
    {
        var bytes = new byte[auth.Auth?.Length ?? 0];
        if (!Convert.TryFromBase64String(auth.Auth ?? "", bytes, out var length))
            return null;
        var text = Encoding.UTF8.GetString(bytes.AsSpan(0, length));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 && auth.IdentityToken is null ? null
            : new RegistryCredentials(colon < 0 ? text : text[..colon], colon < 0 ? "" : text[(colon + 1)..], auth.IdentityToken);
    }

    private void Write(Func<ImmutableSortedDictionary<string, RegistryAuth>, ImmutableSortedDictionary<string, RegistryAuth>> change)
    {
        lock (_lock)
        {
            var next = change(_all);
            Durable.Write(_path, JsonSerializer.SerializeToUtf8Bytes(new RegistryAuths { Auths = next }, OciJson.Default.RegistryAuths));
            _all = next;
        }
    }
}
