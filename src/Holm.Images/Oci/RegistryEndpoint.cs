namespace Holm.Images.Oci;

/// <summary>Where a registry, or a mirror of it, is reached.</summary>
/// <param name="Host">Host and port as people write it; credentials are found by it.</param>
/// <param name="Url">Scheme, host and port, without a path: <c>https://registry-1.docker.io</c>.</param>
public sealed record RegistryEndpoint(string Host, Uri Url);

/// <summary>What the node's owner said about registries.</summary>
public sealed record RegistrySettings
{
    /// <summary>Hosts that are asked for a name without a registry, in this order.</summary>
    public IReadOnlyList<string> Search { get; init; } = [];

    /// <summary>Hosts that are spoken to without TLS.</summary>
    public IReadOnlyList<string> Insecure { get; init; } = [];

    /// <summary>By registry: hosts that are asked before it, in this order.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Mirrors { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Where a registry's images are fetched: its mirrors, then itself.</summary>
    public IEnumerable<RegistryEndpoint> Endpoints(string registry) =>
        Mirrors.GetValueOrDefault(registry, []).Append(registry).Select(Endpoint);

    /// <summary>How one host is reached.</summary>
    public RegistryEndpoint Endpoint(string host) => new(host, new Uri(
        (Insecure.Contains(host, StringComparer.Ordinal) ? "http://" : "https://") +
        // The hub's registry has another name than the hub.
        (host == ImageReference.Hub ? "registry-1.docker.io" : host)));
}

/// <summary>Who asks.</summary>
/// <param name="User">User name.</param>
/// <param name="Password">Password or token.</param>
/// <param name="IdentityToken">An OAuth refresh token in place of both, or null.</param>
public sealed record RegistryCredentials(string User, string Password, string? IdentityToken = null)
{
    /// <summary>Never what is secret.</summary>
    public override string ToString() => $"{User}:***";
}
