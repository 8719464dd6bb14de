using Holm.Contract;

namespace Holm.Cli;

/// <summary>Names from the command line as parts of URLs.</summary>
internal static class Names
{
    /// <summary><c>/1.0/instances/NAME</c>.</summary>
    public static string Instance(string name) => $"/1.0/instances/{Part(name, "app")}";

    /// <summary><c>/1.0/profiles/NAME</c>.</summary>
    public static string Profile(string name) => $"/1.0/profiles/{Part(name, "profile")}";

    /// <summary><c>/1.0/networks/NAME</c>.</summary>
    public static string Network(string name) => $"/1.0/networks/{Part(name, "network")}";

    /// <summary><c>/1.0/storage-pools/NAME</c>.</summary>
    public static string Pool(string name) => $"/1.0/storage-pools/{Part(name, "pool")}";

    /// <summary><c>/1.0/storage-pools/POOL/volumes/custom</c>.</summary>
    public static string Volumes(string pool) => $"{Pool(pool)}/volumes/custom";

    /// <summary><c>/1.0/storage-pools/POOL/volumes/custom/NAME</c>.</summary>
    public static string Volume(string pool, string name) => $"{Volumes(pool)}/{Part(name, "volume")}";

    /// <summary><c>/1.0/flakes/NAME</c>.</summary>
    public static string Flake(string name) => $"/1.0/flakes/{Part(name, "flake")}";

    /// <summary><c>/1.0/images/FINGERPRINT</c>.</summary>
    public static string Image(string fingerprint) => $"/1.0/images/{Part(fingerprint, "image")}";

    /// <summary><c>/1.0/registries/HOST</c>.</summary>
    public static string Registry(string host) => $"/1.0/registries/{Part(host, "registry")}";

    /// <summary><c>/1.0/images/aliases/NAME</c>.</summary>
    public static string Alias(string name) => $"/1.0/images/aliases/{Part(name, "alias")}";

    /// <summary><c>/1.0/certificates/FINGERPRINT</c>.</summary>
    public static string Certificate(string fingerprint) => $"/1.0/certificates/{Part(fingerprint, "certificate")}";

    /// <summary><c>/1.0/operations/UUID</c>.</summary>
    public static string Operation(string id) => $"/1.0/operations/{Part(id, "operation")}";

    /// <summary>The name at the end of an object's URL.</summary>
    public static string Last(string url) => Uri.UnescapeDataString(url[(url.LastIndexOf('/') + 1)..]);

    /// <summary>The fingerprint of an image that is named by alias or the end of one, by fingerprint or its first digits.</summary>
    public static string Fingerprint(Caller caller, string name)
    {
        try
        {
            return caller.Node.Get(Alias(name), ContractJson.Default.ImageAlias).Target ?? name;
        }
        catch (Refusal refusal) when (refusal.Code == 404)
        {
            return caller.Node.Get(Image(name), ContractJson.Default.Image).Fingerprint;
        }
    }

    /// <summary><c>KEY=VALUE</c> words as a dictionary.</summary>
    /// <exception cref="UsageError">A word has no key or no <c>=</c>.</exception>
    public static Dictionary<string, string> Pairs(IEnumerable<string> words)
    {
        var pairs = new Dictionary<string, string>();
        foreach (var word in words)
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new UsageError($"'{word}' is not KEY=VALUE");
            pairs[word[..equals]] = word[(equals + 1)..];
        }
        return pairs;
    }

    // A server resolves dot segments (RFC 3986, 5.2.4) even when they are escaped: DELETE of ".." would mean the folder above.
    private static string Part(string name, string kind) => name switch
    {
        "" => throw new UsageError($"the name of the {kind} is empty"),
        "." or ".." => throw new UsageError($"'{name}' names no {kind}"),
        _ => Uri.EscapeDataString(name),
    };
}
