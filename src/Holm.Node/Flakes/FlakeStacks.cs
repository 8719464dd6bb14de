using System.Collections.Concurrent;
using Holm.Config;
using Holm.Contract;
using Holm.Images;
using Holm.Linux.Files;

namespace Holm.Node.Flakes;

/// <summary>What a flake's root is made of.</summary>
/// <param name="Image">The image, which says what is run and how.</param>
/// <param name="Layers">sha256 of all layers, lowest first, each once: the base's, those between, the image's, the includes.</param>
/// <param name="HostFiles">Absolute paths of the host that are there read-only under the same path; none lies below another.</param>
public sealed record FlakeStack(StoredImage Image, IReadOnlyList<string> Layers, IReadOnlyList<string> HostFiles);

/// <summary>Images that a flake names are not here; once they are pulled, it can be launched.</summary>
/// <param name="flake">The flake.</param>
/// <param name="names">Their names, each once, the lowest first.</param>
public sealed class MissingImagesException(string flake, IReadOnlyList<string> names)
    : Exception($"flake {flake}: not here yet: {string.Join(", ", names)}; `holm pull` brings an image")
{
    /// <summary>Their names as the flake has them.</summary>
    public IReadOnlyList<string> Names { get; } = names;
}

/// <summary>Finds out what a flake's root is made of. Nothing is copied, nothing of an image is run.</summary>
/// <remarks>
/// Host files: of each image's <c>/removed</c> (where there is a base, or dependencies are wanted) what the host has and no layer
/// provides; of <c>/systemfiles</c>, where dependencies are wanted, everything, and what is missing is refused unless pilot option
/// <c>%ignore_sync_error</c> is given. An image may name what it likes: only files and folders that everybody on the host may read are
/// given. What the lists say is kept by their layers; what the host has is looked at each time.
/// </remarks>
/// <param name="images">The images.</param>
/// <param name="includes">The layers of what flakes include.</param>
/// <param name="say">Gets a sentence for what a list says that is passed over.</param>
public sealed class FlakeStacks(ImageStore images, FlakeIncludes includes, Action<string> say)
{
    private const int KeptMax = 256;
    private readonly ConcurrentDictionary<string, Lists> _kept = new(StringComparer.Ordinal);

    private sealed record Lists(IReadOnlyList<string> Removed, IReadOnlyList<string> System);

    /// <summary>What it is made of now.</summary>
    /// <exception cref="MissingImagesException">Images have to be pulled first.</exception>
    /// <exception cref="Refusal">
    /// 400: a name is ambiguous, a list is none, or a file of the host is missing; 404: an include is.
    /// </exception>
    public async Task<FlakeStack> Of(Flake flake, CancellationToken ct = default)
    {
        List<string> names = [.. flake.Base is null ? Array.Empty<string>() : [flake.Base], .. flake.Layers, flake.Image];
        var found = names.Select(images.Find).ToList();
        if (found.Contains(null))
            throw new MissingImagesException(flake.Name, [.. names.Where((_, i) => found[i] is null).Distinct()]);
        var layers = found.SelectMany(i => i!.Layers).ToList();
        if (await includes.Layer(flake, anew: false, ct).ConfigureAwait(false) is { } include)
            layers.Add(include);
        // Overlayfs refuses a layer that is there twice; the upper one says all that the lower did.
        layers = [.. layers.AsEnumerable().Reverse().Distinct().Reverse()];
        IReadOnlyList<string> files = flake.Base is null && !flake.HostDependencies ? [] : HostFiles(flake, found!, layers);
        return new FlakeStack(found[^1]!, layers, files);
    }

    /// <summary>
    /// What a vendor wrote into an image for those who register it: <c>/NAME.yaml</c> in its root, where NAME is the last part of the
    /// image's name (flake-pilot: <c>--info</c>). Null: nothing.
    /// </summary>
    /// <param name="image">Name, alias or fingerprint of an image that is here.</param>
    /// <exception cref="Refusal">400: it is too long or no text; 404: the image is not here.</exception>
    public string? Info(string image)
    {
        Names.CheckImage(image);
        var found = images.Find(image) ?? throw new Refusal(404, $"image {image} is not here; `holm pull {image}` brings it");
        var name = image.Split('@')[0].Split('/')[^1].Split(':')[0];
        using var view = View(found.Layers);
        return Content(view, $"/{name}.yaml", image) is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : null;
    }

    private List<string> HostFiles(Flake flake, IReadOnlyList<StoredImage> found, IReadOnlyList<string> layers)
    {
        var lists = ListsOf(found, layers);
        var wanted = lists.Removed.Where(IsForAll).ToList();
        if (flake.HostDependencies)
        {
            var missing = lists.System.Where(p => !IsForAll(p)).ToList();
            if (missing.Count > 0 && !flake.PilotOptions.Contains("%ignore_sync_error"))
                throw new Refusal(400, $"flake {flake.Name}: its image wants of this host what is not there, or not readable by " +
                    $"everybody: {string.Join(", ", missing.Take(5))}{(missing.Count > 5 ? $" and {missing.Count - 5} more" : "")}; " +
                    "%ignore_sync_error starts it without");
            wanted.AddRange(lists.System.Except(missing));
        }
        var chosen = new List<string>();
        // By part: what lies below a folder comes right after it.
        foreach (var path in wanted.Distinct().OrderBy(p => p.Replace('/', '\0'), StringComparer.Ordinal))
            if (chosen.Count == 0 || !path.StartsWith(chosen[^1] + "/", StringComparison.Ordinal))
                chosen.Add(path);
        return chosen;
    }

    private Lists ListsOf(IReadOnlyList<StoredImage> found, IReadOnlyList<string> layers)
    {
        var key = string.Join(' ', found.Select(i => i.Fingerprint).Concat(layers));
        if (_kept.TryGetValue(key, out var kept))
            return kept;
        var (removed, system) = (new List<string>(), new List<string>());
        foreach (var image in found.DistinctBy(i => i.Fingerprint))
        {
            using var view = View(image.Layers);
            removed.AddRange(List(view, image, "/removed", isRelative: true));
            system.AddRange(List(view, image, "/systemfiles", isRelative: false));
        }
        using (var whole = View(layers))
            removed.RemoveAll(whole.Has);
        if (_kept.Count >= KeptMax)
            _kept.Clear();
        return _kept[key] = new Lists(removed, system);
    }

    private IReadOnlyList<string> List(LayerView view, StoredImage image, string path, bool isRelative)
    {
        var where = $"{path} of image {image.Filename}";
        return Content(view, path, image.Filename) is { } content ? HostFileList.Read(content, where, isRelative, say) : [];
    }

    private static byte[]? Content(LayerView view, string path, string image)
    {
        try
        {
            return view.Read(path, HostFileList.BytesMax);
        }
        catch (Refusal refusal)
        {
            throw new Refusal(refusal.Code, $"image {Names.Show(image)}: {refusal.Message}", refusal);
        }
    }

    private LayerView View(IReadOnlyList<string> layers) => new(layers.Select(images.LayerPath));

    /// <summary>A file or folder that everybody may read, below folders that everybody may enter.</summary>
    private static bool IsForAll(string path)
    {
        const uint read = 4, enter = 1;
        for (var slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
            if (FileStat.TryOf(path[..slash]) is not { IsFolder: true } folder || (folder.Mode & enter) == 0)
                return false;
        return FileStat.TryOf(path) is { } stat && (stat.Mode & read) != 0
            && (stat.IsRegular || (stat.IsFolder && (stat.Mode & enter) != 0));
    }
}
