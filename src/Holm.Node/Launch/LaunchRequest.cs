using System.Globalization;
using System.Text;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Processes;

namespace Holm.Node.Launch;

/// <summary>A launch as it came: the call, who made it, and the descriptors with it.</summary>
public sealed class LaunchRequest : IDisposable
{
    /// <summary>Longest arguments and environment together, bytes: with an 8 MiB stack the kernel lets both have 2 MiB.</summary>
    private const int LongestArguments = 8 * 1024 * 1024;

    private readonly List<Fd> _files;

    private LaunchRequest(LaunchCall call, Peer caller, List<Fd> files, byte[] strings, int argumentsStart, int argumentsEnd)
    {
        (Call, Caller, _files) = (call, caller, files);
        Arguments = strings.AsMemory(argumentsStart..argumentsEnd);
        Environment = strings.AsMemory(argumentsEnd..);
    }

    /// <summary>What was asked.</summary>
    public LaunchCall Call { get; }

    /// <summary>By whom.</summary>
    public Peer Caller { get; }

    /// <summary>The arguments, each with a NUL behind it.</summary>
    public ReadOnlyMemory<byte> Arguments { get; }

    /// <summary>The caller's environment, each entry with a NUL behind it.</summary>
    public ReadOnlyMemory<byte> Environment { get; }

    /// <summary>Standard input, output and error.</summary>
    public IReadOnlyList<Fd> Streams => _files[1..4];

    /// <summary>The working directory.</summary>
    public Fd Folder => _files[4];

    /// <summary>The home directory; null: none.</summary>
    public Fd? Home => _files.Count > 5 ? _files[5] : null;

    /// <summary>Reads a message.</summary>
    /// <exception cref="Refusal">400: it is none. The descriptors are the caller's to close then.</exception>
    public static LaunchRequest Read(ReadOnlySpan<byte> message, Peer caller, List<Fd> files)
    {
        if (LaunchCall.Read(message) is not { } call || (call.Limits.Length > 0 && !OwnProcess.AreLimits(call.Limits))
            || files.Count is not (5 or 6) || !FileStat.Of(files[4]).IsFolder)
            throw new Refusal(400, "what holm-launch sent is not understood; are it and the daemon of one version?");
        // Any other file may be on a filesystem whose server is the caller, and never answer.
        if (!files[0].IsMemory)
            throw new Refusal(400, "the arguments that holm-launch sent are no memory file");
        if (FileStat.Of(files[0]) is not { IsRegular: true, Size: > 0 and <= LongestArguments } stat)
            throw new Refusal(400, $"the arguments and the environment are longer than {LongestArguments >> 20} MiB");
        var strings = new byte[stat.Size];
        if (files[0].ReadAt(strings, 0) != strings.Length || strings[^1] != 0)
            throw new Refusal(400, "the arguments that holm-launch sent cannot be read");
        var head = Array.IndexOf(strings, (byte)0);
        if (!int.TryParse(Encoding.ASCII.GetString(strings, 0, head), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            throw new Refusal(400, "the arguments that holm-launch sent cannot be read");
        var end = head + 1;
        for (; count > 0; count--)
            end = Array.IndexOf(strings, (byte)0, end) is >= 0 and var next ? next + 1
                : throw new Refusal(400, "the arguments that holm-launch sent cannot be read");
        return new LaunchRequest(call, caller, files, strings, head + 1, end);
    }

    /// <inheritdoc/>
    public void Dispose() => _files.ForEach(f => f.Dispose());
}
