using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Holm.Linux.Netlink;

/// <summary>Goes through the messages of one datagram. What does not add up is a <see cref="LinuxException"/> of EBADMSG.</summary>
internal ref struct MessageReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    /// <summary>The current message's head.</summary>
    public MessageHead Head { get; private set; }

    /// <summary>The current message without its head.</summary>
    public ReadOnlySpan<byte> Body { get; private set; }

    /// <summary>Goes to the next message; false: there is none.</summary>
    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        var size = Unsafe.SizeOf<MessageHead>();
        Head = Wire.Read<MessageHead>(_rest);
        if (Head.Len < size || Head.Len > _rest.Length)
            throw Wire.Malformed();
        var length = (int)Head.Len;
        Body = _rest[size..length];
        _rest = _rest[Math.Min(Wire.Align(length), _rest.Length)..];
        return true;
    }
}

/// <summary>Goes through attributes, one behind the other. What does not add up is a <see cref="LinuxException"/> of EBADMSG.</summary>
internal ref struct AttributeReader(ReadOnlySpan<byte> attributes)
{
    private ReadOnlySpan<byte> _rest = attributes;

    /// <summary>The current attribute's type, without marks.</summary>
    public ushort Type { get; private set; }

    /// <summary>The current attribute's value.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Goes to the next attribute; false: there is none.</summary>
    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        var length = Wire.Read<ushort>(_rest);
        if (length < 4 || length > _rest.Length)
            throw Wire.Malformed();
        Type = (ushort)(Wire.Read<ushort>(_rest[2..]) & ~(Rtnetlink.NLA_F_NESTED | Rtnetlink.NLA_F_NET_BYTEORDER));
        Value = _rest[4..length];
        _rest = _rest[Math.Min(Wire.Align(length), _rest.Length)..];
        return true;
    }
}

/// <summary>Values as the kernel lays them out, never read past their end.</summary>
internal static class Wire
{
    /// <summary>A number or struct at the beginning of these bytes.</summary>
    /// <exception cref="LinuxException">EBADMSG: there are fewer bytes.</exception>
    public static T Read<T>(ReadOnlySpan<byte> bytes)
        where T : unmanaged =>
        MemoryMarshal.TryRead<T>(bytes, out var value) ? value : throw Malformed();

    /// <summary>What stands behind a struct at the beginning of these bytes.</summary>
    /// <exception cref="LinuxException">EBADMSG: there are fewer bytes.</exception>
    public static ReadOnlySpan<byte> After<T>(ReadOnlySpan<byte> bytes)
        where T : unmanaged =>
        bytes.Length >= Unsafe.SizeOf<T>() ? bytes[Align(Unsafe.SizeOf<T>())..] : throw Malformed();

    /// <summary>Text up to its NUL.</summary>
    public static string Text(ReadOnlySpan<byte> bytes) =>
        Encoding.UTF8.GetString(bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : bytes);

    /// <summary>The next multiple of four.</summary>
    public static int Align(int length) => (length + 3) & ~3;

    /// <summary>What is thrown for bytes that make no sense.</summary>
    public static LinuxException Malformed() => new("read a message of the kernel's", Errnos.EBADMSG);
}
