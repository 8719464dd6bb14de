namespace Holm.Images.Tar;

/// <summary>
/// Reads an archive entry by entry, never more than a header's worth in memory:
/// <code>
///   Next() ─ skip what is left ─ [L, K, x, g headers]* ─ header ─ checks ─> entry ─ Read()* ─┐
///     ^───────────────────────────────────────────────────────────────────────────────────────┘
///   two zero blocks (or one and the end) ─> drain to the end of the stream ─> false
/// </code>
/// System.Formats.Tar is not used: it turns names and attribute values into text and so destroys bytes that are no UTF-8.
/// </summary>
internal sealed class TarReader(Stream source, TarLimits limits)
{
    private readonly byte[] _block = new byte[TarHeader.BlockBytes];
    private readonly byte[] _map = new byte[TarHeader.BlockBytes]; // of a sparse file, beside the header in use
    private readonly byte[] _scratch = new byte[64 * 1024];
    private readonly Pax _global = new();
    private long _stored;      // bytes of the entry still in the stream, without padding
    private long _padding;     // and the padding after them
    private long _position;    // position inside the expanded file
    private long _size;        // its expanded size
    private SparseMap? _sparse;
    private int _extent;       // the sparse extent that holds or follows _position
    private long _unpacked;

    /// <summary>Bytes of all files so far, holes included.</summary>
    public long UnpackedBytes => _unpacked;

    /// <summary>The next entry, or null at the end of the archive.</summary>
    public TarEntry? Next()
    {
        Skip(_stored + _padding);
        byte[]? longName = null, longLink = null;
        Pax? pax = null;
        while (true)
        {
            Fill(_block);
            if (new TarHeader(_block).IsZero)
                return AtEnd(longName is null && longLink is null && pax is null);
            var header = new TarHeader(_block);
            if (!header.ChecksumHolds)
                throw TarHeader.NoTar("a header's checksum is wrong; this is no tar file, or it is damaged");
            switch (header.Type)
            {
                case (byte)'L':
                    longName = LongText(header);
                    break;
                case (byte)'K':
                    longLink = LongText(header);
                    break;
                case (byte)'x':
                    pax ??= new Pax();
                    pax.Add(ExtensionData(header), limits);
                    break;
                case (byte)'g':
                    _global.Add(ExtensionData(header), limits);
                    if (_global.Get("path") is not null || _global.Get("linkpath") is not null || _global.Get("size") is not null)
                        throw TarHeader.NoTar("a global header names a single file");
                    break;
                case (byte)'V':
                    break;
                default:
                    return Resolve(header, pax ?? new Pax(), longName, longLink);
            }
        }
    }

    /// <summary>Bytes of the current file, holes as zeros; 0 at its end.</summary>
    public int Read(Span<byte> buffer)
    {
        var count = (int)Math.Min(buffer.Length, _size - _position);
        if (count == 0)
            return 0;
        if (_sparse is null)
            return Advance(Stored(buffer[..count]));
        while (_extent < _sparse.Extents.Count && _position >= _sparse.Extents[_extent].Offset + _sparse.Extents[_extent].Bytes)
            _extent++;
        var next = _extent < _sparse.Extents.Count ? _sparse.Extents[_extent] : (Offset: _size, Bytes: 0);
        if (_position >= next.Offset)
            return Advance(Stored(buffer[..(int)Math.Min(count, next.Offset + next.Bytes - _position)]));
        count = (int)Math.Min(count, next.Offset - _position);
        buffer[..count].Clear();
        return Advance(count);
    }

    private int Advance(int count)
    {
        _position += count;
        return count;
    }

    private int Stored(Span<byte> buffer)
    {
        var count = source.Read(buffer[..(int)Math.Min(buffer.Length, _stored)]);
        if (count == 0)
            throw new EndTooEarlyException();
        _stored -= count;
        return count;
    }

    private TarEntry Resolve(TarHeader header, Pax own, byte[]? longName, byte[]? longLink)
    {
        var sparse = SparseOf(header, own, out var sparseName, out var realSize);
        var rawName = sparseName ?? own.Get("path") ?? longName ?? header.Name;
        var kind = KindOf(header.Type, rawName);
        var name = EntryName.Normalise(rawName, limits);
        if (name.Length == 0 && kind != TarKind.Folder)
            throw EntryName.Refuse(rawName, "is the root, but no folder");

        _stored = own.Number("size") ?? header.Number(124, 12, "size");
        if (_stored < 0)
            throw EntryName.Refuse(rawName, "has a negative size");
        if (kind != TarKind.File && _stored != 0)
            throw EntryName.Refuse(rawName, "has data but is no file");
        _padding = -_stored & (TarHeader.BlockBytes - 1);
        _position = _extent = 0;
        _sparse = sparse;
        if (header.Type == 'S')
            ReadGnuExtents(header, sparse!);
        if (own.Get("GNU.sparse.major") is not null)
            ReadMapInData(sparse!);
        _size = realSize ?? _stored;
        sparse?.Check(_size, _stored, rawName);
        if (_size > limits.UnpackedBytes - _unpacked)
            throw EntryName.Refuse(rawName, $"brings the unpacked size above {limits.UnpackedBytes} bytes");
        _unpacked += _size;
        return Build(header, own, kind, name, rawName, longLink);
    }

