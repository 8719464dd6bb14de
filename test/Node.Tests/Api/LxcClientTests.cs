using Holm.Contract;

namespace Node.Tests.Api;

/// <summary>Debian's own lxc client (package lxd-client), unmodified, against the API.</summary>
public sealed class LxcClientTests(SmallNode node) : IClassFixture<SmallNode>
{
    [Fact]
    public async Task The_client_does_a_days_work()
    {
        Assert.Contains("netbox", await Lxc("image", "list"), StringComparison.Ordinal);
        Assert.Contains("fingerprint: " + node.Fingerprint, await Lxc("image", "info", "netbox").ContinueWith(t =>
            t.Result.ToLowerInvariant(),
            TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("default", await Lxc("profile", "list"), StringComparison.Ordinal);
        Assert.Contains("pool: default", await Lxc("profile", "show", "default"), StringComparison.Ordinal);
        await Lxc("profile", "create", "small");
        await Lxc("init", "netbox", "w1");
        Assert.Contains("STOPPED", await Lxc("list"), StringComparison.Ordinal);
        await Lxc("profile", "add", "w1", "small");
        await Lxc("config", "set", "w1", "limits.memory=64MiB");
        Assert.Equal("64MiB\n", await Lxc("config", "get", "w1", "limits.memory"));
        Assert.Contains("limits.memory: 64MiB", await Lxc("config", "show", "w1"), StringComparison.Ordinal);
        await Lxc("start", "w1");
        Assert.Contains("RUNNING", await Lxc("list"), StringComparison.Ordinal);
        Assert.Equal("hello\n", await Lxc("exec", "w1", "--", "/bin/echo", "hello"));
        Assert.Equal(7, (await Run("exec", "w1", "--", "/bin/sh", "-c", "exit 7")).Code);
        Assert.Contains("Status: RUNNING", await Lxc("info", "w1"), StringComparison.Ordinal);
        node.Printed = "login: "u8.ToArray();
        Assert.Contains("login: ", await Lxc("console", "w1", "--show-log"), StringComparison.Ordinal);
        await Lxc("pause", "w1");
        await Lxc("start", "w1");
        await Lxc("restart", "w1");
        await Lxc("stop", "w1");
        await Lxc("rename", "w1", "w2");
        var (code, error) = await Run("config", "set", "w2", "limits.memry=1");
        Assert.Equal(1, code);
        Assert.Contains("did you mean limits.memory", error, StringComparison.Ordinal);
        await Lxc("delete", "w2");
        await Lxc("profile", "delete", "small");
        Assert.DoesNotContain("w2", await Lxc("list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_sees_to_networks()
    {
        Assert.Equal("Network br0 created\n", await Lxc("network", "create", "br0", "ipv4.address=10.9.0.1/24", "ipv6.address=none"));
        Assert.Matches(@"\| br0 +\| bridge +\| YES +\| 10\.9\.0\.1/24 +\| none +\| +\| 0 +\| CREATED +\|", await Lxc("network", "list"));
        await Lxc("network", "set", "br0", "ipv4.dhcp=true", "ipv4.nat=true");
        Assert.Equal("true\n", await Lxc("network", "get", "br0", "ipv4.dhcp"));
        await Lxc("network", "unset", "br0", "ipv6.address");
        Assert.Equal("", await Lxc("network", "get", "br0", "ipv6.address"));
        Assert.Equal("""
            config:
              ipv4.address: 10.9.0.1/24
              ipv4.dhcp: "true"
              ipv4.nat: "true"
            description: ""
            name: br0
            type: bridge
            used_by: []
            managed: true
            status: Created
            locations:
            - none

            """, await Lxc("network", "show", "br0"));
        await RunWith("description: the shop\nconfig:\n  ipv4.address: 10.9.0.1/24\n  ipv4.dhcp: \"true\"\n", "network", "edit", "br0");
        Assert.Contains("description: the shop", await Lxc("network", "show", "br0"), StringComparison.Ordinal);
        Assert.Equal("", await Lxc("network", "get", "br0", "ipv4.nat"));

        await Lxc("init", "netbox", "n1");
        await Lxc("network", "attach", "br0", "n1", "eth0");
        Assert.Contains("network: br0", await Lxc("config", "device", "show", "n1"), StringComparison.Ordinal);
        Assert.Contains("- /1.0/instances/n1", await Lxc("network", "show", "br0"), StringComparison.Ordinal);
        Assert.Contains("in use by instance n1", (await Run("network", "delete", "br0")).Text, StringComparison.Ordinal);
        await Lxc("network", "detach", "br0", "n1");
        await Lxc("delete", "n1");

        node.LeaseText = "1795392784 02:00:00:00:00:0a 10.9.0.100 web *\n";
        Assert.Matches(@"\| web +\| 02:00:00:00:00:0a +\| 10\.9\.0\.100 +\| DYNAMIC +\|", await Lxc("network", "list-leases", "br0"));
        node.Interfaces["br0"] = (new Network { Name = "br0" }, new HostInterfaceState
        {
            State = "up",
            Mtu = 1500,
            Bridge = new BridgeState { Id = "8000.1", VlanFiltering = true, UpperDevices = ["a", "b"] },
        });
        var info = await Lxc("network", "info", "br0");
        Assert.Contains("State: up", info, StringComparison.Ordinal);
        Assert.Contains("VLAN filtering: true\n  Upper devices: a, b", info, StringComparison.Ordinal);
        node.Interfaces["eth7"] = (new Network { Name = "eth7", Type = "physical" }, new HostInterfaceState());
        Assert.Matches(@"\| eth7 +\| physical +\| NO +\|", await Lxc("network", "list"));
        Assert.Contains("Only managed networks can be modified", (await Run("network", "set", "eth7", "user.a=b")).Text,
            StringComparison.Ordinal);
        node.Interfaces.Clear();

        await Lxc("network", "rename", "br0", "br1");
        var (code, error) = await Run("network", "set", "br1", "bridge.driver=openvswitch");
        Assert.Equal(1, code);
        Assert.Contains("key \"bridge.driver\" is not known", error, StringComparison.Ordinal);
        node.Impossible["br2"] = "make network br2: the host has an interface of that name already; choose another name";
        Assert.Equal((1, "Error: " + node.Impossible["br2"] + "\n"), await Run("network", "create", "br2"));
        node.Impossible.Clear();
        await Lxc("network", "delete", "br1");
        Assert.DoesNotContain("br1", await Lxc("network", "list"), StringComparison.Ordinal);
    }

    private Task<string> Lxc(params string[] arguments) => node.Lxc(arguments);

    private Task<(int Code, string Text)> Run(params string[] arguments) => RunWith("", arguments);

    private Task<(int Code, string Text)> RunWith(string input, params string[] arguments) => node.TryLxc(input, arguments);
}
