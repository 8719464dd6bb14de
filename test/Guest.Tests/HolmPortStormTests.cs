namespace Guest.Tests;

/// <summary>Apps that do all they can to their ports, and kills at random moments: at the end the ports are home as they were.</summary>
public sealed class HolmPortStormTests(HolmPortTests.Booted booted) : IClassFixture<HolmPortTests.Booted>
{
    /// <summary>Kills in the storm; <c>./do test --soak</c> raises it to 1,000.</summary>
    private static int Kills => Environment.GetEnvironmentVariable("HOLM_SOAK") is "1" ? 1000 : 30;

    /// <summary>Kills in one go: an answer of the guest takes its time.</summary>
    private const int Gust = 50;

    private const string Shown =
        "for p in eth0 eth1; do cat /sys/class/net/$p/{ifindex,mtu,address,flags,ifalias,netdev_group} 2>/dev/null; done | xargs";

    private readonly HolmGuest _holm = booted.Holm;

    [Fact]
    public async Task A_storm_of_kills_loses_no_port_and_leaves_nothing()
    {
        await _holm.Must("ip link set eth1 mtu 1400 alias 'to the ISP' group 7 up");
        var before = (await _holm.Must(Shown)).Trim();
        await _holm.Must(SetUp);
        // They do what they are here for: a port inside is called otherwise, and in the end is nowhere in the app's own namespace.
        await _holm.Until("holm exec blue -- ls /sys/class/net | xargs", "lo");
        var killed = 0;
        for (var kill = 0; kill < Kills; kill += Gust)
        {
            var said = await _holm.Must($". /run/words; storm {kill} {Math.Min(kill + Gust, Kills)}", TimeSpan.FromMinutes(10));
            killed += said.Split("killed\n").Length - 1;
        }
        // Some find an app between two starts.
        Assert.True(killed > Kills / 2, $"{killed} processes were killed in {Kills} kills");
        TestContext.Current.TestOutputHelper?.WriteLine($"{killed} processes were killed in {Kills} kills");
        await _holm.Must(". /run/words; daemon; timeout 100 holm app delete --force red; timeout 100 holm app delete --force blue");
        await _holm.Until(Shown, before);
        await _holm.Until(Residue, "");
        await _holm.Must("ip link set eth1 mtu 1500 alias '' group 0 down");
    }

    /// <summary>
    /// Apps red and blue with a port each, by turns; red has a served interface besides. Their process 1 is a loop that renames its port as
    /// the host's are called, changes its addresses and sizes, and at last takes it into a namespace inside its own. The storm itself is in
    /// the guest: each question to it from here costs a moment. Quick failures of the apps add up: whoever was given up is started again by
    /// hand, as a person would.
    /// </summary>
    private const string SetUp =
        """
        cat > /run/words <<'END'
        monitor() { pgrep -f "^[^ ]*holm-monitor start /run/holm/instances $1 " || true; }
        init() { for m in $(monitor $1); do pgrep -P $m || true; done; }
        kill9() { for p in "$@"; do kill -9 $p && echo killed || true; done; }
        daemon() {
          answered=$(grep -c ' answers on ' /run/holmd.log)
          ! pidof holmd > /dev/null || return 0
          (setsid holmd < /dev/null >> /run/holmd.log 2>&1 &)
          for i in $(seq 300); do
            [ $(grep -c ' answers on ' /run/holmd.log) = $answered ] || return 0
            sleep 0.1
          done
          return 1
        }
        turn() {
          timeout 60 holm app stop --force red blue || true
          holm config device set red p parent=eth$1; holm config device set blue p parent=eth$((1 - $1))
        }
        storm() {
          RANDOM=$((20260102 + $1))
          for kill in $(seq $1 $(($2 - 1))); do
            [ $((RANDOM % 2)) = 0 ] && app=red || app=blue
            case $((RANDOM % 8)) in
            0 | 1) kill9 $(pidof holmd) ;;
            2 | 3) kill9 $(init $app) ;;
            4 | 5) kill9 $(monitor $app) ;;
            6) kill9 $(pidof holmd) $(monitor $app) ;;
            7) kill9 $(pidof holmd) $(monitor red) $(monitor blue) $(init red) $(init blue) ;;
            esac
            sleep $((RANDOM % 2)).$((1 + RANDOM % 9))
            daemon
            [ $((kill % 15)) != 14 ] || turn $(((kill / 15 + 1) % 2))
            [ $((kill % 3)) != 2 ] || (timeout 60 holm app start red blue > /dev/null 2>&1 &)
          done
        }
        END
        cat > /run/hostile <<'END'
        unshare -n sleep 100000 & i=0; cd /sys/class/net;
        while [ $i -lt 4 ]; do i=$((i + 1)); for f in wan eth0 eth1 lan; do [ -e $f ] || continue;
        case $f in wan | lan) t=eth0 ;; eth0) t=eth1 ;; *) t=lan ;; esac; ip link set $f down;
        ip link set $f name $t address 02:00:00:00:00:9$i mtu 1$((i % 3))00; ip link set $t up;
        done; sleep 1; done 2>/dev/null;
        for t in eth0 eth1 lan; do [ ! -e $t ] || ip link set $t netns $!; done; wait
        END
        for app in red blue; do
          holm app create $app sample --config "init.cmd=/bin/sh -c \"$(tr '\n' ' ' < /run/hostile)\""
        done
        holm config device add red p nic nictype=physical parent=eth0 name=wan
        holm config device add blue p nic nictype=physical parent=eth1 name=wan
        holm config device add red q nic nictype=p2p host_name=redq name=q ipv4.host_address=10.9.0.1/24 ipv4.dhcp=true ipv4.nat=true
        timeout 100 holm app start red blue
        """;

    private const string Residue =
        """
        ip -o link | grep -F "alias holm-"; ls /run/holm/netns /run/holm/ports 2>/dev/null | grep -v :
        nft list tables | grep holm_; pgrep -a dnsmasq; pgrep -a holm-monitor
        find /sys/fs/cgroup -maxdepth 4 -type d -path '*/holm-*/_apps/*'
        losetup -l -n | grep -v /holm/layers/; true
        """;
}
