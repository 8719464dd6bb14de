namespace System.Tests;

/// <summary>
/// The examples of <c>examples/</c>, packed and set up by what stands there, with packets and files that go through them.
/// </summary>
public sealed class ExampleTests
{
    private static string Examples => Path.Combine(TestNode.Programs, "../examples");

    [Fact]
    public async Task The_decks_router_leads_a_client_behind_it_to_a_server_before_it()
    {
        await using var node = await TestNode.Start(withSample: false, ownHost: true);
        var image = await Packed(node, "router", "nft", "dnsmasq");
        await using var wan = await Cabled.To(node, "eth2", "w");
        await using var lan = await Cabled.To(node, "eth3", "l");
        await wan.Run("ip addr add 203.0.113.1/24 dev far");
        using var server = wan.Begin("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=far",
            "--bind-interfaces", "--user=root", "--pid-file=", "--no-ping", "--dhcp-authoritative",
            "--dhcp-range=203.0.113.10,203.0.113.19,1h", "--dhcp-leasefile=/dev/null");
        (await Shell.Run($"{Examples}/router/setup.sh", [image, "eth2", "eth3"], new Dictionary<string, string>(node.Environment)
        {
            ["PATH"] = $"{TestNode.Programs}:/usr/sbin:/usr/bin:/sbin:/bin",
            ["LXD_SOCKET"] = node.Socket,
            ["LXD_CONF"] = Path.Combine(node.State, "lxc-client"),
        })).Well();
        await Shell.Until("the router has a lease", async () =>
            (await node.In("router", "ip -4 -o addr show dev eth-wan")).Contains("203.0.113.1", StringComparison.Ordinal));
        await lan.Run("printf '#!/bin/sh\\n[ \"$1\" = bound ] && ip addr add $ip/$mask dev $interface && ip route add default via " +
            $"$router\\n' > {node.State}/bound && chmod 755 {node.State}/bound");
        await Shell.Until("a client has a lease of the router's", async () =>
            (await lan.Try($"udhcpc -n -q -t 5 -T 1 -i far -s {node.State}/bound && ip -4 -o addr show dev far")).Out
                .Contains("192.168.77.", StringComparison.Ordinal));
        // There and back, seen before the router as the router.
        using var listening = wan.Begin("busybox", "nc", "-l", "-p", "7", "-e", "/bin/sh", "-c", "ss -Htn sport = :7 | awk '{ print $5 }'");
        await Shell.Until("the server listens", async () => (await wan.Run("ss -Htln")).Contains(":7 ", StringComparison.Ordinal));
        var seen = await lan.Run("busybox nc -w 10 203.0.113.1 7 < /dev/null");
        Assert.Matches("203[.]0[.]113[.]1[0-9]", seen);
        // From before it, nobody gets behind it.
        await wan.Run("ip route add 192.168.77.0/24 via $(ip neigh show dev far | awk '{ print $1; exit }')");
        var client = (await lan.Run("ip -4 -o addr show dev far | awk '{ print $4 }'")).Split('/')[0];
        Assert.NotEqual(0, (await wan.Try($"busybox ping -c 1 -W 1 {client}")).Code);
    }

    [Fact]
    public async Task Two_exclusive_ports_are_one_network_through_the_app()
    {
        await using var node = await TestNode.Start(withSample: false, ownHost: true);
        await Imported(node, "bridge");
        await using var west = await Cabled.To(node, "eth4", "w");
        await using var east = await Cabled.To(node, "eth5", "e");
        await west.Run("ip addr add 192.0.2.1/24 dev far");
        await east.Run("ip addr add 192.0.2.2/24 dev far");
        await SetUp(node, "bridge");
        await Shell.Until("frames go through", async () => (await west.Try("busybox ping -c 1 -W 1 192.0.2.2")).Code == 0);
        Assert.DoesNotContain("eth4", await node.OnHost("ip -o link"), StringComparison.Ordinal);
        await node.OnHost("ip addr add 192.0.2.3/24 dev bridge && ip link set bridge up");
        await Shell.Until("the host side is on it, too", async () => (await node.TryOnHost("busybox ping -c 1 -W 1 192.0.2.1")).Code == 0);
        (await node.Holm("app", "stop", "bridge")).Well();
        await Shell.Until("the ports are home", async () =>
            (await node.OnHost("ip -o link")) is var links && links.Contains("eth4", StringComparison.Ordinal)
            && links.Contains("eth5", StringComparison.Ordinal));
        Assert.NotEqual(0, (await west.Try("busybox ping -c 1 -W 1 192.0.2.2")).Code);
    }

