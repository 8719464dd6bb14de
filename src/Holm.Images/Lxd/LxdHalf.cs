using System.Text;
using Holm.Contract;
using Holm.Images.Tar;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Images.Lxd;

/// <summary>The half of an LXD image that is not its root: a staged tar, and what is in it.</summary>
/// <param name="File">The tar; who staged it disposes it.</param>
/// <param name="Metadata">What its metadata.yaml says.</param>
/// <param name="Templates">The text of its templates, by name.</param>
internal sealed record LxdHalf(StagedFile File, ImageMetadata Metadata, IReadOnlyDictionary<string, string> Templates)
{
    /// <summary>The half of a split image: nobody needs more for a text and some templates.</summary>
    private static readonly TarLimits Limits = new()
    {
        Entries = 1024, NameBytes = 256 * 1024, UnpackedBytes = 16 * 1024 * 1024, RatioFromBytes = 4 * 1024 * 1024,
    };

    /// <summary>Reads the half that was sent.</summary>
    /// <exception cref="Refusal">400: it is none, in LXD's words where it has some.</exception>
    public static async Task<LxdHalf> Read(
        StagedFile sent, Func<string, IReadOnlyDictionary<string, string>, ImageMetadata> describe, CancellationToken ct)
    {
        var head = new byte[512];
        using (var look = Fd.Open(sent.File.ProcPath, OpenFlags.O_RDONLY))
            if (!TarImage.LooksLikeTar(head.AsSpan(0, Math.Max(0, look.TryRead(head)))))
                throw new Refusal(400, "Unsupported compression: the metadata half is no tar archive (plain, gzip, xz or zstd)");
        var parts = new LxdParts();
        await Task.Run(() => TarImage.Pass(sent.File.ProcPath, Limits, parts.Take, ct), ct).ConfigureAwait(false);
        var (metadata, templates) = parts.Check(describe);
        return new LxdHalf(sent, metadata, templates);
    }

    /// <summary>Makes the half of what was in a unified image. Same image, same bytes.</summary>
    /// <exception cref="Refusal">400: it is no good.</exception>
    public static LxdHalf Make(
        StagedFile staged, LxdParts parts, Func<string, IReadOnlyDictionary<string, string>, ImageMetadata> describe)
    {
        var (metadata, templates) = parts.Check(describe);
        return Make(staged, metadata, parts.Yaml!, templates);
    }

    /// <summary>Makes one. Same content, same bytes.</summary>
    /// <param name="staged">Gets it.</param>
    /// <param name="metadata">What it says.</param>
    /// <param name="yaml">The same, as its file.</param>
    /// <param name="templates">Its templates, by name.</param>
    public static LxdHalf Make(
        StagedFile staged, ImageMetadata metadata, byte[] yaml, IReadOnlyDictionary<string, string> templates)
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
        staged.Write(content.GetBuffer().AsSpan(0, (int)content.Length));
        return new LxdHalf(staged, metadata, templates);
    }
}
