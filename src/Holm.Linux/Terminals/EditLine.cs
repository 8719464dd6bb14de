using System.Runtime.InteropServices;
using System.Text;

namespace Holm.Linux.Terminals;

/// <summary>How a line came to its end.</summary>
/// <param name="Text">What was typed.</param>
/// <param name="Key">The key that ended it in place of Enter: ^D on an empty line, or by its <see cref="KeyEffect"/>; else null.</param>
/// <param name="Gone">True when no more lines come: the terminal is gone, or none are wanted.</param>
public readonly record struct TypedLine(string Text, char? Key, bool Gone);

/// <summary>What a key does to the line.</summary>
public sealed record KeyEffect
{
    /// <summary>So many letters before the cursor go.</summary>
    public int Delete { get; init; }

    /// <summary>Put in at the cursor.</summary>
    public string Insert { get; init; } = "";

    /// <summary>Lines shown below; the prompt and the line follow them anew.</summary>
    public string Show { get; init; } = "";

    /// <summary>True: reading ends here, and this is shown where the cursor was.</summary>
    public bool Ends { get; init; }
}

/// <summary>A key was pressed.</summary>
/// <param name="key">Which.</param>
/// <param name="before">The line up to the cursor.</param>
/// <param name="after">The rest of it.</param>
public delegate KeyEffect KeyAction(char key, string before, string after);

/// <summary>
/// Reads lines from a terminal by libedit (<c>histedit.h</c>, editline(3)): moving about, history, search, any width, UTF-8. The library
/// is loaded by the first object; the terminal is in its usual modes but for the time of <see cref="Read"/>.
/// </summary>
/// <remarks>
/// While a line is edited no key makes a signal: ^C and ^Z are keys as others are. libedit asks for characters by <see cref="Next"/>, so
/// nothing is read ahead: what is typed before a program starts belongs to the program. Signals come as a readable descriptor.
/// </remarks>
public sealed unsafe partial class EditLine : IDisposable
{
    private const int WideLetterMilliseconds = 100;
    private const char EndOfText = '\u0004';

    [ThreadStatic]
    private static EditLine? _reading;

    private readonly Fd _input;
    private readonly Fd _output;
    private readonly Fd _wake;
    private readonly Func<bool> _woken;
    private readonly KeyAction _act;
    private readonly nint _line;
    private readonly nint _history;
    private readonly nint[] _files;
    private string _prompt = "";
    private WindowSize _size;
    private byte* _promptBytes;
    private char? _ended;
    private bool _gone;

    /// <summary>Takes the terminal.</summary>
    /// <param name="input">Where keys come from.</param>
    /// <param name="output">Where the line is drawn.</param>
    /// <param name="wake">Readable when <paramref name="woken"/> has something to look at.</param>
    /// <param name="woken">Looks, and empties <paramref name="wake"/>; false: no more lines are wanted. The window may be new.</param>
    /// <param name="keys">Keys that are given to <paramref name="act"/>, as bind of editrc(5) spells them: <c>^Z</c>, <c>?</c>.</param>
    /// <param name="act">Says what they do.</param>
    /// <exception cref="DllNotFoundException">libedit is not installed.</exception>
    public EditLine(Fd input, Fd output, Fd wake, Func<bool> woken, IReadOnlyList<string> keys, KeyAction act)
    {
        (_input, _output, _wake, _woken, _act) = (input, output, wake, woken, act);
        var library = NativeLibrary.Load(Library);
        // libedit's letters are wide; in the C locale it would know ASCII only.
        setlocale(LC_CTYPE, "C.UTF-8");
        _files = [Stream(input, "r"), Stream(output, "w")];
        _line = el_init("holm", _files[0], _files[1], _files[1]);
        if (_line == 0)
            throw new LinuxException("use the terminal", Errnos.ENOTTY);
        el_set(_line, EL_EDITOR, "emacs");
        el_set(_line, EL_SETTY, "-d", "-isig", 0);
        el_set(_line, EL_GETCFN, (nint)(delegate* unmanaged<nint, int*, int>)&Character);
        el_set(_line, EL_PROMPT, (nint)(delegate* unmanaged<nint, byte*>)&Prompt);
        el_set(_line, EL_ADDFN, "holm-key", "what the console does", (nint)(delegate* unmanaged<nint, int, byte>)&Key);
        foreach (var key in keys)
            el_set(_line, EL_BIND, key, "holm-key", 0);
        el_set(_line, EL_BIND, "^R", "em-inc-search-prev", 0);
        _history = history_init();
        history(_history, out _, H_SETSIZE, HistoryLines);
        history(_history, out _, H_SETUNIQUE, 1);
        el_set(_line, EL_HIST, NativeLibrary.GetExport(library, "history"), _history);
    }

    /// <summary>Most lines that are remembered.</summary>
    public const int HistoryLines = 500;

    /// <summary>Reads one line.</summary>
    public TypedLine Read(string prompt)
    {
        (_prompt, _ended, _size) = (prompt, null, Terminal.Size(_output));
        _promptBytes = (byte*)Marshal.StringToCoTaskMemUTF8(prompt);
        _reading = this;
        try
        {
            // libedit itself would print the prompt first: a key pressed in between would mean what it means to a plain terminal.
            el_set(_line, EL_PREP_TERM, 1);
            var text = el_gets(_line, out var bytes);
            if (_gone)
                return new("", null, true);
            if (_ended is { } key)
                return new("", key, false);
            return text is null ? new("", EndOfText, false) : new(Encoding.UTF8.GetString(text, bytes).TrimEnd('\n'), null, false);
        }
        finally
        {
            _reading = null;
            Marshal.FreeCoTaskMem((nint)_promptBytes);
            _promptBytes = null;
        }
    }

