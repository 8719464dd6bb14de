namespace Holm.Linux.Terminals;

/// <summary>
/// Watches what is typed on a console for the way out.
/// <code>
///            other byte: send it                prefix: send one prefix
///            .--.                               other: send prefix and it
///            v  |            prefix             |
///          Normal ----------------------------> Pending ----> Detached
///            ^                                  |    q, Q or Ctrl+q
///            '----------------------------------'
/// </code>
/// </summary>
/// <param name="prefix">The control character that begins; null: everything is sent, no key leads out.</param>
public sealed class EscapeKeys(byte? prefix)
{
    private const byte CtrlQ = 0x11;
    private bool _pending;

    /// <summary>What is printed before the first byte of the console.</summary>
    public string Banner => prefix is { } key
        ? $"Type <{Name(key)} q> to exit the console, <{Name(key)} {Name(key)}> to enter {Name(key)} itself"
        : "No key exits this console; end the program from elsewhere";

    /// <summary>Takes typed bytes; adds to <paramref name="send"/> what goes to the app. True: the person wants out.</summary>
    public bool Feed(ReadOnlySpan<byte> typed, List<byte> send)
    {
        foreach (var key in typed)
        {
            if (!_pending && key == prefix)
            {
                _pending = true;
                continue;
            }
            if (_pending && key != prefix)
            {
                if (key is CtrlQ or (byte)'q' or (byte)'Q')
                    return true;
                send.Add(prefix!.Value);
            }
            _pending = false;
            send.Add(key);
        }
        return false;
    }

    private static string Name(byte key) => $"Ctrl+{char.ToLowerInvariant((char)(key | 0x40))}";
}
