using System.Runtime.InteropServices;

namespace Holm.Linux.Terminals;

/// <content>
/// The functions of libedit that Holm calls. Variadic ones are declared once for each list of arguments: for integers and pointers the
/// conventions of x86-64 and arm64 Linux pass them as they pass named ones.
/// </content>
public sealed unsafe partial class EditLine
{
    private const string Library = "libedit.so.2";

    internal const int EL_PROMPT = 0, EL_EDITOR = 2, EL_BIND = 4, EL_SETTY = 8, EL_ADDFN = 9, EL_HIST = 10, EL_GETCFN = 13,
        EL_PREP_TERM = 16, EL_REFRESH = 20;
    internal const byte CC_NEWLINE = 1, CC_EOF = 2, CC_REFRESH = 4, CC_ERROR = 6, CC_REDISPLAY = 8;
    internal const int H_SETSIZE = 1, H_ENTER = 10, H_SETUNIQUE = 20;
    internal const int LC_CTYPE = 0;

    /// <summary>The line and the cursor in it; LineInfo.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LineInfo
    {
        public byte* Buffer;
        public byte* Cursor;
        public byte* Lastchar;
    }

    /// <summary>An entry of the history; HistEvent.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct HistEvent
    {
        public int Num;
        public byte* Str;
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint el_init(string program, nint input, nint output, nint error);

    [LibraryImport(Library)]
    private static partial void el_end(nint line);

    [LibraryImport(Library)]
    private static partial byte* el_gets(nint line, out int count);

    [LibraryImport(Library)]
    private static partial void el_resize(nint line);

    [LibraryImport(Library)]
    private static partial LineInfo* el_line(nint line);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int el_insertstr(nint line, string text);

    [LibraryImport(Library)]
    private static partial void el_deletestr(nint line, int count);

    [LibraryImport(Library)]
    private static partial int el_set(nint line, int what);

    [LibraryImport(Library)]
    private static partial int el_set(nint line, int what, nint function);

    [LibraryImport(Library)]
    private static partial int el_set(nint line, int what, nint function, nint data);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int el_set(nint line, int what, string text);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int el_set(nint line, int what, string first, string second, nint last);

    [LibraryImport(Library)]
    private static partial nint history_init();

    [LibraryImport(Library)]
    private static partial void history_end(nint history);

    [LibraryImport(Library)]
    private static partial int history(nint history, out HistEvent entry, int what, int number);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int history(nint history, out HistEvent entry, int what, string line);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint setlocale(int category, string name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int dup(int fd);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint fdopen(int fd, string mode);

    [LibraryImport("libc")]
    private static partial int fclose(nint file);
}
