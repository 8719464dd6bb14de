using System.Text.Json;
using Holm.Contract;
using Holm.Images.Tar;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Images.Oci;

/// <summary>Writes an OCI image layout as a tar, each blob once.</summary>
/// <remarks>OCI image specification 1.1, image-layout.md.</remarks>
/// <param name="target">Gets it.</param>
/// <param name="ct">Gives up.</param>
internal sealed class LayoutTar(Stream target, CancellationToken ct)
{
    private const string Blobs = "blobs/sha256/";
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    /// <summary>Adds a packed layer.</summary>
    public async Task Add(NewBlob blob)
    {
        var digest = Digest.Parse(blob.Descriptor.Digest, "a layer");
        if (!await Begin(digest, blob.Descriptor.Size).ConfigureAwait(false))
            return;
        using var again = Fd.Open(blob.File.File.ProcPath, OpenFlags.O_RDONLY);
        await new FdStream(again).CopyToAsync(target, 128 * 1024, ct).ConfigureAwait(false);
        await Headers(tar => tar.Pad(blob.Descriptor.Size)).ConfigureAwait(false);
    }

    /// <summary>Adds a document.</summary>
    public async Task<OciDescriptor> Add(byte[] document, string mediaType)
    {
        var digest = Digest.Of(document);
        if (await Begin(digest, document.Length).ConfigureAwait(false))
            await Content(document).ConfigureAwait(false);
        return new OciDescriptor { MediaType = mediaType, Digest = digest.ToString(), Size = document.Length };
    }

    /// <summary>Adds the index and what says that this is a layout.</summary>
    public async Task End(OciManifest index)
    {
        foreach (var (name, content) in ((string, byte[])[])
        [
            ("index.json", JsonSerializer.SerializeToUtf8Bytes(index, OciJson.Default.OciManifest)),
            ("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray()),
        ])
        {
            await Begin(name, content.Length).ConfigureAwait(false);
            await Content(content).ConfigureAwait(false);
        }
        await Headers(tar => tar.End()).ConfigureAwait(false);
    }

    private async Task<bool> Begin(Digest digest, long size)
    {
        if (!_written.Add(digest.Hex))
            return false;
        await Begin(Blobs + digest.Hex, size).ConfigureAwait(false);
        return true;
    }

    private Task Begin(string name, long size) => Headers(tar => tar.Write(
        new TarEntry { Kind = TarKind.File, Name = System.Text.Encoding.ASCII.GetBytes(name), Size = size, Mode = 0x1A4 }));

    private async Task Content(byte[] content)
    {
        await target.WriteAsync(content, ct).ConfigureAwait(false);
        await Headers(tar => tar.Pad(content.Length)).ConfigureAwait(false);
    }

    private async Task Headers(Action<TarWriter> write)
    {
        var bytes = new MemoryStream();
        write(new TarWriter(bytes));
        await target.WriteAsync(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), ct).ConfigureAwait(false);
    }
}
