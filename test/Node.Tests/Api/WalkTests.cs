using System.Net;
using System.Text;
using System.Text.Json;
using Holm.Config;
using Holm.Node.Api;

namespace Node.Tests.Api;

/// <summary>Walks the table of routes, so that none escapes: each gets names, bodies and queries that nobody means well with.</summary>
/// <remarks>Whatever comes, the answer is LXD's envelope, no fault of the node's own, and where it is no, nothing has changed.</remarks>
public sealed class WalkTests(SmallNode node) : IClassFixture<SmallNode>
{
    private static readonly string[] Names =
        ["..%2f..%2fetc", "%00", "a%0ab", new('n', 300), "%c3%28", "-", "%20", "nosuch", "a%2fb", "%7b%7d", "CON%3a"];

    private static readonly string[] Queries =
    [
        "?recursion=9", "?project=other", "?project=%00", "?timeout=x&force=maybe", "?path=..%2f..%2fetc%2fshadow", "?filter=%28%28%28",
        "?public",
    ];

    /// <summary>Bodies by what is wrong with them.</summary>
    private static IEnumerable<(string What, byte[] Bytes, string Type)> Bodies()
    {
        foreach (var (what, text) in ((string, string)[])[
            ("none", ""), ("cut", "{\"name\":\"x"), ("null", "null"), ("a list", "[]"), ("a text", "\"x\""), ("a number", "7"),
            ("deep", new string('[', 20_000)), ("twice", "{}{}"), ("a NUL", "{\"name\":\"a\\u0000b\"}"),
            ("wrong types", """{"name":5,"config":[],"devices":"x","profiles":{},"source":7,"text":[],"changes":5,"action":{}}"""),
            ("nulls", """{"name":null,"config":null,"devices":null,"profiles":null,"source":null,"text":null,"action":null}"""),
            ("wrong values", """{"name":"../x","config":{"a b":"\u0001"},"devices":{"..":{"type":"x"}},"action":"fly"}"""),
            ("inner nulls", """{"config":{"user.x":null},"devices":{"d":null},"profiles":[null],"aliases":[null]}"""),
            ("a lone surrogate", "{\"name\":\"\\ud800\"}")])
            yield return (what, Encoding.UTF8.GetBytes(text), "application/json");
        yield return ("no UTF-8", [0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d], "application/json");
        yield return ("too long", [.. Enumerable.Repeat((byte)' ', Call.LongestBody + 1)], "application/json");
        yield return ("another type", "name=x"u8.ToArray(), "application/x-www-form-urlencoded");
        yield return ("no type", "{}"u8.ToArray(), "nonsense");
        yield return ("a broken form", "--b\r\nContent-Disposition: form-data; name=metadata\r\n\r\nx"u8.ToArray(),
            "multipart/form-data; boundary=b");
        yield return ("broken YAML", "a: [b\n\t- c: &x *x"u8.ToArray(), "application/yaml");
    }

    public static TheoryData<string, string> All => [.. Routes.All.Select(r => (r.Method, r.Path))];

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_route_bears_any_name_and_query(string method, string path)
    {
        var paths = path.Contains('{', StringComparison.Ordinal)
            ? Names.Select(n => Filled(path, n)) : Queries.Where(_ => method is "GET" or "HEAD").Select(q => path + q);
        foreach (var hostile in paths)
            await Bears(method, hostile, null, "application/json");
    }

    /// <summary>What is asked of a part named <c>..</c> is not asked of what that is a part of.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public async Task No_path_is_shortened(string method, string path)
    {
        if (!node.Config.Current.Instances.ContainsKey("default"))
            await node.Create("default");
        foreach (var name in (string[])["", ".", "..", "%2e", "%2E%2e", "./", "../default"])
        {
            var hostile = Filled(path[..(path.LastIndexOf('/') + 1)], "default") + name;
            // What the API is.
            if (hostile == "/")
                continue;
            var before = State();
            using var answer = await Send(method, hostile, null, "application/json", TestContext.Current.CancellationToken);
            Assert.Equal((hostile, HttpStatusCode.NotFound), (hostile, answer.StatusCode));
            Assert.Equal(before, State());
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_route_bears_any_body(string method, string path)
    {
        if (method is "GET" or "HEAD")
            return;
        if (!node.Config.Current.Instances.ContainsKey("default"))
            await node.Create("default");
        // An instance, a profile and a pool have the name default; to delete them is not wrong.
        foreach (var name in method == "DELETE" ? (string[])["nosuch"] : ["nosuch", "default"])
            foreach (var (what, bytes, type) in Bodies())
                await Bears(method, Filled(path, name), bytes, type, what);
    }

    private async Task Bears(string method, string path, byte[]? body, string type, string what = "")
    {
        var before = State();
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        HttpResponseMessage response;
        try
        {
            response = await Send(method, path, body, type, late.Token);
        }
        catch (HttpRequestException) when (what != "too long")
        {
            // What was answered before it was all read had its connection closed, which was just taken for this one.
            response = await Send(method, path, body, type, late.Token);
        }
        catch (HttpRequestException) when (what == "too long")
        {
            // Answered before it was all sent, and closed.
            Assert.Equal(before, State());
            return;
        }
        using (response)
            await Answered(method, path, what, response, before, late.Token);
    }

    private async Task<HttpResponseMessage> Send(string method, string path, byte[]? body, string type, CancellationToken ct)
    {
        // As it is: a Uri would shorten it.
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(node.Http.BaseAddress!.GetLeftPart(UriPartial.Authority)
            + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }
        return await node.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
    }

    private async Task Answered(
        string method, string path, string what, HttpResponseMessage response, string before, CancellationToken ct)
    {
        var where = $"{method} {path} {what}: {(int)response.StatusCode}";
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols || method == "HEAD")
            return;
        Assert.False(response.StatusCode == HttpStatusCode.InternalServerError,
            $"{where} {await response.Content.ReadAsStringAsync(ct)}");
        if (response.StatusCode == HttpStatusCode.Accepted)
            await node.Send("GET", JsonDocument.Parse(await response.Content.ReadAsStringAsync(ct)).RootElement.GetProperty("operation") +
                "/wait?timeout=5");
        if ((int)response.StatusCode < 400)
            return;
        var text = await response.Content.ReadAsStringAsync(ct);
        if (text.Length == 0)
        {
            // Not even a request: Kestrel's own answer.
            Assert.True(response.StatusCode == HttpStatusCode.BadRequest && (path.Contains("%00", StringComparison.Ordinal)
                || path.Contains("%c3%28", StringComparison.Ordinal)), where);
            return;
        }
        var envelope = JsonDocument.Parse(text).RootElement;
        Assert.Equal("error", envelope.GetProperty("type").GetString());
        Assert.Equal((int)response.StatusCode, envelope.GetProperty("error_code").GetInt32());
        var sentence = envelope.GetProperty("error").GetString()!;
        Assert.True(sentence.Length > 3 && !sentence.Any(char.IsControl), $"{where}: {sentence}");
        Assert.Equal(before, State());
        Assert.Empty(node.Leftovers);
    }

    private string State() => ConfigText.Write(node.Config.Current) + ConfigText.Write(node.Config.Startup)
        + string.Join('\n',
            Directory.EnumerateFileSystemEntries(node.State, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));

    private static string Filled(string path, string name) => string.Join('/', path.Split('/').Select(p => p.StartsWith('{') ? name : p));
}
