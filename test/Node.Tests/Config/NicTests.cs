using Holm.Config;
using Holm.Contract;

namespace Node.Tests.Config;

/// <summary>Nics and networks as they are written: what is taken, and what is refused with which words.</summary>
public sealed class NicTests
{
    [Theory]
    [InlineData("nictype=p2p host_name=foo ipv4.host_address=10.0.0.1/24 ipv4.dhcp=true ipv4.dhcp.ranges=10.0.0.2-10.0.0.9 ipv4.nat=true")]
    [InlineData("nictype=p2p ipv4.host_address=dhcp mtu=1400 hwaddr=02:00:00:00:00:01")]
    [InlineData("nictype=p2p ipv4.host_address=10.0.0.1/24 ipv4.address=10.0.0.2/24 ipv4.nat=true")]
    [InlineData("nictype=p2p ipv4.host_address=10.0.0.1/31 ipv4.address=10.0.0.0/31")]
    [InlineData("nictype=p2p ipv4.host_address=dhcp ipv4.address=10.0.0.2/24")]
    [InlineData("nictype=p2p ipv4.host_address=10.0.0.1/24 ipv4.dhcp=true ipv4.address=none")]
    [InlineData("nictype=bridged parent=br0 vlan=none vlan.tagged=1,5-7")]
    [InlineData("nictype=macvlan parent=eth1")]
    [InlineData("nictype=physical parent=eth4 name=wan vlan=7")]
    public void These_are_taken(string keys) => Nic.Read("eth0", Keys(keys));

