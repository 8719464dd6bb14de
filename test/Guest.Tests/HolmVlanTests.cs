namespace Guest.Tests;

/// <summary>
/// VLANs on Debian's own kernel, whose bridges tell them apart: what a bridge says of its ports, and which frames pass.
/// </summary>
public sealed class HolmVlanTests(HolmPortTests.Booted booted) : IClassFixture<HolmPortTests.Booted>
{
    private readonly HolmGuest _holm = booted.Holm;

    [Fact]
    public async Task A_bridge_lets_through_what_is_configured_and_nothing_else()
    {
        await _holm.Must("ip link add br0 type bridge vlan_filtering 1; ip link set br0 up");
        await Create("a", "nictype=bridged parent=br0 host_name=pa vlan=7");
        await Create("b", "nictype=bridged parent=br0 host_name=pb vlan=8 vlan.tagged=100-101");
        await Create("trunk", "nictype=bridged parent=br0 host_name=pt vlan=none vlan.tagged=7,8");
        await _holm.Must("timeout 100 holm app start a b trunk");
        Assert.Equal("7 PVID Egress Untagged", await Vlans("pa"));
        Assert.Equal("8 PVID Egress Untagged, 100, 101", await Vlans("pb"));
        Assert.Equal("7, 8", await Vlans("pt"));
        await _holm.Must(
            """
            holm exec a -- ip addr add 192.0.2.7/24 dev lan
            holm exec b -- ip addr add 192.0.2.8/24 dev lan
            holm exec trunk -- sh -c 'for v in 7 8; do ip link add link lan name v$v type vlan id $v; ip link set v$v up; done
              ip addr add 192.0.2.1/24 dev v7'
            holm exec a -- ping -c 1 -W 10 192.0.2.1
            ! holm exec a -- ping -c 1 -W 2 192.0.2.8
            ! holm exec b -- ping -c 1 -W 2 192.0.2.1
            holm exec trunk -- sh -c 'ip addr flush dev v7; ip addr add 192.0.2.1/24 dev v8'
            holm exec b -- ping -c 1 -W 10 192.0.2.1
            ! holm exec a -- ping -c 1 -W 2 192.0.2.1
            """);
        // While it runs.
        await _holm.Must("holm config device set a p vlan=9");
        await _holm.Until(ShowVlans("pa"), "9 PVID Egress Untagged");
        await _holm.Must("for app in a b trunk; do holm app delete --force $app; done; ip link delete br0");
    }

    [Fact]
    public async Task VLANs_of_one_port_are_shared_by_apps_and_the_whole_port_waits_for_them()
    {
        await _holm.Must("ip link set eth0 down; ip link set eth1 up");
        var before = await _holm.Must("cat /sys/class/net/eth0/{ifindex,mtu,address} | xargs");
        await Create("one", "nictype=physical parent=eth0 vlan=11");
        await Create("two", "nictype=physical parent=eth0 vlan=12");
        await Create("whole", "nictype=physical parent=eth0");
        await _holm.Must("timeout 100 holm app start one two");
        await _holm.Must(
            """
            holm exec one -- ip addr add 192.0.2.2/24 dev lan
            holm exec two -- ip addr add 192.0.2.3/24 dev lan
            for v in 11 12; do ip link add link eth1 name eth1.$v type vlan id $v; ip link set eth1.$v up; done
            ip addr add 192.0.2.1/24 dev eth1.11
            busybox ping -c 1 -W 10 192.0.2.2
            ! busybox ping -c 1 -W 2 192.0.2.3
            ip addr del 192.0.2.1/24 dev eth1.11; ip addr add 192.0.2.1/24 dev eth1.12
            busybox ping -c 1 -W 10 192.0.2.3
            ip link delete eth1.11; ip link delete eth1.12
            """);
        Assert.Contains("waits for port eth0", (await _holm.Run("timeout 60 holm app start whole")).Output, StringComparison.Ordinal);
        await _holm.Must("holm app stop --force one");
        Assert.Contains("eth0", await _holm.Must("ls /sys/class/net"), StringComparison.Ordinal);
        // Taken away while it runs, whatever is written on it.
        await _holm.Must("nsenter -t $(lxc-info -P /run/holm/instances -n two -p -H) -n ip link set lan alias mine; " +
            "holm config device remove two p");
        await _holm.Until("holm exec two -- ls /sys/class/net | xargs", "lo");
        // It begins by itself.
        await _holm.Until("holm exec whole -- cat /sys/class/net/lan/address", "02:00:00:00:00:00");
        await _holm.Must("for app in one two whole; do holm app delete --force $app; done");
        await _holm.Until("cat /sys/class/net/eth0/{ifindex,mtu,address} | xargs", before.Trim());
        await _holm.Must("[ -z \"$(ls /sys/class/net | grep '[.]')\" ]; ip link set eth0 down; ip link set eth1 down");
    }

