using Holm.Contract;
using Holm.Images.Lxd;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Images.Tar;

/// <summary>
/// Turns the archive of a root file system into a SquashFS without unpacking a tree:
/// <code>
///   pass 1:  file ─ unpack ─ TarReader ─ TarTree        names only: what is refused, which entry of a name wins
///   pass 2:  file ─ unpack ─ TarReader ─ TarWriter ─ tar2sqfs ─ staged file        every name once, in one plain form
/// </code>
/// Both passes hash what they read; a file that changed in between is refused. Memory is bounded by <see cref="TarLimits"/>, whatever the
/// data. tar2sqfs alone would fail on repeated names and pass over '..' in silence (E15).
/// </summary>
public static class TarImage
{
    /// <summary>True for the first bytes of a tar archive, plain or packed by gzip, xz or zstd.</summary>
    /// <param name="head">Up to 512 bytes from the start of the file.</param>
    public static bool LooksLikeTar(ReadOnlySpan<byte> head) =>
        PackedTar.IsGzip(head) || PackedTar.IsXz(head) || PackedTar.IsZstd(head)
        || (head.Length >= TarHeader.BlockBytes && new TarHeader(head[..TarHeader.BlockBytes]) is { IsZero: false, ChecksumHolds: true });

    /// <summary>Converts an archive. The same archive gives the same bytes, everywhere.</summary>
    /// <param name="path">A regular file; it is read twice.</param>
    /// <param name="output">Gets the SquashFS; the caller commits it.</param>
    /// <param name="limits">What is a bomb.</param>
    /// <param name="progress">Gets a sentence now and then.</param>
    /// <param name="ct">Gives up; the programs of the pipe are killed.</param>
    /// <exception cref="Refusal">400: the archive is hostile, damaged or no root; the entry is named.
    /// 500: a program is missing.</exception>
    public static Task Convert(
        string path, StagedFile output, TarLimits limits, IProgress<string>? progress, CancellationToken ct) =>
        ConvertImage(path, output, limits, progress, ct);

    /// <summary>As <see cref="Convert"/>; of a unified image of LXD's it is rootfs/ that is converted.</summary>
    /// <returns>What such an image says of itself; null: it is a root alone.</returns>
    internal static Task<LxdParts?> ConvertImage(
        string path, StagedFile output, TarLimits limits, IProgress<string>? progress, CancellationToken ct) =>
        Task.Run(async () => (await ConvertOnThisThread(path, output, null, limits, progress, ct).ConfigureAwait(false)).Lxd, ct);

    /// <summary>Converts a layer: whiteouts become overlayfs', folders it does not list keep the attributes they have below.</summary>
    /// <returns>sha256 of the unpacked archive: OCI's <c>diff_id</c>.</returns>
    /// <inheritdoc cref="Convert"/>
    internal static Task<byte[]> ConvertLayer(
        string path, StagedFile output, LayersBelow below, TarLimits limits, IProgress<string>? progress, CancellationToken ct) =>
        Task.Run(async () => (await ConvertOnThisThread(path, output, below, limits, progress, ct).ConfigureAwait(false)).Sha256, ct);

    private static async Task<(byte[] Sha256, LxdParts? Lxd)> ConvertOnThisThread(
        string path, StagedFile output, LayersBelow? below, TarLimits limits, IProgress<string>? progress, CancellationToken ct)
    {
        progress?.Report("reading the names in the archive");
        var names = await ReadNames(path, below, limits, LxdRoot.Whole, ct).ConfigureAwait(false);
        var first = names.Sha256;
        var lxd = below is null && IsUnified(names.Tree) ? names.Parts : null;
        Func<TarEntry, TarEntry?> root = lxd is null ? LxdRoot.Whole : LxdRoot.Below;
        if (lxd is not null)
        {
            names = await ReadNames(path, below, limits, root, ct).ConfigureAwait(false);
        }
        if (names.Dropped > 0)
            progress?.Report($"left out {names.Dropped} extended attributes that SquashFS cannot hold, such as ACLs");

        progress?.Report("writing the SquashFS");
        var plan = names.Tree.Plan();
        var squash = SquashWriter.Start(output, names.Newest, ct);
        await using (squash.ConfigureAwait(false))
        {
            try
            {
                if (below is not null)
                    WriteUnlisted(plan, below, squash);
                await Write(path, below, limits, root, plan, first, squash, ct).ConfigureAwait(false);
                await squash.Finish().ConfigureAwait(false);
                return (first, lxd);
            }
            catch (LinuxException e) when (e.Errno == Errnos.EPIPE)
            {
                ct.ThrowIfCancellationRequested();
                throw await squash.WhyItEnded(e).ConfigureAwait(false);
            }
            catch (Refusal) when (ct.IsCancellationRequested)
            {
                throw new OperationCanceledException(ct);
            }
        }
    }

