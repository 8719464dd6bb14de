using System.Text.Json;

namespace System.Tests;

/// <summary>
/// Apps of a node with every membrane there is:
/// <code>
///   web0 web1   a routed nic with address, DHCP and NAT; a share to write to, one to read, one that need not be there
///   a b         a nic in managed network lan0; pool default; a memory limit of their own
///   fw spare    port eth4 for the one that is first; they rename it and change its address
///   cfg         a nic whose host end is given its address by the app, whose init is a script in a share
/// </code>
/// All in partition apps; behind the host is a world that knows no way to them.
/// </summary>
internal sealed class MembraneNode
{
    public static readonly IReadOnlyList<string> Apps = ["web0", "web1", "a", "b", "cfg", "fw", "spare"];

    /// <summary>Interfaces on which a dnsmasq of the node's serves.</summary>
    public static readonly IReadOnlyList<string> Served = ["web0", "web1", "lan0"];

    private const string Port = "ip link add eth4 address 02:00:00:00:00:44 mtu 1400 type veth peer name cable && " +
        "ip link set eth4 alias 'to the ISP' group 7 up && ip link set cable up && ip addr add 192.0.2.1/24 dev cable";

    private const string PortShown = "ip -j link show dev eth4 | jq -r '.[0] | \"\\(.ifindex) \\(.mtu) \\(.flags | contains([\"UP\"])) " +
        "\\(.address) \\(.ifalias) \\(.group)\"'";

    private const string Hostile = "init.cmd=/bin/sh -c \"ip link set wan down; ip link set wan name lan; " +
        "ip link set lan mtu 900 address 02:00:00:00:00:99; ip link set lan up; exec /sbin/init\"";

    private const string Serve =
        """
        ip addr add 10.0.0.1/30 dev eth0
        mkdir -p /var/lib/misc
        touch /var/lib/misc/udhcpd.leases
        printf 'start 10.0.0.2\nend 10.0.0.2\ninterface eth0\noption subnet 255.255.255.252\n' > /tmp/udhcpd.conf
        exec udhcpd -f /tmp/udhcpd.conf

        """;

    private readonly TestNode _node;
    private readonly World _world;
    private readonly HostFolder _host;
    private string _port = "";

    private MembraneNode(TestNode node, World world, HostFolder host) => (_node, _world, _host) = (node, world, host);

    /// <summary>Makes them and starts them.</summary>
    public static async Task<MembraneNode> Make(TestNode node, World world, HostFolder host)
    {
        var made = new MembraneNode(node, world, host);
        await node.OnHost(Port);
        made._port = await node.OnHost(PortShown);
        (await node.Holm("resources", "cpu", "80", "memory", "10")).Well();
        (await node.Holm("network", "create", "lan0", "ipv4.address=10.6.0.1/24", "ipv4.dhcp=true", "ipv4.nat=true")).Well();
        await made.MakeRouted("web0", "10.9.0.1/24");
        await made.MakeRouted("web1", "10.9.1.1/24");
        foreach (var app in (string[])["a", "b"])
        {
            (await node.Holm("app", "create", app, "sample", "--pool", "default", "--config", "limits.memory=64MiB")).Well();
            await node.Add(app, "eth0", "network=lan0", "name=eth0");
        }
        foreach (var app in (string[])["fw", "spare"])
        {
            (await node.Holm("app", "create", app, "sample", "--config", Hostile)).Well();
            await node.Add(app, "port", "nictype=physical", "parent=eth4", "name=wan");
        }
        File.WriteAllText(host / "serve", Serve);
        (await node.Holm("app", "create", "cfg", "sample", "--config", "init.cmd=/bin/sh /srv/serve")).Well();
        await node.Share("cfg", "serve", $"source={host / "serve"}", "path=/srv/serve", "readonly=true");
        await node.Add("cfg", "eth0", "nictype=p2p", "host_name=cfg", "name=eth0", "ipv4.host_address=dhcp");
        await node.Holm(["app", "start", .. Apps]);
        await node.In("a", "echo kept > /root/note");
        return made;
    }

