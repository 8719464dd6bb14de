namespace Guest.Tests;

/// <summary>
/// Real ports on Debian's own kernel: hardware that the kernel hands back under whatever name, MTU and address the app gave it (E11). After
/// each story eth0 is on the host, under its name, as it was.
/// </summary>
public sealed class HolmPortTests(HolmPortTests.Booted booted) : IClassFixture<HolmPortTests.Booted>
{
    private const string Shown = "cat /sys/class/net/eth0/{ifindex,mtu,address,flags,ifalias,netdev_group} 2>/dev/null | xargs";

    // What the app does to its port, then what is done to the app.
    private const string Spoilt =
        "ip link set wan down; ip link set wan name eth9; ip link set eth9 mtu 900 address 02:00:00:00:00:99; ip link set eth9 up";

    // All that lasts on an interface and that the busybox inside does not know: marks of this node, names of the host's ports, flags.
    private const string Marked =
        "nsenter -t $init -n sh -c \"ip link set wan alias holm-$id/fw/eth0 group 18543 promisc on arp off && " +
        "ip link property add dev wan altname eth0 altname port-2\"; ";

    private readonly HolmGuest _holm = booted.Holm;

    [Theory]
    [InlineData("stop", "true", "timeout 60 holm app stop fw")]
    [InlineData("spoilt", Spoilt, "timeout 60 holm app stop --force fw")]
    [InlineData("init", Spoilt, "kill -9 $init")]
    [InlineData("monitor", Spoilt, "kill -9 $monitor")]
    [InlineData("both", Spoilt, "kill -9 $monitor $init")]
    [InlineData("off", Spoilt, "timeout 30 holm exec fw -- poweroff || true")]
    [InlineData("removed", Spoilt, "holm config device remove fw eth0; timeout 60 holm app stop --force fw")]
    [InlineData("nested", "(unshare -n sleep 600 & sleep 1; ip link set wan netns $!)", "timeout 60 holm app stop --force fw")]
    [InlineData("marked", "true", Marked + "timeout 60 holm app stop --force fw")]
    [InlineData("marked and killed", Spoilt + "; ip link set eth9 down; ip link set eth9 name wan", Marked + "kill -9 $monitor $init")]
    [InlineData("deleted", Spoilt, "timeout 60 holm app delete --force fw")]
    public async Task A_port_comes_home(string story, string inside, string end)
    {
        var before = await Before();
        await Launch();
        Assert.Equal("02:00:00:00:00:00\n", await _holm.Must("holm exec fw -- cat /sys/class/net/wan/address"));
        await _holm.Must($"[ ! -e /sys/class/net/eth0 ] && holm exec fw -- sh -c '{inside}'");
        await _holm.Must($"{Processes}\n{end}");
        await _holm.Until(Shown, before.Trim());
        await _holm.Must("holm app delete --force fw 2>/dev/null || true");
        await _holm.Must($"[ -z \"$(ls /run/holm/ports /run/holm/netns 2>/dev/null | grep -v :)\" ] # {story}");
    }

    [Theory]
    [InlineData("kill -9 $init")]
    [InlineData("kill -9 $monitor")]
    public async Task A_port_comes_home_though_the_daemon_was_down(string end)
    {
        var before = await Before();
        await Launch();
        await _holm.Must($"holm exec fw -- sh -c '{Spoilt}'");
        await _holm.Must(Processes + "\necho $init $monitor > /run/story");
        await _holm.KillDaemon();
        await _holm.Must($"read init monitor < /run/story\n{end}\nsleep 2");
        await _holm.StartDaemon();
        await _holm.Until(Shown, before.Trim());
        await _holm.Must("holm app delete --force fw");
    }

    [Fact]
    public async Task A_name_taken_by_another_is_told_and_given_back()
    {
        var before = await Before();
        await Launch();
        await _holm.Must($"holm exec fw -- sh -c '{Spoilt}'; ip link add eth0 type veth peer name cable; {Processes}\nkill -9 $monitor");
        await _holm.Until("holm list | grep -o 'another interface of the host is called eth0'",
            "another interface of the host is called eth0");
        await _holm.Must("ip link delete eth0");
        await _holm.Until(Shown, before.Trim());
        await _holm.Must("holm app delete --force fw");
    }

    [Fact]
    public async Task Frames_pass_through_a_port_and_through_a_tagged_bridge_port()
    {
        await Before();
        await Launch();
        await _holm.Must(
            """
            ip addr add 192.0.2.1/24 dev eth1; ip link set eth1 up
            holm exec fw -- ip addr add 192.0.2.2/24 dev wan
            busybox ping -c 1 -W 10 192.0.2.2
            ip addr del 192.0.2.1/24 dev eth1; ip link set eth1 down
            ip link add br0 type bridge vlan_filtering 1; ip link set br0 up; ip link set eth1 master br0 up
            bridge vlan add dev eth1 vid 7
            holm app create sw sample --config boot.autorestart=false
            holm config device add sw eth0 nic nictype=bridged parent=br0 host_name=sw0 vlan=7 name=lan
            timeout 60 holm app start sw
            holm exec sw -- ip addr add 192.0.2.3/24 dev lan
            holm exec fw -- sh -c 'ip addr flush dev wan; ip link add v7 link wan type vlan id 7'
            holm exec fw -- sh -c 'ip addr add 192.0.2.2/24 dev v7; ip link set v7 up'
            holm exec sw -- ping -c 1 -W 10 192.0.2.2
            holm app delete --force sw; holm app delete --force fw; ip link delete br0; ip link set eth1 down
            """);
        await _holm.Until("cat /sys/class/net/eth0/address", "02:00:00:00:00:00");
    }

    private const string Processes =
        "init=$(lxc-info -P /run/holm/instances -n fw -p -H); monitor=$(awk '$1 == \"PPid:\" { print $2 }' /proc/$init/status)";

    /// <summary>What eth0 is like, also after a test that failed.</summary>
    private async Task<string> Before()
    {
        await _holm.Run("holm app delete --force fw; ip link delete br0");
        await _holm.Until("ls /sys/class/net | xargs", "eth0 eth1 lo");
        return await _holm.Must(Shown);
    }

    private async Task Launch()
    {
        await _holm.Must("holm app create fw sample --config boot.autorestart=false && " +
            "holm config device add fw eth0 nic nictype=physical parent=eth0 name=wan && timeout 60 holm app start fw");
    }

    /// <summary>One guest with one node for all tests of this class; eth0 and eth1 share a wire.</summary>
    public sealed class Booted : IAsyncLifetime
    {
        private StateDisk? _state;

        public HolmGuest Holm { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _state = await StateDisk.Create(256);
            Holm = await HolmGuest.Boot(_state, ports: 2);
            await Holm.Must("holm image import /payload/sample.squashfs --alias sample");
        }

        public async ValueTask DisposeAsync()
        {
            if (Holm is not null)
                await Holm.DisposeAsync();
            _state?.Dispose();
        }
    }
}