    [Theory]
    [InlineData("nictype=p2p parent=eth0", "key \"parent\" is not known for nictype p2p")]
    [InlineData("nictype=p2p host_name=eth7", "eth7 is reserved for the host")]
    [InlineData("nictype=p2p host_name=lo", "lo is reserved")]
    [InlineData("nictype=p2p host_name=a-name-of-16-chr", "it has 16 characters, 15 are allowed")]
    [InlineData("nictype=p2p host_name=a/b", "only printable ASCII")]
    [InlineData("nictype=p2p host_name=a;b", "a letter, then letters")]
    [InlineData("nictype=p2p name=..", "the kernel uses it")]
    [InlineData("nictype=p2p ipv4.host_address=10.0.0.0/24", "no address of a host")]
    [InlineData("nictype=p2p ipv4.host_address=10.0.0.1", "no address of a host")]
    [InlineData("nictype=p2p ipv4.host_address=010.0.0.1/8", "no address of a host")]
    [InlineData("nictype=p2p ipv4.dhcp=true", "need an address of its own")]
    [InlineData("nictype=p2p ipv4.host_address=10.0.0.1/31 ipv4.dhcp=true", "leaves no address")]
    [InlineData("nictype=p2p ipv4.host_address=10.0.0.1/24 ipv4.dhcp=true ipv4.dhcp.ranges=10.0.1.2-10.0.1.3", "not within the hosts")]
    [InlineData("nictype=p2p ipv4.host_address=10.0.0.1/24 ipv4.dhcp=perhaps", "it takes true or false")]
    [InlineData("nictype=p2p ipv4.host_address=10.0.0.1/24 ipv4.address=10.0.1.2/24", "not in 10.0.0.0/24, the subnet of ipv4.host_addr")]
    [InlineData("nictype=p2p ipv4.host_address=10.0.0.1/24 ipv4.address=10.0.0.2/25", "write another address of that, with /24")]
    [InlineData("nictype=p2p ipv4.host_address=10.0.0.1/24 ipv4.address=10.0.0.1/24", "is the host end's own address")]
    [InlineData("nictype=p2p ipv4.address=10.0.0.255/24", "ipv4.address \"10.0.0.255/24\" is no address of a host")]
    [InlineData("nictype=p2p ipv4.address=dhcp", "no address of a host")]
    [InlineData("nictype=bridged parent=br0 ipv4.address=10.0.0.2/24", "key \"ipv4.address\" is not known for nictype bridged")]
    [InlineData("nictype=macvlan parent=eth1 ipv4.address=10.0.0.2/24", "key \"ipv4.address\" is not known for nictype macvlan")]
    [InlineData("network=lan ipv4.address=10.0.0.2/24", "key \"ipv4.address\" is not known for nictype bridged")]
    [InlineData("nictype=p2p hwaddr=ff:ff:ff:ff:ff:ff", "no address of one interface")]
    [InlineData("nictype=bridged", "interface name \"\" is not allowed: it is empty")]
    [InlineData("nictype=bridged parent=br0 vlan=4095", "vlan \"4095\" is not allowed")]
    [InlineData("nictype=bridged parent=br0 network=lan", "exclude each other")]
    [InlineData("nictype=sriov parent=eth0", "nictype \"sriov\" is not known")]
    [InlineData("name=eth0", "say how it is connected")]
    [InlineData("nictype=physical parent=averylongport vlan=4000", "it has 18 characters")]
    public void These_are_refused_by_name(string keys, string reason) =>
        Assert.Contains(reason, Assert.Throws<Refusal>(() => Nic.Read("eth0", Keys(keys))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("ipv4.host_address=10.0.0.1/24 ipv4.dhcp=true", "10.0.0.2/24", "10.0.0.1")]
    [InlineData("ipv4.host_address=10.0.0.254/24 ipv4.dhcp=true", "10.0.0.1/24", "10.0.0.254")]
    [InlineData("ipv4.host_address=10.0.0.1/24 ipv4.dhcp=true ipv4.dhcp.ranges=10.0.0.9-10.0.0.12,10.0.0.4-10.0.0.5", "10.0.0.9/24",
        "10.0.0.1")]
    [InlineData("ipv4.host_address=10.0.0.4/24 ipv4.dhcp=true ipv4.dhcp.ranges=10.0.0.4-10.0.0.5", "10.0.0.5/24", "10.0.0.4")]
    [InlineData("ipv4.host_address=10.0.0.1/24 ipv4.dhcp=true ipv4.address=10.0.0.7/24", "10.0.0.7/24", "10.0.0.1")]
    [InlineData("ipv4.host_address=10.0.0.1/24 ipv4.dhcp=true ipv4.address=none", null, null)]
    [InlineData("ipv4.host_address=10.0.0.1/24", null, null)]
    [InlineData("ipv4.host_address=dhcp ipv4.address=10.0.0.7/24", "10.0.0.7/24", null)]
    public void Where_nobody_asks_the_first_address_that_is_offered_is_given(string keys, string? address, string? gateway)
    {
        var nic = (Nic.Read("eth0", Keys("nictype=p2p " + keys)) with { Name = "lan" }).WithoutAsking();
        Assert.Equal((address, gateway, "lan"), (nic.Address?.ToString(), nic.Gateway is { } by ? Ipv4.Text(by) : null, nic.Name));
        // A record of it gives it back.
        Assert.Equal(nic, Nic.Read("eth0", nic.Keys.SetItem("name", "lan")));
    }

    [Fact]
    public void An_address_inside_can_be_changed_on_the_same_link()
    {
        var one = Nic.Read("eth0", Keys("nictype=p2p ipv4.host_address=10.0.0.1/24 ipv4.address=10.0.0.2/24"));
        var two = Nic.Read("eth0", Keys("nictype=p2p ipv4.host_address=10.0.0.1/24 ipv4.address=10.0.0.3/24"));
        Assert.True(one.SameLink(two));
        Assert.NotEqual(one, two);
    }

    [Fact]
    public void Guest_names_are_given_in_order_and_unique()
    {
        const string app = "app foo netbox\n device a nic nictype=p2p name=eth1\n device b nic nictype=p2p\n device c nic nictype=p2p\nend";
        var document = ConfigText.Read(app);
        Assert.Equal(["eth1", "eth0", "eth2"], Nics.Of(Expansion.Expand(document, document.Instances["foo"])).Select(n => n.Name!));
        Refused("app foo netbox\n device a nic nictype=p2p name=lan\n device b nic nictype=macvlan parent=eth1 name=lan\nend",
            "another nic is called lan inside");
    }

    [Theory]
    [InlineData("device a nic nictype=p2p host_name=x", "device a nic nictype=bridged parent=br0 host_name=x", "x of the host is used")]
    [InlineData("device a nic nictype=physical parent=p1 vlan=5", "device a nic nictype=physical parent=p1 vlan=5", "p1.5 of the host")]
    [InlineData("device a nic nictype=p2p ipv4.host_address=10.0.0.1/24", "device a nic nictype=p2p ipv4.host_address=10.0.0.9/28", "over")]
    [InlineData("device a nic network=lan", "", "there is no network lan")]
    public void What_two_apps_put_on_the_host_is_unique(string one, string two, string reason) =>
        Refused($"app one netbox\n {one}\nend\napp two netbox\n {two}\nend", reason);

    [Fact]
    public void One_port_may_be_written_in_two_apps()
    {
        const string port = "device wan nic nictype=physical parent=eth4";
        Assert.Equal(2, ConfigText.Read($"app one netbox\n {port}\nend\napp two netbox\n {port}\nend").Instances.Count);
    }

    [Fact]
    public void A_network_is_read_as_it_is_written()
    {
        const string text = "network lan\n    description floor\n    config ipv4.address 10.1.0.1/24\n    config ipv4.dhcp true\nend\n";
        var document = ConfigText.Read(text);
        Assert.True(document.Networks["lan"].Plan.Dhcp);
        Assert.Contains(text, ConfigText.Write(document), StringComparison.Ordinal);
        Refused("network lan\n config ipv4.adress 10.1.0.1/24\nend", "key \"ipv4.adress\" is not known");
        Refused("network eth0\nend", "reserved");
        Refused("network a\n config ipv4.address 10.1.0.1/24\nend\nnetwork b\n config ipv4.address 10.1.0.2/24\nend", "overlaps");
    }

    private static void Refused(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<Refusal>(() => ConfigText.Read(text)).Message, StringComparison.Ordinal);

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, string> Keys(string keys) =>
        Maps.Of(("type", "nic")).SetItems(keys.Split(' ').Select(k => k.Split('=', 2)).Select(k => KeyValuePair.Create(k[0], k[1])));
}
