using System.Net;
using System.Text.Json;
using Holm.Contract;

namespace Node.Tests.Api;

/// <summary>Flakes through the API, with their records and links on a real disk.</summary>
public sealed class FlakeTests(SmallNode node) : IClassFixture<SmallNode>
{
    private static JsonText Yaml(string text) => new(text, "application/yaml");

    private JsonText Json(string name, string more = "") =>
        new($$"""{"name":"{{name}}","image":"netbox","commands":{"{{node.Bin}}/{{name}}":"/"}{{more}}}""");

    private async Task<string> Refused(HttpStatusCode code, string method, string path, JsonText? body = null)
    {
        var (status, answer, _) = await node.Send(method, path, body);
        Assert.Equal(code, status);
        return answer.GetProperty("error").GetString()!;
    }

    private bool IsThere(string name) => new FileInfo($"{node.Bin}/{name}").LinkTarget is not null;

    [Fact]
    public async Task Registered_looked_at_replaced_and_removed()
    {
        await node.Do("POST", "/1.0/flakes", Json("one", ",\"memory\":\"64MiB\",\"problem\":\"no\",\"file\":\"/x\""));
        Assert.True(IsThere("one"));
        var (_, shown, whole) = await node.Send("GET", "/1.0/flakes/one");
        var flake = shown.GetProperty("metadata").Deserialize(ContractJson.Default.Flake)!;
        Assert.Equal(("64MiB", null), (flake.Memory, flake.Problem));
        Assert.EndsWith("/flakes/one.yaml", flake.File);
        Assert.Contains("exists already", await Refused(HttpStatusCode.Conflict, "POST", "/1.0/flakes", Json("one")),
            StringComparison.Ordinal);
        var (stale, _, _) = await node.Send("PUT", "/1.0/flakes/one", Json("one"), ("If-Match", "\"00\""));
        Assert.Equal(HttpStatusCode.PreconditionFailed, stale);
        var (put, _, _) = await node.Send("PUT", "/1.0/flakes/one", Json("one"), ("If-Match", whole.Headers.ETag!.Tag));
        Assert.Equal(HttpStatusCode.OK, put);
        Assert.Contains("cannot be called \"two\"", await Refused(HttpStatusCode.BadRequest, "PUT", "/1.0/flakes/one", Json("two")),
            StringComparison.Ordinal);
        await Refused(HttpStatusCode.NotFound, "PUT", "/1.0/flakes/none", Json("none"));
        var image = await node.Do("GET", $"/1.0/images/{node.Fingerprint}");
        Assert.Contains("/1.0/flakes/one", image.GetProperty("used_by").EnumerateArray().Select(u => u.GetString()));
        Assert.Contains("flake one", await Refused(HttpStatusCode.BadRequest, "DELETE", $"/1.0/images/{node.Fingerprint}"),
            StringComparison.Ordinal);
        await node.Do("DELETE", "/1.0/flakes/one");
        Assert.False(IsThere("one"));
        await Refused(HttpStatusCode.NotFound, "GET", "/1.0/flakes/one");
    }

