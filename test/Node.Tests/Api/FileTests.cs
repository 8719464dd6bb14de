using System.Text;
using System.Text.Json;

namespace Node.Tests.Api;

/// <summary>Files of an instance through the API.</summary>
public sealed class FileTests(SmallNode node) : IClassFixture<SmallNode>
{
    private const string Files = "/1.0/instances/web/files?path=";

    private async Task<(int Code, string Text, HttpResponseMessage Whole)> Send(
        string method, string path, string? body = null, params (string Key, string Value)[] headers)
    {
        if (!node.Config.Current.Instances.ContainsKey("web"))
            await node.Create("web");
        var (code, _, whole) = await node.Send(method, path, body is null ? null : new JsonText(body, "application/octet-stream"), headers);
        return ((int)code, await whole.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), whole);
    }

    private static string Word(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();

    [Theory]
    [InlineData("GET", "/1.0/instances/web/files", 400, "Missing path argument")]
    [InlineData("POST", "/1.0/instances/web/files?path=", 400, "Missing path argument")]
    [InlineData("DELETE", "/1.0/instances/web/files", 400, "Missing path argument")]
    [InlineData("GET", Files + "a%00b", 400, "zero byte")]
    [InlineData("GET", "/1.0/instances/nosuch/files?path=/a", 404, "Instance not found")]
    [InlineData("GET", Files + "/nosuch", 404, "file does not exist: \\u0022/nosuch\\u0022 in web")]
    [InlineData("DELETE", Files + "/", 400, "is a directory by its path")]
    [InlineData("PUT", Files + "/a", 405, "does not take PUT")]
    [InlineData("POST", Files + "/a", 400, "Invalid mode", "X-LXD-mode", "rwx")]
    [InlineData("POST", Files + "/a", 400, "Invalid mode", "X-Incus-mode", "0888")]
    [InlineData("POST", Files + "/a", 400, "Invalid mode", "X-LXD-mode", "07777777777777")]
    [InlineData("POST", Files + "/a", 400, "Bad file type", "X-LXD-type", "socket")]
    [InlineData("POST", Files + "/a", 400, "Bad file type", "X-Incus-type", "File")]
    [InlineData("POST", Files + "/a", 400, "Bad file write mode", "X-LXD-write", "prepend")]
    [InlineData("POST", Files + "/a", 400, "Invalid uid", "X-LXD-uid", "root")]
    [InlineData("POST", Files + "/a", 400, "Invalid uid", "X-LXD-uid", "-5")]
    [InlineData("POST", Files + "/a", 400, "Invalid uid", "X-LXD-uid", "4294967295")]
    [InlineData("POST", Files + "/a", 400, "Invalid gid", "X-Incus-gid", "1e3")]
    [InlineData("POST", Files + "/a", 404, "file does not exist", "X-LXD-write", "append")]
    [InlineData("POST", Files + "/a", 400, "1 to 4095 bytes", "X-LXD-type", "symlink", "")]
    [InlineData("POST", Files + "/a", 400, "1 to 4095 bytes", "X-LXD-type", "symlink", "a\0b")]
    public async Task Bad_input_is_told(
        string method, string path, int code, string why, string? header = null, string value = "", string body = "x")
    {
        var (status, text, _) = await Send(method, path, method == "POST" ? body : null,
            header is null ? [] : [(header, value)]);
        Assert.Equal(code, status);
        Assert.Contains(why.Replace("\\u0022", "\\\"", StringComparison.Ordinal), text, StringComparison.Ordinal);
        Assert.False(Path.Exists(Path.Combine(node.InstanceRoot, "a")));
    }

    [Theory]
    [InlineData("X-LXD-")]
    [InlineData("X-Incus-")]
    public async Task Both_families_of_headers_say_the_same(string family)
    {
        var path = Files + family;
        Assert.Equal(200, (await Send("POST", path, "abc", (family + "mode", "0600"), (family + "uid", "7"), (family + "gid", "8"))).Code);
        Assert.Equal(200, (await Send("POST", path, "def", (family + "write", "append"), (family + "mode", "0777"))).Code);
        foreach (var method in (string[])["GET", "HEAD"])
        {
            var (code, text, whole) = await Send(method, path);
            Assert.Equal((200, method == "GET" ? "abcdef" : ""), (code, text));
            Assert.Equal(6, whole.Content.Headers.ContentLength);
            foreach (var other in (string[])["X-LXD-", "X-Incus-"])
                Assert.Equal(("7", "8", "0600", "file"),
                    (Word(whole, other + "uid"), Word(whole, other + "gid"), Word(whole, other + "mode"), Word(whole, other + "type")));
            Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC$", Word(whole, "X-LXD-modified"));
        }
        Assert.Equal(200, (await Send("POST", Files + "dir" + family, "", (family + "type", "directory"), (family + "mode", "511"))).Code);
        var (_, listed, folder) = await Send("GET", Files + "/dir" + family);
        Assert.Equal(("0777", "directory"), (Word(folder, "X-LXD-mode"), Word(folder, "X-LXD-type")));
        Assert.Empty(JsonDocument.Parse(listed).RootElement.GetProperty("metadata").EnumerateArray());
        Assert.Equal(200, (await Send("DELETE", Files + "/dir" + family)).Code);
        Assert.Equal(200, (await Send("DELETE", path)).Code);
        Assert.Equal(404, (await Send("DELETE", path)).Code);
    }

    [Fact]
    public async Task A_body_that_breaks_off_changes_nothing()
    {
        Assert.Equal(200, (await Send("POST", Files + "/whole", "old")).Code);
        foreach (var head in (string[])["Transfer-Encoding: chunked\r\n\r\n5\r\nnew..\r\n", "Content-Length: 10\r\n\r\nnew.."])
        {
            await using var stream = await node.Connect();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {Files}/whole HTTP/1.1\r\nHost: x\r\n{head}"),
                TestContext.Current.CancellationToken);
        }
        Assert.Equal(200, (await Send("GET", "/1.0")).Code);
        Assert.Equal("old", (await Send("GET", Files + "/whole")).Text);
        Assert.DoesNotContain(Directory.GetFiles(node.InstanceRoot), f => f.Contains(".holm-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_of_any_kind_come_and_go()
    {
        var name = Uri.EscapeDataString("a b\n\"ü\r\u202e;");
        Assert.Equal(200, (await Send("POST", Files + name, "x")).Code);
        Assert.Equal("x", (await Send("GET", Files + name)).Text);
        Assert.Contains("ü", (await Send("GET", Files + "/")).Text, StringComparison.Ordinal);
        Assert.Equal(200, (await Send("DELETE", Files + name)).Code);
        var (code, text, _) = await Send("GET", Files + "/" + new string('x', 300));
        Assert.Equal(400, code);
        Assert.Contains("ENAMETOOLONG", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_are_listed_and_kept_and_sftp_says_no()
    {
        Assert.Contains("\"metadata\":[\"/1.0/instances/web/logs/lxc.log\"]", (await Send("GET", "/1.0/instances/web/logs")).Text,
            StringComparison.Ordinal);
        Assert.Contains("excluding qemu.log and lxc.log", (await Send("DELETE", "/1.0/instances/web/logs/lxc.log")).Text,
            StringComparison.Ordinal);
        foreach (var name in (string[])["exec_", "..%2f..%2fetc%2fpasswd", "lxc.conf", "exec_00000000-0000-0000-0000-000000000000.stdout"])
            foreach (var method in (string[])["GET", "DELETE"])
                Assert.Contains("Log file not found", (await Send(method, "/1.0/instances/web/logs/" + name)).Text,
                    StringComparison.Ordinal);
        var (code, text, _) = await Send("GET", "/1.0/instances/web/sftp");
        Assert.Equal(501, code);
        Assert.Contains("lxc file push", text, StringComparison.Ordinal);
    }
}
