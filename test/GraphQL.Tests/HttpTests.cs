using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Holm.GraphQL;
using Holm.GraphQL.Http;
using Holm.GraphQL.Types;

namespace GraphQL.Tests;

/// <summary>GraphQL over HTTP, as its draft and graphql-http's audits have it.</summary>
public sealed class HttpTests(Fixture fixture) : IClassFixture<Fixture>, IAsyncLifetime
{
    private const string GraphQLJson = "application/graphql-response+json", Json = "application/json", Events = "text/event-stream";

    private readonly TaskCompletionSource _gone = new();
    private readonly TaskCompletionSource _release = new();
    private Http _http = null!;

    public async ValueTask InitializeAsync() => _http = await Http.Start(new Engine(Schema.Parse("""
        type Query { hello(name: String = "you"): String boom: Int! }
        type Mutation { set: Int }
        type Subscription { ticks(to: Int!): Int forever: Int slow: Int }
        """, new Bindings()
            .Field("Query.hello", context => $"hello {context.Argument<string>("name")} é")
            .Field("Query.boom", _ => throw new GraphQLError("boom"))
            .Field("Mutation.set", _ => 1)
            .Events("Subscription.ticks", context => Ticks(context.Argument<int>("to")))
            .Events("Subscription.slow", _ => Slow())
            .Events("Subscription.forever", context => Forever(context.Cancellation)))), new EndpointOptions
            {
                BytesMax = 10_000,
                KeepAlive = TimeSpan.FromMilliseconds(20),
            });

    public ValueTask DisposeAsync() => _http.DisposeAsync();