    [Fact]
    public async Task A_managed_network_tells_VLANs_apart()
    {
        await _holm.Must("holm network create lan0 ipv4.address=10.6.0.1/24 ipv4.dhcp=true");
        await Create("m", "network=lan0 host_name=pm vlan=5");
        await Create("n", "network=lan0 host_name=pn vlan=none vlan.tagged=5");
        await Create("o", "network=lan0 host_name=po");
        await _holm.Must("timeout 100 holm app start m n o");
        Assert.Equal("5 PVID Egress Untagged", await Vlans("pm"));
        Assert.Equal("5", await Vlans("pn"));
        Assert.Equal("1 PVID Egress Untagged", await Vlans("po"));
        await _holm.Must(
            """
            holm exec m -- ip addr add 10.6.0.5/24 dev lan
            holm exec n -- sh -c 'ip link add link lan name v5 type vlan id 5; ip link set v5 up; ip addr add 10.6.0.6/24 dev v5'
            holm exec o -- ip addr add 10.6.0.7/24 dev lan
            holm exec m -- ping -c 1 -W 10 10.6.0.6
            ! holm exec m -- ping -c 1 -W 2 10.6.0.1
            holm exec o -- ping -c 1 -W 10 10.6.0.1
            for app in m n o; do holm app delete --force $app; done
            holm network delete lan0
            """);
        await _holm.Until("ls /sys/class/net | xargs", "eth0 eth1 lo");
    }

    /// <summary>
    /// A bridge lets each new port into VLAN 1, untagged: its own VLANs have to be there before it is up, each time it becomes a port.
    /// </summary>
    [Fact]
    public async Task No_frame_of_another_VLAN_passes_as_a_port_comes_and_comes_back()
    {
        await _holm.Must(
            """
            ip link add br0 type bridge vlan_filtering 1; ip link set br0 up
            ip link add noise0 type veth peer name noise1; ip link set noise0 master br0 up; ip link set noise1 up
            ip addr add 192.0.2.1/24 dev noise1; ip neigh add 192.0.2.9 lladdr ff:ff:ff:ff:ff:ff dev noise1
            busybox ping -q -i 0.01 192.0.2.9 >/dev/null 2>&1 & echo $! > /run/noise
            """);
        await Create("a", "nictype=bridged parent=br0 host_name=pa vlan=7");
        await Create("open", "nictype=bridged parent=br0 host_name=po");
        await _holm.Must("timeout 100 holm app start open");
        await _holm.Must("until [ $(holm exec open -- cat /sys/class/net/lan/statistics/rx_packets) -gt 100 ]; do :; done");
        for (var i = 0; i < 2; i++)
        {
            await _holm.Must("timeout 100 holm app start a");
            Assert.Equal("0", (await _holm.Must(Received)).Trim());
            await _holm.Must("timeout 100 holm app stop --force a");
        }
        await _holm.Must("timeout 100 holm app start a");
        for (var i = 0; i < 3; i++)
        {
            await _holm.Must("ip link delete br0; ip link add br0 type bridge vlan_filtering 1; " +
                "ip link set noise0 master br0; ip link set br0 up");
            await _holm.Until(ShowVlans("pa"), "7 PVID Egress Untagged");
            await _holm.Until("ip -j link show dev pa | jq -r '.[0].flags | contains([\"UP\"])'", "true");
        }
        Assert.Equal("0", (await _holm.Must(Received)).Trim());
        await _holm.Must("kill $(cat /run/noise); for app in a open; do holm app delete --force $app; done; ip link delete br0; " +
            "ip link delete noise0");
    }

    private const string Received = "holm exec a -- cat /sys/class/net/lan/statistics/rx_packets";

    /// <summary>An app with nic p, called lan inside: nothing there asks for addresses on that.</summary>
    private Task<string> Create(string app, string nic) => _holm.Must(
        $"holm app delete --force {app} 2>/dev/null || true; holm app create {app} sample --config boot.autorestart=false; " +
        $"holm config device add {app} p nic name=lan {nic}");

    private async Task<string> Vlans(string port) => (await _holm.Must(ShowVlans(port))).Trim();

    /// <summary>As the kernel lists them: <c>7 PVID Egress Untagged, 100, 101</c>.</summary>
    private static string ShowVlans(string port) => $$"""
        bridge -j vlan show dev {{port}} | jq -r '[.[0].vlans[] |
          (.vlan | tostring) + ((.flags // []) | map(" " + .) | add // "")] | join(", ")'
        """;
}
