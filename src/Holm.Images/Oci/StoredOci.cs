using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holm.Contract;

namespace Holm.Images.Oci;

/// <summary>What the store keeps of an image that came from the OCI world, beside its SquashFS layers.</summary>
public sealed record StoredOci
{
    /// <summary>The manifest's bytes; the image's fingerprint is their sha256.</summary>
    public required byte[] Manifest { get; init; }

    /// <summary>The config's bytes.</summary>
    public required byte[] Config { get; init; }

    /// <summary>What was made of its layers, lowest first; fewer than the manifest has while it is being pulled.</summary>
    public required IReadOnlyList<StoredOciLayer> Layers { get; init; }

    /// <summary>The manifest, read.</summary>
    [JsonIgnore]
    public OciManifest ManifestDocument => JsonSerializer.Deserialize(Manifest, OciJson.Default.OciManifest)!;

    /// <summary>The config, read.</summary>
    [JsonIgnore]
    public OciConfig ConfigDocument => JsonSerializer.Deserialize(Config, OciJson.Default.OciConfig)!;
}

/// <summary>One layer, by what it was and what it became.</summary>
/// <param name="DiffId">sha256 of the unpacked tar.</param>
/// <param name="ChainId">sha256 over it and all below.</param>
/// <param name="OnChain">True: what it became depends on the layers below; it can stand on no others.</param>
/// <param name="Sha256">The SquashFS file.</param>
/// <param name="Size">Bytes of that.</param>
public sealed record StoredOciLayer(string DiffId, string ChainId, bool OnChain, string Sha256, long Size);

/// <summary>Names of stacks of layers.</summary>
internal static class ChainIds
{
    /// <summary>The chain id of each layer, lowest first.</summary>
    /// <remarks>OCI image specification 1.1, config.md, "Layer ChainID".</remarks>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> diffIds)
    {
        var chain = new List<string>();
        foreach (var diff in diffIds)
            chain.Add(chain.Count == 0 ? diff : Digest.Of(Encoding.ASCII.GetBytes($"{chain[^1]} {diff}")).ToString());
        return chain;
    }
}
