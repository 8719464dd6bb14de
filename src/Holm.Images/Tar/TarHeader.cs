using Holm.Contract;

namespace Holm.Images.Tar;

/// <summary>
/// One 512-byte header as it stands; POSIX.1-1988 ustar, GNU and v7 forms (tar(5) of libarchive, GNU tar "Basic Tar Format").
/// </summary>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    public const int BlockBytes = 512;
    private const int ChecksumAt = 148, ChecksumBytes = 8;

    public ReadOnlySpan<byte> Block { get; } = block;

    public byte Type => Block[156];

    /// <summary>Name field; with ustar magic the prefix stands before it.</summary>
    public byte[] Name
    {
        get
        {
            var name = Text(0, 100);
            var prefix = Block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(345, 155) : [];
            return prefix.Length == 0 ? name.ToArray() : [.. prefix, (byte)'/', .. name];
        }
    }

    public ReadOnlySpan<byte> Link => Text(157, 100);

    public bool IsZero => Block.IndexOfAnyExcept((byte)0) < 0;

    /// <summary>The sum of all bytes with the field itself as spaces; old programs summed signed bytes.</summary>
    public bool ChecksumHolds
    {
        get
        {
            long unsigned = 0, signed = 0;
            for (var i = 0; i < BlockBytes; i++)
            {
                var b = i is >= ChecksumAt and < ChecksumAt + ChecksumBytes ? (byte)' ' : Block[i];
                unsigned += b;
                signed += (sbyte)b;
            }
            return Octal(Block.Slice(ChecksumAt, ChecksumBytes)) is { } said && (said == unsigned || said == signed);
        }
    }

    /// <summary>A number field: octal, or base-256 when the top bit of its first byte is set (GNU).</summary>
    public long Number(int at, int bytes, string what)
    {
        var field = Block.Slice(at, bytes);
        return ((field[0] & 0x80) != 0 ? Base256(field) : Octal(field))
            ?? throw EntryName.Refuse(Name, $"has a {what} that is no number");
    }

    public static long? Octal(ReadOnlySpan<byte> field)
    {
        var digits = field.Trim(" \0"u8);
        if (digits.Length > 20)
            return null;
        long value = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7' || value > long.MaxValue >> 3)
                return null;
            value = (value << 3) | (uint)(digit - '0');
        }
        return value;
    }

    private static long? Base256(ReadOnlySpan<byte> field)
    {
        var negative = (field[0] & 0x40) != 0;
        long value = negative ? -1 : 0;
        for (var i = 0; i < field.Length; i++)
        {
            var b = i == 0 ? (byte)(negative ? field[0] | 0x80 : field[0] & 0x7f) : field[i];
            if (value > long.MaxValue >> 8 || value < long.MinValue >> 8)
                return null;
            value = (value << 8) | b;
        }
        return value;
    }

    private ReadOnlySpan<byte> Text(int at, int bytes)
    {
        var field = Block.Slice(at, bytes);
        var end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    public static Refusal NoTar(string why) => new(400, $"cannot use the archive: {why}");
}
