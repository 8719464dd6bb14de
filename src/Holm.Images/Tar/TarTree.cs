using System.Runtime.InteropServices;

namespace Holm.Images.Tar;

/// <summary>
/// Pass 1: plays an archive into a tree of names, without data, so that pass 2 can write every name once.
/// <para>
/// A node is a name in a folder; nodes of one file (hard links) hold the same entry number. The last entry of a name wins: a file gets a
/// new entry number in place, a folder gives way by dying with all below it and a fresh node taking its name. A folder repeated keeps its
/// children and takes the new attributes. So an older file lives on wherever a hard link still holds its number.
/// </para>
/// Memory is some 30 bytes a node plus its name; nodes only ever point to earlier nodes.
/// </summary>
internal sealed partial class TarTree
{
    private const int None = -1, Implied = -1, Gone = -2;
    private readonly TarLimits _limits;
    private readonly LayersBelow? _below;
    private readonly List<Node> _nodes = [];
    private readonly List<TarKind> _kinds = [];
    private readonly int[] _buckets;
    private byte[] _names = new byte[64 * 1024];
    private int _namesUsed;

    /// <param name="limits">What is a bomb.</param>
    /// <param name="below">
    /// Of a layer: what it stands on. Names of whiteouts are understood, and names that lead through links or to files of the layers
    /// below. Null: a root of its own, in which they are names like others.
    /// </param>
    public TarTree(TarLimits limits, LayersBelow? below = null)
    {
        (_limits, _below) = (limits, below);
        _buckets = new int[Math.Clamp(limits.Entries / 4, 16, 1 << 16)];
        Array.Fill(_buckets, None);
        _nodes.Add(new Node { Parent = None, Entry = Implied, Next = None });
    }

    /// <summary>Entries so far.</summary>
    public int Entries => _kinds.Count;

    /// <summary>Plays the next entry.</summary>
    /// <exception cref="Contract.Refusal">It is no good; the sentence names it.</exception>
    public void Add(TarEntry entry)
    {
        if (_kinds.Count >= _limits.Entries)
            throw EntryName.Refuse(entry.Name, $"is one more than {_limits.Entries} entries");
        var number = _kinds.Count;
        _kinds.Add(entry.Kind);
        if (_below is not null && AddWhiteout(entry))
            return;
        if (entry.Kind == TarKind.HardLink)
        {
            number = LinkTarget(entry, number);
            if (number == None)
                return;
        }
        else if (entry.Kind == TarKind.Symlink && _below is not null)
        {
            KeepText(entry, number, entry.Link);
        }
        if (entry.Name.Length == 0)
        {
            At(0).Entry = number;
            return;
        }
        var slash = entry.Name.AsSpan().LastIndexOf((byte)'/');
        var parent = slash < 0 ? 0 : Folders(entry, slash);
        Put(entry, parent, entry.Name.AsSpan(slash + 1), number, entry.Kind == TarKind.Folder);
    }

    /// <summary>False: it is an ordinary entry.</summary>
    private bool AddWhiteout(TarEntry entry)
    {
        var slash = entry.Name.AsSpan().LastIndexOf((byte)'/');
        var above = slash < 0 ? [] : entry.Name.AsSpan(0, slash);
        foreach (var range in above.Split((byte)'/'))
            switch (Whiteout.Of(above[range], out _))
            {
                case WhiteoutKind.Aufs:
                    return true;
                case not WhiteoutKind.None:
                    throw EntryName.Refuse(entry.Name, "is below a whiteout");
            }
        var kind = Whiteout.Of(entry.Name.AsSpan(slash + 1), out var gone);
        if (kind is WhiteoutKind.None or WhiteoutKind.Aufs)
            return kind == WhiteoutKind.Aufs;
        if (kind == WhiteoutKind.Name && (gone.Length == 0 || gone.SequenceEqual("."u8) || gone.SequenceEqual(".."u8)))
            throw EntryName.Refuse(entry.Name, "is a whiteout of no name");
        // Some tools write whiteouts for all that was in a folder that has become a file or a link: that hides it already.
        if (IsBelowFile(above))
            return true;
        var parent = slash < 0 ? 0 : Folders(entry, slash);
        if (kind == WhiteoutKind.Folder)
            At(parent).Opaque = true;
        else if (Child(parent, gone) is var child && child == None)
            NewNode(entry, parent, gone, Gone);
        else if (At(child).Brought)
            (At(child).Entry, At(child).Brought) = (Gone, false);
        else
            At(child).Opaque |= IsFolder(child);
        return true;
    }

