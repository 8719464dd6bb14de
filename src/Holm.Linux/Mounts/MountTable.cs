using System.Text;

namespace Holm.Linux.Mounts;

/// <summary>One line of /proc/PID/mountinfo; proc(5).</summary>
/// <param name="Target">Where it is mounted.</param>
/// <param name="Type">Filesystem type.</param>
/// <param name="Source">Device or name.</param>
/// <param name="Options">Options of the filesystem.</param>
public sealed record MountLine(string Target, string Type, string Source, string Options)
{
    /// <summary>The mounts of this process, in order.</summary>
    public static IReadOnlyList<MountLine> ReadAll() => [.. File.ReadLines("/proc/self/mountinfo").Select(Parse)];

    private static MountLine Parse(string line)
    {
        var fields = line.Split(' ');
        var after = Array.IndexOf(fields, "-");
        return new MountLine(Unescape(fields[4]), fields[after + 1], Unescape(fields[after + 2]), fields[after + 3]);
    }

    /// <summary>The kernel writes space, tab, newline and backslash as three octal digits.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
            if (text[i] == '\\' && i + 3 < text.Length)
            {
                result.Append((char)(((text[i + 1] - '0') << 6) | ((text[i + 2] - '0') << 3) | (text[i + 3] - '0')));
                i += 3;
            }
            else
            {
                result.Append(text[i]);
            }
        return result.ToString();
    }
}
