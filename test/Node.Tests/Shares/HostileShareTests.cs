using Holm.Config;
using Holm.Contract;
using Holm.Linux.Mounts;
using Holm.Node.Shares;

namespace Node.Tests.Shares;

/// <summary>Apps that move, cover and swap what shares are mounted on.</summary>
public sealed class HostileShareTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();
    private readonly SmallApp _app = SmallApp.Start();
    private IReadOnlyList<AppliedShare> _applied = [];

    private string Host => Directory.CreateDirectory(Path.Combine(_scratch.Root, "host")).FullName;

    private ShareSpec Share(string path) => new("data", Host, path, false, true, false, true);

    private void Set(params ShareSpec[] wanted) => _applied = PathShares.Set("web", _app.Pid, _app.Ids, wanted, _applied);

    private int Count => MountLine.ReadAll(_app.Pid).Count;

    [Fact]
    public async Task A_path_that_is_swapped_with_a_link_all_the_time_leads_nowhere_else()
    {
        var program = Path.Combine(Host, "swap");
        await Swapper.Build(program);
        Set(Share("/bin/given"));
        var (before, hosts) = (Count, OnHost());
        var names = "holm-" + Path.GetFileName(_scratch.Root);
        _app.Well($"mkdir -p /tmp/a/{names}; ln -s ../../../../../.. /tmp/b; ln -s /etc /tmp/c; " +
            "cd /tmp; " +
            $"/bin/given/swap a b 2>/dev/null & /bin/given/swap a/{names} c 2>/dev/null & cd /");
        var (mounted, links, refused) = (0, 0, new HashSet<string>());
        for (var i = 0; i < 500; i++)
            try
            {
                links += File.GetAttributes($"/proc/{_app.Pid}/root/tmp/a").HasFlag(FileAttributes.ReparsePoint) ? 1 : 0;
                Set(Share("/bin/given"), Share($"/tmp/a/{names}/{i % 7}/deep") with { Device = "two" });
                mounted++;
                Assert.Equal(before + 1, Count);
                Set(Share("/bin/given"));
                Assert.Equal(before, Count);
            }
            catch (Refusal refusal)
            {
                refused.Add(refusal.Message);
            }
        Set(Share("/bin/given"));
        Assert.Equal(before, Count);
        Assert.Equal(hosts, OnHost());
        Assert.False(Directory.Exists("/" + names));
        Assert.True(mounted > 50 && links > 50, $"{mounted} of 500 were mounted, {links} begun at a link; {string.Join("; ", refused)}");
    }

    [Theory]
    [InlineData("mv /mnt/a /mnt/c")]
    [InlineData("mv /mnt/a \"$(printf '/mnt/\\377 \\012x')\"")]
    [InlineData("mkdir /mnt/c && mount --move /mnt/a/b /mnt/c")]
    [InlineData("cd /mnt/a && mkdir d && mv b d/ 2>/dev/null; mount --move b d")]
    public void What_the_app_has_moved_is_known_and_taken_away_all_the_same(string move)
    {
        var before = Count;
        Set(Share("/mnt/a/b"));
        _app.Well(move);
        var applied = _applied;
        Set(Share("/mnt/a/b"));
        Assert.Equal(applied, _applied);
        Assert.Equal(before + 1, Count);
        Set();
        Assert.Equal(before, Count);
    }

    [Fact]
    public void What_the_app_has_mounted_on_top_is_not_touched()
    {
        Set(Share("/mnt/a"));
        _app.Well("mount -t tmpfs none /mnt/a && echo own > /mnt/a/file");
        Assert.Contains("the app has mounted something over it", Assert.Throws<Refusal>(() => Set()).Message, StringComparison.Ordinal);
        Assert.Equal("own\n", _app.Well("cat /mnt/a/file"));
        _app.Well("umount /mnt/a");
        Set();
        Assert.Empty(_applied);
        Assert.Equal("", _app.Well("ls /mnt/a"));
    }

    [Fact]
    public void What_the_app_has_mounted_below_goes_with_it()
    {
        var before = Count;
        Set(Share("/mnt/a"));
        _app.Well("mkdir /mnt/a/x && mount -t tmpfs none /mnt/a/x");
        Set();
        Assert.Equal(before, Count);
    }

    [Fact]
    public void A_link_in_a_writable_share_does_not_open_the_host()
    {
        // The app turns a folder of its share into a link, where another share begins.
        Directory.CreateDirectory(Path.Combine(Host, "sub"));
        var sub = Share("/mnt/sub") with { Device = "sub", Source = Path.Combine(Host, "sub") };
        Set(Share("/mnt/all"), sub);
        Set(Share("/mnt/all"));
        _app.Well("rmdir /mnt/all/sub && ln -s /etc /mnt/all/sub");
        Assert.Contains("a symbolic link lies on the way", Assert.Throws<Refusal>(() => Set(Share("/mnt/all"), sub)).Message,
            StringComparison.Ordinal);
    }

    private string OnHost() => string.Join('\n', File.ReadLines("/proc/self/mountinfo").Where(l =>
        l.Contains(_scratch.Root, StringComparison.Ordinal)));

    public void Dispose()
    {
        _app.Dispose();
        _scratch.Dispose();
    }
}
