using System.Diagnostics;
using Holm.Cli;
using Holm.Cli.Help;
using Holm.Cli.Wire;

namespace Cli.Tests;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("start,stop", "app", "st")]
    [InlineData("web,www", "app", "start", "w")]
    [InlineData("db,www", "app", "start", "web", "")]
    [InlineData("--all,--debug,--help", "app", "start", "-")]
    [InlineData("netbox", "app", "create", "x", "n")]
    [InlineData("default,small", "app", "create", "x", "--profile", "")]
    [InlineData("csv", "list", "--format", "c")]
    [InlineData(":files", "image", "import", "./x")]
    [InlineData("", "exec", "web", "--", "")]
    [InlineData("set", "config", "device", "s")]
    [InlineData("limits.cpu,limits.memory,limits.partition,limits.processes", "config", "set", "web", "lim")]
    [InlineData("cpu,memory", "resources", "")]
    [InlineData("br0,br1", "network", "delete", "")]
    [InlineData("ipv4.dhcp.expiry,ipv4.dhcp.ranges", "network", "set", "br0", "ipv4.dhcp=true", "ipv4.d")]
    [InlineData("ipv4.dhcp.expiry,ipv4.dhcp.ranges", "network", "set", "br0", "ipv4.dhcp", "=", "true", "ipv4.d")]
    [InlineData("disk,nic,none", "config", "device", "add", "web", "eth0", "")]
    [InlineData("name,network,nictype", "config", "device", "add", "web", "eth0", "nic", "n")]
    [InlineData("name,network,nictype", "profile", "device", "add", "small", "eth0", "nic", "n")]
    [InlineData("hwaddr,mtu,name,parent,vlan", "config", "device", "add", "web", "eth0", "nic", "nictype", "=", "physical", "")]
    [InlineData("ipv4.address", "config", "device", "add", "web", "eth0", "nic", "nictype=p2p", "ipv4.a")]
    [InlineData("ipv4.host_address", "config", "device", "add", "web", "eth0", "nic", "nictype=p2p", "ipv4.h")]
    [InlineData("host_name,hwaddr,mtu,name,vlan,vlan.tagged", "config", "device", "add", "web", "eth0", "nic", "network=br0", "")]
    [InlineData("pool,size", "config", "device", "add", "web", "root", "disk", "path=/", "")]
    [InlineData("path,pool,readonly,recursive,required,shift", "config", "device", "add", "web", "usb", "disk", "source=/usb", "")]
    [InlineData("readonly,recursive,required", "config", "device", "add", "web", "usb", "disk", "path=/mnt", "re")]
    [InlineData("", "config", "device", "add", "web", "eth0", "none", "")]
    [InlineData("", "config", "device", "add", "web", "eth0", "nic", "nictype=", "")]
    [InlineData("parent,path,pool", "config", "device", "set", "web", "root", "p")]
    [InlineData("", "nonsense", "words", "")]
    [InlineData("", "app", "rename", "db", "new", "more", "")]
    public void Offers_at_a_place(string offers, params string[] words)
    {
        using var node = Names();
        var result = Run.Holm(node, ["complete", "--", .. words]);
        Assert.Equal((0, ""), (result.Code, result.Err));
        Assert.Equal(offers, result.Out.TrimEnd('\n').Replace('\n', ','));
    }

    [Fact]
    public void Node_that_does_not_answer_is_not_waited_for()
    {
        using var never = new ManualResetEventSlim();
        using var node = new RawNode(_ => never.Wait(TimeSpan.FromSeconds(60)));
        var quick = new Node(node.SocketPath) { Deadline = TimeSpan.FromMilliseconds(200) };
        Assert.Empty(LiveNames.With(quick, () => Offers.For(Tree.Build(), ["app", "start", ""])));
        never.Set();
        Assert.Equal("start\nstop\n", Run.Holm(null, "complete", "--", "app", "st").Out);
    }

    [Fact]
    public void Script_completes_in_a_real_bash()
    {
        using var node = Names();
        var script = Run.Holm(null, "completion", "bash").Out;
        // The script calls the program by name; here a function prints what the program would.
        var bash = $$"""
            holm() { printf '%s\n' web 'www'; }
            {{script}}
            COMP_WORDS=(holm app start w); COMP_CWORD=3
            _holm
            printf '%s,' "${COMPREPLY[@]}"
            """;
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", bash])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true
        })!;
        Assert.Equal(("web,www,", ""), (process.StandardOutput.ReadToEnd(), process.StandardError.ReadToEnd()));
    }

    private static RawNode Names() => RawNode.With(
        ("GET /1.0/instances", RawNode.Sync("""["/1.0/instances/web","/1.0/instances/www","/1.0/instances/db"]""")),
        ("GET /1.0/profiles", RawNode.Sync("""["/1.0/profiles/default","/1.0/profiles/small"]""")),
        ("GET /1.0/networks?recursion=1", RawNode.Sync(
            """[{"name":"br0","managed":true},{"name":"br1","managed":true},{"name":"eth7","managed":false}]""")),
        ("GET /1.0/images?recursion=1", RawNode.Sync(
            """[{"aliases":[{"name":"netbox"}],"fingerprint":"aa"},{"aliases":[],"fingerprint":"0123456789abcdef"}]""")));
}