    private bool IsBelowFile(ReadOnlySpan<byte> path)
    {
        var node = 0;
        foreach (var range in path.Split((byte)'/'))
        {
            node = path.Length == 0 ? 0 : Child(node, path[range]);
            if (node == None || !IsFolder(node))
                return node != None && At(node).Entry != Gone;
        }
        return false;
    }

    /// <summary>
    /// What pass 2 writes: for each entry number the nodes that hold it, living ones only, and what the tar has no entry for.
    /// </summary>
    public TarPlan Plan()
    {
        var (alive, bare) = (new bool[_nodes.Count], new bool[_nodes.Count]);
        var first = new int[_kinds.Count + 1];
        var (implied, gone) = (new List<int>(), new List<int>());
        for (var i = 0; i < alive.Length; i++)
        {
            ref var node = ref At(i);
            bare[i] = node.Parent != None && (bare[node.Parent] || At(node.Parent).Opaque);
            // A whiteout that came later took away what a hard link had brought up.
            alive[i] = !node.Dead && (node.Parent == None || alive[node.Parent]) && !(node.Brought && bare[i]);
            if (!alive[i])
                continue;
            if (node.Entry >= 0)
                first[node.Entry + 1]++;
            else if (_below is not null)
                (node.Entry == Gone ? gone : implied).Add(i);
        }
        for (var i = 1; i < first.Length; i++)
            first[i] += first[i - 1];
        var nodes = new int[first[^1]];
        var next = (int[])first.Clone();
        for (var i = 0; i < alive.Length; i++)
            if (alive[i] && At(i).Entry is >= 0 and var entry)
                nodes[next[entry]++] = i;
        return new TarPlan(this, first, nodes, implied, gone);
    }

    /// <summary>True for a folder that hides those below.</summary>
    public bool IsOpaque(int node) => _nodes[node].Opaque;

    /// <summary>True for an implied folder where those below show none.</summary>
    public bool IsFresh(int node) => _nodes[node].Fresh;

    /// <summary>Names of the living things right below the root, for recognising foreign formats.</summary>
    public IEnumerable<string> TopNames()
    {
        for (var i = 1; i < _nodes.Count; i++)
            if (!_nodes[i].Dead && _nodes[i].Parent == 0)
                yield return EntryName.Show(PathOf(i));
    }

    public byte[] PathOf(int node)
    {
        var length = -1;
        for (var n = node; n > 0; n = _nodes[n].Parent)
            length += _nodes[n].NameBytes + 1;
        if (length < 0)
            return [];
        var path = new byte[length];
        for (var n = node; n > 0; n = _nodes[n].Parent)
        {
            length -= _nodes[n].NameBytes;
            NameOf(n).CopyTo(path.AsSpan(length));
            if (length > 0)
                path[--length] = (byte)'/';
        }
        return path;
    }

    private void Put(TarEntry entry, int parent, ReadOnlySpan<byte> name, int number, bool isFolder)
    {
        var old = Child(parent, name);
        if (old != None && (IsFolder(old) == isFolder || At(old).Entry == Gone))
        {
            At(old).Opaque |= isFolder && At(old).Entry == Gone;
            (At(old).Entry, At(old).Brought) = (number, false);
            return;
        }
        var node = NewNode(entry, parent, name, number);
        if (old == None)
            return;
        At(old).Dead = true;
        // What stood here in between hid those below.
        At(node).Opaque = isFolder && _below is not null;
    }