    /// <summary>Remembers a line for the arrow keys and ^R, in memory.</summary>
    public void Remember(string line) => history(_history, out _, H_ENTER, line);

    /// <inheritdoc/>
    public void Dispose()
    {
        el_end(_line);
        history_end(_history);
        foreach (var file in _files)
            fclose(file);
    }

    // A stream of its own for each descriptor: closing it leaves the descriptor open.
    private static nint Stream(Fd fd, string mode) =>
        fdopen(LinuxException.Check(dup(fd.Number), "copy a descriptor"), mode) is var file and not 0
            ? file
            : throw new LinuxException("open a stream", Marshal.GetLastPInvokeError());

    [UnmanagedCallersOnly]
    private static byte* Prompt(nint line) => _reading!._promptBytes;

    [UnmanagedCallersOnly]
    private static int Character(nint line, int* into)
    {
        try
        {
            *into = _reading!.Next();
            return *into < 0 ? 0 : 1;
        }
        catch (LinuxException)
        {
            return _reading!.Gone();
        }
    }

    [UnmanagedCallersOnly]
    private static byte Key(nint line, int key)
    {
        try
        {
            return _reading!.Pressed((char)key);
        }
        catch (LinuxException)
        {
            return (byte)(_reading!.Gone() + CC_EOF);
        }
    }

    // The terminal cannot be written any more.
    private int Gone()
    {
        _gone = true;
        return 0;
    }

    /// <summary>The next letter as it is typed; -1 when there are no more.</summary>
    private int Next()
    {
        Span<byte> letter = stackalloc byte[4];
        while (!_gone)
        {
            var ready = Poll.FirstReadable(_wake, _input);
            if (ready is null)
                continue;
            if (ready == _wake)
            {
                _gone = !_woken();
                Redraw();
                continue;
            }
            var read = _input.TryRead(letter[..1]);
            if (read == -Errnos.EAGAIN)
                continue;
            _gone = read <= 0;
            if (!_gone)
                return Letter(letter);
        }
        return -1;
    }

    /// <summary>Draws the line anew: in a window of another size, or below what was printed while the program was stopped.</summary>
    private void Redraw()
    {
        var size = Terminal.Size(_output);
        if (size == _size)
        {
            // After a stop the modes are another program's.
            el_set(_line, EL_PREP_TERM, 0);
            el_set(_line, EL_PREP_TERM, 1);
        }
        else
        {
            // libedit begins at the first row of the line, where the terminal has put it by the new width.
            var info = el_line(_line);
            var up = Rows(Encoding.UTF8.GetString(info->Buffer, (int)(info->Cursor - info->Buffer)));
            _output.WriteAll(Encoding.UTF8.GetBytes($"{(up > 0 ? $"\x1b[{up}A" : "")}\r\x1b[J"));
            el_resize(_line);
        }
        _size = size;
        el_set(_line, EL_REFRESH);
    }

    // The first byte of a UTF-8 letter says how many follow; they come together, or it is none.
    private int Letter(Span<byte> letter)
    {
        var length = letter[0] switch { < 0xc0 => 1, < 0xe0 => 2, < 0xf0 => 3, _ => 4 };
        for (var i = 1; i < length; i++)
            if (!Poll.Readable(_input, WideLetterMilliseconds) || _input.TryRead(letter.Slice(i, 1)) != 1)
                return Rune.ReplacementChar.Value;
        return Rune.DecodeFromUtf8(letter[..length], out var rune, out _) == System.Buffers.OperationStatus.Done
            ? rune.Value
            : Rune.ReplacementChar.Value;
    }

    private byte Pressed(char key)
    {
        var info = el_line(_line);
        var before = Encoding.UTF8.GetString(info->Buffer, (int)(info->Cursor - info->Buffer));
        var after = Encoding.UTF8.GetString(info->Cursor, (int)(info->Lastchar - info->Cursor));
        var effect = _act(key, before, after);
        if (effect.Ends)
        {
            _ended = key;
            _output.WriteAll(Encoding.UTF8.GetBytes($"{ToEnd(before, after)}{effect.Show}\n"));
            return CC_NEWLINE;
        }
        if (effect.Show.Length > 0)
        {
            // libedit clears and redraws from the row on which it believes the cursor to be.
            var row = Rows(before);
            var all = Rows(before + after);
            var up = all > row ? $"\x1b[{all - row}A" : "";
            _output.WriteAll(Encoding.UTF8.GetBytes($"{LinesBelow(before, after)}{effect.Show}\n{new string('\n', all)}{up}"));
        }
        if (effect.Delete > 0)
            el_deletestr(_line, effect.Delete);
        if (effect.Insert.Length > 0 && el_insertstr(_line, effect.Insert) < 0)
            return CC_ERROR;
        return effect.Show.Length > 0 ? CC_REDISPLAY : effect.Delete + effect.Insert.Length > 0 ? CC_REFRESH : CC_ERROR;
    }

    // From the cursor to behind the last letter.
    private string ToEnd(string before, string after)
    {
        if (after.Length == 0 || Terminal.Size(_output).Columns is not (> 0 and var columns))
            return "";
        var down = Rows(before + after) - Rows(before);
        return $"{(down > 0 ? $"\x1b[{down}B" : "")}\x1b[{Letters(before + after) % columns + 1}G";
    }

    // The terminal makes a carriage return and a line feed of each.
    private string LinesBelow(string before, string after) => new('\n', Rows(before + after) - Rows(before) + 1);

    // Rows that prompt and text take beyond the first; letters of two columns are rare enough in a configuration.
    private int Rows(string text)
    {
        var columns = Terminal.Size(_output).Columns;
        return columns <= 0 ? 0 : Letters(text) / columns;
    }

    private int Letters(string text) => _prompt.Length + text.EnumerateRunes().Count();
}