    private TarEntry Build(TarHeader header, Pax own, TarKind kind, byte[] name, byte[] rawName, byte[]? longLink)
    {
        var link = own.Get("linkpath") ?? longLink ?? header.Link.ToArray();
        if (kind == TarKind.HardLink)
            link = EntryName.NormaliseTarget(link, limits, rawName);
        else if (kind == TarKind.Symlink && (link.Length == 0 || link.Length > limits.PathBytes || link.Contains((byte)0)))
            throw EntryName.Refuse(rawName, "is a symbolic link without a usable target");
        var isDevice = kind is TarKind.CharDevice or TarKind.BlockDevice;
        var xattrs = new List<Xattr>();
        var dropped = 0;
        foreach (var x in own.Xattrs.Concat(_global.Xattrs.Where(g => !own.Xattrs.Any(x => x.Name.AsSpan().SequenceEqual(g.Name)))))
            if (XattrFits(x, rawName))
                xattrs.Add(x);
            else
                dropped++;
        return new TarEntry
        {
            Kind = kind,
            Name = name,
            Link = kind is TarKind.HardLink or TarKind.Symlink ? link : [],
            Size = kind == TarKind.File ? _size : 0,
            Mode = (uint)(header.Number(100, 8, "mode") & 0xFFF),
            Uid = Owner(own.Number("uid") ?? _global.Number("uid") ?? header.Number(108, 8, "owner"), rawName),
            Gid = Owner(own.Number("gid") ?? _global.Number("gid") ?? header.Number(116, 8, "group"), rawName),
            // SquashFS keeps 32 bits, unsigned.
            Mtime = (uint)Math.Clamp(own.Number("mtime") ?? _global.Number("mtime") ?? header.Number(136, 12, "time"), 0, uint.MaxValue),
            Major = isDevice ? Device(header.Number(329, 8, "device"), 0xFFF, rawName) : 0,
            Minor = isDevice ? Device(header.Number(337, 8, "device"), 0xFFFFF, rawName) : 0,
            Xattrs = xattrs,
            XattrsDropped = dropped,
        };
    }

    private static TarKind KindOf(byte type, ReadOnlySpan<byte> name) => type switch
    {
        0 or (byte)'0' or (byte)'7' or (byte)'S' => name.EndsWith("/"u8) ? TarKind.Folder : TarKind.File,
        >= (byte)'1' and <= (byte)'6' => (TarKind)type,
        (byte)'M' => throw EntryName.Refuse(name, "continues from another volume; join the volumes first"),
        (byte)'D' => throw EntryName.Refuse(name, "belongs to an incremental backup, which is no root file system"),
        _ => throw EntryName.Refuse(name, $"has the unknown type '{EntryName.Show([type])}'"),
    };

    /// <summary>SquashFS holds attributes of user, trusted and security only; ACLs (system.posix_acl_*) cannot be kept.</summary>
    private static bool XattrFits(Xattr xattr, byte[] name)
    {
        var key = xattr.Name.AsSpan();
        if (key.Length > 255 || xattr.Value.Length > 65_535 || key.Contains((byte)0))
            throw EntryName.Refuse(name, "has an extended attribute that is too long");
        return key.StartsWith("user."u8) || key.StartsWith("trusted."u8) || key.StartsWith("security."u8);
    }

    private uint Owner(long id, byte[] name) =>
        id < 0 || id >= uint.MaxValue || (id > 65_535 && !limits.AnyOwner)
            ? throw EntryName.Refuse(name, $"belongs to id {id}; an image's ids are 0 to 65535")
            : (uint)id;

    private static uint Device(long number, uint most, byte[] name) =>
        number < 0 || number > most ? throw EntryName.Refuse(name, "has a device number that Linux does not know") : (uint)number;

