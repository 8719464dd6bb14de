using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Mounts;

namespace Holm.Images.Tar;

/// <summary>
/// The layers below one that is being converted, seen as overlayfs will show them. A layer need not list a folder it has something in; then
/// the folder is as below, but overlayfs takes its attributes from the topmost layer that has it, so they have to be written again (E17).
/// It may name things through a symbolic link of theirs, and make a hard link to a file of theirs.
/// </summary>
/// <param name="files">SquashFS files, lowest first; mounted when first looked at.</param>
internal sealed class LayersBelow(IReadOnlyList<string> files) : IDisposable
{
    private readonly SquashMount?[] _mounts = new SquashMount?[files.Count];

    /// <summary>True once an answer came from here, so that what was made depends on these layers.</summary>
    public bool WasAsked { get; private set; }

    /// <summary>What these layers show under a name; null: nothing. No link is followed, neither at its end nor on the way.</summary>
    /// <param name="path">As <see cref="TarEntry.Name"/>.</param>
    public LayerEntry? Find(byte[] path)
    {
        WasAsked = true;
        for (var i = files.Count - 1; i >= 0; i--)
            if (Look(Root(i), path, out var isLast) is var found && (found is not null || isLast))
                return found;
        return null;
    }

    /// <summary>The folder as these layers show it, as an entry of that name; null: there is none.</summary>
    public TarEntry? Folder(byte[] path)
    {
        using var found = Find(path);
        return found is { Stat.IsFolder: true } ? Entry(path, found) : null;
    }

    /// <summary>What was found, as an entry; null for a socket, which no tar can hold.</summary>
    public static TarEntry? Entry(byte[] path, LayerEntry found) => KindOf(found.Stat) is not { } kind ? null : new TarEntry
    {
        Kind = kind,
        Name = path,
        Link = kind == TarKind.Symlink ? found.Target() : [],
        Size = kind == TarKind.File ? found.Stat.Size : 0,
        Mode = found.Stat.Mode & 0xFFF,
        Uid = found.Stat.Uid,
        Gid = found.Stat.Gid,
        Mtime = (uint)Math.Clamp(found.Stat.Modified, 0, uint.MaxValue),
        Major = (uint)(found.Stat.Node >> 32),
        Minor = (uint)found.Stat.Node,
        Xattrs = [.. found.Attributes().Where(x => !Whiteout.IsOverlays(x.Name)).Select(x => new Xattr(x.Name, x.Value))],
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var mount in _mounts)
            mount?.Dispose();
    }

    /// <summary>What one layer has there.</summary>
    /// <param name="root">Its root.</param>
    /// <param name="path">The name.</param>
    /// <param name="isLast">True: this layer hides those below.</param>
    private static LayerEntry? Look(Fd root, byte[] path, out bool isLast)
    {
        isLast = false;
        var here = LayerEntry.TryOpen(root, "."u8)!;
        foreach (var range in path.Length == 0 ? [] : Ranges(path))
        {
            var next = here.Stat.IsFolder ? LayerEntry.TryOpen(here.File, path.AsSpan(range)) : null;
            isLast |= here.IsOpaque || !here.Stat.IsFolder;
            here.Dispose();
            if (next is null)
                return null;
            here = next;
        }
        if (!here.Stat.IsWhiteout)
            return here;
        here.Dispose();
        isLast = true;
        return null;
    }

    private static List<Range> Ranges(byte[] path)
    {
        var ranges = new List<Range>();
        foreach (var range in path.AsSpan().Split((byte)'/'))
            ranges.Add(range);
        return ranges;
    }

    private static TarKind? KindOf(in FileStat stat) => stat switch
    {
        { IsFolder: true } => TarKind.Folder,
        { IsRegular: true } => TarKind.File,
        { IsLink: true } => TarKind.Symlink,
        { IsCharDevice: true } => TarKind.CharDevice,
        { IsBlockDevice: true } => TarKind.BlockDevice,
        { IsFifo: true } => TarKind.Fifo,
        _ => null,
    };

    private Fd Root(int layer)
    {
        if (_mounts[layer] is null)
        {
            using var file = Fd.Open(files[layer], OpenFlags.O_RDONLY);
            _mounts[layer] = SquashMount.Open(file);
        }
        return _mounts[layer]!.Root;
    }
}
