using Holm.Contract;
using Holm.Linux;

namespace Holm.Images.Tar;

/// <summary>
/// A layer as a tar again, the way back of <see cref="TarImage.ConvertLayer"/>: what overlayfs is told by devices and attributes becomes
/// names that begin with <c>.wh.</c>. Same SquashFS, same bytes.
/// </summary>
/// <remarks>OCI image specification 1.1, layer.md, "Whiteouts".</remarks>
internal static class LayerTar
{
    /// <summary>What stands in the store passed its limits when it came.</summary>
    private static readonly TarLimits Limits = new() { Entries = int.MaxValue, UnpackedBytes = long.MaxValue, AnyOwner = true };

    /// <summary>Writes the whole tar.</summary>
    /// <param name="squashfs">A layer, open for reading.</param>
    /// <param name="target">Gets it, piece by piece.</param>
    /// <param name="ct">Gives up; sqfs2tar is killed.</param>
    /// <exception cref="Refusal">400: it holds a name that would mean something else in a layer; 500: it cannot be read.</exception>
    public static async Task Write(Fd squashfs, Stream target, CancellationToken ct)
    {
        var layer = SquashReader.Start(squashfs, Limits, ct);
        await using (layer.ConfigureAwait(false))
            try
            {
                Copy(layer.Entries, target, ct);
                await layer.Finish().ConfigureAwait(false);
            }
            catch (EndTooEarlyException e)
            {
                ct.ThrowIfCancellationRequested();
                throw await layer.WhyItEnded(e).ConfigureAwait(false);
            }
            catch (Refusal) when (ct.IsCancellationRequested)
            {
                throw new OperationCanceledException(ct);
            }
    }

    private static void Copy(TarReader layer, Stream target, CancellationToken ct)
    {
        var tar = new TarWriter(target);
        var buffer = new byte[64 * 1024];
        while (layer.Next() is { } entry)
        {
            ct.ThrowIfCancellationRequested();
            tar.Write(Translated(entry));
            for (int count; (count = Fill(layer, buffer)) > 0;)
            {
                ct.ThrowIfCancellationRequested();
                target.Write(buffer.AsSpan(0, count));
            }
            tar.Pad(entry.Size);
            if (entry.Kind == TarKind.Folder && entry.Xattrs.Any(Whiteout.IsOpaque))
                tar.Write(Mark([.. entry.Name, .. entry.Name.Length > 0 ? "/"u8 : [], .. ".wh..wh..opq"u8]));
        }
        tar.End();
    }

    /// <summary>Whole pieces, however the pipe gave them: what zlib makes of the same bytes depends on the pieces it gets.</summary>
    private static int Fill(TarReader layer, byte[] buffer)
    {
        var here = 0;
        for (int count; here < buffer.Length && (count = layer.Read(buffer.AsSpan(here))) > 0;)
            here += count;
        return here;
    }

    private static TarEntry Translated(TarEntry entry)
    {
        var slash = entry.Name.AsSpan().LastIndexOf((byte)'/');
        var above = entry.Name.AsSpan(0, slash + 1);
        var name = entry.Name.AsSpan(slash + 1);
        if (Whiteout.Of(name, out _) != WhiteoutKind.None)
            throw Refuse(entry, "begins with .wh., which in a layer says that a file is gone");
        if (entry is not { Kind: TarKind.CharDevice, Major: 0, Minor: 0 })
            return entry with { Xattrs = [.. entry.Xattrs.Where(x => !Whiteout.IsOverlays(x.Name))] };
        return name.Length <= EntryName.ComponentBytesMax - 4 ? Mark([.. above, .. ".wh."u8, .. name])
            : throw Refuse(entry, "is gone, and too long a name to say so in a layer");
    }

    private static TarEntry Mark(byte[] name) => new() { Kind = TarKind.File, Name = name, Mode = 0x180 };

    private static Refusal Refuse(TarEntry entry, string why) =>
        new(400, $"cannot be a layer: its '{EntryName.Show(entry.Name)}' {why}");
}
