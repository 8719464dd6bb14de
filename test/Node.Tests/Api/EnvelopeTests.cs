using System.Net;
using System.Text;
using System.Text.Json;

namespace Node.Tests.Api;

public sealed class EnvelopeTests(SmallNode node) : IClassFixture<SmallNode>
{
    [Theory]
    [InlineData("GET", "/1.0", 200)]
    [InlineData("GET", "/", 200)]
    [InlineData("GET", "/1.0/instances", 200)]
    [InlineData("GET", "/1.0/checkconfig", 200)]
    [InlineData("GET", "/1.0/instances/nosuch", 404)]
    [InlineData("GET", "/1.0/nosuch", 404)]
    [InlineData("GET", "/1.0/networks", 200)]
    [InlineData("GET", "/1.0/networks/x/peers", 404)]
    [InlineData("GET", "/1.0/storage-pools", 200)]
    [InlineData("GET", "/1.0/storage-pools/nosuch", 404)]
    [InlineData("GET", "/1.0/instances/web/files?path=/etc", 404)]
    [InlineData("POST", "/1.0/instances/web/snapshots", 404)]
    [InlineData("GET", "/1.0/instances?project=other", 404)]
    [InlineData("GET", "/1.0/instances?project=default&recursion=2&filter=", 200)]
    [InlineData("GET", "/1.0/instances?recursion=3", 400)]
    [InlineData("GET", "/1.0/instances?filter=name", 400)]
    [InlineData("GET", "/1.0/instances/..%2f..%2fetc", 404)]
    [InlineData("GET", "/1.0/instances/a%00b", 400)]
    [InlineData("GET", "/1.0/events", 400)]
    [InlineData("GET", "/1.0/events?type=fancy", 400)]
    [InlineData("DELETE", "/1.0/checkconfig", 405)]
    [InlineData("GET", "/1.0/operations/nosuch", 404)]
    public async Task Every_answer_has_all_seven_members(string method, string path, int code)
    {
        var (status, body, _) = await node.Send(method, path);
        if (path.EndsWith("%00b", StringComparison.Ordinal) && body.ValueKind == JsonValueKind.Undefined)
        {
            Assert.Equal(HttpStatusCode.BadRequest, status); // Kestrel itself refuses the line
            return;
        }
        Assert.Equal(code, (int)status);
        Assert.Equal(["type", "status", "status_code", "operation", "error_code", "error", "metadata"], body.EnumerateObject().Select(p =>
            p.Name));
        Assert.Equal(code == 200 ? "sync" : "error", body.GetProperty("type").GetString());
        Assert.Equal(code == 200 ? 0 : code, body.GetProperty("error_code").GetInt32());
        Assert.Equal(code != 200, body.GetProperty("error").GetString()!.Length > 10);
    }

    [Theory]
    [InlineData("{", "")]
    [InlineData("", "")]
    [InlineData("null", "null")]
    [InlineData("[]", "")]
    [InlineData("{\"config\":{\"user.x\":5}}", "user.x")]
    [InlineData("{\"profiles\":\"default\"}", "profiles")]
    public async Task A_body_that_is_no_such_JSON_is_told_by_member(string body, string member)
    {
        var (code, answer, _) = await node.Send("POST", "/1.0/instances", new JsonText(body));
        Assert.Equal(HttpStatusCode.BadRequest, code);
        Assert.Contains(member, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/1.0/instances", """{"name":"n1","source":{"type":null}}""")]
    [InlineData("POST", "/1.0/instances", """{"name":"n1","source":{"type":"image","alias":"netbox"},"profiles":[null]}""")]
    [InlineData("PUT", "/1.0/instances", """{"state":{"action":null}}""")]
    [InlineData("PATCH", "/1.0/instances/nulls", """{"profiles":[null]}""")]
    [InlineData("PUT", "/1.0/instances/nulls/state", """{"action":null}""")]
    [InlineData("POST", "/1.0/images", """{"source":{"type":"file","path":null}}""")]
    [InlineData("POST", "/1.0/images", """{"source":{"type":"file","path":"/x"},"aliases":[null]}""")]
    [InlineData("POST", "/1.0/images/aliases", """{"name":null,"target":"netbox"}""")]
    [InlineData("POST", "/1.0/images/aliases", "{}")]
    public async Task A_null_is_no_fault_of_the_node(string method, string path, string body)
    {
        if (path.Contains("nulls", StringComparison.Ordinal) && (await node.Send("GET", "/1.0/instances/nulls")).Code != HttpStatusCode.OK)
            await node.Create("nulls");
        Assert.InRange((int)(await node.Send(method, path, new JsonText(body))).Code, 400, 404);
    }

    [Fact]
    public async Task A_chunk_longer_than_any_number_is_the_callers_fault()
    {
        await using var stream = await node.Connect();
        await stream.WriteAsync("POST /1.0/profiles HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray(),
            TestContext.Current.CancellationToken);
        await stream.WriteAsync("ffffffffffffffff\r\n{}"u8.ToArray(), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        Assert.Contains(" 400 ", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_asked_comes_back_without_its_control_characters()
    {
        var (_, answer, _) = await node.Send("GET", "/1.0/instances?recursion=%1b[31m");
        Assert.DoesNotContain('\u001b', answer.GetProperty("error").GetString()!);
    }

    [Fact]
    public async Task A_body_nested_too_deep_is_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000);
        Assert.Equal(HttpStatusCode.BadRequest, (await node.Send("POST", "/1.0/profiles", new JsonText(deep))).Code);
    }

    [Fact]
    public async Task Unknown_members_are_ignored()
    {
        var (code, _, whole) = await node.Send("POST", "/1.0/profiles",
            new JsonText("{\"name\":\"loose\",\"from_the_future\":{\"x\":[1]}}"));
        Assert.Equal(HttpStatusCode.Created, code);
        Assert.Equal("/1.0/profiles/loose", whole.Headers.Location!.ToString());
    }

    [Theory]
    [InlineData(1024 * 1024 + 1)]
    [InlineData(1024 * 1024 * 1024)]
    public async Task A_body_too_long_is_refused_before_it_is_sent(int length)
    {
        await using var stream = await node.Connect();
        var head = $"POST /1.0/profiles HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{{";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(head), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Contains(" 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("too long", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_of_the_node_is_told_and_logged()
    {
        await node.Create("faulty");
        await node.Do("PATCH", "/1.0/instances/faulty", new JsonText("{\"config\":{\"user.fault\":\"yes\"}}"));
        var operation = await node.Power("faulty", "start");
        Assert.Equal(400, operation.GetProperty("status_code").GetInt32());
        Assert.Contains("boom", operation.GetProperty("err").GetString(), StringComparison.Ordinal);
        Assert.Contains(node.Log, l => l.Contains("boom", StringComparison.Ordinal));
    }

    [Fact]
    public void The_socket_is_for_owner_and_group() => Assert.Equal(
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
            File.GetUnixFileMode(node.Socket));
}
