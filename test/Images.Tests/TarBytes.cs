using System.Text;

namespace Images.Tests;

/// <summary>Builds archives byte by byte, good and hostile.</summary>
internal sealed class TarBytes
{
    private readonly List<byte> _bytes = [];

    public static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);

    public TarBytes Add(string name, string content = "", char type = '0', string link = "", int mode = 0x1A4, long uid = 0, long gid = 0,
        long? size = null, long mtime = 1000, int major = 0, int minor = 0)
    {
        var data = Text(content);
        Header(Text(name), type, size ?? data.Length, Text(link), mode, uid, gid, mtime, major, minor);
        return Data(data);
    }

    public TarBytes Folder(string name, int mode = 0x1ED, long uid = 0) => Add(name, type: '5', mode: mode, uid: uid);

    public TarBytes Link(string name, string target) => Add(name, type: '1', link: target);

    public TarBytes Symlink(string name, string target) => Add(name, type: '2', link: target);

    public TarBytes Pax(params (string Key, byte[] Value)[] records) => Pax('x', records);

    public TarBytes Pax(char type, params (string Key, byte[] Value)[] records)
    {
        using var pax = new MemoryStream();
        foreach (var (key, value) in records)
        {
            var rest = key.Length + value.Length + 3;
            var length = rest + 1;
            while (length != rest + length.ToString().Length)
                length = rest + length.ToString().Length;
            pax.Write([.. Text($"{length} {key}="), .. value, (byte)'\n']);
        }
        Header(Text("pax"), type, pax.Length);
        return Data(pax.ToArray());
    }

    public TarBytes Long(char type, byte[] text)
    {
        Header(Text("././@LongLink"), type, text.Length + 1);
        return Data([.. text, 0]);
    }

    public TarBytes Raw(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public TarBytes Header(byte[] name, char type, long size, byte[]? link = null, int mode = 0x1A4, long uid = 0, long gid = 0,
        long mtime = 1000, int major = 0, int minor = 0, Action<byte[]>? change = null)
    {
        var block = new byte[512];
        name.AsSpan(0, Math.Min(100, name.Length)).CopyTo(block);
        Number(block.AsSpan(100, 8), mode);
        Number(block.AsSpan(108, 8), uid);
        Number(block.AsSpan(116, 8), gid);
        Number(block.AsSpan(124, 12), size);
        Number(block.AsSpan(136, 12), mtime);
        block[156] = (byte)type;
        link?.AsSpan(0, Math.Min(100, link.Length)).CopyTo(block.AsSpan(157));
        "ustar\00000"u8[..8].CopyTo(block.AsSpan(257));
        Number(block.AsSpan(329, 8), major);
        Number(block.AsSpan(337, 8), minor);
        change?.Invoke(block);
        block.AsSpan(148, 8).Fill((byte)' ');
        Number(block.AsSpan(148, 7), block.Sum(b => b));
        return Raw(block);
    }

    public byte[] End() => [.. _bytes, .. new byte[1024]];

    public byte[] NoEnd() => [.. _bytes];

    /// <summary>Octal, or base-256 where that does not fit.</summary>
    public static void Number(Span<byte> field, long value)
    {
        if (value >= 0 && value < 1L << ((field.Length - 1) * 3))
        {
            for (var i = field.Length - 2; i >= 0; i--, value >>= 3)
                field[i] = (byte)('0' + (value & 7));
            return;
        }
        for (var i = field.Length - 1; i >= 0; i--, value >>= 8)
            field[i] = (byte)value;
        field[0] |= 0x80;
    }

    private TarBytes Data(byte[] data) => Raw([.. data, .. new byte[-data.Length & 511]]);
}
