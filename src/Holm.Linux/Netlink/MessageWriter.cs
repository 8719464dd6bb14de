using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Holm.Linux.Netlink;

/// <summary>
/// Writes one message at a time into a buffer that is kept: head, a struct of the message's own, attributes one in the other; netlink(7),
/// rtnetlink(7). Everything begins at a multiple of four bytes.
/// </summary>
internal sealed class MessageWriter
{
    private byte[] _bytes = new byte[1024];
    private int _length;

    /// <summary>Begins a new message.</summary>
    public void Begin<T>(ushort type, ushort flags, in T head)
        where T : unmanaged
    {
        _length = 0;
        Append(new MessageHead { Type = type, Flags = flags });
        Append(head);
    }

    /// <summary>Adds a struct that is no attribute.</summary>
    public void Append<T>(in T value)
        where T : unmanaged =>
        MemoryMarshal.Write(Take(Unsafe.SizeOf<T>()), in value);

    /// <summary>Adds an attribute: a number or struct as it lies in memory.</summary>
    public void Add<T>(ushort attribute, T value)
        where T : unmanaged
    {
        var at = Open(attribute);
        Append(value);
        Close(at);
    }

    /// <summary>Adds an attribute of bytes.</summary>
    public void Add(ushort attribute, ReadOnlySpan<byte> value)
    {
        var at = Open(attribute);
        value.CopyTo(Take(value.Length));
        Close(at);
    }

    /// <summary>Adds an attribute of text and the NUL that ends it.</summary>
    /// <exception cref="ArgumentException">It has more than <paramref name="bytesMax"/> bytes of UTF-8, or a NUL.</exception>
    public void AddText(ushort attribute, string text, int bytesMax)
    {
        var count = CheckText(text, bytesMax);
        var at = Open(attribute);
        Encoding.UTF8.GetBytes(text, Take(count + 1));
        Close(at);
    }

    /// <summary>Bytes that a text takes, without its NUL.</summary>
    /// <exception cref="ArgumentException">It has more than <paramref name="bytesMax"/> bytes of UTF-8, or a NUL.</exception>
    public static int CheckText(string text, int bytesMax)
    {
        var count = Encoding.UTF8.GetByteCount(text);
        return count <= bytesMax && !text.Contains('\0', StringComparison.Ordinal)
            ? count
            : throw new ArgumentException($"'{text}' has {count} bytes: at most {bytesMax} fit here, and none may be NUL");
    }

    /// <summary>Adds a link's name.</summary>
    /// <exception cref="ArgumentException">It is empty, longer than 15 bytes, or has a NUL.</exception>
    public void AddName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        AddText(Rtnetlink.IFLA_IFNAME, name, Rtnetlink.IFNAMSIZ - 1);
    }

    /// <summary>Adds a note on a link; it is no text to the kernel, but bytes without a NUL behind them.</summary>
    /// <exception cref="ArgumentException">It is longer than 255 bytes, or has a NUL.</exception>
    public void AddAlias(string alias)
    {
        var count = CheckText(alias, Rtnetlink.IFALIASZ - 1);
        var at = Open(Rtnetlink.IFLA_IFALIAS);
        Encoding.UTF8.GetBytes(alias, Take(count));
        Close(at);
    }

    /// <summary>Opens an attribute that holds others: all that follows, until <see cref="Close"/> gets what this returned.</summary>
    public int Open(ushort attribute)
    {
        var at = _length;
        var head = Take(4);
        var type = attribute;
        MemoryMarshal.Write(head[2..], in type);
        return at;
    }

    /// <summary>Opens one that is marked as holding others, as parsers since Linux 5.2 want it.</summary>
    public int OpenNested(ushort attribute) => Open((ushort)(attribute | Rtnetlink.NLA_F_NESTED));

    /// <summary>Closes an attribute: sets its length.</summary>
    public void Close(int at)
    {
        var length = checked((ushort)(_length - at));
        MemoryMarshal.Write(_bytes.AsSpan(at), in length);
        Take(-_length & 3);
    }

    /// <summary>The whole message; valid until the next <see cref="Begin"/>.</summary>
    public ReadOnlySpan<byte> Finish(uint sequence)
    {
        var head = MemoryMarshal.Read<MessageHead>(_bytes);
        head.Len = (uint)_length;
        head.Seq = sequence;
        MemoryMarshal.Write(_bytes, in head);
        return _bytes.AsSpan(0, _length);
    }

    // The next bytes, zeroed.
    private Span<byte> Take(int count)
    {
        if (_length + count > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        var taken = _bytes.AsSpan(_length, count);
        taken.Clear();
        _length += count;
        return taken;
    }
}
