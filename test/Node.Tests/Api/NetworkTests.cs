using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Holm.Contract;

namespace Node.Tests.Api;

public sealed class NetworkTests(SmallNode node) : IClassFixture<SmallNode>
{
    private static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetString()!)];

    private async Task<(int Code, string Error)> Refused(string method, string path, string body = "{}")
    {
        var (code, answer, _) = await node.Send(method, path, new JsonText(body));
        return ((int)code, answer.GetProperty("error").GetString()!);
    }

    [Fact]
    public async Task A_network_lives_through_its_verbs()
    {
        var (code, _, made) = await node.Send("POST", "/1.0/networks", new JsonText("""
            {"config":{"ipv4.address":"10.1.0.1/24","ipv6.address":"none","ipv4.nat":""},"description":"front","name":"br-life","type":""}
            """));
        Assert.Equal((HttpStatusCode.Created, "/1.0/networks/br-life"), (code, made.Headers.Location?.ToString()));
        var shown = await node.Do("GET", "/1.0/networks/br-life");
        Assert.Equal("""
            {"config":{"ipv4.address":"10.1.0.1/24","ipv6.address":"none"},"description":"front","name":"br-life","type":"bridge",
            "used_by":[],"managed":true,"status":"Created","reason":"","locations":["none"]}
            """.ReplaceLineEndings(""), shown.GetRawText());
        Assert.Contains("/1.0/networks/br-life", Texts(await node.Do("GET", "/1.0/networks")));
        Assert.Contains("br-life", (await node.Do("GET", "/1.0/networks?recursion=1")).EnumerateArray()
            .Select(n => n.GetProperty("name").GetString()));

        await node.Do("PATCH", "/1.0/networks/br-life", new JsonText("""{"config":{"ipv4.dhcp":"true","ipv6.address":"","user.a":"b"}}"""));
        shown = await node.Do("GET", "/1.0/networks/br-life");
        Assert.Equal("""{"ipv4.address":"10.1.0.1/24","ipv4.dhcp":"true","user.a":"b"}""", shown.GetProperty("config").GetRawText());
        Assert.Equal("front", shown.GetProperty("description").GetString());
        await node.Do("PUT", "/1.0/networks/br-life", new JsonText("""{"config":{"ipv4.address":"10.1.0.1/25","user.a":""}}"""));
        shown = await node.Do("GET", "/1.0/networks/br-life");
        Assert.Equal("""{"ipv4.address":"10.1.0.1/25"}""", shown.GetProperty("config").GetRawText());
        Assert.Equal("", shown.GetProperty("description").GetString());

        var (renamed, _, whole) = await node.Send("POST", "/1.0/networks/br-life", new JsonText("""{"name":"br-second"}"""));
        Assert.Equal((HttpStatusCode.Created, "/1.0/networks/br-second"), (renamed, whole.Headers.Location?.ToString()));
        Assert.Equal((404, "Network not found: \"br-life\""), await Refused("GET", "/1.0/networks/br-life"));
        await node.Do("DELETE", "/1.0/networks/br-second");
        Assert.DoesNotContain("/1.0/networks/br-second", Texts(await node.Do("GET", "/1.0/networks")));
        foreach (var method in (string[])["PUT", "PATCH", "DELETE", "POST"])
            Assert.Equal((404, "Network not found: \"br-second\""), await Refused(method, "/1.0/networks/br-second"));
        foreach (var part in (string[])["state", "leases"])
            Assert.Equal((404, "Network not found: \"br-second\""), await Refused("GET", "/1.0/networks/br-second/" + part));
    }

    /// <summary>As LXD; two never get the same.</summary>
    [Theory]
    [InlineData("{}", "true")]
    [InlineData("""{"ipv4.address":"auto","ipv4.nat":"false"}""", "false")]
    public async Task A_bridge_of_which_nothing_is_said_gets_a_subnet(string config, string nat)
    {
        List<string> own = [];
        foreach (var name in (string[])["auto1", "auto2"])
        {
            await node.Do("POST", "/1.0/networks", new JsonText($$"""{"name":"{{name}}","config":{{config}}}"""));
            var made = node.Config.Current.Networks[name];
            Assert.Matches(@"^10\.\d+\.\d+\.1/24$", made.Config["ipv4.address"]);
            Assert.Equal(nat, made.Config["ipv4.nat"]);
            Assert.True(made.Plan.Dhcp);
            own.Add(made.Config["ipv4.address"]);
        }
        Assert.NotEqual(own[0], own[1]);
        await node.Do("PUT", "/1.0/networks/auto1", new JsonText("""{"config":{"ipv4.address":"auto"}}"""));
        Assert.DoesNotContain(node.Config.Current.Networks["auto1"].Config["ipv4.address"], own);
        // What is taken away is not given anew.
        await node.Do("PUT", "/1.0/networks/auto1", new JsonText("""{"config":{}}"""));
        Assert.Empty(node.Config.Current.Networks["auto1"].Config);
        foreach (var name in (string[])["auto1", "auto2"])
            await node.Do("DELETE", "/1.0/networks/" + name);
    }

    [Theory]
    [InlineData("""{}""", "it is empty")]
    [InlineData("""{"name":null}""", "it is empty")]
    [InlineData("""{"name":"eth0"}""", "reserved for the host")]
    [InlineData("""{"name":"a/b"}""", "not allowed")]
    [InlineData("""{"name":".."}""", "not allowed")]
    [InlineData("""{"name":"-x"}""", "not allowed")]
    [InlineData("""{"name":"a b"}""", "not allowed")]
    [InlineData("""{"name":"br\n0"}""", "not allowed")]
    [InlineData("""{"name":"br\u00e9"}""", "not allowed")]
    [InlineData("""{"name":"br0;reboot"}""", "not allowed")]
    [InlineData("""{"name":"sixteencharacter"}""", "16 characters, 15 are allowed")]
    [InlineData("""{"name":7}""", "not the JSON that is wanted")]
    [InlineData("""{"name":"brx","config":[]}""", "not the JSON that is wanted")]
    [InlineData("""{"name":"brx","config":{"ipv4.nat":true}}""", "not the JSON that is wanted")]
    [InlineData("""{"name":"brx","type":"ovn"}""", "type \"ovn\" is not supported")]
    [InlineData("""{"name":"brx","description":"a\u0000b"}""", "control character")]
    [InlineData("""{"name":"brx","config":{"bridge.driver":"openvswitch"}}""", "key \"bridge.driver\" is not known; it takes ipv4.address")]
    [InlineData("""{"name":"brx","config":{"":"x"}}""", "key \"\" is not known")]
    [InlineData("""{"name":"brx","config":{"user.":"x"}}""", "is not known")]
    [InlineData("""{"name":"brx","config":{"user.a\nend":"x"}}""", "is not allowed")]
    [InlineData("""{"name":"brx","config":{"ipv4.address":"10.0.0.0/24"}}""", "is no address of a host")]
    [InlineData("""{"name":"brx","config":{"ipv4.address":"10.0.0.1/24\nhook"}}""", "control character")]
    [InlineData("""{"name":"brx","config":{"ipv4.address":"automatic"}}""", "is no address of a host")]
    [InlineData("""{"name":"brx","config":{"ipv4.address":"dhcp"}}""", "takes an address or none")]
    [InlineData("""{"name":"brx","config":{"ipv4.address":"none","ipv4.nat":"true"}}""", "need an address of its own")]
    [InlineData("""{"name":"brx","config":{"bridge.mtu":"1"}}""", "it takes 576 to 65535")]
    [InlineData("""{"name":"brx","config":{"ipv6.address":"fd00::1/64"}}""", "takes only none")]
    [InlineData("""{"name":"brx","config":{"dns.domain":"a b"}}""", "is no domain name")]
    [InlineData("""null""", "a JSON object is wanted")]
    [InlineData("""["name"]""", "not the JSON that is wanted")]
    public async Task A_bad_network_is_refused(string body, string because)
    {
        var (code, error) = await Refused("POST", "/1.0/networks", body);
        Assert.Equal(400, code);
        Assert.Contains(because, error, StringComparison.Ordinal);
        Assert.DoesNotContain(error, char.IsControl);
        Assert.Equal(404, (await Refused("GET", "/1.0/networks/brx")).Code);
    }

    [Fact]
    public async Task A_thousand_keys_are_enough()
    {
        var keys = string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"user.k{i}\":\"v\"").Append("\"ipv4.address\":\"none\""));
        Assert.Equal((400, "network brx: 1001 keys are too many, 1000 are allowed"),
            await Refused("POST", "/1.0/networks", $"{{\"name\":\"brx\",\"config\":{{{keys}}}}}"));
    }

    [Fact]
    public async Task Free_text_of_many_lines_is_kept_as_it_is()
    {
        await node.Do("POST", "/1.0/networks", new JsonText("""{"name":"br-text","config":{"user.a":"one\n\ttwo \"x\" end\n"}}"""));
        Assert.Equal("one\n\ttwo \"x\" end\n",
            (await node.Do("GET", "/1.0/networks/br-text")).GetProperty("config").GetProperty("user.a").GetString());
        await node.Do("DELETE", "/1.0/networks/br-text");
    }

    [Fact]
    public async Task Names_and_subnets_are_taken_once()
    {
        await node.Do("POST", "/1.0/networks", new JsonText("""{"name":"br-one","config":{"ipv4.address":"10.2.0.1/16"}}"""));
        await node.Do("POST", "/1.0/networks", new JsonText("""{"name":"br-two","config":{"ipv4.address":"none"}}"""));
        Assert.Equal((409, "Network \"br-one\" already exists"), await Refused("POST", "/1.0/networks", """{"name":"br-one"}"""));
        Assert.Equal((409, "Network \"br-one\" already exists"), await Refused("POST", "/1.0/networks/br-two", """{"name":"br-one"}"""));
        var (code, error) = await Refused("PATCH", "/1.0/networks/br-two", """{"config":{"ipv4.address":"10.2.3.1/24"}}""");
        Assert.Equal(409, code);
        Assert.Contains("10.2.3.1/24 overlaps 10.2.0.1/16 of network br-one", error, StringComparison.Ordinal);
        Assert.Equal(400, (await Refused("POST", "/1.0/networks/br-two", """{"name":"port1"}""")).Code);
        Assert.Equal("""{"ipv4.address":"none"}""", (await node.Do("GET", "/1.0/networks/br-two")).GetProperty("config").GetRawText());
        await node.Do("DELETE", "/1.0/networks/br-one");
        await node.Do("DELETE", "/1.0/networks/br-two");
    }

    [Fact]
    public async Task A_used_network_is_neither_deleted_nor_renamed()
    {
        await node.Do("POST", "/1.0/networks", new JsonText("""{"name":"br-used"}"""));
        await node.Do("POST", "/1.0/profiles", new JsonText(
            """{"name":"on-used","devices":{"eth0":{"type":"nic","nictype":"bridged","parent":"br-used"}}}"""));
        await node.Create("n1");
        await node.Create("n2");
        await node.Create("n3");
        await node.Do("PATCH", "/1.0/instances/n1", new JsonText("""{"devices":{"eth0":{"type":"nic","network":"br-used"}}}"""));
        await node.Do("PATCH", "/1.0/instances/n2", new JsonText("""{"profiles":["default","on-used"]}"""));
        await node.Do("PATCH", "/1.0/instances/n3", new JsonText(
            """{"profiles":["default","on-used"],"devices":{"eth0":{"type":"none"}}}"""));
        Assert.Equal(["/1.0/instances/n1", "/1.0/instances/n2", "/1.0/profiles/on-used"],
            Texts((await node.Do("GET", "/1.0/networks/br-used")).GetProperty("used_by")));
        const string sentence =
            "The network is currently in use by instance n1, instance n2, profile on-used: take it from them first";
        Assert.Equal((400, sentence), await Refused("DELETE", "/1.0/networks/br-used"));
        Assert.Equal((400, sentence), await Refused("POST", "/1.0/networks/br-used", """{"name":"br-other"}"""));
        foreach (var name in (string[])["n1", "n2", "n3"])
            await node.Do("DELETE", "/1.0/instances/" + name);
        await node.Do("DELETE", "/1.0/profiles/on-used");
        await node.Do("DELETE", "/1.0/networks/br-used");
    }

    [Fact]
    public async Task An_old_ETag_is_refused()
    {
        await node.Do("POST", "/1.0/networks", new JsonText("""{"name":"br-tag"}"""));
        async Task<string> Tag() => (await node.Send("GET", "/1.0/networks/br-tag")).Whole.Headers.ETag!.ToString();
        var (tag, body) = (await Tag(), new JsonText("""{"description":"two"}"""));
        await node.Do("PATCH", "/1.0/networks/br-tag", new JsonText("""{"description":"one"}"""));
        foreach (var method in (string[])["PUT", "PATCH"])
            Assert.Equal(HttpStatusCode.PreconditionFailed,
                (await node.Send(method, "/1.0/networks/br-tag", body, ("If-Match", tag))).Code);
        Assert.Equal(HttpStatusCode.OK, (await node.Send("PUT", "/1.0/networks/br-tag", body, ("If-Match", await Tag()))).Code);
        await node.Do("DELETE", "/1.0/networks/br-tag");
    }

    [Fact]
    public async Task What_the_node_cannot_make_is_taken_back_when_new_and_kept_with_its_reason_when_changed()
    {
        node.Impossible["br-bad"] = "make network br-bad: the host has an interface of that name already; choose another name";
        Assert.Equal((409, node.Impossible["br-bad"]), await Refused("POST", "/1.0/networks", """{"name":"br-bad"}"""));
        Assert.Equal(404, (await Refused("GET", "/1.0/networks/br-bad")).Code);

        await node.Do("POST", "/1.0/networks", new JsonText("""{"name":"br-good","description":"d"}"""));
        Assert.Equal((409, node.Impossible["br-bad"]), await Refused("POST", "/1.0/networks/br-good", """{"name":"br-bad"}"""));
        Assert.Equal("d", (await node.Do("GET", "/1.0/networks/br-good")).GetProperty("description").GetString());
        Assert.Equal(404, (await Refused("GET", "/1.0/networks/br-bad")).Code);

        node.Impossible["br-good"] = "set the MTU of br-good: Invalid argument";
        await node.Do("PATCH", "/1.0/networks/br-good", new JsonText("""{"config":{"bridge.mtu":"9000"}}"""));
        var shown = await node.Do("GET", "/1.0/networks/br-good");
        Assert.Equal(("Errored", "set the MTU of br-good: Invalid argument", "9000"), (shown.GetProperty("status").GetString(),
            shown.GetProperty("reason").GetString(), shown.GetProperty("config").GetProperty("bridge.mtu").GetString()));
        node.Impossible.Clear();
        Assert.Equal("Created", (await node.Do("GET", "/1.0/networks/br-good")).GetProperty("status").GetString());
        await node.Do("DELETE", "/1.0/networks/br-good");
    }

    [Fact]
    public async Task What_somebody_took_up_meanwhile_is_not_taken_back()
    {
        await node.Create("quick");
        node.Impossible["br-race"] = "make network br-race: no";
        node.WhileSettling = async () =>
        {
            node.WhileSettling = () => Task.CompletedTask;
            await node.Do("PATCH", "/1.0/instances/quick", new JsonText("""{"devices":{"eth0":{"type":"nic","network":"br-race"}}}"""));
        };
        var (code, error) = await Refused("POST", "/1.0/networks", """{"name":"br-race"}""");
        Assert.Equal((409, "make network br-race: no; network br-race is not taken back: instance quick, device eth0: " +
            "there is no network br-race; make it first"), (code, error));
        Assert.Equal("Errored", (await node.Do("GET", "/1.0/networks/br-race")).GetProperty("status").GetString());
        await node.Do("DELETE", "/1.0/instances/quick");

        node.WhileSettling = async () =>
        {
            node.WhileSettling = () => Task.CompletedTask;
            await node.Do("PATCH", "/1.0/networks/br-late", new JsonText("""{"description":"mine"}"""));
        };
        node.Impossible["br-late"] = "make network br-late: no";
        Assert.Equal((409, "make network br-late: no; network br-late is not taken back: somebody has changed it meanwhile"),
            await Refused("POST", "/1.0/networks", """{"name":"br-late"}"""));
        node.Impossible.Clear();
        await node.Do("DELETE", "/1.0/networks/br-race");
        await node.Do("DELETE", "/1.0/networks/br-late");
    }

    [Fact]
    public async Task A_failure_of_the_whole_work_is_told()
    {
        await node.Do("POST", "/1.0/networks", new JsonText("""{"name":"br-there"}"""));
        node.WhileSettling = () => throw new Refusal(500, "masquerade: nft is missing; install nftables");
        Assert.Equal((409, "masquerade: nft is missing; install nftables"),
            await Refused("POST", "/1.0/networks", """{"name":"br-new"}"""));
        Assert.Equal((409, "masquerade: nft is missing; install nftables"),
            await Refused("POST", "/1.0/networks/br-there", """{"name":"br-new"}"""));
        Assert.Equal((500, "masquerade: nft is missing; install nftables"),
            await Refused("PUT", "/1.0/networks/br-there", """{"description":"d"}"""));
        node.WhileSettling = () => Task.CompletedTask;
        Assert.Equal(404, (await Refused("GET", "/1.0/networks/br-new")).Code);
        Assert.Equal("d", (await node.Do("GET", "/1.0/networks/br-there")).GetProperty("description").GetString());
        await node.Do("DELETE", "/1.0/networks/br-there");
    }

    [Fact]
    public async Task A_change_is_answered_when_it_has_been_made()
    {
        var made = new TaskCompletionSource();
        node.WhileSettling = () => made.Task;
        var answer = node.Do("POST", "/1.0/networks", new JsonText("""{"name":"br-slow"}"""));
        Assert.NotSame(answer, await Task.WhenAny(answer, Task.Delay(300, TestContext.Current.CancellationToken)));
        node.WhileSettling = () => Task.CompletedTask;
        made.SetResult();
        await answer;
        await node.Do("DELETE", "/1.0/networks/br-slow");
    }

    [Fact]
    public async Task Interfaces_of_the_host_are_shown_and_left_alone()
    {
        node.Interfaces["eth7"] = (new Network { Name = "eth7", Type = "physical" },
            new HostInterfaceState { State = "up", Mtu = 1500, Hwaddr = "02:00:00:00:00:07" });
        await node.Create("on-port");
        await node.Do("PATCH", "/1.0/instances/on-port", new JsonText(
            """{"devices":{"lan":{"type":"nic","nictype":"macvlan","parent":"eth7"}}}"""));
        Assert.Contains("/1.0/networks/eth7", Texts(await node.Do("GET", "/1.0/networks")));
        var shown = (await node.Do("GET", "/1.0/networks?recursion=1")).EnumerateArray()
            .Single(n => n.GetProperty("name").GetString() == "eth7");
        Assert.Equal("""
            {"config":{},"description":"","name":"eth7","type":"physical","used_by":["/1.0/instances/on-port"],"managed":false,
            "status":"","reason":"","locations":[]}
            """.ReplaceLineEndings(""), shown.GetRawText());
        Assert.Equal(shown.GetRawText(), (await node.Do("GET", "/1.0/networks/eth7")).GetRawText());
        Assert.Equal("up", (await node.Do("GET", "/1.0/networks/eth7/state")).GetProperty("state").GetString());
        foreach (var (method, path) in ((string, string)[])[("PUT", ""), ("PATCH", ""), ("POST", ""), ("DELETE", ""), ("GET", "/leases")])
            Assert.Equal((404, "Network not found: eth7 is an interface of the host that Holm does not manage"),
                await Refused(method, "/1.0/networks/eth7" + path));
        await node.Do("DELETE", "/1.0/instances/on-port");
        node.Interfaces.Clear();
    }

    [Fact]
    public async Task State_is_LXDs_and_down_while_the_bridge_is_not_there()
    {
        await node.Do("POST", "/1.0/networks", new JsonText("""{"name":"br-state"}"""));
        Assert.Equal("down", (await node.Do("GET", "/1.0/networks/br-state/state")).GetProperty("state").GetString());
        node.Interfaces["br-state"] = (new Network { Name = "br-state" }, new HostInterfaceState
        {
            Addresses = [new NetworkAddress { Family = "inet", Address = "10.3.0.1", Netmask = "24", Scope = "global" }],
            Counters = new NetworkCounters { BytesReceived = 7 },
            Hwaddr = "02:00:00:00:00:01",
            Mtu = 1500,
            State = "up",
            Bridge = new BridgeState { Id = "8000.020000000001", VlanDefault = 1, VlanFiltering = true, UpperDevices = ["veth0"] },
        });
        Assert.Equal("""
            {"addresses":[{"family":"inet","address":"10.3.0.1","netmask":"24","scope":"global"}],
            "counters":{"bytes_received":7,"bytes_sent":0,"packets_received":0,"packets_sent":0,"errors_received":0,"errors_sent":0,
            "packets_dropped_outbound":0,"packets_dropped_inbound":0},"hwaddr":"02:00:00:00:00:01","mtu":1500,"state":"up",
            "type":"broadcast","bridge":{"id":"8000.020000000001","stp":false,"forward_delay":0,"vlan_default":1,"vlan_filtering":true,
            "upper_devices":["veth0"]}}
            """.ReplaceLineEndings(""), (await node.Do("GET", "/1.0/networks/br-state/state")).GetRawText());
        node.Interfaces.Clear();
        await node.Do("DELETE", "/1.0/networks/br-state");
    }

    [Fact]
    public async Task Leases_are_what_dnsmasq_wrote()
    {
        await node.Do("POST", "/1.0/networks", new JsonText("""{"name":"br-lease"}"""));
        Assert.Equal("[]", (await node.Do("GET", "/1.0/networks/br-lease/leases")).GetRawText());
        node.LeaseText = """
            1795392784 02:00:00:00:00:0a 10.4.0.100 web 01:02:00:00:00:00:0a
            0 02:00:00:00:00:0b 10.4.0.20 * *
            duid 00:01:00:01
            99999999999999 02:00:00:00:00:0c 10.4.0.30 x *
            -1 02:00:00:00:00:0d 10.4.0.31 x *
            1795392784 02:00:00:00:00:0e 10.4.0.3
            1795392784 02:00:00:
            """;
        Assert.Equal("""
            [{"hostname":"","hwaddr":"02:00:00:00:00:0b","address":"10.4.0.20","type":"dynamic","location":"none",
            "expires_at":"0001-01-01T00:00:00+00:00"},
            {"hostname":"web","hwaddr":"02:00:00:00:00:0a","address":"10.4.0.100","type":"dynamic","location":"none",
            "expires_at":"2026-11-23T00:13:04+00:00"}]
            """.ReplaceLineEndings(""), (await node.Do("GET", "/1.0/networks/br-lease/leases")).GetRawText());
        await node.Do("DELETE", "/1.0/networks/br-lease");
    }

    [Fact]
    public async Task Every_change_is_told()
    {
        using var events = await node.Join("/1.0/events?type=lifecycle");
        await node.Do("POST", "/1.0/networks", new JsonText("""{"name":"br-told"}"""));
        await node.Do("PUT", "/1.0/networks/br-told", new JsonText("""{"description":"d"}"""));
        await node.Do("POST", "/1.0/networks/br-told", new JsonText("""{"name":"br-told2"}"""));
        await node.Do("DELETE", "/1.0/networks/br-told2");
        foreach (var told in (string[])["network-created br-told", "network-updated br-told", "network-renamed br-told2",
            "network-deleted br-told2"])
        {
            var buffer = new byte[4096];
            WebSocketReceiveResult got;
            JsonElement happened;
            do
            {
                got = await events.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
                happened = JsonDocument.Parse(Encoding.UTF8.GetString(buffer, 0, got.Count)).RootElement.GetProperty("metadata");
            }
            while (!happened.GetProperty("source").GetString()!.Contains("br-told", StringComparison.Ordinal));
            Assert.Equal(told, $"{happened.GetProperty("action").GetString()} {happened.GetProperty("source").GetString()![14..]}");
            if (told.StartsWith("network-renamed", StringComparison.Ordinal))
                Assert.Equal("br-told", happened.GetProperty("context").GetProperty("old_name").GetString());
        }
    }

    [Fact]
    public async Task What_LXD_has_besides_is_named() =>
        Assert.Equal((404, "forwards of a network are not supported yet by this node"), await Refused("GET", "/1.0/networks/br0/forwards"));
}
