using System.Text;
using Holm.Contract;
using Holm.Linux.Files;

namespace Holm.Node.Flakes;

/// <summary>The files of flakes, and nothing but files.</summary>
/// <remarks>
/// <code>
///   HOLM_STATE/flakes/NAME.yaml      the record
///                     NAME.d/*.yaml  drop-ins, a person's; they lie over the record in the order of their names
///                     NAME.links     while links of NAME are being made or removed: the paths concerned, a line each
///                     NAME.include   the layer that was made of its includes, and of what
/// </code>
/// </remarks>
/// <param name="folder">HOLM_STATE/flakes; made where it is missing.</param>
internal sealed class FlakeFiles(string folder)
{
    /// <summary>Makes the folder, and removes what a crash left half-written in it.</summary>
    public void Open()
    {
        Durable.CreateFolder(folder);
        Durable.SweepStaged(folder);
    }

    /// <summary>Names of which there is a record, whether it can be read or not.</summary>
    public IReadOnlyList<string> Names => Having(".yaml");

    /// <summary>Names whose links were being made or removed.</summary>
    public IReadOnlyList<string> Begun => Having(".links");

    /// <summary>Where the record is.</summary>
    public string RecordPath(string name) => Path.Combine(folder, name + ".yaml");

    /// <summary>Where it is noted what its includes became.</summary>
    public string IncludePath(string name) => Path.Combine(folder, name + ".include");

    /// <summary>Reads record and drop-ins; null: there is no such flake. Name and values are not looked at.</summary>
    /// <exception cref="Refusal">400: it cannot be read; file and line are named.</exception>
    public FlakeReading? Read(string name)
    {
        if (Text(RecordPath(name)) is not { } text)
            return null;
        var texts = new List<(string Where, string Text)> { (name + ".yaml", text) };
        var dropIns = Path.Combine(folder, name + ".d");
        if (Directory.Exists(dropIns))
            foreach (var path in Directory.EnumerateFiles(dropIns, "*.yaml").Order(StringComparer.Ordinal))
                texts.Add(($"{name}.d/{Path.GetFileName(path)}", Text(path) ?? ""));
        return FlakeText.Read(texts);
    }

    /// <summary>Writes the record.</summary>
    public void Write(string name, string text) => Durable.Write(RecordPath(name), Encoding.UTF8.GetBytes(text));

    /// <summary>The record as it stands; null: none.</summary>
    public string? Record(string name) => Text(RecordPath(name));

    /// <summary>Removes the record and its drop-ins.</summary>
    public void Remove(string name)
    {
        Durable.Remove(RecordPath(name));
        RemoveDropIns(name);
    }

    /// <summary>Removes drop-ins, of which nothing is to change a later flake of that name.</summary>
    public void RemoveDropIns(string name)
    {
        var dropIns = Path.Combine(folder, name + ".d");
        if (Directory.Exists(dropIns))
            Directory.Delete(dropIns, recursive: true);
    }

    /// <summary>Notes that these links are about to be made or removed.</summary>
    public void Begin(string name, IEnumerable<string> paths) =>
        Durable.Write(LinksPath(name), Encoding.UTF8.GetBytes(string.Concat(paths.Distinct().Select(p => p + "\n"))));

    /// <summary>The links that were about to be made or removed.</summary>
    public IReadOnlyList<string> BegunLinks(string name) =>
        (Text(LinksPath(name)) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Notes that they are made or removed.</summary>
    public void End(string name) => Durable.Remove(LinksPath(name));

    private string LinksPath(string name) => Path.Combine(folder, name + ".links");

    private string[] Having(string end) => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, "*" + end).Select(p => Path.GetFileName(p)[..^end.Length])
            .Where(n => !n.StartsWith('.')).Order(StringComparer.Ordinal)]
        : [];

    private static string? Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
