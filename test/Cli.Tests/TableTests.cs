using System.Text.Json;
using Holm.Cli.Output;

namespace Cli.Tests;

public sealed class TableTests
{
    private const string Apps = """
        [{"name":"web","status":"Running","status_code":103,"image":"netbox","reason":"","config":{},
         "expanded_config":{"boot.autostart":"true"},
          "state":{"status":"Running","status_code":103,"pid":42,"processes":4,"cpu":{"usage":1250000000},
            "memory":{"usage":1234567,"usage_peak":2000000,"total":67108864},"network":{
            "lo":{"type":"loopback","addresses":[{"family":"inet","address":"127.0.0.1","netmask":"8","scope":"local"}]},
            "eth0":{"type":"broadcast","addresses":[{"family":"inet","address":"10.0.0.2","netmask":"24","scope":"global"},
              {"family":"inet6","address":"fd00::2","netmask":"64","scope":"global"},{"family":"inet6","address":"fe80::1","netmask":"64",
               "scope":"link"}]}}}},
         {"name":"db","status":"Error","status_code":112,"reason":"10 fast failures, the last: exit code 1",
          "image":"3f2a91c07b5e3f2a91c07b5e3f2a91c07b5e3f2a91c07b5e3f2a91c07b5e3f2a","config":{},
          "expanded_config":{"security.privileged":"true"}},
         {"name":"bad\u001b[31m\nname","status":"Stop\u0007ped","status_code":102,"reason":"\u202eevil, \"quoted\"","image":"x\ty",
          "config":{},"expanded_config":{}}]
        """;

    private const string Images = """
        [{"aliases":[{"name":"netbox","description":""}],"fingerprint":"3f2a91c07b5e3f2a91c07b5e3f2a91c07b5e3f2a91c07b5e3f2a91c07b5e3f2a",
         "architecture":"x86_64",
          "size":1048576,"used_by":["/1.0/instances/web"],"uploaded_at":"2026-11-23T01:13:04.5Z","properties":{"description":"NetBox 1.2"},
          "created_at":"2026-01-01T00:00:00Z","filename":"netbox.squashfs","layers":["aa"]},
         {"aliases":[],"fingerprint":"00002a91c07b5e3f2a91c07b5e3f2a91c07b5e3f2a91c07b5e3f2a91c07b5e00","architecture":"x86_64",
          "size":700,"used_by":[],
          "uploaded_at":"0001-01-01T00:00:00Z","properties":{}}]
        """;

