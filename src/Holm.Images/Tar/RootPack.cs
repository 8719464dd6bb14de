using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Images.Tar;

/// <summary>
/// Packs a root that stands as a mounted tree, and that an app may have filled: walked by descriptor, names as bytes, no link followed.
/// Sockets are left out, as no tar can hold one.
/// </summary>
/// <param name="squash">Gets it.</param>
/// <param name="limits">What is too much.</param>
/// <param name="ct">Gives up.</param>
internal sealed class RootPack(SquashWriter squash, TarLimits limits, CancellationToken ct)
{
    /// <summary>Folders in folders; each holds two descriptors while what is below it is packed.</summary>
    private const int DepthMax = 256;

    /// <summary>Where a file of several names was met first.</summary>
    private readonly Dictionary<(ulong Device, ulong Inode), byte[]> _files = [];
    private int _entries;
    private long _bytes;

    /// <summary>Packs a tree whose root is open for reading.</summary>
    /// <exception cref="Refusal">It is too much, or the disk is full.</exception>
    public static async Task Write(Fd root, StagedFile output, uint madeAt, CancellationToken ct)
    {
        var squash = SquashWriter.Start(output, madeAt, ct);
        await using (squash.ConfigureAwait(false))
            try
            {
                await Task.Run(() => new RootPack(squash, new TarLimits(), ct).AddRoot(root), ct).ConfigureAwait(false);
                await squash.Finish().ConfigureAwait(false);
            }
            catch (LinuxException e) when (e.Errno == Errnos.EPIPE)
            {
                ct.ThrowIfCancellationRequested();
                throw await squash.WhyItEnded(e).ConfigureAwait(false);
            }
    }

    private void AddRoot(Fd root)
    {
        using (var top = LayerEntry.TryOpen(root, "."u8)!)
            Add([], top);
        AddBelow(root, [], 0);
    }

    private void AddBelow(Fd folder, byte[] path, int depth)
    {
        if (depth > DepthMax)
            throw EntryName.Refuse(path, $"is below {DepthMax} folders");
        foreach (var name in FolderTree.Names(folder))
        {
            ct.ThrowIfCancellationRequested();
            byte[] here = path.Length == 0 ? name : [.. path, (byte)'/', .. name];
            if (here.Length > limits.PathBytes)
                throw EntryName.Refuse(here, $"is longer than {limits.PathBytes} bytes");
            using var found = LayerEntry.TryOpen(folder, name);
            if (found is null)
                continue;
            Add(here, found);
            if (!found.Stat.IsFolder)
                continue;
            using var below = Fd.Open(found.File.ProcPath, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
            AddBelow(below, here, depth + 1);
        }
    }

    private void Add(byte[] path, LayerEntry found)
    {
        if (LayersBelow.Entry(path, found) is not { } entry)
            return;
        if (++_entries > limits.Entries)
            throw EntryName.Refuse(path, $"is one more than {limits.Entries} entries");
        if ((_bytes += entry.Size) > limits.UnpackedBytes)
            throw EntryName.Refuse(path, $"makes it more than {limits.UnpackedBytes} bytes");
        if (entry.Kind != TarKind.File)
        {
            squash.Add(entry);
            return;
        }
        if (!_files.TryAdd((found.Stat.Device, found.Stat.Inode), path))
        {
            squash.Add(new TarEntry { Kind = TarKind.HardLink, Name = path, Link = _files[(found.Stat.Device, found.Stat.Inode)] });
            return;
        }
        using var file = Fd.Open(found.File.ProcPath, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
        var (content, left) = (new FdStream(file), entry.Size);
        squash.Add(entry, buffer =>
        {
            var count = content.Read(buffer[..(int)Math.Min(buffer.Length, left)]);
            if (count == 0 && left > 0)
                throw EntryName.Refuse(path, "became shorter while it was read");
            left -= count;
            return count;
        }, []);
    }
}