    [Fact]
    public async Task The_yaml_that_is_exported_registers_the_same_flake()
    {
        await node.Do("POST", "/1.0/flakes", Json("yam", ",\"arguments\":[\"a b\"]"));
        foreach (var (path, headers) in ((string, (string, string)[])[])[("/1.0/flakes/yam?format=yaml", []),
            ("/1.0/flakes/yam", [("Accept", "application/yaml")])])
        {
            var (_, _, whole) = await node.Send("GET", path, null, headers);
            Assert.Equal("application/yaml", whole.Content.Headers.ContentType!.MediaType);
            var text = await whole.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            await node.Do("DELETE", "/1.0/flakes/yam");
            await node.Do("POST", "/1.0/flakes", Yaml(text + "---\nmemory: 1GiB\n---\ncpus: 1"));
            var flake = await node.Do("GET", "/1.0/flakes/yam");
            Assert.Equal("1GiB", flake.GetProperty("memory").GetString());
            Assert.Equal("a b", flake.GetProperty("arguments")[0].GetString());
        }
        await Refused(HttpStatusCode.BadRequest, "GET", "/1.0/flakes/yam?format=xml");
        Assert.Contains("line 1: key \"imag\" is not known",
            await Refused(HttpStatusCode.BadRequest, "POST", "/1.0/flakes?name=x", Yaml("imag: x")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_of_flake_pilot_is_taken_with_a_report_and_force_takes_its_command_over()
    {
        Directory.CreateDirectory(node.Bin);
        File.CreateSymbolicLink($"{node.Bin}/joe", "/usr/bin/podman-pilot");
        var text = Yaml($"container: {{name: joe, host_app_path: {node.Bin}/joe, runtime: {{runas: root}}}}");
        Assert.Contains("--force takes it over", await Refused(HttpStatusCode.Conflict, "POST", "/1.0/flakes?name=joe", text),
            StringComparison.Ordinal);
        Assert.Equal("/usr/bin/podman-pilot", new FileInfo($"{node.Bin}/joe").LinkTarget);
        var import = (await node.Do("POST", "/1.0/flakes?name=joe&force=true", text)).Deserialize(ContractJson.Default.FlakeImport)!;
        Assert.Equal("joe", import.Flake.Image);
        Assert.Equal(["container.name", "container.host_app_path"], import.Taken);
        Assert.StartsWith("container.runtime.runas: ", import.NotTaken[0]);
        Assert.EndsWith("holm-launch", new FileInfo($"{node.Bin}/joe").LinkTarget);
        await Refused(HttpStatusCode.BadRequest, "POST", "/1.0/flakes", text);
    }

    [Fact]
    public async Task What_is_wrong_is_refused_and_leaves_nothing()
    {
        Assert.Contains("flake w: memory \"much\" is not allowed",
            await Refused(HttpStatusCode.BadRequest, "POST", "/1.0/flakes", Json("w", ",\"memory\":\"much\"")), StringComparison.Ordinal);
        foreach (var nothing in (string[])["layers", "arguments", "allow", "mounts"])
            await Refused(HttpStatusCode.BadRequest, "POST", "/1.0/flakes", Json("w", $",\"base\":\"b\",\"{nothing}\":[null]"));
        await Refused(HttpStatusCode.BadRequest, "POST", "/1.0/flakes", Json("w", ",\"environment\":{\"A\":null}"));
        await Refused(HttpStatusCode.BadRequest, "POST", "/1.0/flakes", Json("w", ",\"mounts\":[{}]"));
        var include = Json("w", ",\"include_path\":[\"/none\"]");
        Assert.Contains("include /none: ", await Refused(HttpStatusCode.NotFound, "POST", "/1.0/flakes", include),
            StringComparison.Ordinal);
        await Refused(HttpStatusCode.BadRequest, "POST", "/1.0/flakes", Json("..%2fx"));
        await Refused(HttpStatusCode.BadRequest, "POST", "/1.0/flakes?force=maybe", Json("w"));
        await Refused(HttpStatusCode.BadRequest, "DELETE", "/1.0/flakes/..%2fx");
        await Refused(HttpStatusCode.BadRequest, "POST", "/1.0/flakes", Yaml("\u0001"));
        Assert.False(IsThere("w"));
        Assert.DoesNotContain("w", (await node.Do("GET", "/1.0/flakes")).EnumerateArray().Select(u => u.GetString()![12..]));
    }

    [Fact]
    public async Task A_running_one_is_reset_and_not_removed()
    {
        await node.Do("POST", "/1.0/flakes", Json("runs"));
        node.Running.Enqueue("runs");
        Assert.Contains("it is running", await Refused(HttpStatusCode.Conflict, "DELETE", "/1.0/flakes/runs"), StringComparison.Ordinal);
        await node.Do("POST", "/1.0/flakes/runs/reset");
        await node.Do("POST", "/1.0/flakes/runs/reset?instance=x");
        Assert.Equal(["runs", "runs@x"], node.WereReset);
        await Refused(HttpStatusCode.NotFound, "POST", "/1.0/flakes/none/reset");
    }

    [Fact]
    public async Task A_broken_one_is_listed_with_its_problem()
    {
        await node.Do("POST", "/1.0/flakes", Json("good"));
        await node.Do("POST", "/1.0/flakes", Json("bad"));
        var file = (await node.Do("GET", "/1.0/flakes/bad")).GetProperty("file").GetString()!;
        File.WriteAllText(file, "imag: x");
        var all = (await node.Do("GET", "/1.0/flakes?recursion=1")).Deserialize(ContractJson.Default.IReadOnlyListFlake)!;
        Assert.Null(all.Single(f => f.Name == "good").Problem);
        Assert.Contains("bad.yaml, line 1: key \"imag\"", all.Single(f => f.Name == "bad").Problem, StringComparison.Ordinal);
        Assert.Contains("line 1", await Refused(HttpStatusCode.BadRequest, "GET", "/1.0/flakes/bad"), StringComparison.Ordinal);
        await node.Do("DELETE", "/1.0/flakes/bad");
    }
}
