using Holm.Contract;

namespace Holm.Images.Oci;

/// <summary>What to pull.</summary>
/// <param name="Reference">Its name.</param>
/// <param name="Platform">For which machine.</param>
/// <param name="Credentials">By host: who asks there; null: anybody.</param>
public sealed record PullRequest(ImageReference Reference, OciPlatform Platform, Func<string, RegistryCredentials?> Credentials);

/// <summary>
/// Brings an image of a registry into the store.
/// <code>
///   index? ─ manifest ─ config ─┬─ layer 1: here? │ fetch ─┐
///                               ├─ layer 2: here? │ fetch ─┤  three at a time, each resumed where it was cut
///                               └─ …                       │
///                                    convert 1, convert 2, …   in order, as their blobs are whole ─> image, name
/// </code>
/// After each converted layer a draft says so, and its blob goes. A pull that ends early, or dies, leaves draft and blobs; the next one
/// goes on with them. Mirrors are tried before the registry; one that fails hands over what came.
/// </summary>
/// <param name="store">Where to.</param>
/// <param name="settings">Mirrors, registries without TLS.</param>
/// <param name="clock">Paces the progress.</param>
/// <param name="pause">Waits between tries; tests need not.</param>
public sealed class ImagePull(
    ImageStore store, RegistrySettings settings, TimeProvider clock, Func<TimeSpan, CancellationToken, Task>? pause = null)
{
    /// <summary>Blobs fetched at a time.</summary>
    private const int AtOnce = 3;

    /// <summary>An index may name an index, once.</summary>
    private const int IndexDepth = 2;

    /// <summary>Bytes of the largest config.</summary>
    private const int ConfigMax = 8 << 20;

    private readonly Func<TimeSpan, CancellationToken, Task> _pause = pause ?? ((time, ct) => Task.Delay(time, clock, ct));

    /// <summary>Pulls. What is here already is not fetched; an image that is here whole gets the name.</summary>
    /// <exception cref="Refusal">It is not there, not allowed, not for this machine, hostile or damaged; 503 the registry is away;
    /// 507 no room.</exception>
    public async Task<StoredImage> Pull(PullRequest request, Action<IReadOnlyList<PullLayer>> tell, CancellationToken ct)
    {
        Refusal? last = null;
        foreach (var endpoint in settings.Endpoints(request.Reference.Registry))
            try
            {
                using var client = new RegistryClient(endpoint, request.Credentials(endpoint.Host));
                var image = await From(client, request, tell, ct).ConfigureAwait(false);
                store.SetAlias(request.Reference.Alias, image.Fingerprint);
                // An index's digest is not its image's; by this name the image is found again.
                if (request.Reference is { Tag: not null, Digest: { } digest } && digest.Hex != image.Fingerprint)
                    store.SetAlias((request.Reference with { Tag = null }).Alias, image.Fingerprint);
                return image;
            }
            catch (Refusal refusal) when (refusal.Code != 507)
            {
                last = last is null ? refusal : new Refusal(refusal.Code, $"{refusal.Message} (before: {last.Message})", refusal);
            }
        throw last!;
    }

    private async Task<StoredImage> From(
        RegistryClient client, PullRequest request, Action<IReadOnlyList<PullLayer>> tell, CancellationToken ct)
    {
        var path = request.Reference.Path;
        var (bytes, manifest) = await Manifest(client, request, ct).ConfigureAwait(false);
        MediaTypes.CheckConfig(manifest.Config!.MediaType);
        if (store.Find(Digest.Of(bytes).Hex) is { } here)
            return here;
        var config = await Config(client, path, manifest.Config, ct).ConfigureAwait(false);
        var pulled = PulledImage.Read($"{client.Host}/{path}", bytes, manifest, config, request.Platform);
        return await Layers(
            pulled, request.Reference.ToString(), new BlobFetch(client, path, _pause).Fetch, tell, ct).ConfigureAwait(false);
    }

    /// <summary>Takes in the images of an archive; each gets the names it has there.</summary>
    /// <param name="path">A file.</param>
    /// <param name="platform">Which of an image that is there for several machines.</param>
    /// <param name="tell">Hears how far the layers of an image are.</param>
    /// <param name="ct">Gives up; nothing of the archive is kept but images that are whole.</param>
    /// <exception cref="Refusal">400: it is no such archive, hostile or damaged; 507 no room.</exception>
    public async Task<IReadOnlyList<(StoredImage Image, IReadOnlyList<string> Names)>> Load(
        string path, OciPlatform platform, Action<IReadOnlyList<PullLayer>> tell, CancellationToken ct)
    {
        using var archive = await ImageArchive.Read(path, store, ct).ConfigureAwait(false);
        var loaded = new List<(StoredImage, IReadOnlyList<string>)>();
        foreach (var (pulled, names) in archive.Images(platform))
        {
            var image = store.Find(pulled.Fingerprint) ?? await Layers(pulled, names.Count > 0 ? names[0] : Path.GetFileName(path),
                (blob, _, progress, _) =>
                {
                    archive.Find(blob, progress);
                    return Task.CompletedTask;
                }, tell, ct).ConfigureAwait(false);
            foreach (var name in names)
                store.SetAlias(name, image.Fingerprint);
            loaded.Add((image, names));
        }
        return loaded.Count > 0 ? loaded : throw new Refusal(400, "there is no image in the archive");
    }

    /// <summary>Brings a blob into a file: which, the file, how far it is.</summary>
    private delegate Task Bring(OciDescriptor blob, string file, Action<long> progress, CancellationToken ct);

    private async Task<(byte[], OciManifest)> Manifest(RegistryClient client, PullRequest request, CancellationToken ct)
    {
        var (image, name) = ($"{client.Host}/{request.Reference.Path}", request.Reference.ManifestName);
        for (var depth = 0; ; depth++)
        {
            var (bytes, type) = await Again(() => client.Manifest(request.Reference.Path, name, ct), client, ct).ConfigureAwait(false);
            if (Digest.TryParse(name) is { } wanted && Digest.Of(bytes) != wanted)
                throw new Refusal(400, $"{image}: the manifest that came is not {wanted.Brief}");
            var manifest = PulledImage.ReadManifest(image, bytes);
            if (!MediaTypes.IsIndex(type, manifest))
                return (bytes, manifest);
            if (depth == IndexDepth)
                throw new Refusal(400, $"{image}: an index names an index names an index");
            var chosen = Platforms.Choose(manifest.Manifests!, request.Platform, image);
            name = Digest.Parse(chosen.Digest, $"the index of {image}").ToString();
        }
    }

    private async Task<byte[]> Config(RegistryClient client, string path, OciDescriptor config, CancellationToken ct)
    {
        var digest = Digest.Parse(config.Digest, $"the manifest of {client.Host}/{path}");
        if (config.Size is < 0 or > ConfigMax)
            throw new Refusal(400, $"the config of {client.Host}/{path} is larger than {ConfigMax >> 20} MiB, which no image's is");
        store.NeedBlob(digest.Hex);
        try
        {
            var file = store.BlobPath(digest.Hex);
            using var turn = await store.Turns.Take(digest.Hex, ct).ConfigureAwait(false);
            await new BlobFetch(client, path, _pause).Fetch(config, file, _ => { }, ct).ConfigureAwait(false);
            return await File.ReadAllBytesAsync(file, ct).ConfigureAwait(false);
        }
        finally
        {
            store.LeaveBlob(digest.Hex, used: true);
        }
    }

    /// <summary>The same image is brought once; what can never become one does not stay.</summary>
    private async Task<StoredImage> Layers(
        PulledImage pulled, string name, Bring bring, Action<IReadOnlyList<PullLayer>> tell, CancellationToken ct)
    {
        using var turn = await store.Turns.Take("image " + pulled.Fingerprint, ct).ConfigureAwait(false);
        if (store.Find(pulled.Fingerprint) is { } here)
            return here;
        store.Comes(pulled.Fingerprint);
        var hopeless = false;
        try
        {
            return await Make(pulled, name, bring, tell, ct).ConfigureAwait(false);
        }
        catch (Refusal refusal) when (refusal.Code == 400)
        {
            hopeless = true;
            throw;
        }
        finally
        {
            store.NoLongerComes(pulled.Fingerprint);
            if (hopeless)
                store.Abandon(pulled.Fingerprint);
        }
    }

    private async Task<StoredImage> Make(
        PulledImage pulled, string name, Bring bring, Action<IReadOnlyList<PullLayer>> tell, CancellationToken ct)
    {
        var progress = new PullProgress(pulled.Blobs, clock, tell);
        var made = new List<StoredOciLayer>();
        StoredOci Draft() => new() { Manifest = pulled.ManifestBytes, Config = pulled.ConfigBytes, Layers = [.. made] };
        var missing = Enumerable.Range(0, pulled.Blobs.Count)
            .Where(i => store.FindLayer(pulled.DiffIds[i], pulled.ChainIds[i]) is null).ToList();
        store.CheckRoom(missing.Select(i => pulled.Blobs[i]));
        store.Draft(pulled.Fingerprint, Draft());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var slots = new SemaphoreSlim(AtOnce);
        var fetches = missing.ToDictionary(i => i, i => Fetch(bring, pulled.Blobs[i], i, progress, slots, stop.Token));
        try
        {
            for (var i = 0; i < pulled.Blobs.Count; i++)
            {
                if (fetches.TryGetValue(i, out var fetch))
                    await fetch.ConfigureAwait(false);
                made.Add(await Layer(pulled, i, made, fetch is not null, progress, stop.Token).ConfigureAwait(false));
                store.Draft(pulled.Fingerprint, Draft());
            }
            return store.Complete(pulled, Draft(), name);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(fetches.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var i in missing)
                store.LeaveBlob(Digest.TryParse(pulled.Blobs[i].Digest)!.Hex, used: i < made.Count);
        }
    }

    private async Task Fetch(
        Bring bring, OciDescriptor blob, int layer, PullProgress progress, SemaphoreSlim slots, CancellationToken ct)
    {
        var hex = Digest.TryParse(blob.Digest)!.Hex;
        store.NeedBlob(hex);
        await slots.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            progress.Set(layer, PullState.Fetching);
            using (await store.Turns.Take(hex, ct).ConfigureAwait(false))
                await bring(blob, store.BlobPath(hex), here => progress.Came(layer, here), ct).ConfigureAwait(false);
            progress.Set(layer, PullState.Fetched);
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task<StoredOciLayer> Layer(
        PulledImage pulled, int i, List<StoredOciLayer> below, bool fetched, PullProgress progress, CancellationToken ct)
    {
        // Another pull may have made it meanwhile.
        var layer = store.FindLayer(pulled.DiffIds[i], pulled.ChainIds[i]);
        if (layer is null && fetched)
        {
            progress.Set(i, PullState.Converting);
            layer = await store.MakeLayer(
                store.BlobPath(Digest.TryParse(pulled.Blobs[i].Digest)!.Hex), pulled.DiffIds[i], pulled.ChainIds[i], below, ct)
                .ConfigureAwait(false);
        }
        progress.Set(i, PullState.Done);
        return layer is null ? throw new Refusal(409, "a layer that was here was removed meanwhile; pull again")
            : layer with { DiffId = pulled.DiffIds[i], ChainId = pulled.ChainIds[i] };
    }

    /// <summary>Small questions are asked again where the way there breaks.</summary>
    private async Task<T> Again<T>(Func<Task<T>> ask, RegistryClient client, CancellationToken ct)
    {
        for (var failed = 0; ; failed++)
            try
            {
                return await ask().ConfigureAwait(false);
            }
            catch (HttpRequestException e) when (failed < 3)
            {
                await _pause(Backoff.Pause(failed, (e as BusyException)?.Pause), ct).ConfigureAwait(false);
            }
            catch (HttpRequestException e)
            {
                throw new Refusal(503, $"{client.Host} cannot be asked: {e.InnerException?.Message ?? e.Message}", e);
            }
    }
}
