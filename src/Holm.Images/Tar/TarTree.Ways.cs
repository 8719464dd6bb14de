using Holm.Contract;

namespace Holm.Images.Tar;

/// <summary>
/// Where names lead. In a root of its own no name may go through a symbolic link. In a layer it goes where it would, were the layer
/// unpacked over those below, entry by entry: links are followed inside the root and never out of it, the last component of a name never,
/// and a hard link to a file that only the layers below have brings it up, as overlayfs does: both names are then this layer's.
/// </summary>
/// <remarks>path_resolution(7); filesystems/overlayfs.rst, "Non-directories". umoci and containerd go the same ways.</remarks>
internal sealed partial class TarTree
{
    /// <summary>Links on one way; the kernel's own limit (<c>MAXSYMLINKS</c>).</summary>
    private const int LinksMax = 40;

    private readonly Dictionary<int, byte[]> _texts = [];
    private readonly Dictionary<int, int> _brought = [];
    private long _textBytes, _broughtBytes;

    /// <summary>One folder on a way.</summary>
    /// <param name="Name">Its component.</param>
    /// <param name="Node">Its node here, or None.</param>
    /// <param name="Bare">True: nothing of the layers below shows in it.</param>
    private readonly record struct Step(byte[] Name, int Node, bool Bare);

    /// <summary>The node that a hard link brought up, or null.</summary>
    public int? BroughtBy(int entry) => _brought.TryGetValue(entry, out var node) ? node : null;

    /// <summary>Keeps what a symbolic link says, for names that go through it.</summary>
    private void KeepText(TarEntry entry, int number, byte[] text)
    {
        _textBytes += text.Length;
        if (_textBytes > _limits.NameBytes)
            throw EntryName.Refuse(entry.Name, "brings the archive's links above what Holm holds in memory");
        _texts[number] = text;
    }

    /// <summary>Finds or implies the folders above an entry.</summary>
    private int Folders(TarEntry entry, int length)
    {
        var path = entry.Name.AsSpan(0, length);
        var folder = 0;
        foreach (var range in path.Split((byte)'/'))
        {
            folder = Child(folder, path[range]);
            if (folder == None || !IsFolder(folder))
                return Imply(entry, Way(entry, path, "would be written"));
        }
        return folder;
    }

    /// <summary>Makes nodes of those on the way that have none.</summary>
    private int Imply(TarEntry entry, List<Step> way)
    {
        var folder = 0;
        foreach (var step in way.Skip(1))
        {
            var child = Child(folder, step.Name);
            if (child == None)
            {
                child = NewNode(entry, folder, step.Name, Implied);
                At(child).Fresh = step.Bare;
            }
            else if (At(child).Entry == Gone)
            {
                (At(child).Entry, At(child).Opaque, At(child).Fresh) = (Implied, true, true);
            }
            folder = child;
        }
        return folder;
    }

    /// <summary>The folders on a way, from the root to the last, without a link among them; those that are nowhere yet included.</summary>
    /// <param name="entry">Whose way it is.</param>
    /// <param name="path">The way.</param>
    /// <param name="doing">For a refusal.</param>
    private List<Step> Way(TarEntry entry, ReadOnlySpan<byte> path, string doing)
    {
        var way = new List<Step> { new([], 0, _below is null || At(0).Opaque) };
        var ahead = new Stack<byte[]>();
        PutAhead(ahead, path);
        for (int links = 0, steps = 0; ahead.TryPop(out var name); steps++)
        {
            if (steps > _limits.PathBytes)
                throw EntryName.Refuse(entry.Name, $"{doing} by too long a way");
            if (name.AsSpan().SequenceEqual(".."u8))
                way.RemoveRange(Math.Max(1, way.Count - 1), Math.Min(1, way.Count - 1));
            else if (Follow(entry, way, name, doing) is not { } text)
                continue;
            else if (++links > LinksMax)
                throw EntryName.Refuse(entry.Name, $"{doing} through more than {LinksMax} symbolic links");
            else
            {
                if (text is [(byte)'/', ..])
                    way.RemoveRange(1, way.Count - 1);
                PutAhead(ahead, text);
            }
        }
        return way;
    }

    private static void PutAhead(Stack<byte[]> ahead, ReadOnlySpan<byte> path)
    {
        var names = new List<byte[]>();
        foreach (var range in path.Split((byte)'/'))
            if (path[range] is not ([] or [(byte)'.']))
                names.Add(path[range].ToArray());
        for (var i = names.Count - 1; i >= 0; i--)
            ahead.Push(names[i]);
    }

