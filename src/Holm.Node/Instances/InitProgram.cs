using System.Globalization;
using System.Text;
using Holm.Images.Roots;
using Holm.Linux;
using Holm.Linux.Processes;

namespace Holm.Node.Instances;

/// <summary>A program that holm-init runs, in the shape that <c>src/native/init.h</c> reads.</summary>
public sealed record InitProgram
{
    /// <summary>Who it is.</summary>
    public required RootUser User { get; init; }

    /// <summary>umask(2).</summary>
    public uint Mask { get; init; } = 0x12;

    /// <summary>Signal that asks it to end.</summary>
    public int StopSignal { get; init; } = Signals.SIGTERM;

    /// <summary>Signals it ignores from its start, bit N - 1 for signal N.</summary>
    public uint Ignored { get; init; }

    /// <summary>Resource limits as <see cref="OwnProcess.Limits"/> writes them; empty: the instance's.</summary>
    public string Limits { get; init; } = "";

    /// <summary>Where it starts; made when it is missing.</summary>
    public string Folder { get; init; } = "/";

    /// <summary>The program and its arguments, each with a NUL behind it.</summary>
    public required byte[] Arguments { get; init; }

    /// <summary>Its whole environment, each entry with a NUL behind it.</summary>
    public required byte[] Environment { get; init; }

    /// <summary>Strings, each with a NUL behind it.</summary>
    public static byte[] Strings(IEnumerable<string> strings) => Encoding.UTF8.GetBytes(string.Concat(strings.Select(s => s + '\0')));

    /// <summary>The sealed memory file.</summary>
    public Fd Open()
    {
        string[] head =
        [
            "2", Number(User.Uid), Number(User.Gid), string.Join(',', User.Groups.Select(Number)), Convert.ToString(Mask, 8),
            Number((uint)StopSignal), Number(Ignored), Limits, Folder, Number((uint)Arguments.AsSpan().Count((byte)0)),
        ];
        return Fd.Memory("program", [.. Strings(head), .. Arguments, .. Environment]);
    }

    private static string Number(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
