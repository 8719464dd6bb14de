using System.Text.Json;
using Holm.Contract;

namespace Holm.Images.Oci;

/// <summary>A manifest and its config, found and checked: all that is known of an image before its layers come.</summary>
/// <param name="Fingerprint">sha256 of the manifest.</param>
/// <param name="ManifestBytes">The manifest as it came.</param>
/// <param name="ConfigBytes">The config as it came.</param>
/// <param name="Blobs">The layers as they are fetched, lowest first.</param>
/// <param name="DiffIds">By layer: sha256 of its unpacked tar.</param>
/// <param name="Config">The config, read.</param>
internal sealed record PulledImage(
    string Fingerprint, byte[] ManifestBytes, byte[] ConfigBytes, IReadOnlyList<OciDescriptor> Blobs, IReadOnlyList<string> DiffIds,
    OciConfig Config)
{
    /// <summary>Overlayfs takes 500 lower layers (<c>OVL_MAX_STACK</c>).</summary>
    private const int LayersMax = 500;

    private const long BlobMax = 1L << 40;

    /// <summary>Chain ids.</summary>
    public IReadOnlyList<string> ChainIds { get; } = Oci.ChainIds.Of(DiffIds);

    /// <summary>Checks what a manifest and a config say of each other.</summary>
    /// <exception cref="Refusal">400: they are not those of an image this node can use; the sentence says why.</exception>
    public static PulledImage Read(string image, byte[] manifestBytes, OciManifest manifest, byte[] configBytes, OciPlatform? platform)
    {
        var config = ReadConfig(image, configBytes);
        var diffIds = config.Rootfs?.DiffIds ?? [];
        var blobs = manifest.Layers!;
        if (blobs.Count == 0)
            throw new Refusal(400, $"{image} has no layers");
        if (blobs.Count > LayersMax)
            throw new Refusal(400, $"{image} has {blobs.Count} layers; the kernel stacks {LayersMax}");
        if (diffIds.Count != blobs.Count)
            throw new Refusal(400, $"{image} has {blobs.Count} layers, and its config speaks of {diffIds.Count}");
        foreach (var diff in diffIds)
            Digest.Parse(diff, $"the config of {image}");
        foreach (var blob in blobs)
        {
            MediaTypes.CheckLayer(blob.MediaType);
            Digest.Parse(blob.Digest, $"the manifest of {image}");
            if (blob.Size is < 0 or > BlobMax)
                throw new Refusal(400, $"the manifest of {image} has a layer of {blob.Size} bytes");
        }
        if (config.Os is not ("linux" or ""))
            throw new Refusal(400, $"{image} is for {config.Os}, not for Linux");
        if (platform is not null && config.Architecture.Length > 0 && config.Architecture != platform.Architecture)
            throw new Refusal(400, $"{image} is for {config.Architecture}, not for {Platforms.Show(platform)}; --arch takes another");
        return new PulledImage(Digest.Of(manifestBytes).Hex, manifestBytes, configBytes, blobs, diffIds, config);
    }

    /// <summary>Reads a manifest or index.</summary>
    /// <exception cref="Refusal">400: it is neither.</exception>
    public static OciManifest ReadManifest(string image, byte[] bytes)
    {
        try
        {
            var read = JsonSerializer.Deserialize(bytes, OciJson.Default.OciManifest);
            return read is null || (read.Layers ?? []).Contains(null!) || (read.Manifests ?? []).Contains(null!)
                ? throw new JsonException("null stands where an object should") : read;
        }
        catch (JsonException e)
        {
            throw new Refusal(400, $"the manifest of {image} cannot be read: {e.Message}", e);
        }
    }

    private static OciConfig ReadConfig(string image, byte[] bytes)
    {
        try
        {
            var read = JsonSerializer.Deserialize(bytes, OciJson.Default.OciConfig) ?? throw new JsonException("it is null");
            var run = read.Config ?? new OciRun();
            string?[] texts = [.. run.Env ?? [], .. run.Cmd ?? [], .. run.Entrypoint ?? []];
            if (texts.Contains(null))
                throw new JsonException("null stands where a text should");
            // Each ends at its NUL where a program gets it: what follows would be taken for something else.
            return texts.Concat([run.User, run.WorkingDir]).Any(t => t?.Contains('\0', StringComparison.Ordinal) == true)
                ? throw new Refusal(400, $"the config of {image} holds a NUL in what is to be run") : read;
        }
        catch (JsonException e)
        {
            throw new Refusal(400, $"the config of {image} cannot be read: {e.Message}", e);
        }
    }
}
