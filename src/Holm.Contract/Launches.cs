using System.Globalization;
using System.Text;

namespace Holm.Contract;

/// <summary>
/// What holm-launch asks of holmd: the one message of <c>launch.socket</c> (SOCK_SEQPACKET). With it travel descriptors: a sealed memfd of
/// NUL-terminated strings (the number of arguments, the arguments without the program's name, the environment), standard input, output and
/// error, the working directory, and HOME when it can be opened.
/// </summary>
/// <remarks>
/// The message is a list of NUL-terminated strings in the order of the members, behind <c>1</c>, the version. holmd answers with any number
/// of <see cref="Progress"/> and then <see cref="Refused"/> or <see cref="Taken"/>; the latter brings the control socket of the program,
/// whose other end is holm-init (src/native/shepherd.c has its messages). After that comes <see cref="Refused"/> if the instance does not
/// come up, or the end.
/// </remarks>
public sealed record LaunchCall
{
    /// <summary>Absolute path of the command that was called, the link itself.</summary>
    public string Command { get; init; } = "";

    /// <summary>The word <c>@NAME</c>, without its mark; empty: none.</summary>
    public string Instance { get; init; } = "";

    /// <summary>The words <c>%name[:value]</c>, without their mark.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>The working directory.</summary>
    public string Folder { get; init; } = "";

    /// <summary>The home directory; empty: none, or it cannot be opened.</summary>
    public string Home { get; init; } = "";

    /// <summary>Which of the descriptors 0, 1 and 2 are terminals: bits 1, 2 and 4; which are closed: 8, 16 and 32.</summary>
    public int Terminals { get; init; }

    /// <summary>Height of the terminal in characters.</summary>
    public int Rows { get; init; }

    /// <summary>Width of the terminal in characters.</summary>
    public int Columns { get; init; }

    /// <summary>umask(2).</summary>
    public uint Mask { get; init; }

    /// <summary>Signals the caller has it ignore, bit N - 1 for signal N.</summary>
    public int Ignored { get; init; }

    /// <summary>The caller's resource limits, SOFT:HARD of each by its number, a space behind each; empty: the instance's.</summary>
    public string Limits { get; init; } = "";

    /// <summary>First byte of an answer: text for the person follows.</summary>
    public const byte Progress = (byte)'m';

    /// <summary>First byte of an answer: an exit code (one byte) and why follow.</summary>
    public const byte Refused = (byte)'r';

    /// <summary>First byte of an answer: the program's control socket comes with it; then 1 where its instance was there before.</summary>
    public const byte Taken = (byte)'s';

    /// <summary>Longest message, bytes.</summary>
    public const int LongestMessage = 32 * 1024;

    /// <summary>The message.</summary>
    public byte[] Write() => Encoding.UTF8.GetBytes(string.Concat(new[]
    {
        "2", Command, Instance, string.Join(' ', Options), Folder, Home, Number(Terminals), Number(Rows), Number(Columns),
        Number((int)Mask), Number(Ignored), Limits,
    }.Select(part => part + '\0')));

    /// <summary>Reads a message; null: it is none.</summary>
    public static LaunchCall? Read(ReadOnlySpan<byte> message)
    {
        string[] parts;
        try
        {
            parts = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(message).Split('\0');
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
        if (parts is not
                ["2", var command, var instance, var options, var folder, var home, var terminals, var rows, var columns, var mask,
                    var ignored, var limits, ""]
            || !command.StartsWith('/') || !folder.StartsWith('/') || Number(terminals, 63) is not { } bits
            || Number(rows, ushort.MaxValue) is not { } height || Number(columns, ushort.MaxValue) is not { } width
            || Number(mask, 0x1ff) is not { } umask || Number(ignored, int.MaxValue) is not { } ignoredSignals)
            return null;
        return new LaunchCall
        {
            Command = command,
            Instance = instance,
            Options = options.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Folder = folder,
            Home = home,
            Terminals = bits,
            Rows = height,
            Columns = width,
            Mask = (uint)umask,
            Ignored = ignoredSignals,
            Limits = limits,
        };
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int? Number(string text, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most ? number : null;
}
