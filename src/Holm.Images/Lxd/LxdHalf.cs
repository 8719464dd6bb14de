using System.Text;
using Holm.Contract;
using Holm.Images.Tar;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Images.Lxd;

/// <summary>The half of an LXD image that is not its root: a tar, and what is in it.</summary>
/// <param name="Tar">The tar, as it was sent or made.</param>
/// <param name="Metadata">What its metadata.yaml says.</param>
/// <param name="Templates">The text of its templates, by name.</param>
internal sealed record LxdHalf(byte[] Tar, ImageMetadata Metadata, IReadOnlyDictionary<string, string> Templates)
{
    /// <summary>The half of a split image: nobody needs more for a text and some templates.</summary>
    private static readonly TarLimits Limits = new()
    {
        Entries = 1024,
        NameBytes = 256 * 1024,
        UnpackedBytes = 16 * 1024 * 1024,
        RatioFromBytes = 4 * 1024 * 1024,
    };

    private const long LongestBytes = 4 * 1024 * 1024;

    /// <summary>Reads the half that was sent.</summary>
    /// <exception cref="Refusal">400: it is none, in LXD's words where it has some.</exception>
    public static async Task<LxdHalf> Read(
        StagedFile sent, Func<string, IReadOnlyDictionary<string, string>, ImageMetadata> describe, CancellationToken ct)
    {
        using var file = Fd.Open(sent.File.ProcPath, OpenFlags.O_RDONLY);
        var tar = new byte[FileStat.Of(file).Size is <= LongestBytes and var size ? size
            : throw new Refusal(400, $"the metadata half is longer than {LongestBytes / 1024 / 1024} MiB")];
        new FdStream(file).ReadExactly(tar);
        if (!TarImage.LooksLikeTar(tar.AsSpan(0, Math.Min(512, tar.Length))))
            throw new Refusal(400, "Unsupported compression: the metadata half is no tar archive (plain, gzip, xz or zstd)");
        var parts = new LxdParts();
        await Task.Run(() => TarImage.Pass(sent.File.ProcPath, Limits, parts.Take, ct), ct).ConfigureAwait(false);
        var (metadata, templates) = parts.Check(describe);
        return new LxdHalf(tar, metadata, templates);
    }

    /// <summary>Makes the half of what was in a unified image. Same image, same bytes.</summary>
    /// <exception cref="Refusal">400: it is no good.</exception>
    public static LxdHalf Make(
        LxdParts parts, Func<string, IReadOnlyDictionary<string, string>, ImageMetadata> describe)
    {
        var (metadata, templates) = parts.Check(describe);
        return Make(metadata, parts.Yaml!, templates);
    }

    /// <summary>Makes one. Same content, same bytes.</summary>
    /// <param name="metadata">What it says.</param>
    /// <param name="yaml">The same, as its file.</param>
    /// <param name="templates">Its templates, by name.</param>
    public static LxdHalf Make(ImageMetadata metadata, byte[] yaml, IReadOnlyDictionary<string, string> templates)
    {
        using var content = new MemoryStream();
        var tar = new TarWriter(content);
        void Add(string name, byte[] data)
        {
            tar.Write(new TarEntry
            {
                Kind = TarKind.File,
                Name = Encoding.ASCII.GetBytes(name),
                Size = data.Length,
                Mode = 0x1A4,
                Mtime = (uint)Math.Clamp(metadata.CreationDate, 0, uint.MaxValue),
            });
            content.Write(data);
            tar.Pad(data.Length);
        }
        Add("metadata.yaml", yaml);
        foreach (var (name, text) in templates.OrderBy(t => t.Key, StringComparer.Ordinal))
            Add("templates/" + name, Encoding.UTF8.GetBytes(text));
        tar.End();
        return new LxdHalf(content.ToArray(), metadata, templates);
    }
}
