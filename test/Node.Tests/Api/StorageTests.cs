using System.Diagnostics;
using System.Net;
using Holm.Config;

namespace Node.Tests.Api;

/// <summary>Storage pools and volumes at the door, by raw requests and by Debian's lxc.</summary>
public sealed class StorageTests(SmallNode node) : IClassFixture<SmallNode>
{
    private static JsonText Json(string text) => new(text);

    [Theory]
    [InlineData("""{"name":"","driver":"dir"}""", 400, "it is empty")]
    [InlineData("""{"name":"../x","driver":"dir"}""", 400, "Invalid storage pool name")]
    [InlineData("""{"name":".x","driver":"dir"}""", 400, "begin with a letter or digit")]
    [InlineData("""{"name":"x"}""", 400, "No driver provided")]
    [InlineData("""{"name":"x","driver":"zfs"}""", 400, "driver \"zfs\" is not supported")]
    [InlineData("""{"name":"default","driver":"dir"}""", 409, "already exists")]
    [InlineData("""{"name":"ram","driver":"dir"}""", 400, "its driver is ram")]
    [InlineData("""{"name":"x","driver":"ram","config":{"source":"/srv"}}""", 400, "takes no source")]
    [InlineData("""{"name":"x","driver":"dir","config":{"source":"srv"}}""", 400, "must begin with /")]
    [InlineData("""{"name":"x","driver":"dir","config":{"source":"/srv/../etc"}}""", 400, "'..' is not allowed")]
    [InlineData("""{"name":"x","driver":"dir","config":{"source":"/"}}""", 400, "not / itself")]
    [InlineData("""{"name":"x","driver":"dir","config":{"source":"/etc"}}""", 400, "is not empty")]
    [InlineData("""{"name":"x","driver":"dir","config":{"source":"/proc/self/cwd"}}""", 400, "symbolic link")]
    [InlineData("""{"name":"x","driver":"dir","config":{"source":"/nosuch-folder"}}""", 400, "make it first")]
    [InlineData("""{"name":"x","driver":"dir","config":{"volatile.x":"1"}}""", 400, "is not known")]
    [InlineData("""{"name":"x","driver":"dir","description":"a\nb"}""", 400, "control character")]
    public async Task A_wrong_pool_is_refused_and_leaves_nothing(string body, int code, string reason)
    {
        var (got, answer, _) = await node.Send("POST", "/1.0/storage-pools", Json(body));
        Assert.Equal(code, (int)got);
        Assert.Contains(reason, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, (await node.Do("GET", "/1.0/storage-pools")).GetArrayLength());
        Assert.False(Directory.Exists(Path.Combine(node.State, "pools", "x")));
    }

