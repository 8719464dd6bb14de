using System.Diagnostics;
using Holm.Config;
using Holm.Linux.Mounts;
using Holm.Node.Shares;

namespace Node.Tests.Shares;

/// <summary>Filesystems that the host mounts and unmounts while they are shared.</summary>
public sealed class StickTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();
    private readonly SmallApp _app = SmallApp.Start();
    private IReadOnlyList<AppliedShare> _applied = [];

    private string Usb => Directory.CreateDirectory(Path.Combine(_scratch.Root, "usb")).FullName;

    private string Image => Path.Combine(_scratch.Root, "stick.img");

    private void Set(params ShareSpec[] wanted) => _applied = PathShares.Set("web", _app.Pid, _app.Ids, wanted, _applied);

    private static ShareSpec Share(string source, bool required = true) => new("usb", source, "/mnt/usb", false, required, false, true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_stick_comes_and_goes_and_the_share_with_it(bool required)
    {
        var share = Share(Usb, required);
        Set(share);
        Assert.Equal("", _app.Well("ls /mnt/usb"));
        Plug();
        Set(share);
        _app.Well("echo kept > /mnt/usb/file");
        Unplug();
        Assert.NotEqual("", Sh($"losetup -nj {Image}"));
        Set(share);
        Assert.Equal("", _app.Well("ls /mnt/usb"));
        IsFreeSoon();
        Plug();
        Set(share);
        Assert.Equal("kept\n", _app.Well("cat /mnt/usb/file"));
        Set();
        Unplug();
        IsFreeSoon();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_folder_on_a_stick_goes_with_it_and_comes_back(bool required)
    {
        var share = Share(Path.Combine(Usb, "app"), required);
        Plug();
        Directory.CreateDirectory(share.Source);
        Set(share);
        _app.Well("echo kept > /mnt/usb/file");
        Unplug();
        Set(share);
        Assert.Equal([new AppliedShare(share, null)], _applied);
        IsFreeSoon();
        // Still away: no error, though it is required, for it was there.
        Set(share);
        Plug();
        Set(share);
        Assert.Equal("kept\n", _app.Well("cat /mnt/usb/file"));
        // Removed on a stick that is there: a required share keeps what it has.
        Directory.Move(share.Source, share.Source + ".old");
        Set(share);
        Assert.Equal(required, _app.Run("cat /mnt/usb/file").Code == 0);
        Directory.CreateDirectory(share.Source);
        Set(share);
        Assert.Equal("", _app.Well("ls /mnt/usb"));
        Set();
        Unplug();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_stick_goes_though_the_folder_it_was_mounted_on_cannot_be_shared(bool required)
    {
        // Ids of a squashfs on an old kernel, or of a ramfs on every one, cannot be mapped.
        Sh($"mount -t ramfs none {Usb} && mkdir {Usb}/in");
        var share = Share(Path.Combine(Usb, "in"), required);
        try
        {
            Assert.Equal(required, PathShares.Missing([share], () => _app.Ids) is not null);
            Plug("in");
            Set(share);
            _app.Well("echo kept > /mnt/usb/file");
            Unplug("in");
            Set(share);
            Assert.Contains("cannot map ids", Assert.Single(_applied).Why, StringComparison.Ordinal);
            IsFreeSoon();
            Plug("in");
            Set(share);
            Assert.Equal("kept\n", _app.Well("cat /mnt/usb/file"));
            Set();
        }
        finally
        {
            Sh($"umount -l {Usb}/in; umount -l {Usb}");
        }
    }

    [Fact]
    public async Task Mounts_and_unmounts_of_the_host_are_heard_of()
    {
        using var events = MountEvents.Open();
        var share = Share(Usb);
        Set(share);
        for (var i = 0; i < 3; i++)
        {
            Plug();
            await events.Changed(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10));
            Unplug();
            await events.Changed(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10));
        }
    }

    /// <summary>
    /// Nothing holds the stick any more. What is no part of this test may: a namespace that something else made has a copy of the host's
    /// table, and shows the stick where the host had it.
    /// </summary>
    private void IsFreeSoon()
    {
        var (alone, all) = (Stopwatch.StartNew(), Stopwatch.StartNew());
        while (Sh($"losetup -nj {Image}") != "")
        {
            if (Sh($"grep -l ' {Usb}' /proc/[0-9]*/mountinfo 2>/dev/null || true") != "")
                alone.Restart();
            Assert.True(alone.Elapsed < TimeSpan.FromSeconds(1) && all.Elapsed < TimeSpan.FromMinutes(1), "the stick is still in use");
        }
    }

    private void Plug(string below = "")
    {
        if (!File.Exists(Image))
            Sh($"truncate -s 8M {Image} && mkfs.ext4 -q -E root_owner=0:0 {Image}");
        Sh($"mount -o loop {Image} {Usb}/{below} && rmdir {Usb}/{below}/lost+found 2>/dev/null || true");
    }

    // Busy: a process that another test is just starting has this one's open files for a moment.
    private void Unplug(string below = "") => Sh($"for i in 1 2 3 4 5; do umount {Usb}/{below} && exit; sleep 0.1; done; exit 1");

    private static string Sh(string line)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", line]) { RedirectStandardOutput = true })!;
        var text = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        Assert.True(shell.ExitCode == 0, $"{line}: {text}");
        return text;
    }

    public void Dispose()
    {
        _app.Dispose();
        Sh($"umount {Usb} 2>/dev/null || true");
        _scratch.Dispose();
    }
}