    [Fact]
    public async Task The_host_side_gets_its_configuration_out_of_an_app()
    {
        await using var node = await TestNode.Start(withSample: false, ownHost: true);
        await Imported(node, "dhcp-boot", "dnsmasq");
        var usb = Directory.CreateDirectory(Path.Combine(node.State, "usb")).FullName;
        await File.WriteAllTextAsync(Path.Combine(usb, "pre-config.cfg"), "hostname example\nend\n", TestContext.Current.CancellationToken);
        await SetUp(node, "dhcp-boot", ("/usb", usb));
        await Shell.Until("the host end has its address", async () =>
            (await node.OnHost("ip -o addr show dev cfg")).Contains("10.0.0.2/30", StringComparison.Ordinal));
        var lease = await node.OnHost($"cat {node.RunFolder}/networks/cfg.lease");
        Assert.Contains("config.cfg", lease, StringComparison.Ordinal);
        await node.OnHost($"busybox tftp -g -r config.cfg -l {node.State}/got 10.0.0.1");
        Assert.Equal("hostname Host_name_from_app\nend\n",
            await File.ReadAllTextAsync(Path.Combine(node.State, "got"), TestContext.Current.CancellationToken));
    }

    /// <summary>This machine has no LED: a file of sysfs that belongs to a loop device of the test's own stands for a brightness.</summary>
    [Fact]
    public async Task A_privileged_app_writes_what_belongs_to_the_hosts_root()
    {
        await using var node = await TestNode.Start(withSample: false);
        await Imported(node, "led");
        var loop = (await Shell.Sh($"truncate -s 1M {node.State}/disk && losetup -f --show {node.State}/disk")).Well().Out.Trim();
        try
        {
            var led = $"/sys/block/{Path.GetFileName(loop)}/queue/nomerges";
            await SetUp(node, "led", ("/sys/class/leds/state/brightness", led));
            foreach (var brightness in (string[])["1", "0", "1"])
                await Shell.Until($"it is {brightness}", async () =>
                    (await File.ReadAllTextAsync(led, TestContext.Current.CancellationToken)).Trim() == (brightness == "1" ? "1" : "0"));
            Assert.Contains("privileged", await File.ReadAllTextAsync($"{Examples}/led/setup.cfg", TestContext.Current.CancellationToken),
                StringComparison.Ordinal);
            (await node.Holm("app", "delete", "--force", "led")).Well();
        }
        finally
        {
            (await Shell.Sh($"losetup -d {loop}")).Well();
        }
    }

    private static async Task<string> Packed(TestNode node, string example, params string[] programs)
    {
        var image = Path.Combine(node.State, example + ".squashfs");
        (await Shell.Run($"{Examples}/image.sh", [$"{Examples}/{example}", image, .. programs])).Well();
        return image;
    }

    private static async Task Imported(TestNode node, string example, params string[] programs) =>
        (await node.Holm("image", "import", await Packed(node, example, programs), "--alias", example)).Well();

    /// <summary>Types an example's lines into the console, with paths of this test's for those that are written there.</summary>
    private static async Task SetUp(TestNode node, string example, params (string Written, string Here)[] paths)
    {
        var lines = await File.ReadAllTextAsync($"{Examples}/{example}/setup.cfg", TestContext.Current.CancellationToken);
        foreach (var (written, here) in paths)
            lines = lines.Replace(written, here, StringComparison.Ordinal);
        (await Shell.Run(Path.Combine(TestNode.Programs, "holm"), [], node.Environment, lines)).Well();
    }
}
