namespace Cli.Tests;

/// <summary>Pools, volumes, and apps that move between pools: what is asked of the node and what is printed.</summary>
public sealed class StorageVerbTests
{
    private const string Pools = """
        [{"name":"stick","driver":"dir","description":"on \u001b[2J a stick","status":"Unavailable","used_by":[],
          "config":{"source":"/mnt/stick","user.a":"b"}},
         {"name":"ram","driver":"ram","description":"","status":"Created","used_by":[],"config":{}},
         {"name":"default","driver":"dir","description":"","status":"Created","config":{"source":"/var/lib/holm/pools/default"},
          "used_by":["/1.0/instances/web","/1.0/profiles/small","/1.0/instances/web/snapshots/before",
           "/1.0/storage-pools/default/volumes/custom/data"]}]
        """;

    private const string Volumes = """
        [{"name":"data","type":"custom","content_type":"filesystem","description":"measured","config":{"user.owner":"alice"},
          "used_by":["/1.0/instances/web","/1.0/profiles/small"],"created_at":"2026-11-23T01:13:04Z"},
         {"name":"data/before","type":"custom","description":"","config":{},"used_by":[],"created_at":"2026-11-23T02:13:04Z"},
         {"name":"a\nb","type":"custom","description":"","config":{},"used_by":[],"created_at":"0001-01-01T00:00:00Z"}]
        """;

    private const string Root = """{"type":"disk","path":"/","pool":"default"}""";

    [Theory]
    [InlineData("storage-list.table.txt", "storage", "list")]
    [InlineData("storage-list.csv.txt", "storage", "list", "--format", "csv")]
    [InlineData("storage-list.json.txt", "storage", "list", "-f", "json")]
    [InlineData("storage-show.txt", "storage", "show", "default")]
    [InlineData("storage-show-unavailable.txt", "storage", "show", "stick")]
    [InlineData("volume-list.table.txt", "volume", "list", "default")]
    [InlineData("volume-list.csv.txt", "volume", "list", "default", "--format", "csv")]
    [InlineData("volume-show.txt", "volume", "show", "default", "data")]
    public void Shown(string expected, params string[] words)
    {
        using var node = RawNode.With(
            ("GET /1.0/storage-pools?recursion=1", RawNode.Sync(Pools)),
            ("GET /1.0/storage-pools/default", RawNode.Sync(Element(Pools, 2))),
            ("GET /1.0/storage-pools/stick", RawNode.Sync(Element(Pools, 0))),
            ("GET /1.0/storage-pools/default/resources", RawNode.Sync(
                """{"space":{"used":1234567890,"total":8000000000},"inodes":{"used":1200,"total":65536}}""")),
            ("GET /1.0/storage-pools/default/volumes/custom?recursion=1", RawNode.Sync(Volumes)),
            ("GET /1.0/storage-pools/default/volumes/custom/data", RawNode.Sync(Element(Volumes, 0))),
            ("GET /1.0/storage-pools/default/volumes/custom/data/snapshots", RawNode.Sync(
                """["/1.0/storage-pools/default/volumes/custom/data/snapshots/before"]""")));
        var result = Run.Holm(node, words);
        Assert.Equal((0, ""), (result.Code, result.Err));
        Assert.DoesNotContain(result.Out, c => char.IsControl(c) && c != '\n');
        Golden.Same(expected, result.Out);
    }

    [Fact]
    public void Pools_are_made_and_deleted()
    {
        using var node = RawNode.With(("POST /1.0/storage-pools", RawNode.Sync("{}")),
            ("DELETE /1.0/storage-pools/stick", RawNode.Sync("{}")));
        Assert.Equal(new Run.Result(0, "", ""), Run.Holm(node, "storage", "create", "stick", "source=/mnt/stick", "--description", "d"));
        Assert.Equal(0, Run.Holm(node, "storage", "create", "scratch", "--driver", "ram").Code);
        var deleted = Run.Holm(node, "storage", "delete", "stick", "fast");
        Assert.Equal((1, "holm: no answer to DELETE /1.0/storage-pools/fast\n"), (deleted.Code, deleted.Err));
        Assert.Equal(
        [
            """POST /1.0/storage-pools {"name":"stick","driver":"dir","config":{"source":"/mnt/stick"},"description":"d"}""",
            """POST /1.0/storage-pools {"name":"scratch","driver":"ram","config":{},"description":""}""",
            "DELETE /1.0/storage-pools/stick",
            "DELETE /1.0/storage-pools/fast",
        ], node.Requests);
    }

