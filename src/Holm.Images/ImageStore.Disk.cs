using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Holm.Linux.Files;

namespace Holm.Images;

/// <summary>The store's own files: read once at the start, forgiving; written one at a time, whole.</summary>
public sealed partial class ImageStore
{
    /// <summary>
    /// Reads the store and removes what a crash left: staged files, names that lead nowhere, layers nobody names. Call it once, before
    /// anything else. A file that cannot be read stops nothing.
    /// </summary>
    /// <returns>What was removed or could not be read, a sentence each.</returns>
    public IReadOnlyList<string> Open()
    {
        Durable.CreateFolder(LayersFolder);
        Durable.CreateFolder(ImagesFolder);
        Durable.CreateFolder(PullsFolder);
        var said = new List<string>();
        foreach (var folder in (string[])[statePath, LayersFolder, ImagesFolder, PullsFolder])
            said.AddRange(Durable.SweepStaged(folder).Select(name => $"removed {name}, left half-written in {folder}"));
        var whole = true;
        foreach (var path in Directory.EnumerateFiles(ImagesFolder, "*.json"))
            whole &= Load(path, said);
        if (whole)
            DropUnnamedHalves();
        LoadAliases(whole, said);
        LoadDrafts(said);
        // Where an image could not be read, its layers look like nobody's: they stay, for whoever mends it.
        if (whole)
            said.AddRange(DropUnnamedLayers(_ => true).Select(name => $"removed layer {name}, which no image has"));
        return said;
    }

    /// <returns>False when an image is there that could not be taken.</returns>
    private bool Load(string path, List<string> said)
    {
        try
        {
            var image = JsonSerializer.Deserialize(File.ReadAllBytes(path), StoreJson.Default.StoredImage);
            if (image is not { Fingerprint: not null, Layers: not null, Properties: not null } ||
                Path.GetFileNameWithoutExtension(path) != image.Fingerprint)
            {
                said.Add($"{path} does not describe the image it is named after and is not shown; import it again");
                return false;
            }
            if (!image.Layers.All(l => File.Exists(LayerPath(l))))
            {
                said.Add($"image {image.Fingerprint} lacks a layer and is not shown; import it again");
                return false;
            }
            _images = _images.SetItem(image.Fingerprint, image);
            return true;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            said.Add($"{path} cannot be read and is not shown: {e.Message}");
            return false;
        }
    }

    private void LoadAliases(bool whole, List<string> said)
    {
        if (!File.Exists(AliasesPath))
            return;
        var bytes = File.ReadAllBytes(AliasesPath);
        try
        {
            var stored = JsonSerializer.Deserialize(bytes, StoreJson.Default.SortedDictionaryStringStoredAlias)
                ?? throw new JsonException("it is null");
            var all = Nothing<StoredAlias>().AddRange(stored.Where(a => a.Value?.Target is not null));
            _aliases = all.RemoveRange(all.Where(a => !_images.ContainsKey(a.Value.Target)).Select(a => a.Key));
            // A name whose image could not be read may lead somewhere again.
            if (whole && _aliases.Count != stored.Count)
                SaveAliases(_aliases);
        }
        catch (JsonException e)
        {
            var aside = $"{AliasesPath}.bad-{Convert.ToHexStringLower(SHA256.HashData(bytes))[..12]}";
            Durable.Rename(AliasesPath, aside);
            said.Add($"{AliasesPath} cannot be read ({e.Message}): images have no names until they are given again; kept as {aside}");
        }
    }

    private StoredImage WriteImage(StoredImage image)
    {
        var path = Path.Combine(ImagesFolder, image.Fingerprint + ".json");
        Durable.Write(path, JsonSerializer.SerializeToUtf8Bytes(image, StoreJson.Default.StoredImage));
        _images = _images.SetItem(image.Fingerprint, image);
        return image;
    }

    private void WriteAliases(ImmutableSortedDictionary<string, StoredAlias> aliases)
    {
        if (aliases == _aliases)
            return;
        SaveAliases(aliases);
        _aliases = aliases;
    }

    private void SaveAliases(ImmutableSortedDictionary<string, StoredAlias> aliases)
    {
        var sorted = new SortedDictionary<string, StoredAlias>(aliases.ToDictionary(), StringComparer.Ordinal);
        Durable.Write(AliasesPath, JsonSerializer.SerializeToUtf8Bytes(sorted, StoreJson.Default.SortedDictionaryStringStoredAlias));
    }

    /// <summary>Removes those of these layers, and of their shifted copies, of which no image speaks.</summary>
    private List<string> DropUnnamedLayers(Func<string, bool> among)
    {
        var named = _images.Values.SelectMany(i => i.Layers).Concat(_drafts.Values.SelectMany(d => d.Layers).Select(l => l.Sha256))
            .Concat(AlsoKept()).ToHashSet(StringComparer.Ordinal);
        List<string> doomed =
        [
            .. Directory.EnumerateFiles(LayersFolder, "*.squashfs")
                .Where(p => Path.GetFileName(p).Split('.')[0] is var layer && among(layer) && !named.Contains(layer)),
        ];
        foreach (var path in doomed)
            Durable.Remove(path);
        return [.. doomed.Select(p => Path.GetFileName(p)!)];
    }

    private static ImmutableSortedDictionary<string, T> Nothing<T>() => ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);
}
