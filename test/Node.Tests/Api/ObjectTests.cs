using System.Net;
using System.Text.Json;

namespace Node.Tests.Api;

public sealed class ObjectTests(SmallNode node) : IClassFixture<SmallNode>
{
    private static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetString()!)];

    [Fact]
    public async Task An_instance_lives_through_its_verbs()
    {
        var made = await node.Create("c1");
        Assert.Equal(["/1.0/instances/c1"], Texts(made.GetProperty("resources").GetProperty("instances")));
        var shown = await node.Do("GET", "/1.0/instances/c1");
        Assert.Equal(node.Fingerprint, shown.GetProperty("image").GetString());
        Assert.Equal("Net Box", shown.GetProperty("config").GetProperty("image.os").GetString());
        Assert.Equal(node.Fingerprint, shown.GetProperty("config").GetProperty("volatile.base_image").GetString());
        Assert.Equal("disk", shown.GetProperty("expanded_devices").GetProperty("root").GetProperty("type").GetString());
        Assert.Equal(102, shown.GetProperty("status_code").GetInt32());

        Assert.Equal(200, (await node.Power("c1", "start")).GetProperty("status_code").GetInt32());
        Assert.Equal("Running", (await node.Do("GET",
            "/1.0/instances/c1?recursion=1")).GetProperty("state").GetProperty("status").GetString());
        Assert.Contains("Instance is running", (await node.Send("DELETE", "/1.0/instances/c1")).Body.GetProperty("error").GetString(),
            StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await node.Send("POST", "/1.0/instances/c1", new JsonText("{\"name\":\"c2\"}"))).Code);
        Assert.Contains("Unknown action", (await node.Send("PUT", "/1.0/instances/c1/state", new JsonText("{\"action\":\"fly\"}"))).Body
            .GetProperty("error").GetString(), StringComparison.Ordinal);
        var late = await node.Do("PUT", "/1.0/instances/c1",
            new JsonText("{\"config\":{\"init.cmd\":\"/bin/sh\",\"limits.memory\":\"64MiB\"},\"profiles\":[\"default\"]}"));
        Assert.Equal(["init.cmd"], Texts(late.GetProperty("metadata").GetProperty("next_start")));

        await node.Power("c1", "stop");
        await node.Do("POST", "/1.0/instances/c1", new JsonText("{\"name\":\"c2\"}"));
        Assert.Equal(HttpStatusCode.NotFound, (await node.Send("GET", "/1.0/instances/c1")).Code);
        await node.Do("DELETE", "/1.0/instances/c2");
        Assert.DoesNotContain("/1.0/instances/c2", Texts(await node.Do("GET", "/1.0/instances")));
    }

    [Theory]
    [InlineData("{\"name\":\"../x\"}", 400)]
    [InlineData("{\"name\":\"a\\nb\"}", 400)]
    [InlineData("{\"name\":\"net_box\"}", 400)]
    [InlineData("{\"name\":\"x1\",\"type\":\"virtual-machine\"}", 400)]
    [InlineData("{\"name\":\"x1\",\"config\":{\"raw.lxc\":\"x\"}}", 400)]
    [InlineData("{\"name\":\"x1\",\"devices\":{\"eth0\":{\"type\":\"nic\"}}}", 400)]
    [InlineData("{\"name\":\"x1\",\"profiles\":[\"nosuch\"]}", 404)]
    [InlineData("{\"name\":\"x1\",\"architecture\":\"sparc\"}", 400)]
    public async Task A_bad_instance_is_refused_before_any_operation(string body, int code)
    {
        var whole = body[..^1] + $",\"source\":{{\"type\":\"image\",\"fingerprint\":\"{node.Fingerprint}\"}}}}";
        Assert.Equal(code, (int)(await node.Send("POST", "/1.0/instances", new JsonText(whole))).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await node.Send("GET", "/1.0/instances/x1")).Code);
    }

    [Fact]
    public async Task A_console_app_follows_its_alias_and_holds_its_image()
    {
        await node.Create("net_app", follow: true);
        Assert.Equal("netbox", (await node.Do("GET", "/1.0/instances/net_app")).GetProperty("image").GetString());
        Assert.Contains("net_app", (await node.Send("DELETE", "/1.0/images/netbox")).Body.GetProperty("error").GetString(),
            StringComparison.Ordinal);
        Assert.Contains("net_app", (await node.Send("DELETE", "/1.0/images/aliases/netbox")).Body.GetProperty("error").GetString(),
            StringComparison.Ordinal);
        await node.Do("DELETE", "/1.0/instances/net_app");
    }

    [Fact]
    public async Task An_old_ETag_is_refused()
    {
        await node.Create("tagged");
        var tag = (await node.Send("GET", "/1.0/instances/tagged")).Whole.Headers.ETag!.ToString();
        await node.Do("PATCH", "/1.0/instances/tagged", new JsonText("{\"description\":\"one\"}"));
        var body = new JsonText("{\"description\":\"two\"}");
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await node.Send("PATCH", "/1.0/instances/tagged", body, ("If-Match", tag))).Code);
        tag = (await node.Send("GET", "/1.0/instances/tagged")).Whole.Headers.ETag!.ToString();
        Assert.Equal(HttpStatusCode.OK, (await node.Send("PATCH", "/1.0/instances/tagged", body, ("If-Match", tag))).Code);
    }

    [Fact]
    public async Task Put_replaces_patch_merges_empty_unsets()
    {
        await node.Create("edited");
        await node.Do("PATCH", "/1.0/instances/edited", new JsonText("{\"config\":{\"user.a\":\"1\",\"user.b\":\"2\"}}"));
        await node.Do("PATCH", "/1.0/instances/edited", new JsonText("{\"config\":{\"user.a\":\"\",\"limits.cpu\":\"2\"}}"));
        var config = (await node.Do("GET", "/1.0/instances/edited")).GetProperty("config");
        Assert.False(config.TryGetProperty("user.a", out _));
        Assert.Equal("2", config.GetProperty("limits.cpu").GetString());
        await node.Do("PUT", "/1.0/instances/edited", new JsonText("{\"config\":{\"user.c\":\"3\"}}"));
        var shown = await node.Do("GET", "/1.0/instances/edited");
        Assert.False(shown.GetProperty("config").TryGetProperty("user.b", out _));
        Assert.True(shown.GetProperty("config").TryGetProperty("volatile.base_image", out _));
        Assert.Equal(0, shown.GetProperty("profiles").GetArrayLength());
    }

    [Theory]
    [InlineData("name eq f1", "f1")]
    [InlineData("config.user.role eq \"front door\"", "f1")]
    [InlineData("not name eq f1 and config.user.role ne x and name ne f2 and config.user.group eq filter", "")]
    [InlineData("name eq f1 or name eq f2", "f1 f2")]
    [InlineData("config.user.group eq filter and status eq Stopped", "f1 f2")]
    [InlineData("status eq Running and name eq f1", "")]
    public async Task Filters(string filter, string names)
    {
        if ((await node.Send("GET", "/1.0/instances/f1")).Code == HttpStatusCode.NotFound)
        {
            await node.Create("f1");
            await node.Create("f2");
            await node.Do("PATCH", "/1.0/instances/f1",
                new JsonText("{\"config\":{\"user.role\":\"front door\",\"user.group\":\"filter\"}}"));
            await node.Do("PATCH", "/1.0/instances/f2", new JsonText("{\"config\":{\"user.group\":\"filter\"}}"));
        }
        var found = await node.Do("GET", "/1.0/instances?recursion=1&filter=" + Uri.EscapeDataString(filter));
        Assert.Equal(names, string.Join(' ', found.EnumerateArray().Select(i => i.GetProperty("name").GetString())));
    }

    [Fact]
    public async Task Profiles_are_made_used_renamed_and_deleted()
    {
        await node.Create("user1");
        await node.Do("POST", "/1.0/profiles", new JsonText("{\"config\":null,\"description\":\"\",\"devices\":null,\"name\":\"p1\"}"));
        Assert.Equal(HttpStatusCode.Conflict, (await node.Send("POST", "/1.0/profiles", new JsonText("{\"name\":\"p1\"}"))).Code);
        await node.Do("PUT", "/1.0/profiles/p1",
            new JsonText("{\"config\":{\"limits.memory\":\"32MiB\"},\"description\":\"small\",\"devices\":{}}"));
        await node.Do("PATCH", "/1.0/instances/user1", new JsonText("{\"profiles\":[\"default\",\"p1\"]}"));
        Assert.Equal("32MiB", (await node.Do("GET",
            "/1.0/instances/user1")).GetProperty("expanded_config").GetProperty("limits.memory").GetString());
        Assert.Equal(["/1.0/instances/user1"], Texts((await node.Do("GET", "/1.0/profiles/p1")).GetProperty("used_by")));
        Assert.Contains("user1", (await node.Send("DELETE", "/1.0/profiles/p1")).Body.GetProperty("error").GetString(),
            StringComparison.Ordinal);
        await node.Do("POST", "/1.0/profiles/p1", new JsonText("{\"name\":\"p2\"}"));
        Assert.Equal(["default", "p2"], Texts((await node.Do("GET", "/1.0/instances/user1")).GetProperty("profiles")));
        await node.Do("PATCH", "/1.0/instances/user1", new JsonText("{\"profiles\":[\"default\"]}"));
        await node.Do("DELETE", "/1.0/profiles/p2");
        Assert.Equal(HttpStatusCode.Forbidden, (await node.Send("DELETE", "/1.0/profiles/default")).Code);
        Assert.Equal(HttpStatusCode.BadRequest, (await node.Send("POST", "/1.0/profiles", new JsonText("{\"name\":\"..\"}"))).Code);
    }

    [Fact]
    public async Task An_image_comes_by_upload_and_goes_by_export()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/1.0/images");
        var bytes = new byte[3 * 1024 * 1024];
        new Random(1).NextBytes(bytes);
        request.Content = new ByteArrayContent(bytes);
        request.Content.Headers.ContentType = new("application/octet-stream");
        request.Headers.Add("X-LXD-filename", "big%20one.img");
        request.Headers.Add("X-LXD-properties", "os=Big&release=1%202");
        request.Headers.TransferEncodingChunked = true;
        var began = JsonDocument.Parse(await (await node.Http.SendAsync(request,
            TestContext.Current.CancellationToken)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal("async", began.GetProperty("type").GetString());
        var done = (await node.Do("GET", began.GetProperty("operation").GetString() + "/wait")).GetProperty("metadata");
        Assert.Equal("3145728", done.GetProperty("size").GetString());
        Assert.Equal("hashing", done.GetProperty("import_progress").GetString());
        var fingerprint = done.GetProperty("fingerprint").GetString()!;
        Assert.Empty(node.Leftovers);

        var image = await node.Do("GET", "/1.0/images/" + fingerprint[..12]);
        Assert.Equal("big one.img", image.GetProperty("filename").GetString());
        Assert.Equal("1 2", image.GetProperty("properties").GetProperty("release").GetString());
        await node.Do("PATCH", "/1.0/images/" + fingerprint, new JsonText("{\"properties\":{\"os\":\"\",\"note\":\"x\"}}"));
        Assert.False((await node.Do("GET", "/1.0/images/" + fingerprint)).GetProperty("properties").TryGetProperty("os", out _));
        Assert.Equal(fingerprint, await node.Http.GetStringAsync($"/1.0/images/{fingerprint}/export",
            TestContext.Current.CancellationToken));

        await node.Do("POST", "/1.0/images/aliases",
            new JsonText($$"""{"name":"big","target":"{{fingerprint}}","description":"","type":""}"""));
        Assert.Equal(HttpStatusCode.Conflict, (await node.Send("POST", "/1.0/images/aliases",
            new JsonText($$"""{"name":"big","target":"{{fingerprint}}"}"""))).Code);
        await node.Do("POST", "/1.0/images/aliases/big", new JsonText("{\"name\":\"huge\"}"));
        Assert.Equal(fingerprint, (await node.Do("GET", "/1.0/images/aliases/huge")).GetProperty("target").GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await node.Send("GET", "/1.0/images/aliases/big")).Code);
        await node.Do("DELETE", "/1.0/images/" + fingerprint);
        Assert.Equal(HttpStatusCode.NotFound, (await node.Send("GET", "/1.0/images/" + fingerprint)).Code);
    }

    [Fact]
    public async Task An_upload_that_outgrows_the_disk_is_refused_and_nothing_is_left()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/1.0/images") { Content = new ByteArrayContent(new byte[1 << 20]) };
        request.Content.Headers.ContentType = new("application/octet-stream");
        request.Headers.TransferEncodingChunked = true;
        node.RoomBytes = 600_000;
        using var answer = await node.Http.SendAsync(request, TestContext.Current.CancellationToken);
        node.RoomBytes = long.MaxValue;
        Assert.Equal(HttpStatusCode.InsufficientStorage, answer.StatusCode);
        Assert.Empty(node.Leftovers);
    }

    [Fact]
    public async Task Operations_are_listed_and_cannot_be_cancelled_when_over()
    {
        var operation = await node.Create("listed");
        var id = operation.GetProperty("id").GetString();
        Assert.Contains("/1.0/operations/" + id, Texts((await node.Do("GET", "/1.0/operations")).GetProperty("success")));
        Assert.Contains("can't be cancelled", (await node.Send("DELETE", "/1.0/operations/" + id)).Body.GetProperty("error").GetString(),
            StringComparison.Ordinal);
        foreach (var timeout in (string[])["0", "100000000", "2147483647"])
            Assert.Equal(id, (await node.Do("GET", $"/1.0/operations/{id}/wait?timeout={timeout}")).GetProperty("id").GetString());
    }

    [Fact]
    public async Task An_alias_may_hold_a_slash_as_LXDs_do()
    {
        await node.Do("POST", "/1.0/images/aliases", new JsonText($$"""{"name":"debian/12","target":"{{node.Fingerprint}}"}"""));
        Assert.Contains("/1.0/images/aliases/debian%2F12", Texts(await node.Do("GET", "/1.0/images/aliases")));
        Assert.Equal("debian/12", (await node.Do("GET", "/1.0/images/aliases/debian%2F12")).GetProperty("name").GetString());
        await node.Do("DELETE", "/1.0/images/aliases/debian%2f12");
        Assert.Equal(HttpStatusCode.NotFound, (await node.Send("GET", "/1.0/images/aliases/debian%2F12")).Code);
        Assert.Equal(HttpStatusCode.BadRequest, (await node.Send("POST", "/1.0/images/aliases",
            new JsonText($$"""{"name":"debian%2F12","target":"{{node.Fingerprint}}"}"""))).Code);
    }
}