    [Fact]
    public void Volumes_are_made_and_deleted()
    {
        const string all = "/1.0/storage-pools/default/volumes/custom";
        using var node = RawNode.With(($"POST {all}", RawNode.Sync("{}")), ($"DELETE {all}/data", RawNode.Sync("{}")));
        Assert.Equal(new Run.Result(0, "", ""), Run.Holm(node, "volume", "create", "default", "data", "user.owner=alice"));
        var deleted = Run.Holm(node, "volume", "delete", "default", "data", "a/b");
        Assert.Equal((1, $"holm: no answer to DELETE {all}/a%2Fb\n"), (deleted.Code, deleted.Err));
        Assert.Equal(
        [
            $$"""POST {{all}} {"name":"data","migration":false,"config":{"user.owner":"alice"},"description":""}""",
            $"DELETE {all}/data",
            $"DELETE {all}/a%2Fb",
        ], node.Requests);
    }

    [Fact]
    public void Attach_adds_a_disk_beside_the_devices_that_are_there()
    {
        using var node = App($"\"root\":{Root}");
        Assert.Equal(new Run.Result(0, "", ""), Run.Holm(node, "volume", "attach", "default", "data", "web", "/srv/data"));
        Assert.Contains($"\"root\":{Root},\"data\":{Data("/srv/data")}", node.Requests[^1], StringComparison.Ordinal);
        Assert.Equal(0, Run.Holm(node, "volume", "attach", "default", "data", "web", "/mnt", "--device", "other").Code);
        Assert.Contains($"\"other\":{Data("/mnt")}", node.Requests[^1], StringComparison.Ordinal);
        Assert.Equal("holm: attach volume root to app web: it has a device root; choose another name with --device NAME\n",
            Run.Holm(node, "volume", "attach", "default", "root", "web", "/mnt").Err);
    }

