using Holm.Config;
using Holm.Node.Networks;

namespace Node.Tests.Networks;

/// <summary>Name servers where no DHCP client writes them down.</summary>
public sealed class ResolvConfTests
{
    [Theory]
    [InlineData("nameserver 192.0.2.53\nsearch example\n", true)]
    [InlineData("search example\n", true)]
    [InlineData("# nameserver 127.0.0.53\nnameserver\t192.0.2.53\r\n", true)]
    [InlineData("nameserver 127.0.0.53\noptions edns0\n", false)]
    [InlineData("nameserver 192.0.2.53\nnameserver   127.0.0.1\n", false)]
    [InlineData("nameserver ::1\n", false)]
    [InlineData("nameserver fe80::1%eth0\n", false)]
    [InlineData("nameserver 0.0.0.0\n", false)]
    [InlineData("nameserver\n", false)]
    public void A_server_that_only_the_host_can_ask_is_seen(string text, bool reachesOut) =>
        Assert.Equal(reachesOut, ResolvConf.ReachesOut(text));

    [Fact]
    public void One_server_takes_the_place_of_all_and_the_rest_stays() => Assert.Equal(
        "search a.example b.example\noptions ndots:2\nnameserver 10.196.0.1\n",
        ResolvConf.Naming("search a.example b.example\n nameserver 127.0.0.53\nnameserver ::1\n\noptions ndots:2", 0x0ac40001));

    [Theory]
    [InlineData("ipv4.host_address=10.0.0.1/24 ipv4.dhcp=true ipv4.address=10.0.0.2/24", "nameserver 10.0.0.1\n")]
    [InlineData("ipv4.host_address=10.0.0.1/24 ipv4.dhcp=true ipv4.address=10.0.0.2/24 dns.domain=a.example " +
        "dns.nameservers=9.9.9.9,1.1.1.1",
        "search a.example\nnameserver 9.9.9.9\nnameserver 1.1.1.1\n")]
    [InlineData("ipv4.host_address=10.0.0.1/24 ipv4.address=10.0.0.2/24", null)]
    [InlineData("ipv4.host_address=10.0.0.1/24 ipv4.dhcp=true", null)]
    public void It_says_what_dhcp_would(string keys, string? text) => Assert.Equal(text, ResolvConf.Of([Nic.Read("eth0", Maps.Of(
        [("type", "nic"), ("nictype", "p2p"), .. keys.Split(' ').Select(k => k.Split('=')).Select(k => (k[0], k[1]))]))]));
}
