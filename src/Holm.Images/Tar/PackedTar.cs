using System.IO.Compression;
using System.Security.Cryptography;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Processes;

namespace Holm.Images.Tar;

/// <summary>
/// One reading of an archive file, unpacked on the way: gzip here, xz and zstd by their own programs with bounded memory. Counts and
/// hashes what comes out, and stops a bomb by its ratio.
/// </summary>
internal sealed class PackedTar : Stream, IAsyncDisposable
{
    private readonly Fd _file;
    private readonly long _packedBytes;
    private readonly TarLimits _limits;
    private readonly CancellationToken _ct;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Tool? _tool;
    private readonly Fd? _pipe;
    private readonly Stream _stream;

    private PackedTar(Fd file, TarLimits limits, CancellationToken ct)
    {
        (_file, _limits, _ct) = (file, limits, ct);
        _packedBytes = FileStat.Of(file).Size;
        Span<byte> head = stackalloc byte[6];
        using (var peek = Fd.Open(file.ProcPath, OpenFlags.O_RDONLY))
            head = head[..Math.Max(0, peek.TryRead(head))];
        if (IsXz(head) || IsZstd(head))
        {
            // 128 MiB: what `xz -9` and `zstd --long` need; a header asking for more is refused by the program.
            var isXz = IsXz(head);
            string[] arguments = isXz ? ["-dc", "--memlimit-decompress=128MiB"] : ["-dc", "-q", "--memory=128MB"];
            (_pipe, var write) = Fd.Pipe();
            using (write)
                _tool = Tool.Start(isXz ? "xz" : "zstd", isXz ? "xz-utils" : "zstd",
                    new Command { Path = "", Arguments = arguments, Environment = ["LC_ALL=C"], Stdin = file, Stdout = write }, ct);
            _stream = new FdStream(_pipe);
        }
        else
        {
            Stream plain = new FdStream(file);
            _stream = IsGzip(head) ? new GZipStream(new BufferedStream(plain, 64 * 1024), CompressionMode.Decompress) : plain;
        }
    }

    /// <summary>Opens a file; what is packed how is seen by its first bytes, never by its name.</summary>
    public static PackedTar Open(string path, TarLimits limits, CancellationToken ct) =>
        new(Fd.Open(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK), limits, ct);

    public static bool IsGzip(ReadOnlySpan<byte> head) => head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]);

    public static bool IsXz(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]);

    public static bool IsZstd(ReadOnlySpan<byte> head) => head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]);

    /// <summary>Bytes that came out so far.</summary>
    public long Count { get; private set; }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        _ct.ThrowIfCancellationRequested();
        int count;
        try
        {
            count = _stream.Read(buffer);
        }
        catch (InvalidDataException e)
        {
            throw TarHeader.NoTar($"its gzip data is damaged ({e.Message})");
        }
        _hash.AppendData(buffer[..count]);
        Count += count;
        if (Count > _limits.RatioFromBytes && Count / Math.Max(_packedBytes, 1) > _limits.Ratio)
            throw TarHeader.NoTar($"it unpacks to more than {_limits.Ratio} times its size, as bombs do");
        return count;
    }

    /// <summary>At the end of the stream: checks that it was whole, and gives the sha256 of what came out.</summary>
    /// <exception cref="Refusal">400: the packing program found it damaged.</exception>
    public async Task<byte[]> Finish()
    {
        if (_tool is not null && await _tool.Ended().ConfigureAwait(false) is { } why)
            throw TarHeader.NoTar(why);
        return _hash.GetCurrentHash();
    }

    /// <summary>After a failed read: what the packing program says of it, or null.</summary>
    public async Task<string?> WhyItEnded()
    {
        if (_tool is null)
            return null;
        _pipe!.Dispose();
        return await _tool.Ended().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _pipe?.Dispose();
        if (_tool is not null)
            await _tool.DisposeAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        _file.Dispose();
        _hash.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