    [Theory]
    [InlineData("table")]
    [InlineData("csv")]
    [InlineData("json")]
    public void List(string format)
    {
        using var node = RawNode.With(("GET /1.0/instances?recursion=2", RawNode.Sync(Apps)));
        var result = Run.Holm(node, "list", "--format", format);
        Assert.Equal((0, ""), (result.Code, result.Err));
        Assert.DoesNotContain(result.Out, c => char.IsControl(c) && c != '\n');
        Golden.Same($"list.{format}.txt", result.Out);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show", "netbox")]
    [InlineData("prune", "--dry-run")]
    public void Image(params string[] words)
    {
        var first = Images[1..Images.IndexOf("\n {\"aliases\":[]", StringComparison.Ordinal)].TrimEnd().TrimEnd(',');
        using var node = RawNode.With(
            ("GET /1.0/images?recursion=1", RawNode.Sync(Images)),
            ("GET /1.0/images/aliases/netbox", RawNode.Sync("""{"name":"netbox","target":"3f2a"}""")),
            ("GET /1.0/images/3f2a", RawNode.Sync(first)));
        var result = Run.Holm(node, ["image", .. words]);
        Assert.Equal((0, ""), (result.Code, result.Err));
        Golden.Same($"image-{words[0]}.txt", result.Out);
    }

    [Theory]
    [InlineData("GET /1.0/profiles?recursion=1", "profile-list", "profile", "list")]
    [InlineData("GET /1.0/profiles/default", "profile-show", "profile", "show", "default")]
    [InlineData("GET /1.0/checkconfig", "checkconfig", "checkconfig")]
    [InlineData("GET /1.0/partition", "resources", "resources")]
    [InlineData("GET /1.0", "info", "info")]
    [InlineData("GET /1.0/operations?recursion=1", "operation-list", "operation", "list")]
    [InlineData("GET /1.0/operations/u1", "operation-show", "operation", "show", "u1")]
    [InlineData("GET /1.0/instances/web?recursion=1", "app-show", "app", "show", "web")]
    [InlineData("GET /1.0/instances/web", "config-show", "config", "show", "web")]
    [InlineData("GET /1.0/instances/web", "device-list", "config", "device", "list", "web")]
    [InlineData("GET /1.0/networks?recursion=1", "network-list", "network", "list")]
    [InlineData("GET /1.0/networks/br0/leases", "network-leases", "network", "leases", "br0")]
    public void Shown(string request, string name, params string[] words)
    {
        using var node = RawNode.With((request, RawNode.Sync(Objects[name])), ("GET /1.0/partition", RawNode.Sync(Objects["resources"])));
        var result = Run.Holm(node, words);
        Assert.Equal((0, ""), (result.Code, result.Err));
        Golden.Same($"{name}.txt", result.Out);
    }

    [Theory]
    [InlineData("br0")]
    [InlineData("br1")]
    public void Network(string name)
    {
        using var all = JsonDocument.Parse(Objects["network-list"]);
        var shown = all.RootElement.EnumerateArray().Single(n => n.GetProperty("name").GetString() == name);
        using var node = RawNode.With(($"GET /1.0/networks/{name}", RawNode.Sync(shown.GetRawText())),
            ($"GET /1.0/networks/{name}/state", RawNode.Sync(Objects[name == "br0" ? "network-state" : "network-absent"])));
        var result = Run.Holm(node, "network", "show", name);
        Assert.Equal((0, ""), (result.Code, result.Err));
        Golden.Same($"network-show-{name}.txt", result.Out);
    }

    [Fact]
    public void Visible_lines_keep_only_line_ends_and_tabs()
    {
        Assert.Equal("a\\x1b[0m\n\tb\\x00\\x9f", Visible.Lines("a\u001b[0m\r\n\tb\0\u009f"));
        Assert.Equal("é 漢 😀 \\u202e\\u2028\\ud800", Visible.Line("é 漢 😀 \u202e\u2028\ud800"));
    }

    [Fact]
    public void Sizes_and_times_in_words()
    {
        Assert.Equal(["0B", "1023B", "1.0KiB", "117MiB", "8.0EiB"], new[] { 0, 1023, 1024, 123_000_000, long.MaxValue }.Select(Say.Bytes));
        Assert.Equal("", Say.Time(DateTimeOffset.MinValue));
        Assert.Equal("2026-11-23 00:13:04Z", Say.Time(DateTimeOffset.Parse("2026-11-23T01:13:04+01:00")));
    }

    private const string Web = """
        {"name":"web","status":"Running","status_code":103,"reason":"","description":"front","image":"netbox","profiles":["default",
         "small"],"owner":"local",
         "created_at":"2026-11-23T01:13:04Z","config":{"limits.memory":"64MiB"},"devices":{},
         "expanded_config":{"limits.memory":"64MiB","limits.partition":"apps","boot.autostart":"true","environment.A":"x\ny"},
         "expanded_devices":{"root":{"type":"disk","path":"/","pool":"ram","size":"16MiB"}},
         "state":{"status":"Running","status_code":103,"pid":42,"processes":4,"cpu":{"usage":1250000000,"allocated_time":500000000},
         "memory":{"usage":1234567,"usage_peak":2000000,"total":67108864},
           "block":{"bytes_read":4096,"bytes_written":0}}}
        """;

    private const string Running = """
        {"id":"u1","class":"task","description":"Starting instance","created_at":"2026-11-23T01:13:04Z",
         "updated_at":"2026-11-23T01:13:05Z","status":"Running",
         "status_code":103,"resources":{"containers":["/1.0/instances/web"],"instances":["/1.0/instances/web"]},
         "metadata":{"start_progress":"mounting","fds":{"0":"secret"}},
         "may_cancel":true,"err":""}
        """;

    private static readonly Dictionary<string, string> Objects = new()
    {
        ["resources"] =
            """
            {"cpu_percent":25,"memory_percent":50,"apps":3,"memory_part":89478144,
             "cpu":{"usage":12340000000,"allocated_time":500000000},"memory":{"usage":1234567,"usage_peak":0,"total":268435456}}
            """,
        ["profile-list"] =
            """[{"name":"default","description":"","config":{},"devices":{"root":{"type":"disk"}},"used_by":["/1.0/instances/web"]}]""",
        ["profile-show"] = """{"name":"default","description":"d","config":{"user.a":"b"},"devices":"""
            + """{"root":{"type":"disk","path":"/","pool":"default"}},"used_by":[]}""",
        ["checkconfig"] =
            """[{"feature":"idmapped SquashFS","found":"no","holm":"stores a shifted copy"},"""
            + """{"feature":"liblxc","found":"yes","holm":"5.0.2"}]""",
        ["info"] = """
            {"api_version":"1.0","environment":{"server_name":"dev1","server_version":"5.0.2","holm_version":"0.1.0","server_pid":7,
             "driver":"lxc","driver_version":"5.0.2",
             "kernel":"Linux","kernel_version":"6.1","kernel_architecture":"x86_64","architectures":["x86_64","i686"],"os_name":"Debian",
             "os_version":"12",
             "state_directory":"/var/lib/holm","run_directory":"/run/holm","idmap_base":1000000}}
            """,
        ["operation-list"] = $$"""{"running":[{{Running}}]}""",
        ["operation-show"] = Running,
        ["app-show"] = Web,
        ["config-show"] = Web,
        ["device-list"] = Web,
        ["network-list"] = """
            [{"name":"eth7","type":"physical","managed":false,"status":"","reason":"","used_by":[],"config":{},"description":""},
            {"name":"br1","type":"bridge","managed":true,"status":"Errored","reason":"no \u001b[2J","used_by":[],"config":{},
             "description":""},
            {"name":"br0","type":"bridge","managed":true,"status":"Created","reason":"",
             "used_by":["/1.0/instances/web","/1.0/profiles/p"],"config":{"ipv4.address":"10.0.0.1/24","ipv4.dhcp":"true"},
             "description":"front office"}]
            """,
        ["network-state"] = """
            {"addresses":[{"family":"inet","address":"10.0.0.1","netmask":"24","scope":"global"},
             {"family":"inet6","address":"fe80::1","netmask":"64","scope":"link"}],"counters":{"bytes_received":2048,"bytes_sent":12},
             "hwaddr":"02:00:00:00:00:01","mtu":1500,"state":"up","type":"broadcast","bridge":{"id":"8000.020000000001",
             "vlan_filtering":true,"upper_devices":["veth1","veth2"]}}
            """,
        ["network-absent"] = """{"addresses":[],"counters":{},"hwaddr":"","mtu":0,"state":"down","type":"broadcast","bridge":null}""",
        ["network-leases"] = """
            [{"hostname":"web","hwaddr":"02:00:00:00:00:0a","address":"10.0.0.100","type":"dynamic","location":"none",
              "expires_at":"2026-11-23T01:13:04Z"},
             {"hostname":"\u001b]0;x\u0007","hwaddr":"02:00:00:00:00:0b","address":"10.0.0.101","type":"dynamic",
              "expires_at":"0001-01-01T00:00:00Z"}]
            """,
    };
}
