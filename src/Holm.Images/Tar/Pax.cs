using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Holm.Images.Tar;

/// <summary>Records of POSIX extended headers ('x' for one entry, 'g' for all that follow); pax(1), "pax Extended Header".</summary>
internal sealed class Pax
{
    private static readonly byte[] XattrPrefix = "SCHILY.xattr."u8.ToArray();
    private readonly Dictionary<string, byte[]> _values = new(StringComparer.Ordinal);
    private readonly List<Xattr> _xattrs = [];
    private readonly List<(long Offset, long Bytes)> _sparse = [];
    private long? _sparseOffset;

    /// <summary>Extended attributes in the order of the header; a repeated name: the last one.</summary>
    public IReadOnlyList<Xattr> Xattrs => _xattrs;

    /// <summary>Extents of GNU sparse format 0.0, which repeats its keys.</summary>
    public IReadOnlyList<(long Offset, long Bytes)> SparseExtents => _sparse;

    /// <summary>Adds the records of one header: <c>LENGTH KEY=VALUE\n</c>, LENGTH counting itself.</summary>
    public void Add(ReadOnlySpan<byte> data, TarLimits limits)
    {
        while (data.Length > 0 && data[0] != 0)
        {
            if (!Utf8Parser.TryParse(data, out int length, out var digits) || digits == 0 || digits >= data.Length
                || data[digits] != ' ' || length <= digits + 2 || length > data.Length || data[length - 1] != '\n')
                throw TarHeader.NoTar("an extended header is broken");
            var record = data[(digits + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals <= 0)
                throw TarHeader.NoTar("an extended header has a record without a key");
            Set(record[..equals], record[(equals + 1)..], limits);
            data = data[length..];
        }
    }

    /// <summary>The value of a key, or null; an empty value means "as in the plain header".</summary>
    public byte[]? Get(string key) => _values.TryGetValue(key, out var value) && value.Length > 0 ? value : null;

    /// <summary>A decimal value, fractions rounded down, or null.</summary>
    public long? Number(string key)
    {
        if (Get(key) is not { } value)
            return null;
        var text = Encoding.ASCII.GetString(value);
        return decimal.TryParse(
            text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n)
            && n is >= long.MinValue and <= long.MaxValue
            ? (long)Math.Floor(n)
            : throw TarHeader.NoTar($"an extended header has a {key} that is no number");
    }

    private void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, TarLimits limits)
    {
        if (key.StartsWith(XattrPrefix))
        {
            SetXattr(key[XattrPrefix.Length..].ToArray(), value.ToArray());
            return;
        }
        var name = Encoding.Latin1.GetString(key);
        switch (name)
        {
            case "RHT.security.selinux":
                SetXattr("security.selinux"u8.ToArray(), value.ToArray());
                break;
            case "GNU.sparse.offset":
                _sparseOffset = ExtentNumber(value);
                break;
            case "GNU.sparse.numbytes":
                if (_sparse.Count >= limits.SparseExtents)
                    throw TarHeader.NoTar("a sparse file has too many extents");
                _sparse.Add((_sparseOffset ?? throw TarHeader.NoTar("a sparse file's map is broken"), ExtentNumber(value)));
                _sparseOffset = null;
                break;
            case "path" or "linkpath" or "size" or "uid" or "gid" or "mtime" or "SCHILY.realsize":
            case var _ when name.StartsWith("GNU.sparse.", StringComparison.Ordinal):
                _values[name] = value.ToArray();
                break;
        }
    }

    private void SetXattr(byte[] name, byte[] value)
    {
        _xattrs.RemoveAll(x => x.Name.AsSpan().SequenceEqual(name));
        if (_xattrs.Count >= 256)
            throw TarHeader.NoTar("an entry has more than 256 extended attributes");
        _xattrs.Add(new Xattr(name, value));
    }

    private static long ExtentNumber(ReadOnlySpan<byte> value) =>
        Utf8Parser.TryParse(value, out long number, out var used) && used == value.Length && number >= 0
            ? number
            : throw TarHeader.NoTar("a sparse file's map is broken");
}
