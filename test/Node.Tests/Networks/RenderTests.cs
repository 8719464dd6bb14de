using System.Diagnostics;
using Holm.Config;
using Holm.Node.Networks;

namespace Node.Tests.Networks;

/// <summary>What dnsmasq and nft are given, held against what they should be, and shown to both for approval.</summary>
public sealed class RenderTests
{
    [Fact]
    public async Task Dnsmasq_serves_one_interface()
    {
        var text = Dnsmasq.Render("myapp", Plan("ipv4.host_address=10.9.0.5/24 ipv4.dhcp=true ipv4.dhcp.expiry=10m " +
            "dns.domain=shop.example dns.nameservers=9.9.9.9,1.1.1.1"), "/tmp/served");
        Assert.Contains("\ninterface=myapp\nexcept-interface=lo\nbind-dynamic\n", text, StringComparison.Ordinal);
        Assert.Contains("dhcp-range=10.9.0.1,10.9.0.4,255.255.255.0,600\ndhcp-range=10.9.0.6,10.9.0.254,255.255.255.0,600\n" +
            "dhcp-option=option:dns-server,9.9.9.9,1.1.1.1\ndomain=shop.example\n", text, StringComparison.Ordinal);
        await Approves("dnsmasq", ["--test", "--conf-file=-"], text);
        var narrow = Dnsmasq.Render("a", Plan("ipv4.host_address=10.9.0.1/30 ipv4.dhcp=true"), "/tmp/served");
        Assert.Contains("dhcp-range=10.9.0.2,10.9.0.2,255.255.255.252,3600\n", narrow, StringComparison.Ordinal);
        Assert.Single(narrow.Split('\n'), l => l.StartsWith("dhcp-range", StringComparison.Ordinal));
        var ranges = Dnsmasq.Render("a", Plan("ipv4.host_address=10.9.0.1/24 ipv4.dhcp=true " +
            "ipv4.dhcp.ranges=10.9.0.10-10.9.0.20,10.9.0.30-10.9.0.40"), "/tmp/served");
        Assert.Contains("dhcp-range=10.9.0.10,10.9.0.20,255.255.255.0,3600\ndhcp-range=10.9.0.30,10.9.0.40,", ranges,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_an_app_has_without_asking_is_for_nobody_else()
    {
        var text = Dnsmasq.Render("a", Plan("ipv4.host_address=10.9.0.1/30 ipv4.dhcp=true"), "/tmp/served",
            new GuestAddress("02:00:00:00:00:01", 0x0a090002));
        Assert.Contains("\ndhcp-host=02:00:00:00:00:01,10.9.0.2\n", text, StringComparison.Ordinal);
        await Approves("dnsmasq", ["--test", "--conf-file=-"], text);
    }

    [Fact]
    public async Task Rules_are_one_transaction()
    {
        var plans = new Dictionary<string, AddressPlan>
        {
            ["web-1"] = Plan("ipv4.host_address=10.9.0.1/24 ipv4.nat=true"),
            ["quiet"] = Plan("ipv4.host_address=10.8.0.1/24"),
        };
        var text = NatTable.Render("0123abcd", plans, guard: true);
        Assert.Equal(
            """
            add table inet holm_0123abcd
            delete table inet holm_0123abcd
            table inet holm_0123abcd {
            	chain postrouting {
            		type nat hook postrouting priority srcnat; policy accept;
            		ip saddr 10.9.0.0/24 oifname != "web-1" masquerade
            	}
            	chain forward {
            		type filter hook forward priority filter; policy accept;
            		iifname "web-1" ip saddr 10.9.0.0/24 accept
            		oifname "web-1" ip daddr 10.9.0.0/24 accept
            		meta nfproto ipv4 drop
            	}
            }

            """, text);
        await Approves("nft", ["-c", "-f", "-"], text);
        Assert.DoesNotContain("drop", NatTable.Render("0123abcd", plans, guard: false), StringComparison.Ordinal);
        await Approves("nft", ["-c", "-f", "-"], NatTable.Render("0123abcd", new Dictionary<string, AddressPlan>(), guard: true));
    }

    private static AddressPlan Plan(string keys) =>
        AddressPlan.Read("device eth0", "ipv4.host_address", Maps.Of().SetItems(keys.Split(' ').Select(k => k.Split('=')).Select(k =>
            KeyValuePair.Create(k[0], k[1]))));

    private static async Task Approves(string program, string[] arguments, string text)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        await process.StandardInput.WriteAsync(text);
        process.StandardInput.Close();
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, said + text);
    }
}