    /// <summary>Pass 1.</summary>
    private static async Task<(TarTree Tree, LxdParts Parts, uint Newest, int Dropped, byte[] Sha256)> ReadNames(
        string path, LayersBelow? below, TarLimits limits, Func<TarEntry, TarEntry?> root, CancellationToken ct)
    {
        var (tree, parts) = (new TarTree(limits, below), new LxdParts());
        var newest = 0u;
        var dropped = 0;
        var sha256 = await Pass(path, limits, (reader, all) =>
        {
            if (below is null)
                parts.Take(reader, all);
            if (root(all) is not { } entry)
                return;
            tree.Add(entry);
            newest = Math.Max(newest, entry.Mtime);
            dropped += entry.XattrsDropped;
        }, ct).ConfigureAwait(false);
        return (tree, parts, newest, dropped, sha256);
    }

    private static async Task Write(
        string path, LayersBelow? below, TarLimits limits, Func<TarEntry, TarEntry?> root, TarPlan plan, byte[] first,
        SquashWriter squash, CancellationToken ct)
    {
        var number = 0;
        var second = await Pass(path, limits, (reader, all) =>
        {
            if (root(all) is not { } entry)
                return;
            if (number >= plan.Entries)
                throw Changed();
            var paths = plan.Paths(number++).ToList();
            if (paths.Count == 0)
                return;
            if (entry.Kind == TarKind.HardLink)
            {
                WriteBrought(below, plan.BroughtBy(number - 1), paths, squash);
                return;
            }
            var kept = below is not null ? Kept(entry.Xattrs, plan.IsOpaque(number - 1)) : entry.Xattrs;
            squash.Add(entry with { Name = paths[0], Xattrs = kept }, reader.Read, paths.Skip(1));
        }, ct).ConfigureAwait(false);
        if (!first.AsSpan().SequenceEqual(second))
            throw Changed();
    }

    /// <summary>In a layer, attributes that tell overlayfs what to do are Holm's to write.</summary>
    private static List<Xattr> Kept(IReadOnlyList<Xattr> xattrs, bool isOpaque) =>
        [.. xattrs.Where(x => !Whiteout.IsOverlays(x.Name)), .. isOpaque ? [Whiteout.Opaque] : Array.Empty<Xattr>()];

    /// <summary>What a hard link brings up from the layers below.</summary>
    private static void WriteBrought(LayersBelow? below, byte[]? from, List<byte[]> paths, SquashWriter squash)
    {
        using var found = from is null ? null : below?.Find(from);
        if (found is null || LayersBelow.Entry(paths[0], found) is not { } entry)
            throw Changed();
        using var content = entry.Kind == TarKind.File ? Fd.Open(found.File.ProcPath, OpenFlags.O_RDONLY) : null;
        squash.Add(entry, content is null ? _ => 0 : new FdStream(content).Read, paths.Skip(1));
    }

    /// <summary>What a layer means and its tar has no entry for.</summary>
    private static void WriteUnlisted(TarPlan plan, LayersBelow below, SquashWriter squash)
    {
        foreach (var (path, isOpaque, isFresh) in plan.Implied)
        {
            var folder = (isFresh ? null : below.Folder(path)) ?? new TarEntry { Kind = TarKind.Folder, Name = path, Mode = 0x1ED };
            squash.Add(isOpaque ? folder with { Xattrs = [.. folder.Xattrs, Whiteout.Opaque] } : folder);
        }
        foreach (var path in plan.Gone)
            squash.Add(new TarEntry { Kind = TarKind.CharDevice, Name = path });
    }

    private static Refusal Changed() => new(409, "cannot use the archive: it changed while it was being read; import it again");

    /// <summary>One reading of the whole archive.</summary>
    /// <returns>sha256 of the unpacked stream.</returns>
    internal static async Task<byte[]> Pass(string path, TarLimits limits, Action<TarReader, TarEntry> each, CancellationToken ct)
    {
        var source = PackedTar.Open(path, limits, ct);
        await using (source.ConfigureAwait(false))
        {
            try
            {
                var reader = new TarReader(source, limits);
                while (reader.Next() is { } entry)
                    each(reader, entry);
            }
            catch (EndTooEarlyException) when (!ct.IsCancellationRequested)
            {
                // The packing program knows better why there is no more.
                if (await source.WhyItEnded().ConfigureAwait(false) is { } why)
                    throw TarHeader.NoTar(why);
                throw TarReader.Cut();
            }
            ct.ThrowIfCancellationRequested();
            return await source.Finish().ConfigureAwait(false);
        }
    }

    /// <returns>True: it is a unified image of LXD's; false: a root.</returns>
    private static bool IsUnified(TarTree tree)
    {
        var top = tree.TopNames().ToHashSet(StringComparer.Ordinal);
        if (top.Count == 0)
            throw TarHeader.NoTar("it is empty");
        if (top.Contains("manifest.json") && (top.Contains("oci-layout") || top.Contains("repositories")))
            throw TarHeader.NoTar("it is an image of `docker save`, layers apart, which is not taken yet; `docker export` gives a root");
        if (!top.Contains("metadata.yaml") || !top.All(n => n is "metadata.yaml" or "rootfs" or "templates"))
            return false;
        return top.Contains("rootfs") ? true
            : throw TarHeader.NoTar("it is the metadata half of an LXD image; give the file of its root as well");
    }
}