    [Fact]
    public async Task A_folder_of_the_nodes_own_or_of_another_pool_is_no_source()
    {
        var (folder, inner) = (node.Fresh(), "");
        inner = folder;
        async Task Refused(string name, string source, string reason)
        {
            var (_, answer, _) = await node.Send("POST", "/1.0/storage-pools",
                Json($$$"""{"name":"{{{name}}}","driver":"dir","config":{"source":"{{{source}}}"}}"""));
            Assert.Contains(reason, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        }

        await Refused("a", node.State, "a folder of the node's own");
        await Refused("a", Directory.CreateDirectory(Path.Combine(node.State, "deep")).FullName, "a folder of the node's own");
        await node.Do("POST", "/1.0/storage-pools", Json($$$"""{"name":"a","driver":"dir","config":{"source":"{{{folder}}}"}}"""));
        await Refused("b", Directory.CreateDirectory(Path.Combine(folder, "in")).FullName, "the folder of pool a");
        File.SetUnixFileMode(folder = node.Fresh(), UnixFileMode.UserRead | UnixFileMode.OtherWrite);
        await Refused("b", folder, "belong to root alone");
        Directory.Delete(Path.Combine(inner, "in"));
        await node.Do("DELETE", "/1.0/storage-pools/a");
    }

    [Fact]
    public async Task A_pool_keeps_its_source_its_driver_and_who_uses_it()
    {
        var folder = node.Fresh();
        await node.Do("POST", "/1.0/storage-pools", Json($$$"""{"name":"kept","driver":"dir","config":{"source":"{{{folder}}}"}}"""));
        await node.Create("of-kept");
        await node.Do("PATCH", "/1.0/instances/of-kept", Json("""{"devices":{"root":{"type":"disk","path":"/","pool":"kept"}}}"""));
        async Task Refused(string method, string path, string body, string reason)
        {
            var (_, answer, _) = await node.Send(method, path, Json(body));
            Assert.Contains(reason, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        }

        await Refused("DELETE", "/1.0/storage-pools/kept", "", "instance of-kept");
        await Refused("PUT", "/1.0/storage-pools/kept", """{"config":{"source":"/other"}}""", "its source cannot be changed");
        await Refused("DELETE", "/1.0/storage-pools/default", "", "on every node");
        await Refused("PATCH", "/1.0/instances/of-kept", """{"devices":{"root":{"type":"disk","path":"/","pool":"nosuch"}}}""", "no pool");
        await Refused("PATCH", "/1.0/instances/of-kept",
            """{"devices":{"v":{"type":"disk","path":"/v","pool":"ram","source":"x"}}}""", "has no volumes");
        await Refused("PATCH", "/1.0/instances/of-kept",
            """{"devices":{"v":{"type":"disk","path":"/v","pool":"kept","source":"../x"}}}""", "device v: Invalid storage volume name");
        await node.Do("PUT", "/1.0/storage-pools/kept", Json($$$"""{"config":{"source":"{{{folder}}}","user.a":"b"},"description":"d"}"""));
        Assert.Contains("pool kept dir\n    description d\n    config source " + folder, Holm.Config.ConfigText.Write(node.Config.Startup),
            StringComparison.Ordinal);
        await node.Do("DELETE", "/1.0/instances/of-kept");
        Directory.CreateDirectory(Path.Combine(folder, "stray"));
        await Refused("DELETE", "/1.0/storage-pools/kept", "", "holds stray");
        Directory.Delete(Path.Combine(folder, "stray"));
        await node.Do("DELETE", "/1.0/storage-pools/kept");
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Theory]
    [InlineData("POST", "default/volumes/custom", """{"name":"a/b"}""", "Invalid storage volume name")]
    [InlineData("POST", "default/volumes/custom", """{"name":"x","content_type":"block"}""", "content type")]
    [InlineData("POST", "default/volumes/custom", """{"name":"x","type":"image"}""", "not made by hand")]
    [InlineData("POST", "default/volumes/custom", """{"name":"x","config":{"size":"1GiB"}}""", "key \"size\" is not known")]
    [InlineData("POST", "default/volumes/custom", """{"name":"x","source":{"type":"copy","name":"y"}}""", "has no volume \"y\"")]
    [InlineData("POST", "default/volumes/custom", """{"name":"x","source":{"type":"copy","name":"a/b/c"}}""", "No source volume name")]
    [InlineData("POST", "default/volumes/custom", """{"name":"x","source":{"type":"migration","name":"y"}}""", "\"migration\" is not")]
    [InlineData("POST", "default/volumes/custom", """{"name":"x","source":{"type":"copy","name":"y","refresh":true}}""", "refreshes")]
    [InlineData("POST", "default/volumes/custom", """{"name":"x","source":{"type":"copy","name":"y","pool":"no"}}""", "Storage pool not")]
    [InlineData("POST", "default/volumes/custom/nosuch/snapshots", """{"name":"x"}""", "Storage pool volume not found")]
    [InlineData("GET", "default/volumes/custom/nosuch/state", "", "Storage pool volume not found")]
    [InlineData("POST", "ram/volumes/custom", """{"name":"x"}""", "is memory")]
    [InlineData("POST", "default/volumes/image", """{"name":"x"}""", "Storage volume not found")]
    [InlineData("GET", "default/volumes/custom/nosuch", "", "Storage pool volume not found")]
    [InlineData("GET", "default/volumes/custom/..%2f..", "", "Invalid storage volume name")]
    [InlineData("DELETE", "default/volumes/custom/nosuch", "", "Storage pool volume not found")]
    [InlineData("GET", "nosuch/volumes", "", "Storage pool not found")]
    [InlineData("GET", "default/buckets", "", "not supported yet")]
    public async Task A_wrong_volume_is_refused(string method, string path, string body, string reason)
    {
        var (_, answer, _) = await node.Send(method, "/1.0/storage-pools/" + path, body.Length > 0 ? Json(body) : null);
        Assert.Contains(reason, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_volume_in_use_is_neither_deleted_nor_renamed()
    {
        await node.Do("POST", "/1.0/storage-pools/default/volumes", Json("""{"name":"data","content_type":"filesystem"}"""));
        await node.Create("of-data");
        await node.Do("PATCH", "/1.0/instances/of-data",
            Json("""{"devices":{"d":{"type":"disk","path":"/d","pool":"default","source":"data"}}}"""));
        const string url = "/1.0/storage-pools/default/volumes/custom/data";
        Assert.Equal("/1.0/instances/of-data", (await node.Do("GET", url)).GetProperty("used_by")[0].GetString());
        Assert.Equal(HttpStatusCode.BadRequest, (await node.Send("DELETE", url)).Code);
        Assert.Equal(HttpStatusCode.BadRequest, (await node.Send("POST", url, Json("""{"name":"other"}"""))).Code);
        await node.Do("DELETE", "/1.0/instances/of-data");
        await node.Do("POST", url, Json("""{"name":"other"}"""));
        await node.Do("DELETE", "/1.0/storage-pools/default/volumes/custom/other");
        // The node is shared with other tests, and so is the folder.
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Path.Combine(node.State, "pools", "default", "@volumes")),
            path => path.Contains("data", StringComparison.Ordinal) || path.Contains("other", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("POST", "/snapshots", """{"name":"a/b"}""", "Invalid snapshot name")]
    [InlineData("POST", "/snapshots", """{"name":".x"}""", "begin with a letter or digit")]
    [InlineData("POST", "/snapshots", """{"name":"there"}""", "already in use")]
    [InlineData("POST", "/snapshots", """{"name":"x","expires_at":"2030-01-01T00:00:00Z"}""", "that expire")]
    [InlineData("POST", "/snapshots", """{"name":"x","description":"a\nb"}""", "control character")]
    [InlineData("POST", "/snapshots", """{"name":7}""", "not the JSON that is wanted at \"$.name\"")]
    [InlineData("GET", "/snapshots/nosuch", "", "Storage volume snapshot not found")]
    [InlineData("GET", "/snapshots/..%2f..", "", "Storage volume snapshot not found")]
    [InlineData("DELETE", "/snapshots/nosuch", "", "Storage volume snapshot not found")]
    [InlineData("POST", "/snapshots/there", """{"name":"there"}""", "already in use")]
    [InlineData("POST", "/snapshots/there", """{"name":"../x"}""", "Invalid snapshot name")]
    [InlineData("PUT", "", """{"restore":"nosuch"}""", "Storage volume snapshot not found")]
    [InlineData("PUT", "", """{"restore":"../there"}""", "Storage volume snapshot not found")]
    [InlineData("POST", "", """{"name":"x","pool":"ram"}""", "is memory")]
    [InlineData("POST", "", """{"name":"x","pool":"nosuch"}""", "Storage pool not found")]
    [InlineData("POST", "", """{"name":"x","migration":true}""", "migration is not supported")]
    public async Task What_is_wrong_with_a_snapshot_of_a_volume_changes_nothing(string method, string path, string body, string reason)
    {
        const string url = "/1.0/storage-pools/default/volumes/custom/snapped";
        if ((await node.Send("GET", url)).Code == HttpStatusCode.NotFound)
        {
            await node.Do("POST", "/1.0/storage-pools/default/volumes/custom", Json("""{"name":"snapped"}"""));
            await node.Do("POST", url + "/snapshots", Json("""{"name":"there"}"""));
        }
        var (_, answer, _) = await node.Send(method, url + path, body.Length > 0 ? Json(body) : null);
        Assert.Equal("error", answer.GetProperty("type").GetString());
        Assert.Contains(reason, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(url + "/snapshots/there", (await node.Do("GET", url + "/snapshots"))[0].GetString());
        Assert.Equal(1, (await node.Do("GET", url + "/snapshots")).GetArrayLength());
    }

    [Fact]
    public async Task A_volume_that_somebody_works_on_is_busy()
    {
        await node.Do("POST", "/1.0/storage-pools/default/volumes", Json("""{"name":"worked"}"""));
        await node.Create("of-worked");
        const string url = "/1.0/storage-pools/default/volumes/custom/worked";
        using (node.Disk.Volumes.Claim(node.Config.Current.FindPool("default")!, "worked"))
            foreach (var (method, path, body) in ((string, string, string)[])[
                ("DELETE", url, ""), ("POST", url, """{"name":"other"}"""), ("PUT", url, """{"description":"x"}"""),
                ("POST", url + "/snapshots", """{"name":"s"}"""),
                ("POST", "/1.0/storage-pools/default/volumes", """{"name":"copied","source":{"type":"copy","name":"worked"}}"""),
                ("PATCH", "/1.0/instances/of-worked",
                    """{"devices":{"d":{"type":"disk","path":"/d","pool":"default","source":"worked"}}}""")])
            {
                var (code, answer, _) = await node.Send(method, path, body.Length > 0 ? Json(body) : null);
                Assert.Equal(HttpStatusCode.Conflict, code);
                Assert.Contains("volume worked of pool default is busy", answer.GetProperty("error").GetString(), StringComparison.Ordinal);
            }
        await node.Do("DELETE", url);
        await node.Do("DELETE", "/1.0/instances/of-worked");
    }

    [Fact]
    public async Task Lxc_has_its_storage()
    {
        Assert.Contains("Storage pool workstation-pool created", await Lxc("storage", "create", "workstation-pool", "dir"),
            StringComparison.Ordinal);
        var list = await Lxc("storage", "list");
        foreach (var cell in (string[])["workstation-pool", "default", "| ram", "CREATED"])
            Assert.Contains(cell, list, StringComparison.Ordinal);
        Assert.Contains("driver: dir", await Lxc("storage", "show", "workstation-pool"), StringComparison.Ordinal);
        Assert.Contains("total space:", await Lxc("storage", "info", "workstation-pool"), StringComparison.Ordinal);
        Assert.Contains("total space:", await Lxc("storage", "info", "ram"), StringComparison.Ordinal);
        await Lxc("storage", "set", "workstation-pool", "user.note", "hello");
        Assert.Equal("hello\n", await Lxc("storage", "get", "workstation-pool", "user.note"));
        await LxcWith("config:\n  user.note: there\ndescription: of the deck\n", "storage", "edit", "workstation-pool");
        Assert.Contains("description: of the deck", await Lxc("storage", "show", "workstation-pool"), StringComparison.Ordinal);

        Assert.Contains("Storage volume work created", await Lxc("storage", "volume", "create", "workstation-pool", "work"),
            StringComparison.Ordinal);
        Assert.Contains("work", await Lxc("storage", "volume", "list", "workstation-pool"), StringComparison.Ordinal);
        Assert.Contains("content_type: filesystem", await Lxc("storage", "volume", "show", "workstation-pool", "work"),
            StringComparison.Ordinal);
        await Lxc("init", "netbox", "deck");
        await Lxc("storage", "volume", "attach", "workstation-pool", "work", "deck", "/srv/work");
        Assert.Contains("source: work", await Lxc("config", "show", "deck"), StringComparison.Ordinal);
        await Lxc("storage", "volume", "detach", "workstation-pool", "work", "deck");
        Assert.DoesNotContain("source: work", await Lxc("config", "show", "deck"), StringComparison.Ordinal);
        await Lxc("storage", "volume", "rename", "workstation-pool", "work", "play");
        await Lxc("storage", "volume", "delete", "workstation-pool", "play");
        await Lxc("delete", "deck");
        await Lxc("storage", "delete", "workstation-pool");
        Assert.DoesNotContain("workstation-pool", await Lxc("storage", "list"), StringComparison.Ordinal);
    }

    private Task<string> Lxc(params string[] arguments) => LxcWith("", arguments);

    private async Task<string> LxcWith(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("lxc", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LXD_SOCKET"] = node.Socket;
        start.Environment["LXD_CONF"] = Path.Combine(Path.GetDirectoryName(node.Socket)!, "lxc-storage");
        using var lxc = Process.Start(start)!;
        await lxc.StandardInput.WriteAsync(input);
        lxc.StandardInput.Close();
        var (output, error) = (lxc.StandardOutput.ReadToEndAsync(), lxc.StandardError.ReadToEndAsync());
        await lxc.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(lxc.ExitCode == 0, $"lxc {string.Join(' ', arguments)}: {lxc.ExitCode}: {await output}{await error}");
        return await output;
    }
}