    private async Task MakeRouted(string app, string address)
    {
        Directory.CreateDirectory(_host / app);
        File.WriteAllText(_host / "motd", "of the day\n");
        await _node.Create(app, "nic", "nictype=p2p", $"host_name={app}", "name=eth0", $"ipv4.host_address={address}", "ipv4.dhcp=true",
            "ipv4.nat=true");
        await _node.Share(app, "data", $"source={_host / app}", "path=/srv/data");
        await _node.Share(app, "motd", $"source={_host / "motd"}", "path=/etc/motd", "readonly=true", "required=false");
        await _node.Share(app, "none", $"source={_host / "none"}", "path=/srv/none", "required=false");
    }

    /// <summary>Processes to kill: monitors of an app.</summary>
    public IEnumerable<int> Monitors(string app) => _node.Monitors().TryGetValue(app, out var monitor) ? [monitor] : [];

    /// <summary>Its inits: the children of its monitor.</summary>
    public IEnumerable<int> Inits(string app) => Monitors(app).SelectMany(m => Words($"/proc/{m}/task/{m}/children")).Select(int.Parse);

    /// <summary>What serves addresses on an interface.</summary>
    public async Task<IEnumerable<int>> Servers(string link) => Lines(await _node.Served(link + ".conf")).Select(int.Parse);

    /// <summary>What asks for an address for cfg's host end.</summary>
    public async Task<IEnumerable<int>> Clients() => Lines((await Clients("")).Out).Select(int.Parse);

