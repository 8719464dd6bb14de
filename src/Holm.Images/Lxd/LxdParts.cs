using System.Text;
using Holm.Contract;
using Holm.Images.Tar;

namespace Holm.Images.Lxd;

/// <summary>
/// <c>metadata.yaml</c> and <c>templates/</c>, picked out of the entries of an archive as they pass. Whether that is LXD's is known only at
/// its end, so nothing is refused before.
/// </summary>
/// <remarks>LXD 5.0.2, doc/image-handling.md.</remarks>
internal sealed class LxdParts
{
    private const int YamlBytes = 256 * 1024, TemplateBytes = 64 * 1024, TemplatesMax = 256, AllBytes = 1024 * 1024;

    private readonly SortedDictionary<string, byte[]> _templates = new(StringComparer.Ordinal);
    private long _bytes;
    private Refusal? _problem;

    /// <summary>The file; null: none came.</summary>
    public byte[]? Yaml { get; private set; }

    /// <summary>Looks at the next entry; its data may be read.</summary>
    public void Take(TarReader reader, TarEntry entry)
    {
        if (entry.Name.AsSpan().SequenceEqual("metadata.yaml"u8))
            Yaml = Read(reader, entry, YamlBytes) ?? [];
        else if (entry.Name.AsSpan().StartsWith("templates/"u8) && entry.Kind != TarKind.Folder)
            TakeTemplate(reader, entry);
    }

    /// <summary>What they say, once it is known that they are LXD's.</summary>
    /// <param name="describe">Reads metadata.yaml, with the templates at hand.</param>
    /// <exception cref="Refusal">400: they cannot be used.</exception>
    public (ImageMetadata Metadata, IReadOnlyDictionary<string, string> Templates) Check(
        Func<string, IReadOnlyDictionary<string, string>, ImageMetadata> describe)
    {
        if (Yaml is null)
            throw new Refusal(400, "Metadata tarball is missing metadata.yaml");
        if (_problem is not null)
            throw _problem;
        var templates = _templates.ToDictionary(t => t.Key, t => Text("templates/" + t.Key, t.Value), StringComparer.Ordinal);
        return (describe(Text("metadata.yaml", Yaml), templates), templates);
    }

    private void TakeTemplate(TarReader reader, TarEntry entry)
    {
        var name = Encoding.UTF8.GetString(entry.Name.AsSpan("templates/".Length));
        if (name.Any(c => c is < ' ' or > '~' or '/'))
            _problem ??= EntryName.Refuse(entry.Name, "is no template: their names are printable, and there are no folders of them");
        else if (_templates.Count >= TemplatesMax)
            _problem ??= EntryName.Refuse(entry.Name, $"is one more than {TemplatesMax} templates");
        else if (Read(reader, entry, TemplateBytes) is { } content)
            _templates[name] = content;
    }

    private byte[]? Read(TarReader reader, TarEntry entry, int most)
    {
        if (entry.Kind != TarKind.File)
            _problem ??= EntryName.Refuse(entry.Name, "is no file");
        else if (entry.Size > most || (_bytes += entry.Size) > AllBytes)
            _problem ??= EntryName.Refuse(entry.Name, $"is longer than {most / 1024} KiB, or all of them than {AllBytes / 1024}");
        if (_problem is not null)
            return null;
        var content = new byte[entry.Size];
        var here = 0;
        for (int count; here < content.Length && (count = reader.Read(content.AsSpan(here))) > 0;)
            here += count;
        return content;
    }

    private static string Text(string name, byte[] content)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
        }
        catch (DecoderFallbackException e)
        {
            throw new Refusal(400, $"cannot use the image: its {name} is no UTF-8 text", e);
        }
    }
}
