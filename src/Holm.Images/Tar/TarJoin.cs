using System.Text;
using Holm.Linux.Files;

namespace Holm.Images.Tar;

/// <summary>
/// Makes one archive of several: entries in their order, of which the layer's conversion takes the last of a name. Folders that no
/// archive lists are as on this host but for their time, so that a file put into <c>/tmp</c> does not make it another folder.
/// </summary>
/// <param name="staged">Gets the archive.</param>
/// <param name="limits">What is a bomb.</param>
internal sealed class TarJoin(StagedFile staged, TarLimits limits)
{
    private const uint Nobody = 65534, IdsMax = 65535;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>Adds an archive; a host's owners beyond 65535 become nobody's.</summary>
    /// <param name="path">Plain or packed by gzip, xz or zstd.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="Contract.Refusal">400: hostile, damaged or not an archive.</exception>
    public async Task Add(string path, CancellationToken ct)
    {
        var source = PackedTar.Open(path, limits, ct);
        await using (source.ConfigureAwait(false))
        {
            try
            {
                using var output = new MemoryStream();
                var (writer, reader, buffer) = (new TarWriter(output), new TarReader(source, limits), new byte[64 * 1024]);
                while (reader.Next() is { } entry)
                {
                    ct.ThrowIfCancellationRequested();
                    foreach (var folder in Unlisted(entry.Name))
                        writer.Write(folder);
                    if (entry.Kind == TarKind.Folder)
                        _seen.Add(Encoding.Latin1.GetString(entry.Name));
                    writer.Write(entry with { Uid = Own(entry.Uid), Gid = Own(entry.Gid) });
                    for (int count; (count = reader.Read(buffer)) > 0;)
                    {
                        output.Write(buffer, 0, count);
                        Flush(output);
                    }
                    writer.Pad(entry.Size);
                    Flush(output);
                }
            }
            catch (EndTooEarlyException) when (!ct.IsCancellationRequested)
            {
                // The packing program knows better why there is no more.
                throw await source.WhyItEnded().ConfigureAwait(false) is { } why ? TarHeader.NoTar(why) : TarReader.Cut();
            }
            await source.Finish().ConfigureAwait(false);
        }
    }

    /// <summary>Ends the archive.</summary>
    public void End() => staged.Write(new byte[2 * TarHeader.BlockBytes]);

    private void Flush(MemoryStream output)
    {
        Room.Check(Path.GetDirectoryName(staged.Path)!, output.Length);
        staged.Write(output.GetBuffer().AsSpan(0, (int)output.Length));
        output.SetLength(0);
    }

    /// <summary>The folders above an entry of which nothing was heard so far.</summary>
    private IEnumerable<TarEntry> Unlisted(byte[] name)
    {
        for (var at = 0; at < name.Length; at++)
            if (name[at] == '/' && _seen.Add(Encoding.Latin1.GetString(name.AsSpan(0, at)))
                && FileStat.TryOf("/" + Encoding.UTF8.GetString(name.AsSpan(0, at))) is { IsFolder: true } host)
                yield return new TarEntry
                {
                    Kind = TarKind.Folder,
                    Name = name[..at],
                    Mode = host.Mode & 0xFFF,
                    Uid = Own(host.Uid),
                    Gid = Own(host.Gid),
                };
    }

    private static uint Own(uint id) => id > IdsMax ? Nobody : id;
}
