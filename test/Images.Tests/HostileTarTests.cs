using Holm.Contract;
using Holm.Images.Tar;
using static Images.Tests.TarBytes;

namespace Images.Tests;

/// <summary>Every archive here is refused with a sentence that names what is wrong, and leaves nothing.</summary>
public sealed class HostileTarTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    public static TheoryData<string, byte[], string> Hostile() => new()
    {
        { "dotdot", new TarBytes().Add("a/../../etc/x").End(), "entry 'a/../../etc/x' has a '..'" },
        { "dotdot end", new TarBytes().Folder("a/..").End(), "has a '..'" },
        { "absolute", new TarBytes().Add("/etc/x").End(), "'/etc/x' is an absolute name" },
        { "no name", new TarBytes().Add("").End(), "has no name" },
        { "root is a file", new TarBytes().Add("./").Add("./.", type: '2', link: "x").End(), "is the root, but no folder" },
        {
            "through link", new TarBytes().Symlink("l", "/etc").Add("l/passwd").End(),
            "'l/passwd' would be written through the symbolic link 'l'"
        },
        { "below file", new TarBytes().Add("f").Add("f/x").End(), "'f/x' would be written below 'f'" },
        { "link out", new TarBytes().Link("l", "../x").End(), "'l'" + " is a hard link to '../x'" },
        { "link absolute", new TarBytes().Link("l", "/etc/passwd").End(), "absolute" },
        { "link missing", new TarBytes().Link("l", "nope").End(), "'l' is a hard link to 'nope', which no earlier entry made" },
        { "link forward", new TarBytes().Link("l", "f").Add("f").End(), "no earlier entry made" },
        { "link through link", new TarBytes().Folder("d").Add("d/f").Symlink("s", "d").Link("l", "s/f").End(), "passes through" },
        { "link to folder", new TarBytes().Folder("d").Link("l", "d").End(), "which is a folder" },
        { "link with data", new TarBytes().Add("f").Add("l", "data", '1', "f").End(), "has data but is no file" },
        { "newline", new TarBytes().Add("a\nb/..").End(), "a\\x0ab" },
        { "component", new TarBytes().Pax(("path", Text(new string('a', 256)))).Add("f").End(), "longer than 255" },
        { "path", new TarBytes().Pax(("path", Text(string.Join('/', Enumerable.Repeat("abc", 1200))))).Add("f").End(), "longer than 4095" },
        { "pax nul", new TarBytes().Pax(("path", Text("a\0b"))).Add("f").End(), "NUL" },
        { "long name", new TarBytes().Long('L', Text(new string('a', 5000))).Add("f").End(), "longer than 4095" },
        { "huge header", new TarBytes().Header(Text("x"), 'x', 1L << 40).End(), "larger than" },
        { "negative", new TarBytes().Header(Text("f"), '0', -1).End(), "negative size" },
        { "huge size", new TarBytes().Header(Text("f"), '0', long.MaxValue).End(), "above" },
        { "uid", new TarBytes().Add("f", uid: 65536).End(), "'f' belongs to id 65536" },
        { "negative uid", new TarBytes().Add("f", uid: -1).End(), "belongs to id" },
        { "type", new TarBytes().Add("f", type: 'Q').End(), "'f' has the unknown type 'Q'" },
        { "volume", new TarBytes().Add("f", type: 'M').End(), "another volume" },
        { "dump", new TarBytes().Add("f", type: 'D').End(), "incremental" },
        { "device", new TarBytes().Add("d", type: '3', major: 5000).End(), "device number" },
        { "pax broken", new TarBytes().Header(Text("x"), 'x', 5).Raw([.. Text("9 a=b"), .. new byte[507]]).End(), "extended header" },
        {
            "pax length", new TarBytes().Header(Text("x"), 'x', 9).Raw([.. Text("999999999 a=b\n"), .. new byte[498]]).End(),
            "extended header"
        },
        { "pax alone", new TarBytes().Pax(("path", Text("x"))).End(), "between an extended header and its entry" },
        { "pax size text", new TarBytes().Pax(("size", Text("many"))).Add("f").End(), "no number" },
        { "global path", new TarBytes().Pax('g', ("path", Text("x"))).Add("f").End(), "global header" },
        { "sparse order", Sparse("5,5,2,1", "6"), "out of order" },
        { "sparse sum", Sparse("0,5", "9"), "does not fit" },
        { "sparse end", Sparse("0,3,9,3", "10"), "does not fit" },
        { "sparse text", Sparse("0,x", "9"), "broken" },
        { "sparse wrap", Sparse("9223372036854775807,6", "9"), "out of order" },
        { "empty", new byte[1024], "empty" },
        { "lxd", new TarBytes().Add("metadata.yaml").Folder("rootfs").Link("rootfs/x", "metadata.yaml").End(), "not in rootfs/" },
        { "lxd half", new TarBytes().Add("metadata.yaml").Folder("templates").End(), "metadata half" },
        { "docker save", new TarBytes().Add("manifest.json").Add("oci-layout").Folder("blobs").End(), "docker export" },
        { "garbage", [.. Enumerable.Range(0, 4096).Select(i => (byte)(i * 7))], "checksum" },
    };

    private static byte[] Sparse(string map, string size) => new TarBytes()
        .Pax(("GNU.sparse.map", Text(map)), ("GNU.sparse.size", Text(size)), ("GNU.sparse.major", Text("")))
        .Add("f", "123456").End();

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_archive_is_refused_by_name(string what, byte[] tar, string says)
    {
        var refusal = await Assert.ThrowsAsync<Refusal>(() => _scratch.Convert(tar));
        Assert.Equal(400, refusal.Code);
        Assert.True(refusal.Message.Contains(says, StringComparison.Ordinal), $"{what}: {refusal.Message}");
        Assert.DoesNotContain(refusal.Message, c => c < ' ');
        Assert.Equal(["image.tar"], Directory.GetFiles(_scratch.Folder).Select(f => Path.GetFileName(f)!));
    }

    [Fact]
    public async Task Cut_anywhere_it_is_refused()
    {
        var whole = new TarBytes().Folder("d").Pax(("SCHILY.xattr.user.a", Text("b"))).Add("d/f", new string('x', 1500))
            .Long('L', Text(new string('n', 150))).Add("n").Link("l", "d/f").End();
        // The very last zero block may be missing, as other programs accept too; a byte fewer is a cut.
        for (var length = 512; length < whole.Length - 512; length += 512)
        {
            await Assert.ThrowsAsync<Refusal>(() => Read(whole[..length]));
            await Assert.ThrowsAsync<Refusal>(() => Read(whole[..(length + 100)]));
        }
        await Read(whole);
    }

    [Fact]
    public async Task Limits_are_held()
    {
        var many = new TarBytes();
        for (var i = 0; i < 40; i++)
            many.Add($"f{i}", "12345");
        await Says("is one more than 39 entries", many.End(), new TarLimits { Entries = 39 });
        await Says("unpacked size above 150 bytes", many.End(), new TarLimits { UnpackedBytes = 150 });
        await Says("names above", many.End(), new TarLimits { NameBytes = 60 });
        await Says("names above", new TarBytes().Add(string.Join('/', Enumerable.Repeat("a", 40))).End(), new TarLimits { Entries = 10 });
    }

    [Theory]
    [InlineData("gzip -9")]
    [InlineData("xz -9")]
    [InlineData("zstd -19")]
    public async Task A_bomb_is_stopped_by_its_ratio(string packer)
    {
        _scratch.Shell($"truncate -s 60M zeros; tar -cf - zeros | {packer} > bomb");
        await Says("as bombs do", File.ReadAllBytes(_scratch["bomb"]), new TarLimits { RatioFromBytes = 20_000_000 });
    }

    [Fact]
    public async Task A_sparse_bomb_is_stopped_by_its_size()
    {
        _scratch.Shell("truncate -s 900G huge; tar -S -cf bomb huge");
        await Says("above", File.ReadAllBytes(_scratch["bomb"]), new TarLimits());
    }

    [Fact]
    public async Task Mutated_archives_are_read_or_refused_and_never_break()
    {
        _scratch.Shell("mkdir -p r/d; echo a > r/d/f; ln r/d/f r/l; ln -s f r/d/s; setfattr -n user.a -v b r/d/f; truncate -s 1M r/hole; " +
            "echo x >> r/hole; touch r/$(printf 'n%.0s' $(seq 200)); tar -C r --format=pax -S --xattrs -cf p.tar .; " +
            "tar -C r --format=gnu -S -cf g.tar .");
        var rng = new Random(20261123);
        var refused = 0;
        foreach (var seed in (string[])["p.tar", "g.tar"])
        {
            var original = File.ReadAllBytes(_scratch[seed]);
            var used = original.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
            for (var round = 0; round < 1500; round++)
            {
                var bytes = (byte[])original.Clone();
                for (var i = rng.Next(1, 4); i > 0; i--)
                    bytes[rng.Next(used)] = rng.Next(3) switch { 0 => (byte)rng.Next(256), 1 => (byte)'9', _ => (byte)('0' + rng.Next(8)) };
                if (rng.Next(2) == 0)
                    Rechecksum(bytes);
                try
                {
                    await Read(bytes);
                }
                catch (Refusal)
                {
                    refused++;
                }
            }
        }
        Assert.InRange(refused, 500, 2999);
    }

    /// <summary>Makes every block that looks like a header valid again, so that mutations get past the checksum.</summary>
    private static void Rechecksum(byte[] bytes)
    {
        for (var at = 0; at + 512 <= bytes.Length; at += 512)
            if (bytes.AsSpan(at + 257, 5).SequenceEqual("ustar"u8))
            {
                bytes.AsSpan(at + 148, 8).Fill((byte)' ');
                Number(bytes.AsSpan(at + 148, 7), bytes.AsSpan(at, 512).ToArray().Sum(b => b));
            }
    }

    /// <summary>Pass 1 alone, in memory.</summary>
    private static Task Read(byte[] tar)
    {
        try
        {
            var limits = new TarLimits { UnpackedBytes = 1L << 30 };
            var tree = new TarTree(limits);
            var reader = new TarReader(new MemoryStream(tar), limits);
            var buffer = new byte[4096];
            while (reader.Next() is { } entry)
            {
                tree.Add(entry);
                if (entry.Size < 10_000_000)
                    while (reader.Read(buffer) > 0)
                        continue;
            }
            var plan = tree.Plan();
            for (var i = 0; i < plan.Entries; i++)
                Assert.DoesNotContain(plan.Paths(i), p => p.AsSpan().StartsWith("/"u8));
            return Task.CompletedTask;
        }
        catch (EndTooEarlyException)
        {
            return Task.FromException(TarReader.Cut());
        }
        catch (Refusal e)
        {
            return Task.FromException(e);
        }
    }

    private async Task Says(string says, byte[] tar, TarLimits limits)
    {
        var refusal = await Assert.ThrowsAsync<Refusal>(() => _scratch.Convert(tar, limits: limits));
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }
}
