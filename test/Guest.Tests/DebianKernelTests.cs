namespace Guest.Tests;

/// <summary>What Debian 12's own kernel is and cannot do: the ground on which the shifted copy of a layer stands.</summary>
public sealed class DebianKernelTests(DebianKernelTests.Booted booted) : IClassFixture<DebianKernelTests.Booted>
{
    private readonly Guest _guest = booted.Guest;

    [Fact]
    public async Task Kernel_is_Debian_6_1() => Assert.StartsWith("6.1.", await _guest.Must("uname -r"), StringComparison.Ordinal);

    [Fact]
    public async Task Cgroups_are_pure_v2_with_every_controller_in_reach()
    {
        var mounts = await _guest.Must("grep cgroup /proc/mounts");
        Assert.Equal("cgroup2 /sys/fs/cgroup cgroup2", string.Join(' ', mounts.Split(' ')[..3]));
        Assert.Single(mounts.TrimEnd().Split('\n'));
        var controllers = await _guest.Must("cat /sys/fs/cgroup/cgroup.subtree_control");
        foreach (var controller in (string[])["cpu", "cpuset", "io", "memory", "pids"])
            Assert.Contains(controller, controllers.TrimEnd().Split(' '));
    }

    [Fact]
    public async Task Exit_codes_output_and_deadlines_are_exact()
    {
        Assert.Equal(new GuestResult(37, "out\nerr\n"), await _guest.Run("echo out; echo err >&2; exit 37"));
        Assert.Equal(new GuestResult(0, "no newline"), await _guest.Run("printf 'no newline'"));
        Assert.Equal(new GuestResult(137, "begun\n"), await _guest.Run("echo begun; sleep 100", TimeSpan.FromSeconds(2)));
        Assert.Equal(300_000, (await _guest.Must("head -c 300000 /dev/zero | tr '\\0' x")).Length);
    }

    [Theory]
    [InlineData("/payload", "EINVAL")]
    [InlineData("/run", "EINVAL")]
    [InlineData("/state", "0")]
    public async Task Idmapped_mounts_work_on_ext4_only(string path, string expected) =>
        Assert.Equal(expected, (await _guest.Must($"idmap {path}")).Trim());

    [Fact]
    public async Task Libraries_of_the_programs_under_test_are_there()
    {
        await _guest.Must("lxc-info --version && tar2sqfs --version && nft --version && dnsmasq --version && jq --version");
        await _guest.Must("ip link add br0 type bridge vlan_filtering 1; cat /sys/class/net/br0/bridge/vlan_filtering; ip link del br0");
    }

    [Fact]
    public async Task Two_ports_share_a_wire() => await _guest.Must(
        """
        ip netns add far
        ip link set eth1 netns far
        ip addr add 192.0.2.1/24 dev eth0 && ip link set eth0 up
        ip -n far addr add 192.0.2.2/24 dev eth1 && ip -n far link set eth1 up
        busybox ping -c 1 -W 10 192.0.2.2
        """);

    /// <summary>One guest for all tests of this class.</summary>
    public sealed class Booted : IAsyncLifetime
    {
        private StateDisk? _state;

        public Guest Guest { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            var folder = Directory.CreateTempSubdirectory("holm-idmap-").FullName;
            var program = Path.Combine(folder, "idmap");
            var source = Path.Combine(Repository.Root, "test/Guest.Tests/idmap.c");
            await Repository.Run(TimeSpan.FromSeconds(60), "gcc", "-static", "-Wall", "-Werror", "-o", program, source);
            _state = await StateDisk.Create(64);
            Guest = await Guest.Boot(new GuestOptions
            {
                Payload = new Dictionary<string, string> { ["bin/idmap"] = program },
                State = _state,
                Ports = 2,
            });
            Directory.Delete(folder, recursive: true);
        }

        public async ValueTask DisposeAsync()
        {
            if (Guest is not null)
                await Guest.DisposeAsync();
            _state?.Dispose();
        }
    }
}
