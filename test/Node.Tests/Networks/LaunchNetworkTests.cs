using Holm.Config;
using Holm.Node.Launch;

namespace Node.Tests.Networks;

/// <summary>Subnets of launches: none that is used by anybody.</summary>
public sealed class LaunchNetworkTests
{
    [Theory]
    [InlineData(0, "10.196.0.1/30")]
    [InlineData(1, "10.196.0.5/30")]
    [InlineData(LaunchNetwork.Count - 1, "10.196.255.253/30")]
    [InlineData(0, "10.196.0.9/30", "10.196.0.2/32", "10.196.0.4/30")]
    [InlineData(LaunchNetwork.Count - 1, "10.196.1.1/30", "10.196.255.253/30", "10.196.0.7/24")]
    [InlineData(5, "172.30.0.21/30", "10.0.0.0/8", "192.168.0.1/16")]
    [InlineData(0, null, "10.196.7.7/16", "172.16.0.0/12")]
    public void The_next_free_one_is_taken(int first, string? found, params string[] taken) =>
        Assert.Equal(found, LaunchNetwork.Free([.. taken.Select(Subnet)], first)?.ToString());

    [Fact]
    public void Taking_one_after_the_other_takes_each_once()
    {
        var taken = new List<Ipv4Interface>();
        for (var i = 0; i < 300; i++)
            taken.Add(LaunchNetwork.Free(taken, LaunchNetwork.Count - 100)!.Value);
        Assert.Equal(300, taken.Select(t => t.Network).Distinct().Count());
        Assert.All(taken, t => Assert.True(t.Length == 30 && t.Holds(t.Address) && t.Holds(t.Address + 1)));
        Assert.All(taken, t => Assert.True(LaunchNetwork.Ranges[0].Overlaps(t)));
    }

    [Fact]
    public void What_is_written_for_apps_and_networks_is_taken()
    {
        var document = ConfigText.Read(
            """
            network lan
             config ipv4.address 10.1.0.1/24
            end
            app one netbox
             device a nic nictype=p2p ipv4.host_address=10.2.0.1/24
             device b nic nictype=p2p ipv4.address=10.3.0.2/24
            end
            """);
        Assert.Equal(["10.1.0.1/24", "10.2.0.1/24", "10.3.0.2/24"], Nics.Subnets(document).Select(s => s.ToString()).Order());
    }

    [Fact]
    public void The_nic_is_one_that_could_be_written()
    {
        var nic = LaunchNetwork.NicOf(Subnet("10.196.0.5/30"), servesNames: true);
        Assert.Equal(("10.196.0.5/30", "10.196.0.6/30", true, true),
            (nic.Host.Address.ToString(), nic.Address.ToString(), nic.Host.Nat, nic.Host.Dhcp));
        Assert.False(LaunchNetwork.NicOf(Subnet("10.196.0.5/30"), servesNames: false).Host.Dhcp);
    }

    private static Ipv4Interface Subnet(string text)
    {
        var parts = text.Split('/');
        return new Ipv4Interface(Ipv4.TryParse(parts[0])!.Value, int.Parse(parts[1]));
    }
}
