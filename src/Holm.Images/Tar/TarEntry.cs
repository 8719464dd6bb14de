using System.Text;
using Holm.Contract;

namespace Holm.Images.Tar;

/// <summary>What an entry makes; values are the ustar type flags.</summary>
internal enum TarKind : byte
{
    File = (byte)'0',
    HardLink = (byte)'1',
    Symlink = (byte)'2',
    CharDevice = (byte)'3',
    BlockDevice = (byte)'4',
    Folder = (byte)'5',
    Fifo = (byte)'6',
}

/// <summary>An extended attribute; names and values are bytes, not text.</summary>
internal readonly record struct Xattr(byte[] Name, byte[] Value);

/// <summary>One entry with all its extension headers applied and its names checked.</summary>
internal sealed record TarEntry
{
    public required TarKind Kind { get; init; }

    /// <summary>Components joined by '/', none of them empty, '.' or '..'; empty for the root itself.</summary>
    public required byte[] Name { get; init; }

    /// <summary>Hard link: as <see cref="Name"/>. Symbolic link: its text, as it is.</summary>
    public byte[] Link { get; init; } = [];

    /// <summary>Bytes of a file, holes included; else 0.</summary>
    public long Size { get; init; }

    public uint Mode { get; init; }
    public uint Uid { get; init; }
    public uint Gid { get; init; }
    public uint Mtime { get; init; }
    public uint Major { get; init; }
    public uint Minor { get; init; }
    public IReadOnlyList<Xattr> Xattrs { get; init; } = [];

    /// <summary>Names of extended attributes that SquashFS cannot hold (ACLs) and that were left out.</summary>
    public int XattrsDropped { get; init; }
}

/// <summary>Names of entries: checked, normalised, shown.</summary>
internal static class EntryName
{
    /// <summary>Bytes of one component; NAME_MAX.</summary>
    public const int ComponentBytesMax = 255;

    /// <summary><c>./a//b/</c> becomes <c>a/b</c>; a name that leaves the root is refused.</summary>
    public static byte[] Normalise(ReadOnlySpan<byte> raw, TarLimits limits) => Normalise(raw, limits, raw, "");

    /// <summary>The target of a hard link, under the same rules; a refusal names the link.</summary>
    public static byte[] NormaliseTarget(ReadOnlySpan<byte> raw, TarLimits limits, ReadOnlySpan<byte> entry) =>
        Normalise(raw, limits, entry, $"is a hard link to '{Show(raw)}', which ");

    private static byte[] Normalise(ReadOnlySpan<byte> raw, TarLimits limits, ReadOnlySpan<byte> entry, string what)
    {
        if (raw.Length > limits.PathBytes)
            throw Refuse(entry, $"{what}is longer than {limits.PathBytes} bytes");
        if (raw.Length == 0)
            throw Refuse(entry, $"{what}has no name");
        if (raw[0] == '/' && !limits.NamesFromRoot)
            throw Refuse(entry, $"{what}is an absolute name; pack the tree with names relative to its root");
        if (raw.Contains((byte)0))
            throw Refuse(entry, $"{what}holds a NUL byte");
        var result = new byte[raw.Length];
        var length = 0;
        foreach (var range in raw.Split((byte)'/'))
        {
            var component = raw[range];
            if (component.Length == 0 || component.SequenceEqual("."u8))
                continue;
            if (component.SequenceEqual(".."u8))
                throw Refuse(entry, $"{what}has a '..' in it");
            if (component.Length > ComponentBytesMax)
                throw Refuse(entry, $"{what}has a component longer than {ComponentBytesMax} bytes");
            if (length > 0)
                result[length++] = (byte)'/';
            component.CopyTo(result.AsSpan(length));
            length += component.Length;
        }
        return length == result.Length ? result : result[..length];
    }

    /// <summary>A refusal that names the entry, on one line, whatever bytes it has.</summary>
    public static Refusal Refuse(ReadOnlySpan<byte> name, string why) => new(400, $"cannot use the archive: entry '{Show(name)}' {why}");

    /// <summary>The name for a person: at most 120 characters, everything unprintable as <c>\xHH</c>.</summary>
    public static string Show(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder();
        foreach (var b in name)
        {
            if (text.Length > 120)
                return text.Append('…').ToString();
            if (b is >= 0x20 and < 0x7f and not (byte)'\\')
                text.Append((char)b);
            else
                text.Append("\\x").Append(b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }
}