    /// <summary>Takes one more step, or gives what the link says that stands there.</summary>
    private byte[]? Follow(TarEntry entry, List<Step> way, byte[] name, string doing)
    {
        if (name.Length > EntryName.ComponentBytesMax)
            throw EntryName.Refuse(entry.Name, $"{doing} through a name longer than {EntryName.ComponentBytesMax} bytes");
        var last = way[^1];
        var child = last.Node == None ? None : Child(last.Node, name);
        var bare = last.Bare;
        if (child != None && At(child).Entry >= 0 && !IsFolder(child))
            return _kinds[At(child).Entry] == TarKind.Symlink && _texts.TryGetValue(At(child).Entry, out var said) ? said
                : throw EntryName.Refuse(entry.Name, _kinds[At(child).Entry] == TarKind.Symlink
                    ? $"{doing} through the symbolic link '{EntryName.Show(PathOf(child))}'"
                    : $"{doing} below '{EntryName.Show(PathOf(child))}', which is no folder");
        if (child != None)
            bare |= At(child).Entry == Gone || At(child).Opaque || At(child).Fresh;
        else if (!bare)
        {
            var path = Joined(entry, way, name);
            using var below = _below!.Find(path);
            if (below is { Stat.IsLink: true })
                return below.Target();
            bare = below is null;
            if (below is { Stat.IsFolder: false })
                throw EntryName.Refuse(entry.Name, $"{doing} below '{EntryName.Show(path)}', in a layer below no folder");
        }
        way.Add(new Step(name, child, bare));
        return null;
    }

    private byte[] Joined(TarEntry entry, List<Step> way, byte[] name)
    {
        var path = new List<byte>();
        foreach (var step in way.Skip(1))
            path.AddRange([.. step.Name, (byte)'/']);
        path.AddRange(name);
        return path.Count <= _limits.PathBytes ? [.. path]
            : throw EntryName.Refuse(entry.Name, $"leads to a name longer than {_limits.PathBytes} bytes");
    }

    /// <summary>The entry number that a hard link shares, or None when it names itself.</summary>
    /// <param name="entry">The link.</param>
    /// <param name="number">Its own number, which it keeps where it brings something up.</param>
    private int LinkTarget(TarEntry entry, int number)
    {
        var slash = entry.Link.AsSpan().LastIndexOf((byte)'/');
        var folders = slash < 0 ? [] : entry.Link.AsSpan(0, slash);
        var way = Way(entry, folders, $"is a hard link to '{EntryName.Show(entry.Link)}', which passes");
        var name = entry.Link[(slash + 1)..];
        var target = way[^1].Node == None ? None : Child(way[^1].Node, name);
        if (target == None)
            return way[^1].Bare ? throw Missing(entry) : Bring(entry, number, way, name);
        if (At(target).Entry == Gone)
            throw Missing(entry);
        if (entry.Link.AsSpan().SequenceEqual(entry.Name))
            return None;
        return IsFolder(target) ? throw ToFolder(entry) : At(target).Entry;
    }

    private int Bring(TarEntry entry, int number, List<Step> way, byte[] name)
    {
        var path = Joined(entry, way, name);
        using var below = _below!.Find(path);
        var found = below is null ? null : LayersBelow.Entry(path, below);
        if (found is null)
            throw Missing(entry);
        if (found.Kind == TarKind.Folder)
            throw ToFolder(entry);
        _broughtBytes += found.Size;
        if (_broughtBytes > _limits.UnpackedBytes)
            throw EntryName.Refuse(entry.Name, $"brings more than {_limits.UnpackedBytes} bytes up from the layers below");
        _kinds[number] = found.Kind;
        if (found.Kind == TarKind.Symlink)
            KeepText(entry, number, found.Link);
        var node = NewNode(entry, Imply(entry, way), name, number);
        At(node).Brought = true;
        _brought.Add(number, node);
        return number;
    }

    private static Refusal Missing(TarEntry entry) => EntryName.Refuse(
        entry.Name, $"is a hard link to '{EntryName.Show(entry.Link)}', which no earlier entry made");

    private static Refusal ToFolder(TarEntry entry) => EntryName.Refuse(
        entry.Name, $"is a hard link to '{EntryName.Show(entry.Link)}', which is a folder");
}
