using System.Buffers.Binary;
using Holm.Contract;
using Holm.Images;

namespace Images.Tests;

/// <summary>Each field of a superblock that lies is refused by name, before the kernel sees the file.</summary>
public sealed class SuperblockTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    /// <summary>Offset, bytes and value of a field of <c>struct squashfs_super_block</c>, and a part of the refusal.</summary>
    public static TheoryData<string, int, int, long, string> Lies => new()
    {
        { "s_magic", 0, 4, 0x71736873, "does not begin" },
        { "inodes none", 4, 4, 0, "0 inodes" },
        { "inodes many", 4, 4, uint.MaxValue, "4294967295 inodes" },
        { "block_size", 12, 4, 4096, "block size 4096" },
        { "block_size 0", 12, 4, 0, "block size 0" },
        { "fragments", 16, 4, uint.MaxValue, "fragment table" },
        { "compression 0", 20, 2, 0, "compressor 0" },
        { "compression lzma", 20, 2, 2, "compressor 2" },
        { "compression 7", 20, 2, 7, "compressor 7" },
        { "block_log low", 22, 2, 11, "block log 11" },
        { "block_log high", 22, 2, 21, "block log 21" },
        { "no_ids", 26, 2, 0, "0 ids" },
        { "s_major", 28, 2, 3, "version is 3.0" },
        { "s_minor", 30, 2, 1, "version is 4.1" },
        { "bytes_used long", 40, 8, 1L << 40, "may have been cut" },
        { "bytes_used negative", 40, 8, -1, "may have been cut" },
        { "bytes_used short", 40, 8, 95, "may have been cut" },
        { "id_table_start", 48, 8, 1L << 40, "id table" },
        { "id_table_start negative", 48, 8, -1, "id table" },
        { "xattr_id_table_start", 56, 8, 1L << 40, "xattr or export table" },
        { "inode_table_start", 64, 8, 1L << 40, "inode or directory table" },
        { "inode_table_start negative", 64, 8, -2, "inode or directory table" },
        { "directory_table_start", 72, 8, 1L << 40, "inode or directory table" },
        { "directory_table_start first", 72, 8, 0, "inode or directory table" },
        { "fragment_table_start", 80, 8, 1L << 40, "fragment table" },
        { "lookup_table_start", 88, 8, 1L << 40, "xattr or export table" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_field_that_lies_is_refused(string name, int offset, int bytes, long value, string refusal)
    {
        var file = Squash("-noappend");
        Assert.Equal("zstd", SquashfsSuperblock.Read(file, file.Length).Compression);
        var number = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, value);
        number.AsSpan(0, bytes).CopyTo(file.AsSpan(offset));
        var refused = Assert.Throws<Refusal>(() => SquashfsSuperblock.Read(file, file.Length));
        Assert.True(refused.Message.Contains(refusal, StringComparison.Ordinal), $"{name}: {refused.Message}");
    }

    [Fact]
    public async Task A_file_whose_end_is_no_whole_sector_is_refused_with_the_mend_and_the_mend_mends()
    {
        var file = Squash("-nopad");
        Assert.NotEqual(0, file.Length % 512);
        var state = Directory.CreateDirectory(_scratch["state"]).FullName;
        var store = new ImageStore(state, TimeProvider.System);
        store.Open();
        Task<StoredImage> Import() =>
            store.Import(new ImportRequest(_scratch["in.sqfs"], NoInit: true), null, TestContext.Current.CancellationToken);
        var refusal = await Assert.ThrowsAsync<Refusal>(Import);
        Assert.Contains("truncate -s %4096", refusal.Message, StringComparison.Ordinal);
        _scratch.Shell("truncate -s %4096 in.sqfs");
        Assert.Equal(0, (await Import()).Size % 4096);
    }

    [Fact]
    public void Odd_bytes_after_the_filesystem_do_no_harm()
    {
        var file = Squash("-noappend");
        Assert.NotNull(SquashfsSuperblock.Read(file, file.Length + 7));
    }

    private byte[] Squash(string options)
    {
        _scratch.Shell($"""
            rm -rf r in.sqfs; mkdir r; for i in 1 2 3; do echo $i > r/$i; done; setfattr -n user.a -v b r/1
            mksquashfs r in.sqfs -quiet -no-progress -comp zstd {options} > /dev/null
            """);
        return File.ReadAllBytes(_scratch["in.sqfs"]);
    }
}