    [Fact]
    public void Detach_finds_the_device_and_takes_no_other()
    {
        using var node = App($"\"root\":{Root},\"one\":{Data("/1")},\"else\":{Data("/2", "other")}");
        Assert.Equal(new Run.Result(0, "", ""), Run.Holm(node, "volume", "detach", "default", "data", "web"));
        Assert.DoesNotContain("\"one\"", node.Requests[^1], StringComparison.Ordinal);
        Assert.Contains("\"root\":{", node.Requests[^1], StringComparison.Ordinal);
        Assert.Contains("\"else\":{", node.Requests[^1], StringComparison.Ordinal);
        const string none = "holm: detach volume data of pool default from app web: no device of its own of name root is that volume; "
            + "holm config device list shows those it has\n";
        var root = Run.Holm(node, "volume", "detach", "default", "data", "web", "--device", "root");
        Assert.Equal((1, none), (root.Code, root.Err));
        Assert.Contains("no device of its own is that volume", Run.Holm(node, "volume", "detach", "default", "nosuch", "web").Err,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Detach_of_what_an_app_has_twice_wants_to_know_which()
    {
        using var node = App($"\"two\":{Data("/2")},\"one\":{Data("/1")}");
        var both = Run.Holm(node, "volume", "detach", "default", "data", "web");
        Assert.Equal((1, "holm: detach volume data of pool default from app web: it has it as one and two; say which with --device NAME\n"),
            (both.Code, both.Err));
        Assert.Equal(0, Run.Holm(node, "volume", "detach", "default", "data", "web", "--device", "two").Code);
        Assert.Contains("\"devices\":{\"one\":{", node.Requests[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Move_follows_the_operation_to_its_end()
    {
        var end = RawNode.Operation(200);
        using var node = new RawNode(talk => talk.Answer(talk.Request == "POST /1.0/instances/web" ? RawNode.Async(RawNode.Operation(103))
            : RawNode.Sync(end)));
        Assert.Equal(new Run.Result(0, "", ""), Run.Holm(node, "app", "move", "web", "--pool", "default"));
        Assert.Equal(0, Run.Holm(node, "app", "move", "web", "--pool", "default", "--instance-only").Code);
        end = RawNode.Operation(400, err: "move web: it has kept writes, and pool ram is memory; choose a pool of driver dir");
        var refused = Run.Holm(node, "app", "move", "web", "--pool", "ram");
        Assert.Equal((1, "holm: move web: it has kept writes, and pool ram is memory; choose a pool of driver dir\n"),
            (refused.Code, refused.Err));
        Assert.Equal(
        [
            """POST /1.0/instances/web {"name":"web","migration":true,"pool":"default","project":null,"instance_only":false}""",
            "GET /1.0/operations/u1/wait?timeout=20",
            """POST /1.0/instances/web {"name":"web","migration":true,"pool":"default","project":null,"instance_only":true}""",
            "GET /1.0/operations/u1/wait?timeout=20",
            """POST /1.0/instances/web {"name":"web","migration":true,"pool":"ram","project":null,"instance_only":false}""",
            "GET /1.0/operations/u1/wait?timeout=20",
        ], node.Requests);
    }

    [Theory]
    [InlineData("holm: say where to: --pool POOL; see holm app move --help", "app", "move", "web")]
    [InlineData("holm: the name of the pool is empty; see holm app move --help", "app", "move", "web", "--pool", "")]
    [InlineData("holm: '..' names no app; see holm app move --help", "app", "move", "..", "--pool", "default")]
    [InlineData("holm: POOL is missing; see holm storage show --help", "storage", "show")]
    [InlineData("holm: '.' names no pool; see holm storage create --help", "storage", "create", ".")]
    [InlineData("holm: 'dir' is not KEY=VALUE; see holm storage create --help", "storage", "create", "fast", "dir")]
    [InlineData("holm: '..' names no pool; see holm storage delete --help", "storage", "delete", "..")]
    [InlineData("holm: VOLUME is missing; see holm volume create --help", "volume", "create", "default")]
    [InlineData("holm: the name of the volume is empty; see holm volume create --help", "volume", "create", "default", "")]
    [InlineData("holm: '..' names no volume; see holm volume delete --help", "volume", "delete", "default", "..")]
    [InlineData("holm: PATH is missing; see holm volume attach --help", "volume", "attach", "default", "data", "web")]
    [InlineData("holm: '..' names no pool; see holm volume attach --help", "volume", "attach", "..", "data", "web", "/srv")]
    [InlineData("holm: '..' names no app; see holm volume detach --help", "volume", "detach", "default", "data", "..")]
    public void Wrong_command_line_asks_nothing_of_the_node(string error, params string[] words)
    {
        using var node = RawNode.With();
        var result = Run.Holm(node, words);
        Assert.Equal((2, "", error + "\n"), (result.Code, result.Out, result.Err));
        Assert.Empty(node.Requests);
    }

    [Theory]
    [InlineData("default,ram", "storage", "show", "")]
    [InlineData("ram", "storage", "delete", "default", "")]
    [InlineData("dir,ram", "storage", "create", "fast", "--driver", "")]
    [InlineData("source,user.", "storage", "create", "fast", "")]
    [InlineData("default,ram", "volume", "list", "")]
    [InlineData("data,dump", "volume", "show", "default", "d")]
    [InlineData("", "volume", "show", "nosuch", "")]
    [InlineData("", "volume", "show", "..", "")]
    [InlineData("dump", "volume", "delete", "default", "data", "")]
    [InlineData("", "volume", "create", "default", "")]
    [InlineData("user.", "volume", "create", "default", "data", "")]
    [InlineData("db,web", "volume", "attach", "default", "data", "")]
    [InlineData("", "volume", "attach", "default", "data", "web", "")]
    [InlineData("db,web", "volume", "detach", "default", "data", "")]
    [InlineData("default,ram", "app", "move", "web", "--pool", "")]
    [InlineData("default,ram", "app", "create", "web", "--pool", "")]
    public void Completion_offers(string offers, params string[] words)
    {
        using var node = RawNode.With(
            ("GET /1.0/instances", RawNode.Sync("""["/1.0/instances/web","/1.0/instances/db"]""")),
            ("GET /1.0/storage-pools", RawNode.Sync("""["/1.0/storage-pools/default","/1.0/storage-pools/ram"]""")),
            ("GET /1.0/storage-pools/default/volumes/custom", RawNode.Sync(
                """
                ["/1.0/storage-pools/default/volumes/custom/data","/1.0/storage-pools/default/volumes/custom/dump"]
                """)));
        var result = Run.Holm(node, ["complete", "--", .. words]);
        Assert.Equal((0, ""), (result.Code, result.Err));
        Assert.Equal(offers, result.Out.TrimEnd('\n').Replace('\n', ','));
    }

    private static string Data(string path, string pool = "default") =>
        $$"""{"type":"disk","pool":"{{pool}}","source":"data","path":"{{path}}"}""";

    private static RawNode App(string devices) => RawNode.With(
        ("GET /1.0/instances/web", RawNode.Sync("{\"config\":{},\"profiles\":[],\"image\":\"netbox\",\"devices\":{" + devices + "}}")),
        ("PUT /1.0/instances/web", RawNode.Sync("{}")));

    private static string Element(string list, int index)
    {
        using var all = System.Text.Json.JsonDocument.Parse(list);
        return all.RootElement[index].GetRawText();
    }
}
