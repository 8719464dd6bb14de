using System.Collections.Immutable;
using Holm.Contract;

namespace Holm.Config;

/// <summary>
/// What a person said of one registry of container images. One of which nothing is said is asked by TLS, when it is named.
/// </summary>
public sealed record RegistryConfig
{
    /// <summary>Host, with a port where it is not 443.</summary>
    public required string Host { get; init; }

    /// <summary>True: it is asked for names that begin with no registry.</summary>
    public bool Search { get; init; }

    /// <summary>True: it is spoken to without TLS.</summary>
    public bool Insecure { get; init; }

    /// <summary>Hosts that are asked before it, in this order.</summary>
    public ImmutableList<string> Mirrors { get; init; } = [];

    /// <summary>Accepts it.</summary>
    /// <exception cref="Refusal">400.</exception>
    public void Check()
    {
        foreach (var host in Mirrors.Prepend(Host))
            if (!IsHost(host))
                throw new Refusal(400, $"registry {Names.Show(host)} is no host; write a name or address, with :PORT where it is not 443");
        if (Mirrors.Contains(Host) || Mirrors.Distinct().Count() < Mirrors.Count)
            throw new Refusal(400, $"registry {Host}: a mirror is named twice, or is the registry itself");
        if (!Search && !Insecure && Mirrors.Count == 0)
            throw new Refusal(400, $"registry {Host}: nothing is said; write registry {Host} and search, insecure or mirrors HOST,…");
    }

    /// <summary>True for <c>docker.io</c>, <c>10.0.0.5:5000</c>, <c>[fd00::1]:5000</c>.</summary>
    public static bool IsHost(string text)
    {
        var colon = text.LastIndexOf(':');
        var port = colon > text.LastIndexOf(']') ? text[(colon + 1)..] : null;
        var name = port is null ? text : text[..colon];
        var isPort = port is null || (port.All(char.IsAsciiDigit) && ushort.TryParse(port, out var number) && number > 0);
        if (!isPort || name.Length is 0 or > 253)
            return false;
        return name[0] == '[' ? name.Length > 2 && name[^1] == ']' && name[1..^1].All(c => char.IsAsciiHexDigit(c) || c == ':')
            : name.Split('.').All(IsLabel);
    }

    private static bool IsLabel(string text) => text.Length is > 0 and <= 63 && text[0] != '-' && text[^1] != '-' &&
        text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
