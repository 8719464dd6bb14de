using Holm.Config;
using Holm.Contract;
using Holm.Linux.Files;
using Holm.Linux.Mounts;
using Holm.Node.Shares;

namespace Node.Tests.Shares;

/// <summary>Shares in namespaces of this kernel.</summary>
public sealed class PathSharesTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();
    private readonly SmallApp _app = SmallApp.Start();
    private IReadOnlyList<AppliedShare> _applied = [];

    private string Host => Directory.CreateDirectory(Path.Combine(_scratch.Root, "host")).FullName;

    private static ShareSpec Share(string source, string path) => new("data", source, path, false, true, false, true);

    private void Set(params ShareSpec[] wanted) => _applied = PathShares.Set("web", _app.Pid, _app.Ids, wanted, _applied);

    private string Refused(params ShareSpec[] wanted) => Assert.Throws<Refusal>(() => Set(wanted)).Message;

    private string Options(string path) =>
        Assert.Single(MountLine.ReadAll(_app.Pid), l => l.Target == path) is var line ? string.Join(',', line.Attributes) : "";

    private int Count => MountLine.ReadAll(_app.Pid).Count;

    [Fact]
    public void Ids_inside_are_those_of_the_host()
    {
        Set(Share(Host, "/mnt/data"));
        _app.Well("echo hello > /mnt/data/root; echo hello > /mnt/data/user; chown 1000:1000 /mnt/data/user");
        Assert.Equal((0u, 0u), Owner("root"));
        Assert.Equal((1000u, 1000u), Owner("user"));
        FileStat.ChangeOwner(Path.Combine(Host, "user"), 1001, 5);
        Assert.Equal("1001 5\n", _app.Well("stat -c '%u %g' /mnt/data/user"));
        Assert.Equal("0 0 755\n", _app.Well("stat -c '%u %g %a' /mnt"));
        Assert.Equal("rw,nosuid,nodev,relatime,idmapped", Options("/mnt/data"));

        (uint, uint) Owner(string name) => FileStat.Of(Path.Combine(Host, name)) is var stat ? (stat.Uid, stat.Gid) : default;
    }

    [Fact]
    public void What_is_forbidden_stays_so_whatever_the_apps_root_tries()
    {
        File.WriteAllText(Path.Combine(Host, "kept"), "as it was");
        Set(Share(Host, "/mnt/data") with { ReadOnly = true }, Share(Host, "/mnt/open"));
        Assert.Contains("Read-only", _app.Run("echo x > /mnt/data/kept").Text, StringComparison.Ordinal);
        foreach (var options in (string[])["rw", "suid", "dev", "rw,suid,dev"])
            foreach (var path in (string[])["/mnt/data", "/mnt/open"])
                _app.Run($"mount -o remount,bind,{options} {path}");
        Assert.Contains("ro,nosuid,nodev", Options("/mnt/data"), StringComparison.Ordinal);
        Assert.Contains("rw,nosuid,nodev", Options("/mnt/open"), StringComparison.Ordinal);
        // Nor does a copy, in the same namespace or in another.
        _app.Well("mkdir /tmp/copy && mount -o bind /mnt/data /tmp/copy");
        Assert.NotEqual(0, _app.Run("mount -o remount,bind,rw /tmp/copy && echo x > /tmp/copy/kept").Code);
        Assert.NotEqual(0, _app.Run("unshare -m sh -c 'mount -o remount,bind,rw /mnt/data && echo x > /mnt/data/kept'").Code);
        Assert.Equal("as it was", File.ReadAllText(Path.Combine(Host, "kept")));
    }

    [Fact]
    public void A_file_is_shared_onto_a_file_or_where_none_is()
    {
        var file = Path.Combine(Host, "message");
        File.WriteAllText(file, "of the day\n");
        Set(Share(file, "/etc/motd"), Share(file, "/home/user/a/b"), Share(file, "/var/run/motd"));
        Assert.Equal("of the day\nof the day\nof the day\n", _app.Well("cat /etc/motd /home/user/a/b /run/motd"));
        Assert.Equal("0:0\n", _app.Well("stat -c %u:%g /home/user/a"));
        _app.Well("echo other > /etc/motd");
        Assert.Equal("other\n", File.ReadAllText(file));
        Set();
        Assert.Equal("image\n", _app.Well("cat /etc/motd"));
        Assert.Equal("", _app.Well("cat /home/user/a/b"));
    }

    [Fact]
    public void Shares_come_and_go_and_once_is_enough()
    {
        var before = Count;
        var (one, two) = (Share(Path.Combine(Host, "one"), "/mnt/one"), Share(Path.Combine(Host, "two"), "/mnt/two"));
        Directory.CreateDirectory(one.Source);
        Directory.CreateDirectory(two.Source);
        Set(one);
        Set(one, two);
        var kept = _applied[0];
        Set(one, two);
        Assert.Equal(before + 2, Count);
        Assert.Equal(kept, _applied[0]);
        Set(one with { Device = "renamed", Required = false });
        Assert.Equal(kept.Mount, Assert.Single(_applied).Mount);
        Set(one with { ReadOnly = true });
        Assert.Contains("ro", Options("/mnt/one"), StringComparison.Ordinal);
        Set();
        Assert.Equal(before, Count);
        // What the app took away itself is there again.
        Set(one);
        _app.Well("umount /mnt/one");
        Set(one);
        Assert.Equal(before + 1, Count);
    }

    [Fact]
    public void What_an_earlier_daemon_mounted_and_did_not_put_on_record_is_not_doubled()
    {
        var (before, share) = (Count, Share(Host, "/mnt/data") with { ReadOnly = true });
        Set(share);
        var first = _applied;
        _applied = [];
        Set(share);
        Assert.Equal(first, _applied);
        Assert.Equal(before + 1, Count);
        // What the app has mounted there itself is not taken for it.
        Set();
        _app.Well("mount -o bind /etc /mnt/data");
        Set(share);
        Assert.Equal(before + 2, Count);
        Set();
        Assert.Equal("motd\n", _app.Well("ls /mnt/data"));
    }

    [Fact]
    public void Shares_below_shares_are_mounted_in_order()
    {
        Directory.CreateDirectory(Path.Combine(Host, "a"));
        Directory.CreateDirectory(Path.Combine(Host, "b/x"));
        var (a, b) = (Share(Path.Combine(Host, "a"), "/mnt/a"), Share(Path.Combine(Host, "b"), "/mnt/a/b"));
        Set(b);
        Assert.Equal("x\n", _app.Well("ls /mnt/a/b"));
        // The one above comes later, and needs a place for the one below: made on the host, as the app's root would.
        Set(a, b);
        Assert.Equal("x\n", _app.Well("ls /mnt/a/b"));
        Assert.Equal(0u, FileStat.Of(Path.Combine(Host, "a/b")).Uid);
        Set(a with { ReadOnly = true }, b);
        Assert.Equal("x\n", _app.Well("ls /mnt/a/b"));
        Set(a with { ReadOnly = true });
        Assert.Equal("", _app.Well("ls /mnt/a/b"));
    }

    [Fact]
    public void What_is_mounted_below_the_source_comes_along_only_when_asked()
    {
        using var other = SmallApp.Start(privileged: true);
        // /proc of an app is a mount below its root; this one's root is not shared with anybody.
        Assert.Contains("cannot map ids", Refused(Share("/", "/mnt/host") with { Recursive = true }), StringComparison.Ordinal);
        Set(Share("/", "/mnt/host") with { Recursive = true, Shift = false, ReadOnly = true });
        Assert.NotEqual("", _app.Well("ls /mnt/host/proc"));
        // Nor can it look under what covers what.
        Assert.NotEqual(0, _app.Run("umount /mnt/host/proc").Code);
        Set(Share("/", "/mnt/host") with { ReadOnly = true });
        Assert.Equal("", _app.Well("ls /mnt/host/proc"));
    }

    [Fact]
    public void Nothing_of_a_call_that_fails_stays()
    {
        var before = Count;
        var message = Refused(Share(Host, "/mnt/data"), Share(Host, "/etc/motd") with { Device = "second" });
        Assert.StartsWith($"share {Host} with web as /etc/motd (device second): the source is a folder, and the app has a file there",
            message, StringComparison.Ordinal);
        Assert.Equal(before, Count);
    }

    [Fact]
    public void Paths_that_nothing_can_be_mounted_on_are_refused_with_a_sentence()
    {
        _app.Well("ln -s /nowhere /tmp/dangling; ln -s / /tmp/root; ln -s /proc/sys /tmp/sys; ln -s loop /tmp/loop; " +
            "ln -s /proc/self/root /tmp/magic");
        var file = Path.Combine(Host, "file");
        File.WriteAllText(file, "");
        foreach (var (source, path, reason) in (ReadOnlySpan<(string, string, string)>)[
            (file, "/etc", "the app has a folder there; choose another path, such as /etc/file"),
            (Host, "/etc/motd/x", "a file is on the way there"),
            (Host, "/tmp/dangling", "a link on the way there leads to nothing"),
            (Host, "/tmp/root", "leads to the app's root itself"),
            (Host, "/tmp/sys", "leads into /proc"),
            (Host, "/tmp/loop", "links on the way there do not end"),
            (Host, "/tmp/magic", "links on the way there do not end"),
            (Host, "/tmp/sys/x", "is not the app's")])
            Assert.True(Refused(Share(source, path)) is var said && said.Contains(reason, StringComparison.Ordinal), said);
    }

    [Fact]
    public void A_source_is_reached_without_links()
    {
        Directory.CreateDirectory(Path.Combine(Host, "real"));
        Directory.CreateSymbolicLink(Path.Combine(Host, "link"), Path.Combine(Host, "real"));
        var share = Share(Path.Combine(Host, "link"), "/mnt/data");
        Assert.Contains($"write where it leads: source={Path.Combine(Host, "real")}", Refused(share), StringComparison.Ordinal);
        Assert.Contains("symbolic link", PathShares.Missing([share], () => _app.Ids), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_source_is_refused_or_waited_for()
    {
        var share = Share(Path.Combine(Host, "later"), "/mnt/data");
        Assert.Contains("is not there; make it, plug it in, or set required=false", Refused(share), StringComparison.Ordinal);
        Assert.Equal($"it waits for {share.Source} (device data), which is not there", PathShares.Missing([share], () => _app.Ids));
        var optional = share with { Required = false };
        Assert.Null(PathShares.Missing([optional], () => _app.Ids));
        Set(optional);
        Assert.Equal([new AppliedShare(optional, null)], _applied);
        Directory.CreateDirectory(share.Source);
        Set(optional);
        Assert.NotNull(_applied[0].Mount);
        Directory.Delete(share.Source);
        Set(optional);
        Assert.Null(_applied[0].Mount);
        Assert.NotEqual(0, _app.Run("stat /mnt/data/x").Code);
    }

    [Fact]
    public void A_filesystem_whose_ids_cannot_be_mapped_is_refused_or_taken_as_it_is()
    {
        var message = Refused(Share("/sys", "/mnt/sys"));
        Assert.Contains("shift=false", message, StringComparison.Ordinal);
        Assert.Contains("security.privileged", message, StringComparison.Ordinal);
        Assert.Contains("it waits for /sys (device data): its filesystem cannot map ids",
            PathShares.Missing([Share("/sys", "/mnt/sys")], () => _app.Ids), StringComparison.Ordinal);
        Assert.Null(PathShares.Missing([Share("/sys", "/mnt/sys")], () => ShareIds.Privileged));
        // A share that may be missing is, and says why.
        Set(Share("/sys", "/mnt/sys") with { Required = false });
        Assert.Contains("shift=false", Assert.Single(_applied).Why, StringComparison.Ordinal);
        Assert.True(PathShares.AreSettled(_app.Pid, _app.Ids, _applied));
        Set(Share("/sys", "/mnt/sys") with { Shift = false });
        Assert.Equal("65534\n", _app.Well("stat -c %u /mnt/sys/kernel"));
        using var privileged = SmallApp.Start(privileged: true);
        PathShares.Set("root", privileged.Pid, privileged.Ids, [Share("/sys", "/sys")], []);
        Assert.Equal("0\n", privileged.Well("stat -c %u /sys/kernel"));
    }

    [Fact]
    public void Nothing_is_made_in_what_is_not_the_apps()
    {
        Directory.CreateDirectory(Path.Combine(Host, "private"));
        var open = Share(Host, "/mnt/data") with { Shift = false };
        Set(open);
        // What the app cannot make itself it cannot have made for it, by a link where a share is to be.
        _app.Well("ln -s /mnt/data/private /tmp/there");
        Assert.Contains("is not the app's", Refused(open, Share(Host, "/tmp/there/new") with { Device = "two" }), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Host, "private")));
    }

    [Fact]
    public void The_hosts_own_namespace_is_never_entered() => Assert.Contains("which is the host's",
        Assert.ThrowsAny<IOException>(() => PathShares.Set("web", Environment.ProcessId, _app.Ids, [Share(Host, "/mnt")], [])).Message,
        StringComparison.Ordinal);

    public void Dispose()
    {
        _app.Dispose();
        _scratch.Dispose();
    }
}
