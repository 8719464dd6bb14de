using System.Diagnostics;
using Holm.Linux;
using Holm.Linux.Files;

namespace Linux.Tests;

/// <summary>Copies of trees as a stranger would fill them, told apart by tools of the machine.</summary>
public sealed class FolderCopyTests : IDisposable
{
    // Names that are no UTF-8, 40 folders in each other, files of several names, holes, pipes, whiteouts, sockets, attributes, set-id bits.
    private const string Fill = """
        chdir $ARGV[0] or die; mkdir "\xff"; open F, ">", "\xff/\xfe" or die; print F "hello"; close F; symlink "/etc/passwd", "out" or die;
        link "\xff/\xfe", "other" or die; mkdir "d"; link "other", "d/third" or die; utime 1, 1e9, "other";
        system "mkfifo pipe && mknod white c 0 0 && mknod big b 259 70000 && chmod 4751 d && chown 1000:100001 out other d -h";
        system "truncate -s 64M hole && printf x | dd of=hole bs=1 seek=30M conv=notrunc 2>/dev/null";
        system "cp /bin/true caps && setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 caps";
        system "setfattr -n trusted.overlay.opaque -v y d && setfattr -h -n trusted.x -v '' out";
        system "touch -h -d '2001-02-03 04:05:06.789' out d";
        for (1..40) { mkdir "x" x 200 or die; chdir "x" x 200 or die; open F, ">", "file" or die }
        """;

    private readonly DirectoryInfo _root = Directory.CreateDirectory($"/var/tmp/holm-copy-{Guid.NewGuid():N}");

    public void Dispose() => FolderTree.Remove(_root.FullName);

    [Fact]
    public async Task A_copy_is_what_the_original_is()
    {
        var (from, to) = (_root.CreateSubdirectory("from").FullName, Path.Combine(_root.CreateSubdirectory("of").FullName, "to"));
        await Run("perl", "-e", Fill, from);
        long told = 0;
        var bytes = FolderCopy.Make(from, to, done => told = done, TestContext.Current.CancellationToken);
        Assert.True(bytes > 1 << 26);
        Assert.Equal(bytes, told);
        // tar says names, owners, modes, times, links, devices and attributes; what is in files is said by it, too.
        async Task<string> Digest(string folder) => await Run("/bin/sh", "-c", $"tar -C {folder} --sort=name --xattrs " +
            "'--xattrs-include=*' --format=posix --pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime -cf - . | sha256sum");
        Assert.Equal(await Digest(from), await Digest(to));
        Assert.Equal("3\n", await Run("stat", "-c", "%h", Path.Combine(to, "d/third")));
        Assert.True(long.Parse(await Run("stat", "-c", "%b", Path.Combine(to, "hole"))) < 1000);
        Assert.Equal(["to"], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(to)!).Select(f => Path.GetFileName(f)));
    }

    [Fact]
    public void A_folder_that_is_moved_away_meanwhile_leads_nowhere()
    {
        var from = _root.CreateSubdirectory("from/a/b").Parent!.Parent!.FullName;
        var outside = _root.CreateSubdirectory("outside/secrets").Parent!.FullName;
        File.WriteAllText(Path.Combine(from, "a/b/file"), "x");
        File.WriteAllText(Path.Combine(outside, "secrets/file"), "secret");
        var to = Path.Combine(_root.CreateSubdirectory("of").FullName, "to");
        var error = Assert.Throws<LinuxException>(() => FolderCopy.Make(from, to, _ =>
        {
            if (Directory.Exists(Path.Combine(from, "a/b")))
                Directory.Move(Path.Combine(from, "a/b"), Path.Combine(outside, "b"));
        }, TestContext.Current.CancellationToken));
        Assert.Contains("while somebody changes it", error.Message, StringComparison.Ordinal);
        Assert.Equal([Path.Combine(to, "a/b/file")], Directory.EnumerateFiles(to, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void What_is_given_up_ends_at_once()
    {
        var from = _root.CreateSubdirectory("from").FullName;
        File.WriteAllText(Path.Combine(from, "file"), "");
        Assert.Throws<OperationCanceledException>(() =>
            FolderCopy.Make(from, Path.Combine(_root.FullName, "to"), _ => { }, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_mount_in_the_tree_is_not_copied()
    {
        var from = _root.CreateSubdirectory("from").FullName;
        Directory.CreateDirectory(Path.Combine(from, "in"));
        await Run("mount", "-t", "tmpfs", "none", Path.Combine(from, "in"));
        try
        {
            var refused = Assert.Throws<LinuxException>(() => FolderCopy.Make(
                from, Path.Combine(_root.FullName, "to"), _ => { }, TestContext.Current.CancellationToken));
            Assert.Equal(Errnos.EXDEV, refused.Errno);
        }
        finally
        {
            await Run("umount", Path.Combine(from, "in"));
        }
    }

    private static async Task<string> Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return text;
    }
}