    private int NewNode(TarEntry entry, int parent, ReadOnlySpan<byte> name, int number)
    {
        if (_nodes.Count >= _limits.Entries * 2L || _namesUsed + name.Length > _limits.NameBytes)
            throw EntryName.Refuse(entry.Name, "brings the archive's names above what Holm holds in memory");
        if (_namesUsed + name.Length > _names.Length)
            Array.Resize(ref _names, _names.Length * 2);
        name.CopyTo(_names.AsSpan(_namesUsed));
        ref var bucket = ref _buckets[Bucket(parent, name)];
        _nodes.Add(new Node { Parent = parent, Entry = number, Next = bucket, NameAt = _namesUsed, NameBytes = (byte)name.Length });
        _namesUsed += name.Length;
        return bucket = _nodes.Count - 1;
    }

    /// <summary>The newest node of that name comes first in its bucket, so a dead one is never found before its follower.</summary>
    private int Child(int parent, ReadOnlySpan<byte> name)
    {
        for (var n = _buckets[Bucket(parent, name)]; n != None; n = _nodes[n].Next)
            if (_nodes[n].Parent == parent && NameOf(n).SequenceEqual(name))
                return n;
        return None;
    }

    /// <summary>HashCode is seeded anew in each process, so no archive can be made to fill one bucket.</summary>
    private int Bucket(int parent, ReadOnlySpan<byte> name)
    {
        var hash = new HashCode();
        hash.Add(parent);
        hash.AddBytes(name);
        return (int)((uint)hash.ToHashCode() % (uint)_buckets.Length);
    }

    private bool IsFolder(int node) => At(node).Entry switch
    {
        Implied => true,
        Gone => false,
        var entry => _kinds[entry] == TarKind.Folder,
    };

    private ReadOnlySpan<byte> NameOf(int node) => _names.AsSpan(_nodes[node].NameAt, _nodes[node].NameBytes);

    private ref Node At(int node) => ref CollectionsMarshal.AsSpan(_nodes)[node];

    private struct Node
    {
        public int Parent;
        public int Entry;
        public int Next;
        public int NameAt;
        public byte NameBytes;
        public bool Dead;
        public bool Opaque;

        /// <summary>Of an implied folder: the layers below show none there.</summary>
        public bool Fresh;

        /// <summary>Not listed: brought up from the layers below by a hard link to it.</summary>
        public bool Brought;
    }
}

/// <summary>What pass 2 writes.</summary>
/// <param name="tree">The names.</param>
/// <param name="first">By entry: where its nodes begin in <paramref name="nodes"/>.</param>
/// <param name="nodes">Nodes, by entry.</param>
/// <param name="implied">In a layer: folders for which the tar has no entry, those above first.</param>
/// <param name="gone">In a layer: names that are gone.</param>
internal sealed class TarPlan(TarTree tree, int[] first, int[] nodes, IReadOnlyList<int> implied, IReadOnlyList<int> gone)
{
    /// <summary>
    /// In a layer: folders it has something in and no entry for, those above first, the root as an empty name; whether they hide those
    /// below, and whether these show none there.
    /// </summary>
    public IEnumerable<(byte[] Path, bool IsOpaque, bool IsFresh)> Implied =>
        implied.Select(n => (tree.PathOf(n), tree.IsOpaque(n), tree.IsFresh(n)));

    /// <summary>In a layer: what is gone of the layers below.</summary>
    public IEnumerable<byte[]> Gone => gone.Select(tree.PathOf);

    /// <summary>What a hard link brings up from the layers below, by its name there; null: the entry is none such.</summary>
    public byte[]? BroughtBy(int entry) => tree.BroughtBy(entry) is { } node ? tree.PathOf(node) : null;

    /// <summary>True when the entry is a folder that hides those below.</summary>
    public bool IsOpaque(int entry) => first[entry] < first[entry + 1] && tree.IsOpaque(nodes[first[entry]]);

    /// <summary>
    /// Paths that hold an entry: the first gets its content, the others become hard links to it. Empty: the entry was replaced.
    /// </summary>
    public IEnumerable<byte[]> Paths(int entry)
    {
        for (var i = first[entry]; i < first[entry + 1]; i++)
            yield return tree.PathOf(nodes[i]);
    }

    /// <summary>Entries of the archive.</summary>
    public int Entries => first.Length - 1;
}
