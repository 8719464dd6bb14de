using System.Collections.Immutable;
using System.Text.Json;
using Holm.Contract;
using Holm.Images.Oci;
using Holm.Images.Tar;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Processes;

namespace Holm.Images;

/// <summary>Images that come layer by layer. What came is kept across a cut, and across a restart, until the image is whole.</summary>
public sealed partial class ImageStore
{
    private readonly Dictionary<string, int> _blobUsers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _coming = new(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, StoredOci> _drafts = Nothing<StoredOci>();

    /// <summary>Fingerprints of images of which something came and something is missing, and that nobody is bringing now.</summary>
    public IReadOnlyCollection<string> Unfinished
    {
        get
        {
            lock (_lock)
                return [.. _drafts.Keys.Where(f => !_coming.Contains(f))];
        }
    }

    /// <summary>One fetch of a blob, and one pull of an image, at a time; by its hex digits.</summary>
    internal Turns Turns { get; } = new();

    /// <summary>Says that an image is being brought: until <see cref="NoLongerComes"/> nobody can give it up.</summary>
    internal void Comes(string fingerprint)
    {
        lock (_lock)
            _coming.Add(fingerprint);
    }

    /// <summary>Says that it is whole, or not being brought any more.</summary>
    internal void NoLongerComes(string fingerprint)
    {
        lock (_lock)
            _coming.Remove(fingerprint);
    }

    /// <summary>
    /// Refuses what the disk has no room for: the blobs that have to come, and what they become, which is about as large.
    /// </summary>
    /// <exception cref="Refusal">507.</exception>
    internal void CheckRoom(IEnumerable<OciDescriptor> blobs) =>
        Room.Check(PullsFolder, blobs.DistinctBy(b => b.Digest).Sum(b => (2 * b.Size) - Math.Min(b.Size, Here(b))));

    /// <summary>Bytes of a blob that are here.</summary>
    private long Here(OciDescriptor blob) =>
        new FileInfo(BlobPath(Digest.Parse(blob.Digest, "a layer").Hex)) is { Exists: true } file ? file.Length : 0;

    /// <summary>Where a blob is collected.</summary>
    internal string BlobPath(string hex) => Path.Combine(PullsFolder, hex);

    /// <summary>What is here of a layer, by what is in it; null: nothing that can stand in this place.</summary>
    internal StoredOciLayer? FindLayer(string diffId, string chainId)
    {
        lock (_lock)
            return _images.Values.Select(i => i.Oci).Concat(_drafts.Values).SelectMany(o => o?.Layers ?? [])
                .FirstOrDefault(l => l.ChainId == chainId || (!l.OnChain && l.DiffId == diffId));
    }

    /// <summary>Notes that an image is on its way, with the layers that are here: they stay until it is whole or given up.</summary>
    internal void Draft(string fingerprint, StoredOci draft)
    {
        lock (_lock)
        {
            Durable.Write(DraftPath(fingerprint), JsonSerializer.SerializeToUtf8Bytes(draft, StoreJson.Default.StoredOci));
            _drafts = _drafts.SetItem(fingerprint, draft);
        }
    }

    /// <summary>Says that a blob is needed; it stays until as many said that they are done with it.</summary>
    internal void NeedBlob(string hex)
    {
        lock (_lock)
            _blobUsers[hex] = _blobUsers.GetValueOrDefault(hex) + 1;
    }

    /// <summary>Says that one does not need it any more.</summary>
    /// <param name="hex">Which.</param>
    /// <param name="used">True: it has become a layer; false: what is here of it is for another try.</param>
    internal void LeaveBlob(string hex, bool used)
    {
        lock (_lock)
            if (--_blobUsers[hex] == 0 && _blobUsers.Remove(hex) && used)
                Durable.Remove(BlobPath(hex));
    }

    /// <summary>Makes a layer of a blob that is here.</summary>
    /// <exception cref="Refusal">400: it is not what the config says, or hostile; the entry is named.</exception>
    internal async Task<StoredOciLayer> MakeLayer(
        string blobPath, string diffId, string chainId, IReadOnlyList<StoredOciLayer> below, CancellationToken ct)
    {
        using var staged = Durable.Stage(LayersFolder);
        using var under = new LayersBelow([.. below.Select(l => LayerPath(l.Sha256))]);
        var limits = new TarLimits { NamesFromRoot = true };
        var unpacked = await TarImage.ConvertLayer(blobPath, staged, under, limits, null, ct).ConfigureAwait(false);
        var hex = Convert.ToHexStringLower(unpacked);
        if (diffId != "sha256:" + hex)
            throw new Refusal(400, $"a layer is not what the image's config says: it unpacks to {hex[..12]}, not to {diffId[7..19]}");
        using var file = Fd.Open(staged.File.ProcPath, OpenFlags.O_RDONLY);
        var (sha256, length) = Hash(file, ct);
        staged.Commit(LayerPath(sha256));
        return new StoredOciLayer(diffId, chainId, under.WasAsked, sha256, length);
    }

    /// <summary>The image is whole.</summary>
    internal StoredImage Complete(PulledImage pulled, StoredOci whole, string name)
    {
        lock (_lock)
        {
            if (_images.GetValueOrDefault(pulled.Fingerprint) is { } here)
                return here;
            // What cannot be read is SIGTERM, as other runtimes have it.
            var signal = Signals.Parse(pulled.Config.Config?.StopSignal?.ToUpperInvariant() ?? "") ?? Signals.SIGTERM;
            var image = WriteImage(new StoredImage
            {
                Fingerprint = pulled.Fingerprint,
                // Overlayfs refuses a layer that is there twice; the upper one says all that the lower did.
                Layers = [.. whole.Layers.Select(l => l.Sha256).Reverse().Distinct().Reverse()],
                Size = whole.Layers.DistinctBy(l => l.Sha256).Sum(l => l.Size),
                Architecture = pulled.Config.Architecture is "" ? InitProbe.Architecture
                    : Platforms.KernelName(pulled.Config.Architecture, pulled.Config.Variant),
                Filename = name,
                HasInit = false,
                HaltSignal = signal,
                RebootSignal = signal,
                Properties = Describe(pulled.Config),
                CreatedAt = pulled.Config.Created ?? DateTimeOffset.UnixEpoch,
                UploadedAt = clock.GetUtcNow(),
                Oci = whole,
            });
            DropDraft(pulled.Fingerprint);
            return image;
        }
    }

    /// <summary>Gives up an image that is not whole: what came of it is removed.</summary>
    /// <exception cref="Refusal">404: there is no such; 409: it is being brought.</exception>
    public void Abandon(string fingerprint)
    {
        lock (_lock)
        {
            if (_coming.Contains(fingerprint))
                throw new Refusal(409, "the image is being pulled; end that first: `holm operation list`");
            if (!_drafts.TryGetValue(fingerprint, out var draft))
                throw new Refusal(404, "nothing of such an image has come");
            DropDraft(fingerprint);
            DropUnnamedLayers(draft.Layers.Select(l => l.Sha256).ToHashSet(StringComparer.Ordinal).Contains);
            SweepBlobs();
        }
    }

    private string DraftPath(string fingerprint) => Path.Combine(PullsFolder, fingerprint + ".json");

    private void DropDraft(string fingerprint)
    {
        Durable.Remove(DraftPath(fingerprint));
        _drafts = _drafts.Remove(fingerprint);
    }

    /// <summary>Free text that a label gives; the keys of LXD's images.</summary>
    /// <summary>What the image says of itself, for people; what would not fit a line is left out.</summary>
    private static Dictionary<string, string> Describe(OciConfig config)
    {
        var (run, found) = (config.Config, new Dictionary<string, string>(StringComparer.Ordinal));
        void Add(string key, string? text)
        {
            if (text is { Length: > 0 and < 4096 } && !text.Any(char.IsControl) && key.Length < 256 && !key.Any(c => c is <= ' ' or > '~'))
                found[key] = text;
        }
        foreach (var (key, label) in ((string, string)[])[("description", "description"), ("release", "version"), ("os", "title")])
            Add(key, run?.Labels?.GetValueOrDefault("org.opencontainers.image." + label));
        foreach (var (label, text) in run?.Labels ?? new Dictionary<string, string>())
            Add("oci.label." + label, text);
        Add("oci.cmd", string.Join(' ', (run?.Cmd ?? []).Select(Quoted)));
        Add("oci.cwd", run?.WorkingDir);
        Add("oci.entrypoint", string.Join(' ', (run?.Entrypoint ?? []).Select(Quoted)));
        Add("oci.ports", string.Join(' ', (run?.ExposedPorts?.Keys ?? []).Order(StringComparer.Ordinal)));
        Add("oci.stop_signal", run?.StopSignal);
        Add("oci.user", run?.User);
        Add("oci.volumes", string.Join(' ', (run?.Volumes?.Keys ?? []).Order(StringComparer.Ordinal)));
        return found;
    }

    private static string Quoted(string word) => word.Length > 0 && !word.Any(c => c is ' ' or '"' or '\'') ? word : $"'{word}'";

    private void LoadDrafts(List<string> said)
    {
        foreach (var path in Directory.EnumerateFiles(PullsFolder, "*.json"))
            try
            {
                var draft = JsonSerializer.Deserialize(File.ReadAllBytes(path), StoreJson.Default.StoredOci);
                var fingerprint = Path.GetFileNameWithoutExtension(path);
                if (draft is { Layers: not null, Manifest: not null } && !_images.ContainsKey(fingerprint))
                    _drafts = _drafts.SetItem(
                        fingerprint, draft with { Layers = [.. draft.Layers.TakeWhile(l => File.Exists(LayerPath(l.Sha256)))] });
                else
                    Durable.Remove(path);
            }
            catch (JsonException e)
            {
                Durable.Remove(path);
                said.Add($"{path} cannot be read ({e.Message}) and was removed: that image is pulled from its beginning");
            }
        SweepBlobs();
    }

    /// <summary>Removes the blobs of which no image on its way speaks.</summary>
    private void SweepBlobs()
    {
        var spoken = _drafts.Values.SelectMany(d => d.ManifestDocument.Layers ?? []).Select(l => Digest.TryParse(l.Digest)?.Hex)
            .ToHashSet();
        foreach (var path in Directory.EnumerateFiles(PullsFolder))
            if (Path.GetFileName(path) is var name && !name.Contains('.', StringComparison.Ordinal) && !spoken.Contains(name) &&
                !_blobUsers.ContainsKey(name))
                Durable.Remove(path);
    }
}
