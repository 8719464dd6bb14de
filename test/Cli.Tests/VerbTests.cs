namespace Cli.Tests;

/// <summary>What verbs ask of the node, and how they end.</summary>
public sealed class VerbTests
{
    [Fact]
    public void Create_asks_for_a_console_app()
    {
        using var node = RawNode.With(
            ("GET /1.0/images/aliases/netbox", RawNode.Sync("""{"name":"netbox","target":"ff"}""")),
            ("POST /1.0/instances", RawNode.Sync("{}")));
        Assert.Equal(0, Run.Holm(node, "app", "create", "web", "netbox", "--size", "16MiB", "--config", "limits.memory=64MiB",
            "--config", "user.a=b=c").Code);
        Golden.Same("create.txt", string.Join('\n', node.Requests) + "\n");
    }

    [Fact]
    public void Create_takes_the_name_as_image_and_obeys_options()
    {
        using var node = RawNode.With(("GET /1.0/images/aliases/web", RawNode.Sync("{}")), ("POST /1.0/instances", RawNode.Sync("{}")));
        Assert.Equal(0, Run.Holm(node, "app", "create", "web", "--no-enable", "--no-partition", "--pin", "--pool", "default",
            "--profile", "a", "--profile", "b", "--start").Code);
        var body = node.Requests[1];
        Assert.Contains("\"boot.autostart\":\"false\"", body, StringComparison.Ordinal);
        Assert.Contains("\"alias\":\"web\",\"follow\":false", body, StringComparison.Ordinal);
        Assert.Contains("\"pool\":\"default\"", body, StringComparison.Ordinal);
        Assert.Contains("\"profiles\":[\"a\",\"b\"]", body, StringComparison.Ordinal);
        Assert.Contains("\"start\":true", body, StringComparison.Ordinal);
        Assert.Contains("\"limits.partition\":\"none\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public void Resources_are_set_as_far_as_they_are_given()
    {
        using var node = RawNode.With(("PATCH /1.0/partition", RawNode.Sync("{}")));
        Assert.Equal(0, Run.Holm(node, "resources", "cpu", "30%", "memory", "40").Code);
        Assert.Equal(0, Run.Holm(node, "resources", "memory", "60").Code);
        Assert.Equal(2, Run.Holm(node, "resources", "cpu").Code);
        Assert.Equal(2, Run.Holm(node, "resources", "cpu", "0").Code);
        var unknown = Run.Holm(node, "resources", "disk", "5");
        Assert.Equal(2, unknown.Code);
        Assert.Contains("cpu and memory are", unknown.Err, StringComparison.Ordinal);
        Assert.Equal(
        [
            """PATCH /1.0/partition {"cpu_percent":30,"memory_percent":40}""",
            """PATCH /1.0/partition {"cpu_percent":null,"memory_percent":60}""",
        ], node.Requests);
    }

    [Fact]
    public void Stop_of_several_sends_all_before_it_waits_and_tells_each_failure()
    {
        using var node = new RawNode(talk => talk.Answer(talk.Request switch
        {
            "PUT /1.0/instances/b/state" => RawNode.Error(404, "stop b: there is no such app"),
            var r when r.StartsWith("PUT", StringComparison.Ordinal) => RawNode.Async(RawNode.Operation(103)),
            _ => RawNode.Sync(RawNode.Operation(200)),
        }));
        var result = Run.Holm(node, "app", "stop", "a", "b", "c", "--timeout", "5");
        Assert.Equal((1, "holm: stop b: there is no such app\n"), (result.Code, result.Err));
        Assert.Equal(
        [
            """PUT /1.0/instances/a/state {"action":"stop","timeout":5,"then_kill":true,"force":false,"stateful":false}""",
            """PUT /1.0/instances/b/state {"action":"stop","timeout":5,"then_kill":true,"force":false,"stateful":false}""",
            """PUT /1.0/instances/c/state {"action":"stop","timeout":5,"then_kill":true,"force":false,"stateful":false}""",
            "GET /1.0/operations/u1/wait?timeout=20",
            "GET /1.0/operations/u1/wait?timeout=20",
        ], node.Requests);
    }

    [Fact]
    public void Start_all_leaves_the_choice_to_the_node()
    {
        using var node = new RawNode(talk => talk.Answer(RawNode.Sync("{}")));
        Assert.Equal(0, Run.Holm(node, "app", "start", "--all").Code);
        Assert.Equal(["""PUT /1.0/instances {"state":{"action":"start","timeout":-1,"then_kill":false,"force":false,"stateful":false}}"""],
            node.Requests);
    }

    [Fact]
    public void Create_without_such_an_image_says_which_and_the_mend()
    {
        using var node = RawNode.With();
        Assert.Equal("holm: create app web: there is no image web; holm image list shows those there are, holm image import takes one in\n",
            Run.Holm(node, "app", "create", "web").Err);
    }

    [Fact]
    public void Wait_goes_on_while_the_operation_does_and_tells_its_error()
    {
        var polls = 0;
        using var node = new RawNode(talk => talk.Answer(talk.Request.StartsWith("PUT", StringComparison.Ordinal)
            ? RawNode.Async(RawNode.Operation(103))
            : RawNode.Sync(++polls < 3 ? RawNode.Operation(103, """{"start_progress":"mounting"}""")
                : RawNode.Operation(400, err: "start web: no\\nmemory"))));
        var result = Run.Holm(node, "app", "start", "web");
        Assert.Equal((1, "holm: start web: no\\nmemory\n", 3), (result.Code, result.Err, polls));
    }

    [Fact]
    public void Cancelled_operation_is_130()
    {
        using var node = new RawNode(talk => talk.Answer(talk.Request.StartsWith("PUT", StringComparison.Ordinal)
            ? RawNode.Async(RawNode.Operation(103)) : RawNode.Sync(RawNode.Operation(401))));
        var result = Run.Holm(node, "app", "start", "web");
        Assert.Equal((130, "holm: starting web: cancelled\n"), (result.Code, result.Err));
    }

    [Fact]
    public void Delete_with_force_stops_a_running_app_first()
    {
        using var node = RawNode.With(
            ("GET /1.0/instances/web", RawNode.Sync("""{"name":"web","status":"Running","status_code":103}""")),
            ("PUT /1.0/instances/web/state", RawNode.Sync("{}")),
            ("DELETE /1.0/instances/web", RawNode.Sync("{}")));
        Assert.Equal(0, Run.Holm(node, "app", "delete", "--force", "web").Code);
        Assert.Equal(["GET", "PUT", "DELETE"], node.Requests.Select(r => r.Split(' ')[0]));
    }

    [Fact]
    public void Keys_are_merged_and_taken_away_by_an_empty_value()
    {
        using var node = RawNode.With(("PATCH /1.0/instances/web", RawNode.Sync("{}")), ("PATCH /1.0/profiles/p", RawNode.Sync("{}")));
        Assert.Equal(new Run.Result(0, "", ""), Run.Holm(node, "config", "set", "web", "limits.memory=1MiB"));
        Assert.Equal(new Run.Result(0, "", ""), Run.Holm(node, "profile", "unset", "p", "user.a", "user.b"));
        Assert.Contains("\"config\":{\"limits.memory\":\"1MiB\"}", node.Requests[0], StringComparison.Ordinal);
        Assert.Contains("\"config\":{\"user.a\":\"\",\"user.b\":\"\"}", node.Requests[1], StringComparison.Ordinal);
        Assert.Contains("\"profiles\":null", node.Requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Networks_are_made_renamed_and_deleted()
    {
        using var node = RawNode.With(("POST /1.0/networks", RawNode.Sync("{}")), ("POST /1.0/networks/br0", RawNode.Sync("{}")),
            ("DELETE /1.0/networks/br1", RawNode.Sync("{}")));
        Assert.Equal(0, Run.Holm(node, "network", "create", "br0", "ipv4.address=10.0.0.1/24", "ipv4.nat=true").Code);
        Assert.Equal(0, Run.Holm(node, "network", "rename", "br0", "br1").Code);
        var deleted = Run.Holm(node, "network", "delete", "br1", "br2");
        Assert.Equal((1, "holm: no answer to DELETE /1.0/networks/br2\n"), (deleted.Code, deleted.Err));
        Assert.Equal(
        [
            """POST /1.0/networks {"name":"br0","type":"bridge","config":{"ipv4.address":"10.0.0.1/24","ipv4.nat":"true"},"""
                + "\"description\":\"\"}",
            """POST /1.0/networks/br0 {"name":"br1","config":null,"description":null}""",
            "DELETE /1.0/networks/br1",
            "DELETE /1.0/networks/br2",
        ], node.Requests);
    }

    [Fact]
    public void Network_that_the_node_cannot_make_as_written_is_told()
    {
        var status = """{"name":"br0","status":"Created"}""";
        using var node = new RawNode(talk => talk.Answer(RawNode.Sync(talk.Request.StartsWith("GET", StringComparison.Ordinal) ? status
            : "{}")));
        Assert.Equal(0, Run.Holm(node, "network", "set", "br0", "bridge.mtu=1400").Code);
        Assert.Equal("""PATCH /1.0/networks/br0 {"config":{"bridge.mtu":"1400"},"description":null}""", node.Requests[0]);
        status = """{"name":"br0","status":"Errored","reason":"set the MTU of br0: Invalid argument"}""";
        const string told = "holm: network br0 is written, but the node cannot make it so: set the MTU of br0: Invalid argument\n";
        var unset = Run.Holm(node, "network", "unset", "br0", "bridge.mtu");
        Assert.Equal((1, told), (unset.Code, unset.Err));
        var edited = Run.Holm(node, """{"description":"d","config":{},"managed":true}""", ["network", "edit", "br0"]);
        Assert.Equal((1, told), (edited.Code, edited.Err));
        Assert.Contains("no member 'devices'", Run.Holm(node, """{"devices":{}}""", ["network", "edit", "br0"]).Err,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Key_of_a_network_is_printed_or_is_not_set()
    {
        using var node = RawNode.With(("GET /1.0/networks/br0", RawNode.Sync("""{"name":"br0","config":{"ipv4.nat":"true"}}""")));
        var got = Run.Holm(node, "network", "get", "br0", "ipv4.nat");
        Assert.Equal((0, "true\n"), (got.Code, got.Out));
        var unset = Run.Holm(node, "network", "get", "br0", "ipv4.dhcp");
        Assert.Equal((1, "", ""), (unset.Code, unset.Out, unset.Err));
    }

    [Fact]
    public void Device_change_carries_the_tag_and_starts_anew_when_it_is_old()
    {
        var tries = 0;
        List<string> tags = [];
        using var node = new RawNode(talk =>
        {
            if (talk.Request.StartsWith("GET", StringComparison.Ordinal))
            {
                talk.Answer(RawNode.Sync(
                    """{"config":{},"devices":{"root":{"type":"disk","path":"/"}},"profiles":["default"],"image":"netbox"}"""),
                    $"ETag: \"t{++tries}\"\r\n");
                return;
            }
            tags.Add(talk.Headers["If-Match"]);
            talk.Answer(tries < 2 ? RawNode.Error(412, "changed meanwhile") : RawNode.Sync("{}"));
        });
        var result = Run.Holm(node, "config", "device", "add", "web", "data", "disk", "pool=default", "path=/data");
        Assert.Equal((0, ""), (result.Code, result.Err));
        Assert.Equal(["\"t1\"", "\"t2\""], tags);
        Assert.Contains(
            "\"root\":{\"type\":\"disk\",\"path\":\"/\"},\"data\":{\"pool\":\"default\",\"path\":\"/data\",\"type\":\"disk\"}",
            node.Requests[^1], StringComparison.Ordinal);
        Assert.Contains("\"image\":\"netbox\"", node.Requests[^1], StringComparison.Ordinal);
        Assert.Equal(1, Run.Holm(node, "config", "device", "add", "web", "root", "disk").Code);
        Assert.Equal(1, Run.Holm(node, "config", "device", "remove", "web", "nothing").Code);
    }

    [Fact]
    public void Import_names_a_file_and_sends_a_stream()
    {
        const string fingerprint = "aa11";
        using var node = new RawNode(talk => talk.Answer(talk.Request switch
        {
            "POST /1.0/images" => RawNode.Async(RawNode.Operation(103)),
            "GET /1.0/images/aliases/netbox" => RawNode.Error(404, "no such alias"),
            "POST /1.0/images/aliases" => RawNode.Sync("{}"),
            _ => RawNode.Sync(RawNode.Operation(200, $$"""{"fingerprint":"{{fingerprint}}"}""")),
        }));
        var file = Path.Combine(node.Folder, "netbox.squashfs");
        File.WriteAllText(file, "hsqs");
        var named = Run.Holm(node, "image", "import", file, "--alias", "netbox");
        Assert.Equal((0, "aa11\n", ""), (named.Code, named.Out, named.Err));
        Assert.Contains($"\"path\":\"{file}\"", node.Requests[0], StringComparison.Ordinal);
        Assert.Contains("\"target\":\"aa11\"", node.Requests[^1], StringComparison.Ordinal);

        node.Requests.Clear();
        var streamed = Run.Holm(node, new string('s', 300_000), ["image", "import", "-", "--no-init"]);
        Assert.Equal((0, "aa11\n", ""), (streamed.Code, streamed.Out, streamed.Err));
        Assert.StartsWith("POST /1.0/images 20000\r\nsss", node.Requests[0]);
        Assert.EndsWith("\r\n0\r\n\r\n", node.Requests[0]);
        Assert.Contains("open /nonexistent/x", Run.Holm(node, "image", "import", "/nonexistent/x").Err, StringComparison.Ordinal);
    }

    [Fact]
    public void Export_checks_the_checksum_and_leaves_nothing_when_it_differs()
    {
        const string sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        var content = "abc";
        using var node = new RawNode(talk =>
        {
            if (talk.Request.EndsWith("/export", StringComparison.Ordinal))
                talk.Plain(content);
            else
                talk.Answer(RawNode.Sync($$"""{"name":"n","target":"{{sha}}"}"""));
        });
        var file = Path.Combine(node.Folder, "out.squashfs");
        Assert.Equal(0, Run.Holm(node, "image", "export", "n", file).Code);
        Assert.Equal("abc", File.ReadAllText(file));
        Assert.Contains("exists", Run.Holm(node, "image", "export", "n", file).Err, StringComparison.Ordinal);
        content = "abd";
        Assert.Equal(1, Run.Holm(node, "image", "export", "n", file, "--force").Code);
        Assert.Equal("abc", File.ReadAllText(file));
        Assert.Contains("no regular file", Run.Holm(node, "image", "export", "n", node.Folder, "--force").Err, StringComparison.Ordinal);
        Assert.StartsWith("holm: open /nonexistent/x.part", Run.Holm(node, "image", "export", "n", "/nonexistent/x").Err);
        Assert.Equal(["out.squashfs", "unix.socket"], Directory.GetFiles(node.Folder).Select(f => Path.GetFileName(f)!).Order());
    }

    [Fact]
    public void Save_leaves_no_file_when_it_is_cut_and_asks_for_names_as_they_are()
    {
        var cut = true;
        using var node = new RawNode(talk => talk.Raw("HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\n" +
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" + (cut ? "" : "0\r\n\r\n")));
        var file = Path.Combine(node.Folder, "out.tar");
        Assert.NotEqual(0, Run.Holm(node, "save", "a/b:1", "c&d", "-o", file).Code);
        Assert.Equal(["unix.socket"], Directory.GetFiles(node.Folder).Select(f => Path.GetFileName(f)!));
        Assert.StartsWith("GET /1.0/archive?image=a%2Fb%3A1&image=c%26d", node.Requests[0]);
        cut = false;
        Assert.Equal((0, ""), (Run.Holm(node, "save", "a", "-o", file) is var good ? good.Code : 1, good.Out));
        Assert.Equal("abc", File.ReadAllText(file));
        Assert.Equal("abc", Run.Holm(node, "save", "a").Out);
        Assert.Equal(2, Run.Holm(node, "save", "a", "--format", "docker-archive").Code);
    }

    [Fact]
    public void Edit_from_standard_input_puts_the_whole()
    {
        using var node = RawNode.With(("PUT /1.0/profiles/p", RawNode.Sync("{}")));
        Assert.Equal(0, Run.Holm(node, """{"description":"d","config":{"user.a":"b"},"devices":{}}""", ["profile", "edit", "p"]).Code);
        Assert.Contains("\"user.a\":\"b\"", node.Requests[0], StringComparison.Ordinal);
        var wrong = Run.Holm(node, "description: d", ["profile", "edit", "p"]);
        Assert.Equal(1, wrong.Code);
        Assert.Contains("not the JSON it should be", wrong.Err, StringComparison.Ordinal);
        var misspelt = Run.Holm(node, """{"name":"p","used_by":[],"confg":{"user.a":"b"}}""", ["profile", "edit", "p"]);
        Assert.Contains("no member 'confg'", misspelt.Err, StringComparison.Ordinal);
        Assert.Single(node.Requests);
    }

    [Theory]
    [InlineData("[{}]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("\"text\"")]
    public void Answer_of_another_shape_is_a_failure_in_one_line(string metadata)
    {
        using var node = RawNode.With(("GET /1.0/instances?recursion=2", RawNode.Sync(metadata)));
        var result = Run.Holm(node, "list");
        Assert.Equal(1, result.Code);
        Assert.StartsWith("holm: the node answered ", result.Err);
        Assert.Single(result.Err, '\n');
    }

    [Fact]
    public void Logs_into_a_file_are_the_bytes_as_they_are()
    {
        using var node = new RawNode(talk => talk.Plain("login:\r\n\u001b[1mroot"));
        Assert.Equal("login:\r\n\u001b[1mroot", Run.Holm(node, "app", "logs", "web").Out);
    }
}
