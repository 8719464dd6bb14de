using Holm.Contract;
using static Images.Tests.TarBytes;

namespace Images.Tests;

/// <summary>What tar itself would unpack is what the SquashFS holds.</summary>
public sealed class ConvertTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private const string MakeTree = """
        mkdir -p r/a/b r/tmp r/empty; chmod 1777 r/tmp; chmod 750 r
        echo one > r/a/f; ln r/a/f r/a/b/hard; ln -s /bin/busybox r/a/abs; ln -s ../../x r/a/dots
        printf 'x' > "r/$(printf 'new\nline \377\376 \\ back')"; mkfifo r/fifo; mknod r/null c 1 3; mknod r/blk b 259 70000
        d=r/$(printf 'd%.0s' $(seq 120)); mkdir -p $d/$(printf 'e%.0s' $(seq 200)); echo deep > $d/$(printf 'e%.0s' $(seq 200))/leaf
        echo long > r/$(printf 'n%.0s' $(seq 255)); ln -s $(printf 't%.0s' $(seq 300)) r/longlink; ln r/$(printf 'n%.0s' $(seq 255)) r/short
        chown 1000:2000 r/a/f; chown 65534:65534 r/empty; chmod 6755 r/a/f
        head -c 300000 /dev/urandom > r/random; truncate -s 5M r/hole
        printf middle | dd of=r/hole bs=1 seek=2000000 conv=notrunc status=none
        printf end | dd of=r/hole bs=1 seek=4999990 conv=notrunc status=none; truncate -s 3M r/allhole
        setfattr -n user.bin -v 0x00ff0a3d80 r/a/f; setfattr -n trusted.overlay.opaque -v y r/a/b
        setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 r/random
        find r -exec touch -h -d @1700000000 {} +
        """;

    [Theory]
    [InlineData("--format=gnu")]
    [InlineData("--format=gnu --sparse --xattrs --xattrs-include=*")]
    [InlineData("--format=pax --xattrs --xattrs-include=*")]
    [InlineData("--format=pax --sparse --sparse-version=0.0")]
    [InlineData("--format=pax --sparse --sparse-version=0.1")]
    [InlineData("--format=pax --sparse --sparse-version=1.0 --xattrs --xattrs-include=*")]
    [InlineData("--format=pax --numeric-owner --pax-option=exthdr.name=%d/%f,globexthdr.name=g")]
    public async Task Every_form_of_tar_gives_what_tar_unpacks(string options)
    {
        _scratch.Shell($"{MakeTree}\ntar -C r -cf in.tar {options.Replace("*", "'*'", StringComparison.Ordinal)} .");
        _scratch.Shell("mkdir want; tar -C want -xpf in.tar --xattrs --xattrs-include='*' --numeric-owner");
        var squash = await _scratch.Convert(File.ReadAllBytes(_scratch["in.tar"]));
        Assert.Equal(_scratch.Tree(_scratch["want"]), _scratch.SquashTree(squash));
    }

    [Theory]
    [InlineData("cat")]
    [InlineData("gzip -9")]
    [InlineData("xz -9")]
    [InlineData("xz -0")]
    [InlineData("zstd -19")]
    [InlineData("zstd --fast")]
    public async Task Packing_is_seen_by_its_bytes_and_changes_nothing(string packer)
    {
        _scratch.Shell($"{MakeTree}\ntar -C r -cf plain.tar . ; {packer} < plain.tar > packed");
        var plain = await _scratch.Convert(File.ReadAllBytes(_scratch["plain.tar"]), "one");
        var packed = await _scratch.Convert(File.ReadAllBytes(_scratch["packed"]), "two");
        Assert.Equal(File.ReadAllBytes(plain), File.ReadAllBytes(packed));
    }

    [Theory]
    [InlineData("gzip -9")]
    [InlineData("xz -1")]
    [InlineData("zstd -3")]
    public async Task A_cut_packed_archive_is_refused(string packer)
    {
        _scratch.Shell($"{MakeTree}\ntar -C r -cf - . | {packer} > packed");
        var whole = File.ReadAllBytes(_scratch["packed"]);
        foreach (var length in (int[])[20, whole.Length / 3, whole.Length - 200])
        {
            var refusal = await Assert.ThrowsAsync<Refusal>(() => _scratch.Convert(whole[..length]));
            Assert.Equal(400, refusal.Code);
        }
        Assert.Empty(Directory.GetFiles(_scratch.Folder, ".staged-*"));
    }

    [Fact]
    public async Task The_last_entry_of_a_name_wins()
    {
        // Every order of file, folder (with a child), link and file again at one name, compared with a plain model.
        var rng = new Random(4711);
        for (var round = 0; round < 40; round++)
        {
            var tar = new TarBytes().Add("keep", "kept").Folder("d");
            var model = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["keep"] = "f kept", ["d"] = "d" };
            for (var i = 0; i < 12; i++)
            {
                var name = rng.Next(3) == 0 ? "d" : $"x{rng.Next(2)}";
                var action = rng.Next(4);
                if (action == 0 || (action == 1 && (!model.TryGetValue(name, out var at) || at != "d")))
                    foreach (var below in model.Keys.Where(k => k.StartsWith(name + "/", StringComparison.Ordinal)).ToList())
                        model.Remove(below);
                switch (action)
                {
                    case 0:
                        tar.Add("./" + name, $"v{i}");
                        model[name] = $"f v{i}";
                        break;
                    case 1:
                        tar.Folder(name + "/").Add(name + "//c", $"c{i}");
                        model[name] = "d";
                        model[name + "/c"] = $"f c{i}";
                        break;
                    case 2:
                        tar.Link($"l{i}", "keep");
                        model[$"l{i}"] = model["keep"];
                        break;
                    default:
                        tar.Link($"h{i}", "keep").Add("keep", $"k{i}");
                        model[$"h{i}"] = model["keep"];
                        model["keep"] = $"f k{i}";
                        break;
                }
            }
            var squash = await _scratch.Convert(tar.End(), $"round{round}");
            _scratch.Shell($"rm -rf o; unsquashfs -n -q -d o '{squash}' >/dev/null");
            var got = _scratch.Shell("cd o; find . -mindepth 1 -printf '%P\\n' | sort | " +
                "while read -r p; do if [ -d \"$p\" ]; then echo \"$p=d\"; else echo \"$p=f $(cat \"$p\")\"; fi; done");
            Assert.Equal(string.Concat(model.Select(p => $"{p.Key}={p.Value}\n")), got);
        }
    }

    [Fact]
    public async Task A_link_keeps_the_old_content_when_its_target_is_replaced()
    {
        var squash = await _scratch.Convert(new TarBytes()
            .Add("a", "old").Link("b", "a").Link("c", "b").Add("a", "new").Link("d", "a").Symlink("s", "a").Link("t", "s").End());
        Assert.Equal("newoldoldnew a\n", _scratch.Shell(
            $"unsquashfs -n -q -d o '{squash}' >/dev/null; cd o; [ b -ef c ]; [ a -ef d ]; ! [ a -ef b ]; " +
            "echo $(cat a b c d) $(readlink t)"));
    }

    [Fact]
    public async Task Repeated_folders_keep_children_and_take_the_last_attributes()
    {
        var squash = await _scratch.Convert(new TarBytes()
            .Folder("./", 0x1C0, 5).Folder("d", 0x1FF).Add("d/f", "x").Folder("d", 0x1C0, 7).Folder(".", 0x1ED, 6).Add("e/imp", "y").End());
        Assert.Equal("0755 6\n0700 7\n0755 0\nx", _scratch.Shell(
            $"unsquashfs -n -q -d o '{squash}' >/dev/null; stat -c '%04a %u' o o/d o/e; cat o/d/f"));
    }

    [Fact]
    public async Task Big_ids_and_times_are_kept_or_clamped()
    {
        var squash = await _scratch.Convert(
            new TarBytes().Add("f", uid: 65535, gid: 3_000_000_000, mtime: 4_294_967_295)
                .Add("g", mtime: -5).Add("h", mtime: 1L << 40).End(),
            limits: new() { AnyOwner = true });
        Assert.Equal("65535 3000000000 4294967295\n0 0 0\n0 0 4294967295\n", _scratch.Shell(
            $"unsquashfs -n -q -d o '{squash}' >/dev/null; stat -c '%u %g %Y' o/f o/g o/h"));
    }

    [Fact]
    public async Task Acls_are_left_out_and_said_so()
    {
        var said = new List<string>();
        var tar = new TarBytes().Pax(("SCHILY.xattr.system.posix_acl_access", [2, 0, 0, 0]), ("SCHILY.xattr.user.k", Text("v"))).Add("f");
        await _scratch.Convert(tar.End(), progress: new Said(said));
        Assert.Contains(said, s => s.StartsWith("left out 1 extended attributes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_same_archive_gives_the_same_bytes()
    {
        _scratch.Shell($"{MakeTree}\ntar -C r -cf in.tar --format=pax --xattrs --xattrs-include='*' .");
        var tar = File.ReadAllBytes(_scratch["in.tar"]);
        var one = await _scratch.Convert(tar, "one");
        var two = await _scratch.Convert(tar, "two");
        Assert.Equal(File.ReadAllBytes(one), File.ReadAllBytes(two));
    }

    [Fact]
    public async Task A_cancelled_conversion_leaves_nothing()
    {
        using var cancel = new CancellationTokenSource();
        var path = _scratch.File("in.tar", new TarBytes().Add("f", new string('x', 1_000_000)).End());
        using (var staged = Holm.Linux.Files.Durable.Stage(_scratch.Folder))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                Holm.Images.Tar.TarImage.Convert(path, staged, new(), new Stop(cancel), cancel.Token));
        Assert.Equal(["in.tar"], Directory.GetFiles(_scratch.Folder).Select(f => Path.GetFileName(f)!));
    }

    private sealed class Said(List<string> lines) : IProgress<string>
    {
        public void Report(string value) => lines.Add(value);
    }

    private sealed class Stop(CancellationTokenSource source) : IProgress<string>
    {
        public void Report(string value)
        {
            if (value.StartsWith("writing", StringComparison.Ordinal))
                source.Cancel();
        }
    }
}
