using System.IO.Compression;
using System.Security.Cryptography;
using Holm.Contract;
using Holm.Images.Tar;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Images.Oci;

/// <summary>A layer packed for others to take: the gzip of its tar, in a staged file that goes with this object.</summary>
/// <param name="Descriptor">Media type, digest and size of the packed bytes.</param>
/// <param name="DiffId">Digest of the tar.</param>
/// <param name="File">Holds the packed bytes.</param>
internal sealed record NewBlob(OciDescriptor Descriptor, Digest DiffId, StagedFile File) : IDisposable
{
    /// <summary>Packs a layer. Same layer, same bytes, by the same build of Holm.</summary>
    /// <param name="layer">A SquashFS file, open for reading.</param>
    /// <param name="folder">Where the packed bytes stand meanwhile.</param>
    /// <param name="ct">Gives up; nothing is left.</param>
    /// <exception cref="Refusal">As <see cref="LayerTar.Write"/>; 507 no room.</exception>
    public static Task<NewBlob> Pack(Fd layer, string folder, CancellationToken ct) => Task.Run(async () =>
    {
        var staged = Durable.Stage(folder);
        try
        {
            using var tarHash = SHA256.Create();
            var packed = new PackedFile(staged);
            using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            using (var hashed = new CryptoStream(gzip, tarHash, CryptoStreamMode.Write))
            using (var tar = new BufferedStream(hashed, 64 * 1024))
                await LayerTar.Write(layer, tar, ct).ConfigureAwait(false);
            return new NewBlob(
                new OciDescriptor { MediaType = MediaTypes.OciLayer + "+gzip", Digest = packed.Digest.ToString(), Size = packed.Length },
                new Digest(Convert.ToHexStringLower(tarHash.Hash!)), staged);
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }, ct);

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    /// <summary>Writes to a staged file, asks for the room and hashes what it writes.</summary>
    private sealed class PackedFile(StagedFile file) : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _length;

        public Digest Digest => Digest.Of(_hash);

        /// <inheritdoc/>
        public override long Length => _length;

        /// <inheritdoc/>
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Room.Check(Path.GetDirectoryName(file.Path)!, buffer.Length);
            file.Write(buffer);
            _hash.AppendData(buffer);
            _length += buffer.Length;
        }

        /// <inheritdoc/>
        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        /// <inheritdoc/>
        public override bool CanWrite => true;

        /// <inheritdoc/>
        public override bool CanRead => false;

        /// <inheritdoc/>
        public override bool CanSeek => false;

        /// <inheritdoc/>
        public override long Position
        {
            get => _length;
            set => throw new NotSupportedException();
        }

        /// <inheritdoc/>
        public override void Flush()
        {
        }

        /// <inheritdoc/>
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        /// <inheritdoc/>
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        /// <inheritdoc/>
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
