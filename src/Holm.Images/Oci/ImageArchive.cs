using System.Security.Cryptography;
using System.Text.Json;
using Holm.Contract;
using Holm.Images.Tar;
using Holm.Linux.Files;

namespace Holm.Images.Oci;

/// <summary>
/// A tar with images in it: an image layout (<c>podman save --format oci-archive</c>, <c>skopeo copy … oci-archive:</c>) or what
/// <c>docker save</c> and <c>podman save</c> write. Every file in it becomes a blob named by its sha256; from then on it is a pull that
/// finds its blobs here.
/// </summary>
/// <remarks>
/// OCI image specification 1.1, image-layout.md; Docker image specification 1.2, "Combined Image JSON + Filesystem Changeset Format".
/// </remarks>
internal sealed class ImageArchive : IDisposable
{
    private const int DocumentMax = 8 << 20;
    private readonly ImageStore _store;
    private readonly Dictionary<string, (string Hex, long Size)> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _links = new(StringComparer.Ordinal);

    private ImageArchive(ImageStore store) => _store = store;

    /// <summary>Reads an archive whole.</summary>
    /// <exception cref="Refusal">400: it is none, hostile, or damaged; 507 no room.</exception>
    public static async Task<ImageArchive> Read(string path, ImageStore store, CancellationToken ct)
    {
        var archive = new ImageArchive(store);
        var limits = new TarLimits();
        try
        {
            var source = PackedTar.Open(path, limits, ct);
            await using (source.ConfigureAwait(false))
            {
                try
                {
                    var reader = new TarReader(source, limits);
                    while (reader.Next() is { } entry)
                        archive.Take(reader, entry, ct);
                    await source.Finish().ConfigureAwait(false);
                }
                catch (EndTooEarlyException)
                {
                    ct.ThrowIfCancellationRequested();
                    throw await source.WhyItEnded().ConfigureAwait(false) is { } why ? TarHeader.NoTar(why) : TarReader.Cut();
                }
            }
            return archive;
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>The images in it, each with the names it goes by there.</summary>
    /// <exception cref="Refusal">400: there are none, or one lacks a part.</exception>
    public IReadOnlyList<(PulledImage Image, IReadOnlyList<string> Names)> Images(OciPlatform platform)
    {
        if (Document("index.json") is { } index)
            return [.. Layout(PulledImage.ReadManifest("the archive", index), platform)];
        if (Document("manifest.json") is { } list)
            return [.. Docker(list)];
        throw new Refusal(400, "the archive holds no image: neither an index.json, as an image layout has, nor a manifest.json, as " +
            "`docker save` writes; a root file system is taken in by `holm image import`");
    }

    /// <summary>Checks that a blob is here; it is not copied.</summary>
    public void Find(OciDescriptor blob, Action<long> progress)
    {
        var digest = Digest.Parse(blob.Digest, "the archive");
        if (_files.Values.FirstOrDefault(f => f.Hex == digest.Hex) is not { Hex: not null } found)
            throw new Refusal(400, $"the archive lacks {digest.Brief}, of which an image in it is made");
        if (found.Size != blob.Size)
            throw new Refusal(400, $"the archive has {found.Size} bytes of {digest.Brief}; an image in it says {blob.Size}");
        progress(blob.Size);
    }

    /// <summary>What did not become a layer goes.</summary>
    public void Dispose()
    {
        foreach (var (hex, _) in _files.Values)
            _store.LeaveBlob(hex, used: true);
    }

    private void Take(TarReader reader, TarEntry entry, CancellationToken ct)
    {
        var name = EntryName.Show(entry.Name);
        if (entry.Kind is TarKind.Symlink or TarKind.HardLink)
            _links[name] = entry.Kind == TarKind.HardLink ? EntryName.Show(entry.Link)
                : Path.GetFullPath(Path.Combine("/", Path.GetDirectoryName(name) ?? "", EntryName.Show(entry.Link)))[1..];
        if (entry.Kind != TarKind.File)
            return;
        using var staged = Durable.Stage(_store.PullsFolder);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 * 1024];
        for (int count; (count = reader.Read(buffer)) > 0;)
        {
            ct.ThrowIfCancellationRequested();
            Room.Check(_store.PullsFolder, count);
            staged.Write(buffer.AsSpan(0, count));
            hash.AppendData(buffer, 0, count);
        }
        var digest = Digest.Of(hash);
        if (name.StartsWith("blobs/sha256/", StringComparison.Ordinal) && name != $"blobs/sha256/{digest.Hex}")
            throw EntryName.Refuse(entry.Name, "has other bytes than its name says");
        _store.NeedBlob(digest.Hex);
        if (_files.Remove(name, out var older))
            _store.LeaveBlob(older.Hex, used: true);
        _files[name] = (digest.Hex, entry.Size);
        staged.Commit(_store.BlobPath(digest.Hex));
    }

    private IEnumerable<(PulledImage, IReadOnlyList<string>)> Layout(OciManifest index, OciPlatform platform)
    {
        var all = index.Manifests ?? [];
        // One image for several machines, or several images.
        if (all.Count > 1 && all.All(m => m.Platform is not null) && all.Select(m => m.Platform).Distinct().Count() == all.Count)
            all = [Platforms.Choose(all, platform, "the image in the archive")];
        foreach (var named in all)
        {
            var (bytes, manifest) = (Blob(named), (OciManifest?)null);
            for (var depth = 0; MediaTypes.IsIndex(named.MediaType, manifest = PulledImage.ReadManifest("the archive", bytes)); depth++)
                bytes = depth < 2 ? Blob(Platforms.Choose(manifest.Manifests!, platform, "the image in the archive"))
                    : throw new Refusal(400, "the archive: an index names an index names an index");
            MediaTypes.CheckConfig(manifest.Config!.MediaType);
            var names = (string?[])[
                named.Annotations?.GetValueOrDefault("io.containerd.image.name"),
                named.Annotations?.GetValueOrDefault("org.opencontainers.image.ref.name"),
            ];
            // An image that is there for one machine is taken for that, as it was asked for.
            yield return (PulledImage.Read("the image in the archive", bytes, manifest, Blob(manifest.Config), platform: null),
                [.. names.Select(n => ImageReference.TryParse(n ?? "")?.Alias).OfType<string>().Distinct()]);
        }
    }

    private IEnumerable<(PulledImage, IReadOnlyList<string>)> Docker(byte[] list)
    {
        IReadOnlyList<DockerImage>? images;
        try
        {
            images = JsonSerializer.Deserialize(list, OciJson.Default.IReadOnlyListDockerImage);
        }
        catch (JsonException e)
        {
            throw new Refusal(400, $"the archive's manifest.json cannot be read: {e.Message}", e);
        }
        foreach (var image in images ?? [])
        {
            var config = Named(image?.Config);
            var layers = (image?.Layers ?? []).Select(Named).ToList();
            var stack = layers.Select(
                l => new OciDescriptor { MediaType = MediaTypes.OciLayer, Digest = "sha256:" + l.Hex, Size = l.Size });
            var manifest = new OciManifest
            {
                SchemaVersion = 2,
                MediaType = MediaTypes.OciManifest,
                Config = new OciDescriptor { MediaType = MediaTypes.OciConfig, Digest = "sha256:" + config.Hex, Size = config.Size },
                Layers = [.. stack],
            };
            var bytes = JsonSerializer.SerializeToUtf8Bytes(manifest, OciJson.Default.OciManifest);
            yield return (PulledImage.Read("the image in the archive", bytes, manifest, Blob(manifest.Config), platform: null),
                [.. (image?.RepoTags ?? []).Select(t => ImageReference.NamesRegistry(t) ? t : $"docker.io/{t}")
                    .Select(t => ImageReference.TryParse(t)?.Alias).OfType<string>()]);
        }
    }

    private (string Hex, long Size) Named(string? name)
    {
        for (var links = 0; name is not null && links < 8 && _links.TryGetValue(name, out var target); links++)
            name = target;
        return _files.TryGetValue(name ?? "", out var found) ? found
            : throw new Refusal(400, $"the archive lacks {Names(name)}, of which an image in it is made");
    }

    private static string Names(string? name) => EntryName.Show(System.Text.Encoding.UTF8.GetBytes(name ?? "a name"));

    private byte[]? Document(string name) => _files.TryGetValue(name, out var found) ? Bytes(found, name) : null;

    private byte[] Blob(OciDescriptor blob)
    {
        Find(blob, _ => { });
        return Bytes((Digest.Parse(blob.Digest, "the archive").Hex, blob.Size), blob.Digest);
    }

    private byte[] Bytes((string Hex, long Size) file, string name) => file.Size <= DocumentMax
        ? File.ReadAllBytes(_store.BlobPath(file.Hex))
        : throw new Refusal(400, $"the archive's {Names(name)} is larger than {DocumentMax >> 20} MiB, which no document of an image is");
}
