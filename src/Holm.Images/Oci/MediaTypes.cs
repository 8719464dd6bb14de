using Holm.Contract;

namespace Holm.Images.Oci;

/// <summary>The media types of images: OCI's and Docker's.</summary>
/// <remarks>OCI image specification 1.1, media-types.md.</remarks>
internal static class MediaTypes
{
    public const string OciIndex = "application/vnd.oci.image.index.v1+json", OciManifest = "application/vnd.oci.image.manifest.v1+json",
        OciConfig = "application/vnd.oci.image.config.v1+json", OciLayer = "application/vnd.oci.image.layer.v1.tar";

    private const string DockerConfig = "application/vnd.docker.container.image.v1+json",
        DockerLayer = "application/vnd.docker.image.rootfs.diff.tar", DockerSchema1 = "application/vnd.docker.distribution.manifest.v1";

    public static readonly string[] Indexes = [OciIndex, "application/vnd.docker.distribution.manifest.list.v2+json"];

    public static readonly string[] Manifests = [OciManifest, "application/vnd.docker.distribution.manifest.v2+json"];

    /// <summary>How a layer is packed is seen by its first bytes; what it is must be said.</summary>
    /// <exception cref="Refusal">400: no layer Holm can use; the sentence names the type.</exception>
    public static void CheckLayer(string type)
    {
        if (type is OciLayer or OciLayer + "+gzip" or OciLayer + "+zstd" or DockerLayer or DockerLayer + ".gzip" or DockerLayer + ".zstd")
            return;
        var why = type.Contains("nondistributable", StringComparison.Ordinal) || type.Contains("foreign", StringComparison.Ordinal)
            ? ": its bytes are not in the registry"
            : type.EndsWith("+encrypted", StringComparison.Ordinal) ? ": it is encrypted" : "";
        throw new Refusal(400, $"the image has a layer of type {Shown(type)}, which Holm cannot use{why}");
    }

    /// <exception cref="Refusal">400: an artifact, no image.</exception>
    public static void CheckConfig(string type)
    {
        if (type is not (OciConfig or DockerConfig))
            throw new Refusal(400, $"it is no image but something else that registries hold, of type {Shown(type)}");
    }

    /// <summary>True for an index, false for a manifest; a document speaks for itself where its type is unknown.</summary>
    /// <exception cref="Refusal">400: neither.</exception>
    public static bool IsIndex(string type, OciManifest document)
    {
        var said = document.MediaType ?? type;
        if (document.SchemaVersion != 2 || said.StartsWith(DockerSchema1, StringComparison.Ordinal))
            throw new Refusal(400, "its manifest is of Docker's first kind, given up in 2017; push the image again with a newer tool");
        if (Indexes.Contains(said) || document is { Manifests: not null, Layers: null, Config: null })
            return document.Manifests is not null ? true : throw new Refusal(400, "its index lists nothing");
        return document is { Config: not null, Layers: not null } ? false
            : throw new Refusal(400, $"it is neither a manifest nor an index but {Shown(said)}");
    }

    private static string Shown(string type) => new([.. type.Take(100).Where(c => c is > ' ' and <= '~')]);
}
