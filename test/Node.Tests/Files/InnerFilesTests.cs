using System.Text;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Mounts;
using Holm.Node.Files;
using Holm.Node.Shares;
using Node.Tests.Shares;

namespace Node.Tests.Files;

/// <summary>The files of an app that does what it likes with them meanwhile.</summary>
public sealed class InnerFilesTests : IDisposable
{
    private static readonly NewEntry Plain = new(null, null, null);

    private readonly ScratchFolder _scratch = new();
    private readonly SmallApp _app = SmallApp.Start();
    private readonly Fd _root;
    private readonly InnerFiles _files;

    public InnerFilesTests()
    {
        _root = ProcessRoot.TryOpen(_app.Pid, () => true)!;
        _files = new InnerFiles("web", _root, new InnerIds(SmallApp.FirstId, SmallApp.IdCount));
    }

    private void Push(string path, string text, NewEntry? entry = null)
    {
        using var pushed = _files.Push(path, entry ?? Plain);
        pushed.Write(Encoding.UTF8.GetBytes(text));
        pushed.Commit();
    }

    private string Stat(string path) => _app.Well($"stat -c '%a %u %g' {path}").Trim();

    private static void Refused(int code, string why, Action act)
    {
        var refusal = Assert.Throws<Refusal>(act);
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(code, refusal.Code);
    }

    [Fact]
    public void Owner_and_mode_are_set_only_where_nothing_was()
    {
        Push("/tmp/a", "one", new NewEntry(1000, 1001, 0x1a0));
        Assert.Equal("640 1000 1001", Stat("/tmp/a"));
        Push("/tmp/a", "two\n", new NewEntry(5, 5, 0x1ff));
        Assert.Equal("640 1000 1001", Stat("/tmp/a"));
        Assert.Equal("two\n", _app.Well("cat /tmp/a"));
        Push("/tmp/b", "");
        Assert.Equal("644 0 0", Stat("/tmp/b"));
        _app.Well("mkdir -m 2775 /tmp/s && chown 0:77 /tmp/s && chmod 2775 /tmp/s");
        Push("/tmp/s/own", "", new NewEntry(null, 8, null));
        Push("/tmp/s/given", "");
        Assert.Equal("644 0 8", Stat("/tmp/s/own"));
        Assert.Equal("644 0 77", Stat("/tmp/s/given"));
        Assert.True(_files.MakeFolder("/tmp/d", new NewEntry(7, 8, null)));
        Assert.Equal("750 7 8", Stat("/tmp/d"));
        Assert.False(_files.MakeFolder("/tmp/d", new NewEntry(9, 9, 0x1ff)));
        Assert.Equal("750 7 8", Stat("/tmp/d"));
        using var seen = _files.Open("/tmp/a");
        Assert.Equal((1000u, 1001u), (seen.Uid, seen.Gid));
        Refused(400, "id 65536 does not exist in web", () => Push("/tmp/c", "", new NewEntry(65536, null, null)));
        Assert.Equal(["a", "b", "d", "s"], _files.Open("/tmp").Entries());
    }

    [Fact]
    public void What_is_not_whole_leaves_what_was_there()
    {
        Push("/tmp/a", "old\n");
        using (var pushed = _files.Push("/tmp/a", Plain))
        {
            pushed.Write("new"u8);
            Assert.Equal("old\n", _app.Well("cat /tmp/a"));
        }
        using (var pushed = _files.Push("/tmp/never", Plain))
            pushed.Write("new"u8);
        Assert.Equal("old\n", _app.Well("cat /tmp/a"));
        Assert.Equal("a\n", _app.Well("ls -A /tmp"));
    }

    [Fact]
    public void Links_are_followed_as_the_app_would()
    {
        _app.Well("ln -s /var/run/x /tmp/a; ln -s ../etc/new /tmp/b; ln -s /tmp/round /tmp/round; mkdir /etc/d; " +
            "ln -s d/../../../../e /etc/up");
        Push("/tmp/a", "1");
        Push("/tmp/b", "2");
        Push("/etc/up", "3\n");
        Assert.Equal("123\n", _app.Well("cat /run/x /etc/new /e"));
        Assert.False(File.Exists("/e"));
        Refused(400, "ELOOP", () => Push("/tmp/round", ""));
        using var link = _files.Open("/tmp/b");
        Assert.Equal("/etc/new", Encoding.UTF8.GetString(link.Target()));
        Assert.True(_files.MakeLink("/tmp/c", "../x"u8.ToArray()));
        Assert.False(_files.MakeLink("/tmp/c", "../x"u8.ToArray()));
        Refused(400, "exists", () => _files.MakeLink("/tmp/c", "../y"u8.ToArray()));
        Assert.Equal("'/tmp/c' -> '../x'\n", _app.Well("stat -c %N /tmp/c"));
        _files.Remove("/tmp/b");
        Assert.Equal("2\n", _app.Well("cat /etc/new; echo"));
    }

