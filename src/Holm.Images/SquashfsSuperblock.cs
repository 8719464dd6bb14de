using System.Buffers.Binary;
using Holm.Contract;

namespace Holm.Images;

/// <summary>The first 96 bytes of a SquashFS file, checked before the kernel is asked to parse the rest.</summary>
/// <remarks>Layout: <c>struct squashfs_super_block</c> of <c>fs/squashfs/squashfs_fs.h</c>; little endian; version 4.0.</remarks>
/// <param name="CreatedAt">mkfs_time.</param>
/// <param name="BytesUsed">Bytes that belong to the filesystem; a file is usually padded beyond them.</param>
/// <param name="Compression">Name of the compressor.</param>
public sealed record SquashfsSuperblock(DateTimeOffset CreatedAt, long BytesUsed, string Compression)
{
    /// <summary>Bytes of a superblock.</summary>
    public const int Bytes = 96;

    private const int SectorBytes = 512;

    private static readonly string?[] Compressors = [null, "gzip", null, "lzo", "xz", "lz4", "zstd"];

    /// <summary>True when a file begins like a SquashFS: <c>hsqs</c>.</summary>
    public static bool Recognises(ReadOnlySpan<byte> head) => head.StartsWith("hsqs"u8);

    /// <summary>Reads and checks it.</summary>
    /// <param name="head">At least <see cref="Bytes"/> bytes.</param>
    /// <param name="fileBytes">Length of the whole file.</param>
    /// <exception cref="Refusal">400: a field is out of its range; which one.</exception>
    public static SquashfsSuperblock Read(ReadOnlySpan<byte> head, long fileBytes)
    {
        if (head.Length < Bytes || !Recognises(head))
            throw Wrong("it does not begin with a SquashFS superblock");
        uint Number(ReadOnlySpan<byte> h, int at) => BinaryPrimitives.ReadUInt32LittleEndian(h[at..]);
        ushort Short(ReadOnlySpan<byte> h, int at) => BinaryPrimitives.ReadUInt16LittleEndian(h[at..]);
        var (major, minor) = (Short(head, 28), Short(head, 30));
        if ((major, minor) != (4, 0))
            throw Wrong($"its version is {major}.{minor}, the kernel knows 4.0");
        var (blockSize, blockLog) = (Number(head, 12), Short(head, 22));
        if (blockLog is < 12 or > 20 || blockSize != 1u << blockLog)
            throw Wrong($"its block size {blockSize} does not fit its block log {blockLog}");
        var compression = Short(head, 20);
        if (compression >= Compressors.Length || Compressors[compression] is not { } compressor)
            throw Wrong($"its compressor {compression} is none that the kernel knows");
        var used = BinaryPrimitives.ReadInt64LittleEndian(head[40..]);
        if (used < Bytes || used > fileBytes)
            throw Wrong($"it says that it holds {used} bytes and has {fileBytes}; it may have been cut");
        // A loop device is whole sectors: what lies past the last of them does not exist for the kernel.
        if (used > fileBytes / SectorBytes * SectorBytes)
            throw Wrong(
                $"its last {fileBytes % SectorBytes} bytes are less than a sector and would not be seen; pad it: truncate -s %4096 FILE");
        CheckTables(head, used, Number(head, 4), Number(head, 16), Short(head, 26));
        return new SquashfsSuperblock(DateTimeOffset.FromUnixTimeSeconds(Number(head, 8)), used, compressor);
    }

    /// <summary>Tables lie in the file in this order, and are not smaller than what they are said to hold could be packed into.</summary>
    private static void CheckTables(ReadOnlySpan<byte> head, long used, uint inodes, uint fragments, ushort ids)
    {
        long Start(ReadOnlySpan<byte> h, int at) => BinaryPrimitives.ReadInt64LittleEndian(h[at..]);
        var (inode, directory, fragment, id) = (Start(head, 64), Start(head, 72), Start(head, 80), Start(head, 48));
        var (xattr, lookup) = (Start(head, 56), Start(head, 88));
        if (inode < Bytes || inode >= directory || directory >= used)
            throw Wrong("its inode or directory table lies outside of it");
        if (id <= directory || id >= used)
            throw Wrong("its id table lies outside of it");
        if (fragments > 0 && (fragment <= directory || fragment >= used) || fragments > used)
            throw Wrong("its fragment table lies outside of it");
        if (xattr != -1 && (xattr <= directory || xattr >= used) || lookup != -1 && (lookup <= directory || lookup >= used))
            throw Wrong("its xattr or export table lies outside of it");
        // A metadata block holds 8 KiB of inodes of 20 bytes or more, and takes 3 bytes or more.
        if (inodes == 0 || inodes > (directory - inode) / 3 * (8192 / 20) || ids == 0)
            throw Wrong($"it says that it has {inodes} inodes and {ids} ids, and has no room for them");
    }

    private static Refusal Wrong(string what) => new(400, $"the image is no SquashFS file that can be used: {what}");
}
