using System.Buffers.Text;

namespace Holm.Images.Tar;

/// <summary>Where the stored bytes of a sparse file lie; what is between them reads as zeros. GNU tar, "Storing Sparse Files".</summary>
internal sealed class SparseMap
{
    private readonly List<(long Offset, long Bytes)> _extents = [];
    private readonly TarLimits _limits;

    public SparseMap(TarLimits limits) => _limits = limits;

    public IReadOnlyList<(long Offset, long Bytes)> Extents => _extents;

    /// <summary>Adds the next extent; they must rise and not overlap.</summary>
    public void Add(long offset, long bytes)
    {
        if (_extents.Count >= _limits.SparseExtents)
            throw TarHeader.NoTar("a sparse file has too many extents");
        var end = _extents.Count == 0 ? 0 : _extents[^1].Offset + _extents[^1].Bytes;
        if (offset < end || bytes < 0 || offset > long.MaxValue - bytes)
            throw TarHeader.NoTar("a sparse file's map is out of order");
        _extents.Add((offset, bytes));
    }

    /// <summary>Checks the whole map against the file's size and the bytes stored for it.</summary>
    public void Check(long realSize, long storedBytes, ReadOnlySpan<byte> name)
    {
        if (_extents.Sum(e => (decimal)e.Bytes) != storedBytes
            || (_extents.Count > 0 && _extents[^1].Offset + _extents[^1].Bytes > realSize) || realSize < 0)
            throw EntryName.Refuse(name, "is a sparse file whose map does not fit its size");
    }

    /// <summary>Format 0.1: <c>offset,bytes,offset,bytes…</c>.</summary>
    public void AddList(ReadOnlySpan<byte> list)
    {
        long? offset = null;
        foreach (var range in list.Split((byte)','))
        {
            if (!Utf8Parser.TryParse(list[range], out long number, out var used) || used != list[range].Length)
                throw TarHeader.NoTar("a sparse file's map is broken");
            if (offset is { } at)
                Add(at, number);
            offset = offset is null ? number : null;
        }
        if (offset is not null)
            throw TarHeader.NoTar("a sparse file's map is broken");
    }
}
