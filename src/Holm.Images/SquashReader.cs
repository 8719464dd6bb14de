using Holm.Contract;
using Holm.Images.Tar;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Processes;

namespace Holm.Images;

/// <summary>
/// The first piece of a pipe: sqfs2tar, which gives the entries of a SquashFS, folder by folder, in the order of their names. Same file,
/// same entries. Sockets are left out: no tar can hold one, and nobody misses a socket to which nobody listens.
/// </summary>
internal sealed class SquashReader : IAsyncDisposable
{
    private readonly Tool _tool;
    private readonly Fd _pipe;

    private SquashReader(Tool tool, Fd pipe, TarLimits limits)
    {
        (_tool, _pipe) = (tool, pipe);
        Entries = new TarReader(new FdStream(pipe), limits);
    }

    /// <summary>Its entries; where they end too early, <see cref="WhyItEnded"/> knows more.</summary>
    public TarReader Entries { get; }

    /// <summary>Starts it.</summary>
    /// <param name="squashfs">A SquashFS file, open for reading; it is handed over as a descriptor.</param>
    /// <param name="limits">What is a bomb.</param>
    /// <param name="ct">Kills it.</param>
    public static SquashReader Start(Fd squashfs, TarLimits limits, CancellationToken ct)
    {
        var (read, write) = Fd.Pipe();
        try
        {
            using (write)
                return new SquashReader(Tool.Start("sqfs2tar", "squashfs-tools-ng", new Command
                {
                    Path = "",
                    // -r . : else the root's own owner and mode are lost. Not -s, which would fail at a socket.
                    Arguments = ["-r", ".", "/proc/self/fd/3"],
                    Environment = ["LC_ALL=C"],
                    Stdout = write,
                    Extra = [squashfs],
                }, ct), read, limits);
        }
        catch
        {
            read.Dispose();
            throw;
        }
    }

    /// <summary>After the last entry: checks that it was the last.</summary>
    /// <exception cref="Refusal">500: sqfs2tar failed; the sentence has what it said.</exception>
    public async Task Finish()
    {
        if (await _tool.Ended().ConfigureAwait(false) is { } why)
            throw new Refusal(500, $"cannot read the layer: {why}");
    }

    /// <summary>After a read that came too early to an end: why.</summary>
    public async Task<Refusal> WhyItEnded(Exception cause) =>
        new(500, $"cannot read the layer: {await _tool.Ended().ConfigureAwait(false) ?? cause.Message}", cause);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _pipe.Dispose();
        await _tool.DisposeAsync().ConfigureAwait(false);
    }
}
