using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Mounts;

namespace Holm.Images.Tar;

/// <summary>
/// The layers below one that is being converted, seen as overlayfs will show them. A layer need not list a folder it has something in; then
/// the folder is as below, but overlayfs takes its attributes from the topmost layer that has it, so they have to be written again (E17).
/// </summary>
/// <param name="files">SquashFS files, lowest first; mounted when first looked at.</param>
internal sealed class LayersBelow(IReadOnlyList<string> files) : IDisposable
{
    private readonly SquashMount?[] _mounts = new SquashMount?[files.Count];

    /// <summary>True once an answer came from here, so that what was made depends on these layers.</summary>
    public bool WasAsked { get; private set; }

    /// <summary>The folder as these layers show it, as an entry of that name, or null: none of them has it.</summary>
    /// <param name="path">As <see cref="TarEntry.Name"/>.</param>
    /// <exception cref="Contract.Refusal">400: below, something else has that name, or a part of it.</exception>
    public TarEntry? Folder(byte[] path)
    {
        WasAsked = true;
        for (var i = files.Count - 1; i >= 0; i--)
            switch (Look(Root(i), path, out var found))
            {
                case Sight.Folder:
                    return found;
                case Sight.End:
                    return null;
            }
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var mount in _mounts)
            mount?.Dispose();
    }

    private enum Sight
    {
        /// <summary>This layer has nothing there; the next below may.</summary>
        Further,

        /// <summary>Here it is.</summary>
        Folder,

        /// <summary>This layer hides those below.</summary>
        End,
    }

    private static Sight Look(Fd root, byte[] path, out TarEntry? found)
    {
        found = null;
        var opaque = false;
        var here = LayerEntry.TryOpen(root, "."u8)!;
        try
        {
            foreach (var range in path.Length == 0 ? [] : Ranges(path))
            {
                var next = LayerEntry.TryOpen(here.File, path.AsSpan(range));
                if (next is null)
                    return opaque ? Sight.End : Sight.Further;
                here.Dispose();
                here = next;
                if (here.Stat.IsWhiteout)
                    return Sight.End;
                if (!here.Stat.IsFolder)
                    throw EntryName.Refuse(path, here.Stat.IsLink
                        ? $"is written through '{EntryName.Show(path.AsSpan(0, range.End.Value))}', in a layer below a symbolic link"
                        : $"is written below '{EntryName.Show(path.AsSpan(0, range.End.Value))}', in a layer below no folder");
                opaque |= here.IsOpaque;
            }
            found = Entry(path, here);
            return Sight.Folder;
        }
        finally
        {
            here.Dispose();
        }
    }

    private static List<Range> Ranges(byte[] path)
    {
        var ranges = new List<Range>();
        foreach (var range in path.AsSpan().Split((byte)'/'))
            ranges.Add(range);
        return ranges;
    }

    private static TarEntry Entry(byte[] path, LayerEntry folder) => new()
    {
        Kind = TarKind.Folder,
        Name = path,
        Mode = folder.Stat.Mode & 0xFFF,
        Uid = folder.Stat.Uid,
        Gid = folder.Stat.Gid,
        Mtime = (uint)Math.Clamp(folder.Stat.Modified, 0, uint.MaxValue),
        Xattrs = [.. folder.Attributes().Where(x => !Whiteout.IsOverlays(x.Name)).Select(x => new Xattr(x.Name, x.Value))],
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
