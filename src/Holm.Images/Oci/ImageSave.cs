using System.Text.Json;
using Holm.Contract;
using Holm.Images.Tar;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Processes;

namespace Holm.Images.Oci;

/// <summary>
/// Sends images of the store out as one tar that holds an OCI image layout:
/// <code>
///   each layer, once:  SquashFS ─ LayerTar ─ gzip ─> staged file ─> blobs/sha256/DIGEST      one at a time on disk
///   each image, once:  its config with the new diff ids, a manifest ─> blobs/sha256/DIGEST
///   last:              index.json, which gives each name asked for, and oci-layout
/// </code>
/// Nothing is sent before the first layer is packed. Memory does not grow with the layers. The same images give the same bytes.
/// </summary>
/// <remarks>OCI image specification 1.1, image-layout.md, manifest.md, config.md.</remarks>
/// <param name="store">Has the images.</param>
public sealed class ImageSave(ImageStore store)
{
    private const string RefName = "org.opencontainers.image.ref.name";

    /// <summary>Writes the archive. What it needs of the store is held open: an image that is deleted meanwhile is still sent.</summary>
    /// <param name="names">As for <see cref="ImageStore.Find"/>. An alias becomes the image's name in the archive; a fingerprint gives
    /// none.</param>
    /// <param name="target">Gets it; only written, in order.</param>
    /// <param name="ct">Gives up; nothing is left in the store.</param>
    /// <exception cref="Refusal">404 no such image; 400 it cannot be a layer; 507 no room for the largest layer.</exception>
    public async Task Write(IReadOnlyList<string> names, Stream target, CancellationToken ct)
    {
        var wanted = names.Select(n => store.Look(n) ?? throw new Refusal(404, $"save: there is no image {Shown(n)}")).Distinct().ToList();
        var files = new Dictionary<string, Fd>(StringComparer.Ordinal);
        try
        {
            foreach (var layer in wanted.SelectMany(w => Layers(w.Image)))
                if (!files.ContainsKey(layer))
                    files.Add(layer, Fd.Open(store.LayerPath(layer), OpenFlags.O_RDONLY));
            // A gzip is larger than what zstd made of the same by a tenth or two.
            var largest = files.Values.Select(f => FileStat.Of(f).Size).DefaultIfEmpty().Max();
            Room.Check(store.PullsFolder, largest + (largest / 4));
            await Write(wanted, files, new LayoutTar(target, ct), ct).ConfigureAwait(false);
        }
        finally
        {
            foreach (var file in files.Values)
                file.Dispose();
        }
    }

    private async Task Write(
        IReadOnlyList<(StoredImage Image, string? Alias)> wanted, Dictionary<string, Fd> files, LayoutTar archive, CancellationToken ct)
    {
        var packed = new Dictionary<string, (OciDescriptor Blob, Digest DiffId)>(StringComparer.Ordinal);
        foreach (var (sha256, file) in files)
        {
            using var blob = await NewBlob.Pack(file, store.PullsFolder, ct).ConfigureAwait(false);
            packed.Add(sha256, (blob.Descriptor, blob.DiffId));
            await archive.Add(blob).ConfigureAwait(false);
        }
        var index = new List<OciDescriptor>();
        foreach (var (image, alias) in wanted)
        {
            var layers = Layers(image).Select(l => packed[l]).ToList();
            var config = await archive.Add(Config(image, layers.Select(l => l.DiffId)), MediaTypes.OciConfig).ConfigureAwait(false);
            var manifest = new OciManifest
            {
                SchemaVersion = 2,
                MediaType = MediaTypes.OciManifest,
                Config = config,
                Layers = [.. layers.Select(l => l.Blob)],
                Annotations = image.Oci?.ManifestDocument.Annotations,
            };
            var bytes = JsonSerializer.SerializeToUtf8Bytes(manifest, OciJson.Default.OciManifest);
            var named = await archive.Add(bytes, MediaTypes.OciManifest).ConfigureAwait(false);
            index.Add(alias is null ? named : named with { Annotations = new Dictionary<string, string> { [RefName] = alias } });
        }
        await archive.End(new OciManifest { SchemaVersion = 2, MediaType = MediaTypes.OciIndex, Manifests = index }).ConfigureAwait(false);
    }

    /// <summary>Lowest first, as many as its config has diff ids.</summary>
    private static IEnumerable<string> Layers(StoredImage image) => image.Oci?.Layers.Select(l => l.Sha256) ?? image.Layers;

    private static byte[] Config(StoredImage image, IEnumerable<Digest> diffIds)
    {
        List<string> ids = [.. diffIds.Select(d => d.ToString())];
        return image.Oci is null ? Made(image, ids) : WithDiffIds(image.Oci.Config, ids);
    }

    /// <summary>The same bytes, but for the value of <c>rootfs.diff_ids</c>.</summary>
    private static byte[] WithDiffIds(byte[] config, IEnumerable<string> diffIds)
    {
        var value = System.Text.Encoding.ASCII.GetBytes($"[{string.Join(',', diffIds.Select(d => $"\"{d}\""))}]");
        var result = new MemoryStream();
        var (copied, inRootfs) = (0, false);
        var reader = new Utf8JsonReader(config);
        while (reader.Read())
            if (reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 })
            {
                inRootfs = reader.ValueTextEquals("rootfs"u8);
            }
            else if (inRootfs && reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 2 } &&
                reader.ValueTextEquals("diff_ids"u8))
            {
                reader.Read();
                result.Write(config.AsSpan(copied..(int)reader.TokenStartIndex));
                result.Write(value);
                reader.Skip();
                copied = (int)reader.BytesConsumed;
            }
        result.Write(config.AsSpan(copied..));
        return result.ToArray();
    }

    /// <summary>The config of an image that never had one.</summary>
    private static byte[] Made(StoredImage image, IReadOnlyList<string> diffIds)
    {
        var platform = Platforms.Parse(image.Architecture);
        return JsonSerializer.SerializeToUtf8Bytes(new OciConfig
        {
            Created = image.CreatedAt,
            Architecture = platform.Architecture,
            Os = platform.Os,
            Variant = platform.Variant,
            Config = image.HasInit ? new OciRun { Cmd = ["/sbin/init"], StopSignal = Signals.Name(image.HaltSignal) } : null,
            Rootfs = new OciRootfs { Type = "layers", DiffIds = diffIds },
        }, OciJson.Default.OciConfig);
    }

    private static string Shown(string name) => EntryName.Show(System.Text.Encoding.UTF8.GetBytes(name));
}
