using System.Text.RegularExpressions;
using Holm.Contract;

namespace Holm.Images.Oci;

/// <summary>Name of an image in a registry: <c>REGISTRY/PATH[:TAG][@DIGEST]</c>.</summary>
/// <remarks>The grammar of the distribution project, <c>reference/reference.go</c>.</remarks>
/// <param name="Registry">Host, with a port where it is not 443.</param>
/// <param name="Path">Path components joined by '/'; on docker.io at least two.</param>
/// <param name="Tag">Tag, or null when a digest stands alone.</param>
/// <param name="Digest">What the manifest's bytes hash to, or null.</param>
public sealed partial record ImageReference(string Registry, string Path, string? Tag, Digest? Digest)
{
    /// <summary>Docker's hub as people write it.</summary>
    public const string Hub = "docker.io";

    /// <summary>Longest registry and path together.</summary>
    private const int NameMax = 255;

    /// <summary>The name it is stored under; a digest without a tag stays part of it.</summary>
    public string Alias => Tag is null ? $"{Registry}/{Path}@{Digest}" : $"{Registry}/{Path}:{Tag}";

    /// <summary>Where the registry is asked: the digest, which says more, before the tag.</summary>
    public string ManifestName => Digest?.ToString() ?? Tag!;

    /// <inheritdoc/>
    public override string ToString() => $"{Registry}/{Path}{(Tag is null ? "" : ":" + Tag)}{(Digest is null ? "" : $"@{Digest}")}";

    /// <summary>True when the text begins with a registry, as <see cref="Parse"/> wants it.</summary>
    public static bool NamesRegistry(string text) => Host(text) is not null;

    /// <summary>Reads one, or null.</summary>
    public static ImageReference? TryParse(string text)
    {
        try
        {
            return Parse(text);
        }
        catch (Refusal)
        {
            return null;
        }
    }

    /// <summary>Reads one. The first component is a registry when it has a dot or a port, or is <c>localhost</c>.</summary>
    /// <exception cref="Refusal">400: it is none; the sentence says what is wrong.</exception>
    public static ImageReference Parse(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var digest = at < 0 ? null : Oci.Digest.TryParse(text[(at + 1)..])
            ?? throw Bad(text, "after @ comes sha256: and 64 hex digits");
        var name = at < 0 ? text : text[..at];
        var colon = name.LastIndexOf(':');
        var tag = colon > name.LastIndexOf('/') ? name[(colon + 1)..] : null;
        if (tag is not null)
            name = name[..colon];
        if (tag is not null && !TagPattern().IsMatch(tag))
            throw Bad(text, "a tag is 1 to 128 letters, digits, '_', '.' and '-', beginning with none of the last two");
        var host = Host(name) ?? throw Bad(text, "it begins with no registry, for example docker.io/");
        var path = name[(host.Length + 1)..];
        if (!HostPattern().IsMatch(host))
            throw Bad(text, $"{host} is no host name");
        if (!path.Split('/').All(ComponentPattern().IsMatch))
            throw Bad(text, "a path is lower case letters and digits, joined by '.', '_', '__', '-' and '/'");
        if (name.Length > NameMax)
            throw Bad(text, $"it is longer than {NameMax} characters");
        if (host is Hub or "index.docker.io")
            (host, path) = (Hub, path.Contains('/', StringComparison.Ordinal) ? path : "library/" + path);
        return new ImageReference(host, path, tag ?? (digest is null ? "latest" : null), digest);
    }

    /// <summary>What a short name of a stored image ends in: <c>PATH:TAG</c>; tag <c>latest</c> if it has none.</summary>
    public static string ShortEnd(string text)
    {
        var hasTag = text.Contains('@', StringComparison.Ordinal) || text.LastIndexOf(':') > text.LastIndexOf('/');
        return hasTag ? text : text + ":latest";
    }

    private static string? Host(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : name[..slash];
        return first.AsSpan().ContainsAny('.', ':', '[') || first == "localhost" ? first : null;
    }

    private static Refusal Bad(string text, string why) => new(400, $"image name {Shown(text)} cannot be used: {why}");

    private static string Shown(string text) =>
        "'" + new string([.. text.Take(200).Select(c => char.IsControl(c) ? '?' : c)]) + "'";

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*\z")]
    private static partial Regex ComponentPattern();

    private const string Label = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?";

    [GeneratedRegex(@$"^({Label}(\.{Label})*|\[[0-9a-fA-F:]+\])(:[0-9]{{1,5}})?\z")]
    private static partial Regex HostPattern();
}
