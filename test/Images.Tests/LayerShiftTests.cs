using System.Net.Sockets;
using Holm.Contract;
using Holm.Images;
using Holm.Linux.Files;

namespace Images.Tests;

/// <summary>The shifted copy differs from its layer in ids and in nothing else.</summary>
public sealed class LayerShiftTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private async Task<string> Shift(string source, string name, uint idBase)
    {
        using var staged = Durable.Stage(_scratch.Folder);
        await LayerShift.Shift(_scratch[source], staged, idBase, TestContext.Current.CancellationToken);
        staged.Commit(_scratch[name]);
        return _scratch[name];
    }

    [Fact]
    public async Task Owners_and_capabilities_move_and_all_else_stays()
    {
        _scratch.Shell("""
            mkdir -p r/d/e; chmod 700 r; chown 3:4 r; echo x > r/d/f; chown 1000:2000 r/d/f; ln r/d/f r/hard; ln -s /abs r/d/s
            mknod r/null c 1 3
            chown -h 65535:65535 r/d/s; setfattr -n user.a -v 0x000a3d r/d/f; chmod 4755 r/d/f; mkfifo r/fifo
            setfattr -n trusted.overlay.opaque -v y r/d/e; echo long > r/$(printf 'n%.0s' $(seq 255)); touch "r/$(printf 'b\n\377')"
            cp r/d/f r/cap; setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 r/cap
            cp r/d/f r/cap3; setfattr -n security.capability -v 0x010000030004000000000000000000000000000005000000 r/cap3 || true
            find r -exec touch -h -d @1700000000 {} +; mksquashfs r in.sqfs -quiet -no-progress -mkfs-time 1600000000 >/dev/null
            unsquashfs -n -q -d plain in.sqfs > /dev/null
            """);
        await Shift("in.sqfs", "out.sqfs", 1_000_000);
        Assert.Equal(
            "Creation or last append time Sun Sep 13 12:26:40 2020\n", _scratch.Shell("unsquashfs -UTC -s out.sqfs | grep ^Creation"));
        _scratch.Shell("unsquashfs -n -q -d shifted out.sqfs > /dev/null");
        const string List = "find . -printf '%P %y %m %T@ %n %l\\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum; " +
            "find . -print0 | xargs -0 getfattr -h -d -m 'user|trusted' -e hex 2>/dev/null | sort";
        Assert.Equal(_scratch.Shell($"cd plain; {List}"), _scratch.Shell($"cd shifted; {List}"));
        string Owners(string folder, int plus) => _scratch.Shell($"cd {folder}; find . -printf '%P %U %G\\0' | sort -z | " +
            $"awk 'BEGIN{{RS=ORS=\"\\0\"}} {{$(NF-1)+={plus}; $NF+={plus}; print}}' | sha256sum");
        Assert.Equal(Owners("plain", 1_000_000), Owners("shifted", 0));
        // Revision 3, root id 1000000 = 0x0f4240 little-endian. Read from the image: inside a user namespace of that root only it counts.
        Assert.Contains("0x0100000300040000000000000000000000000000" + "40420f00",
            _scratch.Shell("mkdir m; getfattr -n security.capability -e hex shifted/cap"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_layer_and_base_give_the_same_bytes()
    {
        _scratch.Shell("mkdir r; cp -a /etc/default r/; mksquashfs r in.sqfs -quiet -no-progress > /dev/null");
        Assert.Equal(File.ReadAllBytes(await Shift("in.sqfs", "a", 100_000)), File.ReadAllBytes(await Shift("in.sqfs", "b", 100_000)));
    }

    [Fact]
    public async Task An_owner_above_the_range_is_refused_by_name()
    {
        _scratch.Shell("mkdir r; touch r/far; chown 65536 r/far; mksquashfs r in.sqfs -quiet -no-progress > /dev/null");
        var refusal = await Assert.ThrowsAsync<Refusal>(() => Shift("in.sqfs", "a", 100_000));
        Assert.Contains("far' belongs to id 65536", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_scratch.Folder, ".staged-*"));
    }

    [Fact]
    public async Task A_socket_is_left_out_and_nothing_else()
    {
        _scratch.Shell("mkdir r; echo a > r/a; echo z > r/z");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(_scratch["r/s"]));
            _scratch.Shell("[ -S r/s ]; mksquashfs r in.sqfs -quiet -no-progress > /dev/null");
        }
        await Shift("in.sqfs", "out.sqfs", 100_000);
        Assert.Equal("a z\n", _scratch.Shell("unsquashfs -n -q -d o out.sqfs > /dev/null; echo $(ls o)"));
    }

    [Fact]
    public async Task A_damaged_layer_is_refused()
    {
        _scratch.Shell("mkdir r; head -c 900000 /dev/urandom > r/f; mksquashfs r in.sqfs -quiet -no-progress > /dev/null; " +
            "truncate -s 300000 in.sqfs");
        Assert.Equal(500, (await Assert.ThrowsAsync<Refusal>(() => Shift("in.sqfs", "a", 100_000))).Code);
    }
}
