using Holm.Contract;
using Holm.Images.Tar;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Processes;

namespace Holm.Images;

/// <summary>The last piece of a pipe: tar2sqfs, fed with entries, writing a staged file. Same entries, same bytes.</summary>
internal sealed class SquashWriter : IAsyncDisposable
{
    private readonly Tool _tool;
    private readonly Fd _pipe;
    private readonly BufferedStream _stream;
    private readonly TarWriter _tar;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly string _folder;

    private SquashWriter(Tool tool, Fd pipe, string folder)
    {
        (_tool, _pipe, _folder) = (tool, pipe, folder);
        _stream = new BufferedStream(new FdStream(pipe), 64 * 1024);
        _tar = new TarWriter(_stream);
    }

    /// <summary>Starts it.</summary>
    /// <param name="output">Gets the SquashFS; it is handed over as a descriptor, so that nothing else can be written.</param>
    /// <param name="madeAt">Seconds since 1970 for the superblock.</param>
    /// <param name="ct">Kills it.</param>
    public static SquashWriter Start(StagedFile output, uint madeAt, CancellationToken ct)
    {
        output.BeforeForeignWrite();
        var (read, write) = Fd.Pipe();
        try
        {
            using (read)
                return new SquashWriter(Tool.Start("tar2sqfs", "squashfs-tools-ng", new Command
                {
                    Path = "",
                    Arguments = ["-q", "-s", "-f", "-c", "zstd", "-X", "level=9", "-j", "2", "/proc/self/fd/3"],
                    Environment = ["LC_ALL=C", $"SOURCE_DATE_EPOCH={madeAt}"],
                    Stdin = read,
                    Extra = [output.File],
                }, ct), write, Path.GetDirectoryName(output.Path)!);
        }
        catch
        {
            write.Dispose();
            throw;
        }
    }

    /// <summary>Adds an entry with its data, and hard links to it under more names.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="read">Gives the next of its <see cref="TarEntry.Size"/> bytes, 0 at their end.</param>
    /// <param name="links">The other names.</param>
    /// <exception cref="Refusal">507: the disk is nearly full.</exception>
    public void Add(TarEntry entry, Func<Span<byte>, int> read, IEnumerable<byte[]> links)
    {
        _tar.Write(entry);
        for (int count; (count = read(_buffer)) > 0;)
        {
            Room.Check(_folder, count);
            _stream.Write(_buffer, 0, count);
        }
        _tar.Pad(entry.Size);
        foreach (var link in links)
            _tar.Write(new TarEntry { Kind = TarKind.HardLink, Name = link, Link = entry.Name });
    }

    /// <summary>Adds an entry that has no data.</summary>
    public void Add(TarEntry entry) => _tar.Write(entry);

    /// <summary>Ends the archive and waits for the SquashFS.</summary>
    /// <exception cref="Refusal">500: tar2sqfs refused; the sentence has what it said.</exception>
    public async Task Finish()
    {
        _tar.End();
        _stream.Flush();
        _pipe.Dispose();
        if (await _tool.Ended().ConfigureAwait(false) is { } why)
            throw new Refusal(500, $"cannot make the SquashFS: {why}");
    }

    /// <summary>After a broken pipe: why tar2sqfs went away.</summary>
    public async Task<Refusal> WhyItEnded(Exception cause)
    {
        _pipe.Dispose();
        return new Refusal(500, $"cannot make the SquashFS: {await _tool.Ended().ConfigureAwait(false) ?? cause.Message}", cause);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The buffered stream is left as it is: flushing half an archive to a dead program helps nobody.
        _pipe.Dispose();
        await _tool.DisposeAsync().ConfigureAwait(false);
    }
}