    private SparseMap? SparseOf(TarHeader header, Pax own, out byte[]? name, out long? realSize)
    {
        name = own.Get("GNU.sparse.name");
        realSize = own.Number("GNU.sparse.realsize") ?? own.Number("GNU.sparse.size");
        if (header.Type == 'S')
        {
            realSize = header.Number(483, 12, "size");
            return new SparseMap(limits);
        }
        if (realSize is null)
            return own.Get("GNU.sparse.major") is null ? null : throw TarHeader.NoTar("a sparse file's map is broken");
        if (header.Type is not (0 or (byte)'0' or (byte)'7'))
            throw TarHeader.NoTar("a sparse map belongs to no file");
        var map = new SparseMap(limits);
        if (own.Get("GNU.sparse.map") is { } list)
            map.AddList(list);
        foreach (var (offset, bytes) in own.SparseExtents)
            map.Add(offset, bytes);
        return map;
    }

    /// <summary>Old GNU format: four extents in the header, 21 in each block that follows.</summary>
    private void ReadGnuExtents(TarHeader header, SparseMap map)
    {
        AddExtents(header, 386, 4, map);
        var more = header.Block[482] != 0;
        while (more)
        {
            Fill(_map);
            AddExtents(new TarHeader(_map), 0, 21, map);
            more = _map[504] != 0;
            if (map.Extents.Count >= limits.SparseExtents)
                throw TarHeader.NoTar("a sparse file has too many extents");
        }
    }

    private static void AddExtents(TarHeader block, int at, int count, SparseMap map)
    {
        for (var i = 0; i < count; i++)
        {
            if (block.Block[at + (i * 24)] == 0)
                break;
            map.Add(block.Number(at + (i * 24), 12, "sparse map"), block.Number(at + (i * 24) + 12, 12, "sparse map"));
        }
    }

    /// <summary>Format 1.0: decimal lines at the start of the data, padded to a block: count, then offset and size of each.</summary>
    private void ReadMapInData(SparseMap map)
    {
        var at = TarHeader.BlockBytes;
        var count = Line();
        if (count > limits.SparseExtents)
            throw TarHeader.NoTar("a sparse file has too many extents");
        for (var i = 0L; i < count; i++)
        {
            var offset = Line();
            map.Add(offset, Line());
        }

        long Line()
        {
            long value = 0;
            for (var digits = 0; ; digits++)
            {
                if (at == TarHeader.BlockBytes)
                {
                    if (_stored < TarHeader.BlockBytes)
                        throw TarHeader.NoTar("a sparse file's map is broken");
                    Fill(_map);
                    _stored -= TarHeader.BlockBytes;
                    at = 0;
                }
                var b = _map[at++];
                if (b == '\n' && digits > 0)
                    return value;
                if (b is < (byte)'0' or > (byte)'9' || digits > 18)
                    throw TarHeader.NoTar("a sparse file's map is broken");
                value = (value * 10) + (b - '0');
            }
        }
    }

    private byte[] LongText(TarHeader header)
    {
        var data = ExtensionData(header).AsSpan().TrimEnd((byte)0);
        return data.Length > limits.PathBytes ? throw EntryName.Refuse(data, $"is longer than {limits.PathBytes} bytes") : data.ToArray();
    }

    private byte[] ExtensionData(TarHeader header)
    {
        var bytes = header.Number(124, 12, "size");
        if (bytes < 0 || bytes > limits.HeaderBytes)
            throw TarHeader.NoTar($"an extended header is larger than {limits.HeaderBytes} bytes");
        var data = new byte[bytes];
        Fill(data);
        Skip(-bytes & (TarHeader.BlockBytes - 1));
        return data;
    }

    /// <summary>After the first zero block: what follows is read to the end, so that the packed stream is checked whole.</summary>
    private TarEntry? AtEnd(bool complete)
    {
        if (!complete)
            throw TarHeader.NoTar("it ends between an extended header and its entry");
        for (var drained = 0L; source.Read(_scratch) is var count && count > 0; drained += count)
            if (drained > limits.UnpackedBytes)
                throw TarHeader.NoTar("far too much follows its end");
        _stored = _padding = 0;
        return null;
    }

    private void Fill(Span<byte> buffer)
    {
        if (source.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) < buffer.Length)
            throw new EndTooEarlyException();
    }

    private void Skip(long bytes)
    {
        while (bytes > 0)
        {
            var count = source.Read(_scratch.AsSpan(0, (int)Math.Min(bytes, _scratch.Length)));
            if (count == 0)
                throw new EndTooEarlyException();
            bytes -= count;
        }
        _stored = _padding = 0;
    }

    public static Contract.Refusal Cut() => TarHeader.NoTar("it ends too early; it was cut, or did not arrive whole");
}