    [Fact]
    public void What_is_no_file_is_neither_read_nor_written()
    {
        _app.Well("mknod /tmp/fifo p");
        foreach (var path in (string[])["/tmp/fifo", "/dev/null"])
        {
            Refused(400, "use exec", () => _files.Open(path));
            Refused(400, "use exec", () => Push(path, ""));
            Refused(400, "use exec", () => _files.Append(path));
        }
        Refused(400, "made up by the kernel", () => _files.Open("/proc/version").Content());
        Refused(403, "the kernel's", () => Push("/proc/sys/kernel/core_pattern", "|/bin/evil"));
        Refused(403, "the kernel's", () => _files.Append("/proc/sys/kernel/core_pattern"));
        Refused(400, "it is a directory", () => Push("/tmp", ""));
        Refused(400, "it is a directory", () => Push("/", ""));
        Refused(400, "is a directory by its path", () => _files.Remove("/tmp/.."));
        Refused(404, "file does not exist", () => _files.Open("/no/such"));
        Refused(404, "file does not exist", () => Push("/no/such", ""));
        Refused(404, "file does not exist", () => _files.Append("/tmp/nothing"));
        Refused(404, "file does not exist", () => _files.Remove("/tmp/nothing"));
        Refused(404, "file does not exist", () => _files.Open("/etc/motd/x"));
    }

    [Fact]
    public void Nothing_of_the_hosts_is_changed_through_a_share()
    {
        var ids = _app.Ids;
        File.WriteAllText(Path.Combine(_scratch.Root, "host"), "host");
        PathShares.Set("web", _app.Pid, ids, [new("data", _scratch.Root, "/mnt/host", false, true, false, false)], []);
        _app.Well("ln -s /mnt/host/host /etc/lead; ln -s /mnt/host/new /etc/lead2");
        Refused(403, "none of its users", () => Push("/etc/lead", "evil"));
        Refused(403, "none of its users", () => Push("/etc/lead2", "evil"));
        Refused(403, "none of its users", () => _files.Append("/etc/lead"));
        Refused(403, "none of its users", () => _files.Remove("/mnt/host/host"));
        Refused(403, "none of its users", () => _files.MakeFolder("/mnt/host/x", Plain));
        Assert.Equal("host", File.ReadAllText(Path.Combine(_scratch.Root, "host")));
        Assert.Single(Directory.GetFileSystemEntries(_scratch.Root));
        using var seen = _files.Open("/mnt/host/host");
        Assert.Equal((65534u, 65534u), (seen.Uid, seen.Gid));
    }

    [Fact]
    public void A_file_that_is_a_mount_is_written_where_it_is()
    {
        _app.Well("echo old > /etc/real; touch /etc/mounted; mount --bind /etc/real /etc/mounted");
        Push("/etc/mounted", "longer than it was\n");
        Assert.Equal("longer than it was\n", _app.Well("cat /etc/real"));
        Refused(400, "something is mounted there", () => _files.Remove("/etc/mounted"));
        _app.Well("umount /etc/mounted; test -e /etc/mounted; ! test -s /etc/mounted");
        Assert.Equal("motd\nmounted\nreal\n", _app.Well("ls -A /etc"));
    }

    [Fact]
    public async Task A_path_that_is_swapped_with_a_link_all_the_time_leads_nowhere_else()
    {
        var (program, names) = (Path.Combine(_scratch.Root, "swap"), "holm-" + Path.GetFileName(_scratch.Root));
        await Swapper.Build(program);
        using (var pushed = _files.Push("/bin/swap", new NewEntry(null, null, 0x1ed)))
        {
            pushed.Write(await File.ReadAllBytesAsync(program, TestContext.Current.CancellationToken));
            pushed.Commit();
        }
        // A folder with a way up and out, a folder with the /etc of whoever resolves it, a file with a link to the host's own.
        _app.Well($"mkdir -p /tmp/a/{names}; ln -s ../../../../../.. /tmp/b; ln -s /etc /tmp/c; " +
            $"ln -s ../../../../../../../{names}x /tmp/l;" +
            $" touch /tmp/f; cd /tmp; swap a b 2>/dev/null & swap a/{names} c 2>/dev/null & swap f l 2>/dev/null & cd /");
        var (done, refused) = (0, new HashSet<int>());
        for (var i = 0; i < 200; i++)
            foreach (var act in (Action[])[
                () => Push($"/tmp/a/{names}/f{i % 3}", "x"), () => Push("/tmp/f", "y"),
                () => _files.MakeFolder($"/tmp/a/{names}/d{i % 3}/", Plain),
                () => _files.MakeLink($"/tmp/a/{names}/l{i}", "x"u8.ToArray()), () => _files.Remove($"/tmp/a/{names}/l{i}")])
                try
                {
                    act();
                    done++;
                }
                catch (Refusal refusal)
                {
                    refused.Add(refusal.Code);
                }
        Assert.True(done > 50 && refused.Contains(404), $"{done} were done; refused: {string.Join(", ", refused)}");
        Assert.False(Path.Exists("/" + names) || Path.Exists($"/{names}x") || Path.Exists("/f0") || Path.Exists("/etc/f0"));
        Assert.Empty(Directory.GetFiles("/etc", ".holm-*"));
    }

    public void Dispose()
    {
        _root.Dispose();
        _app.Dispose();
        _scratch.Dispose();
    }
}
