using System.Text;
using Holm.Contract;
using Holm.Images;

namespace Images.Tests;

/// <summary>Layers looked into from above, against what overlayfs of this kernel shows of the same.</summary>
public sealed class LayerViewTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void It_shows_what_overlayfs_shows()
    {
        _scratch.Shell("""
            mkdir -p low/{usr/lib,etc/opaque/sub,etc/gone,x,loop} mid/{etc/opaque,new,x} top/etc
            echo low > low/usr/lib/a; ln -s usr/lib low/lib; ln -s /etc/up low/etc/abs; ln -s ../x/../lib/a low/etc/rel
            echo old > low/etc/opaque/old; echo old > low/etc/opaque/sub/f; echo g > low/etc/gone/f; echo l > low/etc/gone.txt
            ln -s loop2 low/loop/loop1; ln -s loop1 low/loop/loop2; ln -s ../../../../../lib/a low/etc/climb; ln -s nowhere low/dangling
            echo f > low/x/f; echo file > low/file; ln -s usr/lib/a low/etc/bad
            echo mid > mid/usr-lib; setfattr -n trusted.overlay.opaque -v y mid/etc/opaque; echo new > mid/etc/opaque/new
            mknod mid/etc/gone c 0 0; mknod mid/etc/gone.txt c 0 0; rm -r mid/x; echo 'now a file' > mid/x; rm low/file; mkdir low/file
            echo up > top/etc/up; mkdir -p top/etc/opaque/sub; echo again > top/etc/opaque/sub/f2; mkdir -p top/lib2; ln -s lib2 top/lib3
            echo b > top/lib2/b
            for l in low mid top; do mksquashfs $l $l.sqfs -quiet -no-progress -xattrs >/dev/null; done
            """);
        string[] paths =
        [
            "/usr/lib/a", "/lib/a", "/lib", "/etc/abs", "/etc/rel", "/etc/climb", "/etc/opaque/old", "/etc/opaque/sub/f", "/etc/opaque/new",
            "/etc/opaque/sub/f2", "/etc/gone", "/etc/gone/f", "/etc/gone.txt", "/loop/loop1", "/loop/loop1/x", "/dangling", "/x", "/x/f",
            "/file", "/etc/bad", "/lib3/b", "/lib3/../etc/up", "/etc/up/", "/etc/up/x", "/", "/none", "/etc/../etc/./up", "/" +
                new string('n', 300),
        ];
        // What the kernel says, in a mount namespace of its own.
        var script = "mkdir -p m/low m/mid m/top m/all; for l in low mid top; do mount -o loop,ro $l.sqfs m/$l; done; " +
            "mount -t overlay overlay -o lowerdir=m/top:m/mid:m/low m/all; " +
            string.Concat(paths.Select(p => $"chroot_path='{p}'; if [ -e \"m/all$chroot_path\" -o -L \"m/all${{chroot_path%/}}\" ]; " +
                "then echo yes; else echo no; fi; "));
        _scratch.Shell("cat > look.sh <<'EOS'\n" + script + "\nEOS");
        var kernel = _scratch.Shell("unshare -m bash look.sh").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        using var view = new LayerView([_scratch["low.sqfs"], _scratch["mid.sqfs"], _scratch["top.sqfs"]]);
        foreach (var (path, seen) in paths.Zip(kernel))
            if (!path.EndsWith('/') || path == "/")
                Assert.Equal((path, seen), (path, view.Has(path) ? "yes" : "no"));
        string? Text(string path) => view.Read(path, 100) is { } bytes ? Encoding.UTF8.GetString(bytes).Trim() : null;
        Assert.Equal("low", Text("/lib/a"));
        Assert.Equal("up", Text("/etc/abs"));
        Assert.Equal("now a file", Text("/x"));
        Assert.Equal("low", Text("/etc/climb"));
        Assert.Equal("b", Text("/lib3/b"));
        Assert.Null(Text("/etc"));
        Assert.Null(Text("/dangling"));
        Assert.Null(Text("/loop/loop1"));
        Assert.Null(Text("/etc/gone/f"));
        Assert.Contains("/x in it has 11 bytes; 5 are read", Assert.Throws<Refusal>(() => view.Read("/x", 5)).Message,
            StringComparison.Ordinal);
    }
}
