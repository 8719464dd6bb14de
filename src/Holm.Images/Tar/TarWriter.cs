using System.Globalization;
using System.Text;

namespace Holm.Images.Tar;

/// <summary>Writes entries in one plain form: ustar, with a pax header in front where a name, id, size or attribute does not fit.</summary>
internal sealed class TarWriter(Stream target)
{
    private readonly byte[] _block = new byte[TarHeader.BlockBytes];

    /// <summary>Writes the headers of an entry; a file's <see cref="TarEntry.Size"/> bytes follow, then <see cref="Pad"/>.</summary>
    public void Write(TarEntry entry)
    {
        using var pax = new MemoryStream();
        var name = entry.Name.Length == 0 ? "."u8.ToArray() : entry.Name;
        if (entry.Kind == TarKind.Folder)
            name = [.. name, (byte)'/'];
        if (name.Length > 100)
            Record(pax, "path"u8, name);
        if (entry.Link.Length > 100)
            Record(pax, "linkpath"u8, entry.Link);
        if (entry.Size > Most(11))
            Record(pax, "size"u8, Decimal(entry.Size));
        if (entry.Uid > Most(7))
            Record(pax, "uid"u8, Decimal(entry.Uid));
        if (entry.Gid > Most(7))
            Record(pax, "gid"u8, Decimal(entry.Gid));
        foreach (var xattr in entry.Xattrs)
            Record(pax, [.. "SCHILY.xattr."u8, .. xattr.Name], xattr.Value);
        if (pax.Length > 0)
        {
            Header("pax"u8, (byte)'x', new TarEntry { Kind = TarKind.File, Name = [], Size = pax.Length, Mode = 0x1A4 });
            target.Write(pax.GetBuffer().AsSpan(0, (int)pax.Length));
            Pad(pax.Length);
        }
        Header(name.AsSpan(0, Math.Min(name.Length, 100)), (byte)entry.Kind, entry);
    }

    /// <summary>Fills up to a whole block after <paramref name="bytes"/> of data.</summary>
    public void Pad(long bytes)
    {
        _block.AsSpan().Clear();
        target.Write(_block.AsSpan(0, (int)(-bytes & (TarHeader.BlockBytes - 1))));
    }

    /// <summary>The end of the archive.</summary>
    public void End()
    {
        _block.AsSpan().Clear();
        target.Write(_block);
        target.Write(_block);
    }

    private void Header(ReadOnlySpan<byte> name, byte type, TarEntry entry)
    {
        var block = _block.AsSpan();
        block.Clear();
        name.CopyTo(block);
        Number(block.Slice(100, 8), entry.Mode);
        Number(block.Slice(108, 8), Math.Min(entry.Uid, Most(7)));
        Number(block.Slice(116, 8), Math.Min(entry.Gid, Most(7)));
        Number(block.Slice(124, 12), Math.Min(entry.Size, Most(11)));
        Number(block.Slice(136, 12), entry.Mtime);
        block[156] = type;
        entry.Link.AsSpan(0, Math.Min(entry.Link.Length, 100)).CopyTo(block[157..]);
        "ustar\0"u8.CopyTo(block[257..]);
        "00"u8.CopyTo(block[263..]);
        Number(block.Slice(329, 8), entry.Major);
        Number(block.Slice(337, 8), entry.Minor);
        block.Slice(148, 8).Fill((byte)' ');
        long sum = 0;
        foreach (var b in block)
            sum += b;
        Number(block.Slice(148, 7), sum);
        target.Write(block);
    }

    private static long Most(int octalDigits) => (1L << (octalDigits * 3)) - 1;

    private static void Number(Span<byte> field, long value)
    {
        for (var i = field.Length - 2; i >= 0; i--, value >>= 3)
            field[i] = (byte)('0' + (value & 7));
        field[^1] = 0;
    }

    private static byte[] Decimal(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    private static void Record(MemoryStream pax, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var rest = key.Length + value.Length + 3;
        var length = rest + 1;
        while (length != rest + Decimal(length).Length)
            length = rest + Decimal(length).Length;
        pax.Write(Decimal(length));
        pax.WriteByte((byte)' ');
        pax.Write(key);
        pax.WriteByte((byte)'=');
        pax.Write(value);
        pax.WriteByte((byte)'\n');
    }
}
