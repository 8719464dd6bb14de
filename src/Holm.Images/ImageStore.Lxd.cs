using System.Security.Cryptography;
using Holm.Contract;
using Holm.Images.Lxd;
using Holm.Images.Tar;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Images;

/// <summary>Images of LXD's: a root like any other, and beside it the half that says what it is.</summary>
public sealed partial class ImageStore
{
    /// <summary>File of the half of an LXD image that is not its root.</summary>
    public string MetadataPath(string fingerprint) => Path.Combine(ImagesFolder, fingerprint + ".metadata");

    /// <summary>Takes in a root as a tar, or a unified image.</summary>
    private async Task<StoredImage> KeepTar(
        ImportRequest request, LxdHalf? half, long length, StagedFile staged, IProgress<string>? progress, CancellationToken ct)
    {
        Room.Check(LayersFolder, length);
        var parts = await TarImage.ConvertImage(request.Path, staged, new TarLimits(), progress, ct).ConfigureAwait(false);
        if (parts is null)
            return Keep(request, staged, half, progress, ct);
        if (half is not null)
            throw new Refusal(400, $"import {request.Shown}: its root is a whole LXD image of its own; import that alone");
        return Keep(request, staged, LxdHalf.Make(parts, request.Describe), progress, ct);
    }

    /// <summary>Makes an image of a root that stands mounted, and that nobody changes meanwhile.</summary>
    /// <param name="root">Open for reading.</param>
    /// <param name="metadata">What the image will say of itself.</param>
    /// <param name="yaml">The same, as its metadata.yaml.</param>
    /// <param name="templates">Its templates, by name.</param>
    /// <param name="noInit">True: it is no system.</param>
    /// <param name="ct">Gives up; nothing is left.</param>
    /// <exception cref="Refusal">400 it cannot be used, 409 it is here already, 507 no room.</exception>
    public async Task<StoredImage> Publish(
        Fd root, ImageMetadata metadata, string yaml, IReadOnlyDictionary<string, string> templates, bool noInit, CancellationToken ct)
    {
        using var staged = Durable.Stage(LayersFolder);
        await RootPack.Write(root, staged, (uint)Math.Clamp(metadata.CreationDate, 0, uint.MaxValue), ct).ConfigureAwait(false);
        var half = LxdHalf.Make(metadata, System.Text.Encoding.UTF8.GetBytes(yaml), templates);
        return Keep(new ImportRequest("", "published", NoInit: noInit), staged, half, null, ct);
    }

    /// <summary>sha256 of what export sends: this half, then the root as it is stored.</summary>
    private static string FingerprintOf(LxdHalf half, StagedFile root, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(half.Tar);
        using var file = Fd.Open(root.File.ProcPath, OpenFlags.O_RDONLY);
        Hash(hash, file, ct);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private static StoredImage WithHalf(StoredImage image, LxdHalf half)
    {
        var (metadata, templates) = (half.Metadata, half.Templates);
        return image with
        {
            Size = image.Size + half.Tar.Length,
            CreatedAt = DateTimeOffset.FromUnixTimeSeconds(metadata.CreationDate),
            ExpiresAt = metadata.ExpiryDate == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(metadata.ExpiryDate),
            Lxd = new StoredLxd(metadata, templates, half.Tar.Length),
        };
    }

    /// <summary>Removes the halves of which no image speaks.</summary>
    private void DropUnnamedHalves()
    {
        foreach (var path in Directory.EnumerateFiles(ImagesFolder, "*.metadata"))
            if (_images.GetValueOrDefault(Path.GetFileNameWithoutExtension(path))?.Lxd is null)
                Durable.Remove(path);
    }
}