    private Task<Ran> Clients(string options) => Shell.Sh($"pgrep {options} -f '[u]dhcpc -f -i cfg .*{_node.RunFolder}/' || true");

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Words(string file)
    {
        try
        {
            return File.ReadAllText(file).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>Every app runs and has what it should have, once.</summary>
    public async Task AllHold()
    {
        await Shell.Until("every app runs", async () =>
        {
            var idle = (await NotRunning()).ToList();
            if (idle is ["fw"] or ["spare"])
                return true;
            await _node.Holm(["app", "start", .. idle]);
            return false;
        }, 240);
        foreach (var app in (string[])["web0", "web1"])
            await RoutedHolds(app);
        await LanHolds();
        await PortHolds();
        await Shell.Until("cfg's host end has its address, from one client", async () => (await Clients()).Count() == 1 &&
            (await _node.OnHost("ip -o addr show dev cfg")).Contains("10.0.0.2/30", StringComparison.Ordinal));
        await HasShareOnce("cfg", "/srv/serve");
        var groups = new Groups(_node);
        Assert.Equal(Environment.ProcessorCount * 0.8, groups.CpuQuota(Groups.Apps));
        foreach (var app in Apps.Except(await NotRunning()))
            Assert.InRange(groups.MemoryLimit(Groups.In(app)), 1, app is "a" or "b" ? 64 << 20 : groups.MemoryLimit(Groups.Apps) / 7);
    }

    private async Task<IEnumerable<string>> NotRunning()
    {
        using var list = JsonDocument.Parse((await _node.Holm("list", "--format", "json")).Well().Out);
        return [.. list.RootElement.EnumerateArray().Where(i => i.GetProperty("status").GetString() != "Running")
            .Select(i => i.GetProperty("name").GetString()!)];
    }

    private async Task RoutedHolds(string app)
    {
        await _node.GetsAddress(app, "10.9.");
        Assert.Equal("198.51.100.1", await _world.SeenFrom(_node, app));
        await ServedOnce(app);
        await HasShareOnce(app, "/srv/data", "/etc/motd");
        Assert.DoesNotContain("/srv/none", await _node.Mounts(app), StringComparison.Ordinal);
        await _node.In(app, $"echo {app} > /srv/data/name");
        Assert.Equal(app + "\n", File.ReadAllText(_host / $"{app}/name"));
        await _node.In(app, "grep day /etc/motd && ! echo > /etc/motd");
    }

    private async Task LanHolds()
    {
        await _node.GetsAddress("a", "10.6.0.");
        await _node.GetsAddress("b", "10.6.0.");
        await ServedOnce("lan0");
        Assert.Equal("198.51.100.1", await _world.SeenFrom(_node, "a"));
        var other = (await _node.In("b", "ip -4 -o addr show dev eth0 | awk '{print $4}' | cut -d/ -f1")).Trim();
        await _node.In("a", $"ping -c 1 -W 5 {other}");
        Assert.Equal("kept\n", await _node.In("a", "cat /root/note"));
    }

    private async Task PortHolds()
    {
        var waits = (await NotRunning()).Single();
        var holds = waits == "fw" ? "spare" : "fw";
        await Shell.Until($"{waits} waits", async () =>
            (await _node.Holm("list")).Out.Contains($"waits for port eth4, which app {holds} has", StringComparison.Ordinal));
        Assert.Equal(holds, string.Join(' ', Files("netns")));
        Assert.Equal("eth4.json", string.Join(' ', Files("ports")));
        Assert.Contains($"\"App\":\"{holds}\"", File.ReadAllText(Path.Combine(_node.RunFolder, "ports/eth4.json")),
            StringComparison.Ordinal);
        Assert.Equal("lan lo", await _node.LinksIn(holds));
        await _node.In(holds, "ip addr add 192.0.2.2/24 dev lan; ping -c 1 -W 5 192.0.2.1; ip addr del 192.0.2.2/24 dev lan");
    }

    private async Task HasShareOnce(string app, params string[] paths)
    {
        var mounts = (await _node.Mounts(app)).Split('\n');
        Assert.All(paths, p => Assert.Equal(1, mounts.Count(m => m == p)));
    }

    private async Task ServedOnce(string link) =>
        await Shell.Until($"one dnsmasq serves {link}", async () => (await Servers(link)).Count() == 1);

    private IEnumerable<string> Files(string folder) => Directory.Exists(Path.Combine(_node.RunFolder, folder))
        ? Directory.EnumerateFileSystemEntries(Path.Combine(_node.RunFolder, folder)).Select(f => Path.GetFileName(f)!).Order() : [];

    /// <summary>Stops all, takes the network away, and waits until there is nothing.</summary>
    public async Task EndsWithNothingLeft()
    {
        var waits = (await NotRunning()).Single();
        (await _node.Holm(["app", "stop", "--force", .. Apps.Where(app => app != waits)])).Well();
        await Shell.Until($"{waits} has the port", async () => await _node.Status(waits) == "Running");
        (await _node.Holm("app", "stop", "--force", waits)).Well();
        foreach (var app in (string[])["a", "b"])
            (await _node.Holm("config", "device", "remove", app, "eth0")).Well();
        (await _node.Holm("network", "delete", "lan0")).Well();
        var left = await Left();
        for (var i = 0; i < 30 && left != ""; i++)
        {
            await Task.Delay(1000);
            left = await Left();
        }
        Assert.True(left == "", left);
        Assert.Equal(_port, await _node.OnHost(PortShown));
        Assert.Equal("0", (await _node.OnHost("cat /proc/sys/net/ipv4/ip_forward")).Trim());
    }

    private async Task<string> Left() => string.Join('\n', (string[])
    [
        await _node.Residue(),
        .. ((string[])["netns", "ports", "networks"]).SelectMany(f => Files(f).Where(e => e != ClientScript).Select(e => $"{f}/{e}")),
        .. Apps.SelectMany(app => Files($"instances/{app}").Intersect(OfARun).Select(e => $"{app}/{e}")),
        (await Clients("-a")).Out,
        await _node.OnHost("ip -o -br link | grep -v '^lo \\|^uplink\\|^eth4\\|^cable' || true"),
    ]).Trim();

    private const string ClientScript = "dhcp-event";

    private static readonly string[] OfARun = ["run.json", "ask", "go"];
}
