using System.Globalization;
using System.Text;

namespace Holm.Linux.Mounts;

/// <summary>One line of /proc/PID/mountinfo; proc(5).</summary>
/// <param name="Target">Where it is mounted, as the process whose table it is would say; a byte that is not UTF-8 is U+FFFD.</param>
/// <param name="Type">Filesystem type.</param>
/// <param name="Source">Device or name.</param>
/// <param name="Options">Options of the filesystem.</param>
public sealed record MountLine(string Target, string Type, string Source, string Options)
{
    /// <summary>Number of the mount, given again once it is gone.</summary>
    public required ulong Id { get; init; }

    /// <summary>Number of the filesystem, <c>MAJOR:MINOR</c>; equal means same.</summary>
    public required string Device { get; init; }

    /// <summary>What holds for this mount of it, for example <c>ro</c>, <c>nodev</c>, <c>idmapped</c>.</summary>
    public required IReadOnlyList<string> Attributes { get; init; }

    /// <summary>True when an unmount elsewhere takes it away, too: it is a slave.</summary>
    public bool FollowsHost { get; init; }

    /// <summary>The bytes of <see cref="Target"/>, NUL at the end: what a system call takes.</summary>
    internal byte[] TargetBytes { get; init; } = [0];

    /// <summary>The mounts of this process, in order.</summary>
    public static IReadOnlyList<MountLine> ReadAll() => ReadAll("/proc/self/mountinfo");

    /// <summary>The mounts that another process sees, in order; none when it has ended.</summary>
    public static IReadOnlyList<MountLine> ReadAll(int pid) =>
        ReadAll(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/mountinfo"));

    private static IReadOnlyList<MountLine> ReadAll(string path)
    {
        using var file = Fd.TryOpen(path, OpenFlags.O_RDONLY);
        return file is null ? [] : ReadAll(file);
    }

    internal static IReadOnlyList<MountLine> ReadAll(Fd file)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        for (int count; (count = file.TryRead(buffer)) > 0;)
            text.Append(Encoding.Latin1.GetString(buffer, 0, count));
        return [.. text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    /// <summary>Each character of the line is one byte.</summary>
    private static MountLine Parse(string line)
    {
        var fields = line.Split(' ');
        var after = Array.IndexOf(fields, "-", 6);
        var target = Encoding.Latin1.GetBytes(Unescape(fields[4]) + '\0');
        return new MountLine(Encoding.UTF8.GetString(target, 0, target.Length - 1), fields[after + 1], Text(fields[after + 2]),
            fields[after + 3])
        {
            Id = ulong.Parse(fields[0], CultureInfo.InvariantCulture),
            Device = fields[2],
            Attributes = fields[5].Split(','),
            FollowsHost = fields[6..after].Any(f => f.StartsWith("master:", StringComparison.Ordinal)),
            TargetBytes = target,
        };
    }

    private static string Text(string field) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(Unescape(field)));

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