    private static async IAsyncEnumerable<int> Ticks(int to)
    {
        for (var i = 1; i <= to; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    private async IAsyncEnumerable<int> Slow()
    {
        await _release.Task;
        yield return 1;
    }

    private async IAsyncEnumerable<int> Forever([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        try
        {
            yield return 1;
            await Task.Delay(Timeout.Infinite, ct);
        }
        finally
        {
            _gone.SetResult();
        }
    }

    private async Task<(HttpStatusCode Status, string Type, string Body, string Allow)> Send(HttpMethod method, string query, string? body,
        string? accept = null, string contentType = Json)
    {
        using var request = new HttpRequestMessage(method, new Uri(_http.Url + query));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await _http.Client.SendAsync(request);
        return (response.StatusCode, response.Content.Headers.ContentType?.ToString() ?? "", await response.Content.ReadAsStringAsync(),
            string.Join(", ", response.Content.Headers.Allow));
    }

    private static string Query(string document) => new JsonObject { ["query"] = document }.ToJsonString();

    [Fact]
    public async Task The_audits_of_graphql_http_pass()
    {
        var audits = (await fixture.Peer.Ask("audit", new JsonObject { ["url"] = _http.Url.ToString() }))!.AsArray();
        Assert.InRange(audits.Count, 60, int.MaxValue);
        Assert.Empty(audits.Where(a => a!["status"]!.GetValue<string>() != "ok")
            .Select(a => $"{a!["id"]} {a["name"]}: {a["status"]} {a["reason"]}"));
    }

    [Theory]
    [InlineData(null, "application/json; charset=utf-8")]
    [InlineData("*/*", "application/json; charset=utf-8")]
    [InlineData("application/*;q=0.1", "application/json; charset=utf-8")]
    [InlineData(GraphQLJson, "application/graphql-response+json; charset=utf-8")]
    [InlineData("application/json, application/graphql-response+json", "application/json; charset=utf-8")]
    [InlineData("application/json;q=0.5, APPLICATION/GraphQL-Response+JSON; charset=\"UTF-8\"",
        "application/graphql-response+json; charset=utf-8")]
    [InlineData("text/html, application/json;charset=latin1, */*;q=0.1", "application/json; charset=utf-8")]
    public async Task The_answer_is_what_the_client_wants_most(string? accept, string type)
    {
        var (status, got, body, _) = await Send(HttpMethod.Post, "", Query("{ hello }"), accept);
        Assert.Equal((HttpStatusCode.OK, type, """{"data":{"hello":"hello you é"}}"""), (status, got, body));
    }

    [Theory]
    [InlineData("PUT", "", "{}", Json, null, 405, "Only GET and POST are understood here.", "GET, POST")]
    [InlineData("DELETE", "?query={hello}", null, Json, null, 405, "Only GET and POST are understood here.", "GET, POST")]
    [InlineData("GET", "?query=mutation{set}", null, Json, null, 405, "A mutation is sent by POST.", "POST")]
    [InlineData("GET", "?query=mutation{set}", null, Json, GraphQLJson, 405, "A mutation is sent by POST.", "POST")]
    [InlineData("GET", "", null, Json, null, 400, "The parameter \"query\" is missing.")]
    [InlineData("GET", "?query={hello}&variables=[]", null, Json, null, 400, "The parameter \"variables\" is no JSON object.")]
    [InlineData("GET", "?query={hello}&variables={", null, Json, null, 400, "The request is no JSON.")]
    [InlineData("GET", "?query={hello}&extensions=1", null, Json, null, 400, "The parameter \"extensions\" is no JSON object.")]
    [InlineData("POST", "", "query={hello}", "application/x-www-form-urlencoded", null, 415, "A request is application/json, in UTF-8.")]
    [InlineData("POST", "", "{\"query\":\"{hello}\"}", "text/plain", null, 415, "A request is application/json, in UTF-8.")]
    [InlineData("POST", "", "{}", "application/json; charset=utf-16", null, 415, "A request is application/json, in UTF-8.")]
    [InlineData("POST", "", "{hello}", "application/graphql", null, 415, "A request is application/json, in UTF-8.")]
    [InlineData("POST", "", "[{\"query\":\"{hello}\"}]", Json, null, 400, "Several requests in one are not supported.")]
    [InlineData("POST", "", "\"{hello}\"", Json, null, 400, "The request is no JSON object.")]
    [InlineData("POST", "", "", Json, null, 400, "The request is no JSON.")]
    [InlineData("POST", "", "{\"query\":\"\\uD800\"}", Json, null, 400, "The request has a string that is no Unicode text.")]
    [InlineData("POST", "", "{\"query\":\"{hello}\",\"variables\":{\"\\uD800\":1}}", Json, null, 400,
        "The request has a string that is no Unicode text.")]
    [InlineData("POST", "", "{\"query\":\"{hello}\"}", Json, "text/html", 406,
        "An answer is application/graphql-response+json, application/json or text/event-stream.")]
    [InlineData("POST", "", "{\"query\":\"subscription{forever}\"}", Json, null, 406, "A subscription is answered as text/event-stream.")]
    public async Task What_is_no_request_is_told_so(string method, string query, string? body, string contentType, string? accept, int code,
        string message, string allow = "")
    {
        var (status, type, answer, allowed) = await Send(new HttpMethod(method), query, body, accept, contentType);
        Assert.Equal((code, new JsonObject { ["errors"] = new JsonArray(new JsonObject { ["message"] = message }) }.ToJsonString(), allow),
            ((int)status, JsonNode.Parse(answer)!.ToJsonString(), allowed));
        Assert.Equal($"{accept switch { GraphQLJson => GraphQLJson, _ => Json }}; charset=utf-8", type);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_before_it_is_read_whole() =>
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await Send(HttpMethod.Post, "", Query(new string(' ', 20_000)))).Status);

    [Theory]
    [InlineData("{", 400, 200, false)]
    [InlineData("{ nothing }", 400, 200, false)]
    [InlineData("{ boom }", 200, 200, true)]
    [InlineData("query ($a: Int!) { hello @include(if: true) }", 400, 200, false)]
    public async Task The_status_says_whether_it_was_executed_to_who_knows_the_new_type(string query, int now, int before, bool data)
    {
        var (status, _, body, _) = await Send(HttpMethod.Post, "", Query(query), GraphQLJson);
        Assert.Equal((now, data), ((int)status, body.Contains("\"data\":", StringComparison.Ordinal)));
        Assert.Equal(before, (int)(await Send(HttpMethod.Post, "", Query(query), Json)).Status);
    }

    [Fact]
    public async Task Whatever_body_comes_a_GraphQL_answer_goes()
    {
        var random = new Random(7);
        var request = """{"query":"query A($n: String) { hello(name: $n) }","operationName":"A","variables":{"n":"\u00e9"}}""";
        HashSet<HttpStatusCode> seen = [];
        for (var i = 0; i < 2_000; i++)
        {
            var body = Encoding.UTF8.GetBytes(request);
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                body[random.Next(body.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)"{}[]:,\"\\u0dDnt "[random.Next(15)];
            using var content = new ByteArrayContent(body[..random.Next(body.Length / 2, body.Length + 1)]);
            content.Headers.ContentType = new(Json);
            using var response = await _http.Client.PostAsync(_http.Url, content);
            seen.Add(response.StatusCode);
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();
            Assert.True(answer.ContainsKey("data") || answer["errors"] is JsonArray { Count: > 0 });
        }
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.BadRequest], seen.Order());
    }

    [Fact]
    public async Task A_query_may_come_by_GET_with_its_variables()
    {
        var variables = Uri.EscapeDataString("""{"n":"Zoë & co"}""");
        var query = Uri.EscapeDataString("query A($n: String) { hello(name: $n) } query B { boom }");
        Assert.Equal("""{"data":{"hello":"hello Zoë & co é"}}""",
            (await Send(HttpMethod.Get, $"?query={query}&variables={variables}&operationName=A", null)).Body);
    }

    [Fact]
    public async Task A_subscription_is_a_stream_of_events()
    {
        var (status, type, body, _) = await Send(HttpMethod.Post, "", Query("subscription { ticks(to: 2) }"), Events);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream; charset=utf-8"), (status, type));
        Assert.Equal([
            "event: next", "data: {\"data\":{\"ticks\":1}}", "",
            "event: next", "data: {\"data\":{\"ticks\":2}}", "",
            "event: complete", "data:", "", "",
        ], body.Replace("\n\n:\n\n", "\n\n", StringComparison.Ordinal).Split('\n'));
        Assert.Equal("event: next\ndata: {\"data\":{\"hello\":\"hello you é\"}}\n\nevent: complete\ndata:\n\n",
            (await Send(HttpMethod.Get, "?query={hello}", null, Events)).Body);
        var (bad, badType, badBody, _) = await Send(HttpMethod.Post, "", Query("subscription { nothing }"), Events);
        Assert.Equal((HttpStatusCode.BadRequest, "application/json; charset=utf-8"), (bad, badType));
        Assert.StartsWith("{\"errors\":[", badBody, StringComparison.Ordinal);
    }

    private async Task<string> Listen(string query, int leaveAfter = 0) => (await fixture.Peer.Ask("listen", new JsonObject
    {
        ["url"] = _http.Url.ToString(),
        ["query"] = query,
        ["leaveAfter"] = leaveAfter,
    }))!.ToJsonString();

    [Fact]
    public async Task A_client_of_graphql_sse_gets_results_and_their_end()
    {
        Assert.Equal("""{"results":[{"data":{"ticks":1}},{"data":{"ticks":2}},{"data":{"ticks":3}}]}""",
            await Listen("subscription { ticks(to: 3) }"));
        Assert.Equal("""{"results":[{"data":{"set":1}}]}""", await Listen("mutation { set }"));
        Assert.Equal("""{"results":[{"errors":[{"message":"boom","locations":[{"line":1,"column":3}],"path":["boom"]}],"data":null}]}""",
            await Listen("{ boom }"));
        Assert.Contains("\"error\":\"", await Listen("subscription { nothing }"), StringComparison.Ordinal);
        Assert.Equal("""{"results":[{"data":{"forever":1}}]}""", await Listen("subscription { forever }", leaveAfter: 1));
        await _gone.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_silent_stream_shows_that_it_lives()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_http.Url + "?query=subscription{slow}"));
        request.Headers.Add("Accept", Events);
        using var response = await _http.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        foreach (var line in new[] { ":", "", ":" })
            Assert.Equal(line, await lines.ReadLineAsync());
        _release.SetResult();
        Assert.Contains("event: next\ndata: {\"data\":{\"slow\":1}}\n\n", await lines.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_goes_ends_its_subscription()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_http.Url + "?query=subscription{forever}"));
        request.Headers.Add("Accept", Events);
        var response = await _http.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (await lines.ReadLineAsync() != "event: next") { }
        response.Dispose();
        await _gone.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
