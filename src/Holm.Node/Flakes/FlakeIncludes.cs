using System.Globalization;
using System.Text;
using Holm.Contract;
using Holm.Images;
using Holm.Linux.Files;

namespace Holm.Node.Flakes;

/// <summary>What flakes include of this host, as one layer each: made at the registration, made again when a source has changed.</summary>
/// <remarks>
/// <c>NAME.include</c> holds the layer's sha256 in its first line and then, a line each, what the sources looked like: size, time of the
/// last change in units of 100 ns, and path. Of a folder only itself is looked at, so that a change deep in it counts at the next
/// registration.
/// </remarks>
/// <param name="folder">HOLM_STATE/flakes.</param>
/// <param name="images">Makes and keeps the layers.</param>
public sealed class FlakeIncludes(string folder, ImageStore images)
{
    private readonly FlakeFiles _files = new(folder);

    /// <summary>Layers that flakes name; for <see cref="ImageStore.AlsoKept"/>.</summary>
    /// <param name="folder">HOLM_STATE/flakes.</param>
    public static IReadOnlyList<string> Kept(string folder) => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, "*.include").Select(p => File.ReadLines(p).FirstOrDefault("")).Where(l => l.Length == 64)]
        : [];

    /// <summary>The layer of what a flake includes; null: it includes nothing.</summary>
    /// <param name="flake">The flake.</param>
    /// <param name="anew">True: it is made even if no source seems changed.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="Refusal">400, 404: a source cannot be taken; it is named.</exception>
    public async Task<string?> Layer(Flake flake, bool anew, CancellationToken ct)
    {
        if (flake.IncludeTar.Count + flake.IncludePath.Count == 0)
            return null;
        // Looked at before it is read: what changes meanwhile differs the next time.
        var looks = Look(flake);
        if (!anew && Made(flake, looks) is { } made)
            return made;
        var old = Noted(flake.Name);
        var layer = await images.MakeIncludes(flake.IncludeTar, flake.IncludePath, ct).ConfigureAwait(false);
        Durable.Write(_files.IncludePath(flake.Name), Encoding.UTF8.GetBytes($"{layer}\n{looks}"));
        if (old is not null && old != layer)
            images.DropLayer(old);
        return layer;
    }

    /// <summary>Forgets what a flake that is gone included.</summary>
    public void Drop(string name)
    {
        var layer = Noted(name);
        Durable.Remove(_files.IncludePath(name));
        if (layer is not null)
            images.DropLayer(layer);
    }

    /// <summary>Forgets what flakes included of which there is no record. Call it once, at the start.</summary>
    public void Sweep()
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*.include").ToList())
            if (Path.GetFileNameWithoutExtension(path) is var name && !_files.Names.Contains(name))
                Drop(name);
    }

    private string? Made(Flake flake, string looks)
    {
        var path = _files.IncludePath(flake.Name);
        return Noted(flake.Name) is { } layer && File.ReadAllText(path) == $"{layer}\n{looks}" && File.Exists(images.LayerPath(layer))
            ? layer : null;
    }

    private string? Noted(string name) => _files.IncludePath(name) is var path && File.Exists(path)
        && File.ReadLines(path).FirstOrDefault("") is { Length: 64 } layer && layer.All(char.IsAsciiHexDigitLower) ? layer : null;

    private static string Look(Flake flake) => string.Concat(flake.IncludeTar.Concat(flake.IncludePath).Select(path =>
    {
        // Of a link, what it leads to: an archive is read through it.
        var last = (Path.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? path;
        var size = new FileInfo(last) is { Exists: true } file ? file.Length : 0;
        return string.Create(CultureInfo.InvariantCulture, $"{size} {File.GetLastWriteTimeUtc(last).Ticks} {path}\n");
    }));
}
