using System.Collections.Immutable;
using System.Security.Cryptography;
using Holm.Contract;
using Holm.Images.Lxd;
using Holm.Images.Oci;
using Holm.Images.Tar;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Mounts;

namespace Holm.Images;

/// <summary>The images of this node. Every file is named by the sha256 of its bytes, and appears whole or not at all.</summary>
/// <remarks>
/// <code>
///   HOLM_STATE/layers/SHA256.squashfs          a layer
///              layers/SHA256.BASE.squashfs     its shifted copy for an id range (kernels that cannot idmap SquashFS)
///              images/FINGERPRINT.metadata     of an LXD image: the half that is not its root, as it is exported
///              images/FINGERPRINT.json         the image: written after its layers, removed before them
///              aliases.json                    all names
///              pulls/FINGERPRINT.json          what a pull has made so far; its layers are kept
///              pulls/SHA256                    a blob, as far as it came
///
///   import:  staged layer -> checks -> layer renamed -> image renamed -> (alias)     a cut in between leaves a layer nobody names,
///   delete:  image -> aliases -> layers                                              which Open removes
/// </code>
/// </remarks>
/// <param name="statePath">HOLM_STATE; it exists.</param>
/// <param name="clock">For the time of upload.</param>
public sealed partial class ImageStore(string statePath, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private ImmutableSortedDictionary<string, StoredImage> _images = Nothing<StoredImage>();
    private ImmutableSortedDictionary<string, StoredAlias> _aliases = Nothing<StoredAlias>();

    private string LayersFolder => Path.Combine(statePath, "layers");

    private string ImagesFolder => Path.Combine(statePath, "images");

    internal string PullsFolder => Path.Combine(statePath, "pulls");

    private string AliasesPath => Path.Combine(statePath, "aliases.json");

    /// <summary>Folder for uploads on their way in; emptied by <see cref="Open"/>.</summary>
    public string StagingFolder => LayersFolder;

    /// <summary>All images, by fingerprint.</summary>
    public IReadOnlyCollection<StoredImage> List() => [.. _images.Values];

    /// <summary>All aliases, by name.</summary>
    public IReadOnlyDictionary<string, StoredAlias> Aliases => _aliases;

    /// <summary>
    /// The image with this alias, this fingerprint, a fingerprint that begins so (4 digits or more), or the one pulled image whose name
    /// ends so; where it ends in <c>@DIGEST</c>, that one and no other. Null: none.
    /// </summary>
    /// <exception cref="Refusal">400: several begin or end so; they are listed.</exception>
    public StoredImage? Find(string name) => Look(name)?.Image;

    /// <summary>As <see cref="Find"/>, with the whole alias that led there; null where it was a fingerprint.</summary>
    internal (StoredImage Image, string? Alias)? Look(string name)
    {
        if (_aliases.TryGetValue(name, out var alias))
            return Named(name, alias.Target);
        if (name.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && Digest.TryParse(name[(at + 1)..]) is { } digest)
            return FindByDigest(name[..at], digest);
        if (_images.TryGetValue(name, out var image) || (image = FindByBeginning(name)) is not null)
            return (image, null);
        return FindByEnd(name);
    }

    private (StoredImage, string?)? Named(string alias, string fingerprint) =>
        _images.GetValueOrDefault(fingerprint) is { } image ? (image, alias) : null;

    /// <summary>What a digest says counts, wherever a tag before it leads to by now.</summary>
    private (StoredImage, string?)? FindByDigest(string path, Digest digest)
    {
        var colon = path.LastIndexOf(':');
        var name = $"{(colon > path.LastIndexOf('/') ? path[..colon] : path)}@{digest}";
        var whole = ImageReference.NamesRegistry(name) ? ImageReference.TryParse(name)?.Alias : null;
        // Of an index, which is for several machines, only the alias tells what was pulled by it.
        var found = _aliases.FirstOrDefault(a => a.Key == whole || a.Key.EndsWith("/" + name, StringComparison.Ordinal));
        if (found.Key is { } alias)
            return Named(alias, found.Value.Target);
        return _images.GetValueOrDefault(digest.Hex) is { } image ? (image, null) : null;
    }

    /// <summary><c>aws-cli</c> for <c>docker.io/amazon/aws-cli:latest</c>.</summary>
    private (StoredImage, string?)? FindByEnd(string name)
    {
        var end = "/" + ImageReference.ShortEnd(name);
        var whole = ImageReference.NamesRegistry(name) ? ImageReference.TryParse(name)?.Alias : null;
        var found = _aliases.Where(a => a.Key == whole || a.Key.EndsWith(end, StringComparison.Ordinal)).ToList();
        if (found.Select(a => a.Value.Target).Distinct().Count() > 1)
            throw new Refusal(400, $"image {name} is ambiguous: {string.Join(", ", found.Select(a => a.Key))}; write one of them");
        return found.Count == 0 ? null : Named(found[0].Key, found[0].Value.Target);
    }

    private StoredImage? FindByBeginning(string name)
    {
        if (name.Length < 4 || !name.All(char.IsAsciiHexDigitLower))
            return null;
        var found = _images.Values.Where(i => i.Fingerprint.StartsWith(name, StringComparison.Ordinal)).ToList();
        return found.Count <= 1
            ? found.FirstOrDefault()
            : throw new Refusal(
                400, $"image {name} is ambiguous: {string.Join(", ", found.Select(i => i.Fingerprint[..12]))}; give more digits");
    }

    /// <summary>File of a layer.</summary>
    public string LayerPath(string sha256) => Path.Combine(LayersFolder, sha256 + ".squashfs");

    /// <summary>File of a layer's copy for an id range.</summary>
    public string ShiftedLayerPath(string sha256, uint idBase) => Path.Combine(LayersFolder, $"{sha256}.{idBase}.squashfs");

    /// <summary>Makes a layer's copy for an id range, unless it is there; minutes for a large one.</summary>
    public async Task Shift(string sha256, uint idBase, CancellationToken ct)
    {
        if (File.Exists(ShiftedLayerPath(sha256, idBase)))
            return;
        Room.Check(LayersFolder, new FileInfo(LayerPath(sha256)).Length);
        using var staged = Durable.Stage(LayersFolder);
        await LayerShift.Shift(LayerPath(sha256), staged, idBase, ct).ConfigureAwait(false);
        staged.Commit(ShiftedLayerPath(sha256, idBase));
    }

    /// <summary>Takes an image in: a SquashFS file as it is, a root as a tar, or a unified image of LXD's, converted on the way.</summary>
    /// <param name="request">What.</param>
    /// <param name="progress">Gets a sentence now and then.</param>
    /// <param name="ct">Gives up; nothing is left.</param>
    /// <exception cref="Refusal">400 it cannot be used, 409 it is here already, 507 no room.</exception>
    public async Task<StoredImage> Import(ImportRequest request, IProgress<string>? progress, CancellationToken ct)
    {
        using var source = OpenSource(request.Path);
        var length = FileStat.Of(source).Size;
        var head = new byte[512];
        var headLength = source.TryRead(head);
        var half = request.Metadata is { } sent ? await LxdHalf.Read(sent, request.Describe, ct).ConfigureAwait(false) : null;
        // An upload stands on the store's disk already, and becomes the layer as it is.
        if (request.Upload is { } upload && SquashfsSuperblock.Recognises(head))
            return Keep(request, upload, half, progress, ct);
        using var staged = Durable.Stage(LayersFolder);
        if (SquashfsSuperblock.Recognises(head))
            CopySquashfs(source, length, head, staged, progress, ct);
        else if (headLength > 0 && TarImage.LooksLikeTar(head.AsSpan(0, headLength)))
            return await KeepTar(request, half, length, staged, progress, ct).ConfigureAwait(false);
        else
            throw new Refusal(400, $"import {request.Shown}: it is neither a SquashFS file nor a tar archive (plain, gzip, xz or zstd)");
        return Keep(request, staged, half, progress, ct);
    }

    /// <summary>Refuses at its first bytes what could not be imported anyway, so that an upload of garbage ends early.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static void CheckHead(ReadOnlySpan<byte> head)
    {
        if (!SquashfsSuperblock.Recognises(head) && !TarImage.LooksLikeTar(head))
            throw new Refusal(400, "the upload is neither a SquashFS file nor a tar archive (plain, gzip, xz or zstd)");
    }

    /// <summary>Removes an image, its names and the layers no other image has. Its users are the caller's to check.</summary>
    /// <exception cref="Refusal">404.</exception>
    public void Delete(string fingerprint)
    {
        lock (_lock)
        {
            var image = _images.GetValueOrDefault(fingerprint) ?? throw new Refusal(404, "Image not found");
            // The image's own file goes first, in one step; names that then lead nowhere are dropped here or by Open.
            Durable.Remove(Path.Combine(ImagesFolder, fingerprint + ".json"));
            _images = _images.Remove(fingerprint);
            WriteAliases(_aliases.RemoveRange(_aliases.Where(a => a.Value.Target == fingerprint).Select(a => a.Key)));
            DropUnnamedLayers(image.Layers.ToHashSet(StringComparer.Ordinal).Contains);
            if (image.Lxd is not null)
                Durable.Remove(MetadataPath(fingerprint));
        }
    }

    /// <summary>Names an image, or moves a name to it.</summary>
    /// <exception cref="Refusal">400 the name is not allowed, 404 no such image.</exception>
    public void SetAlias(string name, string fingerprint, string description = "")
    {
        CheckAliasName(name);
        lock (_lock)
        {
            if (!_images.ContainsKey(fingerprint))
                throw new Refusal(404, "Image not found");
            WriteAliases(_aliases.SetItem(name, new StoredAlias(fingerprint, description)));
        }
    }

    /// <summary>Renames an alias.</summary>
    /// <exception cref="Refusal">400, 404, or 409 when the new name is taken.</exception>
    public void RenameAlias(string from, string to)
    {
        CheckAliasName(to);
        lock (_lock)
        {
            var alias = _aliases.GetValueOrDefault(from) ?? throw new Refusal(404, "Image alias not found");
            if (_aliases.ContainsKey(to))
                throw new Refusal(409, $"Alias \"{to}\" already exists");
            WriteAliases(_aliases.Remove(from).Add(to, alias));
        }
    }

    /// <summary>Takes a name away.</summary>
    /// <exception cref="Refusal">404.</exception>
    public void DeleteAlias(string name)
    {
        lock (_lock)
        {
            var rest = _aliases.Remove(name);
            WriteAliases(rest != _aliases ? rest : throw new Refusal(404, "Image alias not found"));
        }
    }

    /// <summary>Replaces what of an image may be changed.</summary>
    /// <exception cref="Refusal">404.</exception>
    public void Edit(string fingerprint, Func<StoredImage, StoredImage> change)
    {
        lock (_lock)
        {
            var image = _images.GetValueOrDefault(fingerprint) ?? throw new Refusal(404, "Image not found");
            var changed = change(image);
            WriteImage(image with { Properties = changed.Properties, Profiles = changed.Profiles, ExpiresAt = changed.ExpiresAt });
        }
    }

    /// <summary>
    /// An alias is 1 to 255 printable ASCII characters without space, not beginning with a dash, and not what could be meant as a
    /// fingerprint (12 or more hex digits and nothing else).
    /// </summary>
    /// <exception cref="Refusal">400.</exception>
    public static void CheckAliasName(string name)
    {
        if (name.Length is 0 or > 255 || name[0] == '-' || name.Any(c => c is <= ' ' or > '~') ||
            name.Length >= 12 && name.All(char.IsAsciiHexDigitLower))
            throw new Refusal(400, "Invalid image alias: use 1 to 255 printable characters without spaces, not beginning with a dash, " +
                "and not 12 or more hex digits alone, which would be a fingerprint");
    }

    private static Fd OpenSource(string path)
    {
        try
        {
            var file = Fd.Open(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
            if (FileStat.Of(file).IsRegular)
                return file;
            file.Dispose();
            throw new Refusal(400, $"import {path}: it is no regular file");
        }
        catch (LinuxException e)
        {
            throw new Refusal(e.Errno == Errnos.ENOENT ? 404 : 400, $"import {path}: {e.Message}", e);
        }
    }

    private void CopySquashfs(
        Fd source, long length, ReadOnlySpan<byte> head, StagedFile staged, IProgress<string>? progress, CancellationToken ct)
    {
        SquashfsSuperblock.Read(head, length);
        Room.Check(LayersFolder, length);
        if (staged.TryClone(source))
            return;
        using var again = Fd.Open(source.ProcPath, OpenFlags.O_RDONLY);
        var from = new FdStream(again);
        var buffer = new byte[256 * 1024];
        long copied = 0;
        for (int count; (count = from.Read(buffer)) > 0;)
        {
            ct.ThrowIfCancellationRequested();
            staged.Write(buffer.AsSpan(0, count));
            copied += count;
            progress?.Report($"copying: {copied * 100 / Math.Max(length, 1)}%");
        }
    }

    /// <summary>The staged file is whole: look into it, name it, and write the image that says so.</summary>
    private StoredImage Keep(
        ImportRequest request, StagedFile staged, LxdHalf? half, IProgress<string>? progress, CancellationToken ct)
    {
        progress?.Report("checking");
        using var file = Fd.Open(staged.File.ProcPath, OpenFlags.O_RDONLY);
        var (layer, length) = Hash(file, ct);
        var fingerprint = half is null ? layer : FingerprintOf(half, staged, ct);
        RefuseTwice(fingerprint);
        using var look = Fd.Open(staged.File.ProcPath, OpenFlags.O_RDONLY);
        var head = new byte[SquashfsSuperblock.Bytes];
        look.TryRead(head);
        var superblock = SquashfsSuperblock.Read(head, length);
        var probe = Probe(look, request);
        var (halt, reboot) = probe.HaltAndReboot;
        var properties = new Dictionary<string, string>(half?.Metadata.Properties ?? probe.Properties, StringComparer.Ordinal);
        foreach (var (key, value) in request.Properties ?? new Dictionary<string, string>())
            properties[key] = value;
        lock (_lock)
        {
            // Asked again: the same image may have come in by another import meanwhile.
            RefuseTwice(fingerprint);
            staged.Commit(LayerPath(layer));
            if (half is not null)
                Durable.Write(MetadataPath(fingerprint), half.Tar);
            var image = new StoredImage
            {
                Fingerprint = fingerprint,
                Layers = [layer],
                Size = length,
                Architecture = InitProbe.Architecture,
                Filename = request.Filename ?? Path.GetFileName(request.Path),
                HasInit = !request.NoInit,
                HaltSignal = halt,
                RebootSignal = reboot,
                Properties = properties,
                Profiles = request.Profiles,
                CreatedAt = superblock.CreatedAt,
                UploadedAt = clock.GetUtcNow(),
            };
            return WriteImage(half is null ? image : WithHalf(image, half));
        }
    }

    private void RefuseTwice(string fingerprint)
    {
        if (_images.ContainsKey(fingerprint))
            throw new Refusal(409, $"Image with same fingerprint already exists: {fingerprint}; `holm image alias set` names it");
    }

    private static InitProbe Probe(Fd file, ImportRequest request)
    {
        try
        {
            using var mount = SquashMount.Open(file);
            return InitProbe.Look(mount.Root, !request.NoInit);
        }
        catch (LinuxException e)
        {
            throw new Refusal(400, $"import {request.Shown}: the kernel does not take it: {e.Message}", e);
        }
    }

    private static (string Sha256, long Length) Hash(Fd file, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = Hash(hash, file, ct);
        return (Convert.ToHexStringLower(hash.GetCurrentHash()), length);
    }

    private static long Hash(IncrementalHash hash, Fd file, CancellationToken ct)
    {
        var content = new FdStream(file);
        var buffer = new byte[256 * 1024];
        long length = 0;
        for (int count; (count = content.Read(buffer)) > 0; length += count)
        {
            ct.ThrowIfCancellationRequested();
            hash.AppendData(buffer.AsSpan(0, count));
        }
        return length;
    }
}
