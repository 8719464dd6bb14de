using System.Text;
using Holm.GraphQL;
using Holm.GraphQL.Types;

namespace GraphQL.Tests;

/// <summary>What resolvers may count on.</summary>
public sealed class ExecutionTests
{
    private sealed record Device(int Id, string Name, int? Parent);

    private const string Sdl = """
        type Query { devices: [Device!]! device(id: Int!): Device slow: Int boom: Int sum(of: [Int!]): Int who: String thing: Thing
          at(on: Date = "2026-11-29"): Date path(x: Int): [Leaf!] }
        type Leaf { where: String }
        type Mutation { add(n: Int!): Int! }
        type Device { id: Int! name: String! parent: Device again: Device color: Color }
        type Other { x: Int }
        union Thing = Device | Other
        enum Color { Red Green }
        scalar Date
        """;

    private enum Color { Red, Green, Blue }

    private static readonly Dictionary<int, Device> Devices =
        new Device[] { new(1, "a", 3), new(2, "b", 3), new(3, "c", 4), new(4, "d", null), new(5, "e", 99) }.ToDictionary(d => d.Id);

    private readonly List<string> _calls = [];
    private readonly List<Exception> _failures = [];
    private readonly TaskCompletionSource _started = new();
    private readonly Engine _engine;
    private int _sum;

    public ExecutionTests()
    {
        var batch = new Batch<int, Device>(async (keys, _, ct) =>
        {
            lock (_calls)
                _calls.Add(string.Join(',', keys));
            await Task.Yield();
            if (keys.Contains(13))
                throw new GraphQLError("13 is out of luck", new Dictionary<string, object?> { ["code"] = "UNLUCKY", ["n"] = 13 });
            return keys.Where(Devices.ContainsKey).ToDictionary(k => k, k => Devices[k]);
        });
        var bindings = new Bindings()
            .Field("Query.devices", _ => Devices.Values.Take(3))
            .Field("Query.device", context => context.Load(batch, context.Argument<int>("id")))
            .Field("Query.slow", async context =>
            {
                _started.SetResult();
                await Task.Delay(Timeout.Infinite, context.Cancellation);
                return 1;
            })
            .Field("Query.boom", _ => throw new InvalidOperationException("the password is secret"))
            .Field("Query.sum", context => context.Argument<IReadOnlyList<object?>>("of")?.Cast<int>().Sum())
            .Field("Query.who", context => context.State)
            .Field("Query.thing", _ => Devices[4])
            .Field("Query.at", context => context.Argument<DateOnly>("on").AddDays(1))
            .Field("Query.path", _ => new[] { "a", "b" })
            .Field("Leaf.where", context => string.Join('/', context.Path))
            .Field("Mutation.add", async context =>
            {
                var before = _sum;
                await Task.Yield();
                return _sum = before + context.Argument<int>("n");
            })
            .Scalar("Date", value => DateOnly.Parse((string)value, null), value => ((DateOnly)value).ToString("O"));
        bindings.Of<Device>("Device")
            .Field("id", d => d.Id)
            .Field("name", d => d.Name)
            .Field("color", d => (Color)((d.Id - 1) % 3))
            .Field("parent", async (d, context) => d.Parent is { } parent ? await context.Load(batch, parent) : null)
            // Goes on elsewhere before it asks.
            .Field("again", async (d, context) =>
            {
                await Task.Delay(1).ConfigureAwait(false);
                return await context.Load(batch, d.Id).ConfigureAwait(false);
            });
        _engine = new Engine(Schema.Parse(Sdl, bindings), null, _failures.Add);
    }

    private async Task<string> Answer(string query, object? state = null) =>
        Encoding.UTF8.GetString((await _engine.Execute(new GraphQLRequest(query), state)).ToUtf8());

    [Fact]
    public async Task Loads_of_one_step_are_one_call_and_each_key_is_loaded_once()
    {
        Assert.Equal("""{"data":{"devices":[{"parent":{"parent":{"id":4}}},{"parent":{"parent":{"id":4}}},{"parent":{"parent":null}}]}}""",
            await Answer("{ devices { parent { parent { id } } } }"));
        Assert.Equal(["3,4"], _calls);
        _calls.Clear();
        Assert.Equal("""{"data":{"a":{"name":"a"},"b":{"name":"b"},"c":{"name":"a"},"d":null}}""",
            await Answer("{ a: device(id: 1) { name } b: device(id: 2) { name } c: device(id: 1) { name } d: device(id: 77) { name } }"));
        Assert.Equal(["1,2,77"], _calls);
    }

    [Fact]
    public async Task Steps_that_follow_are_calls_of_their_own()
    {
        Assert.Equal("""{"data":{"a":{"parent":{"parent":{"id":4}}},"b":{"parent":{"parent":{"id":4}}},"e":{"parent":null}}}""",
            await Answer("""
                { a: device(id: 1) { parent { parent { id } } } b: device(id: 2) { ...G } e: device(id: 5) { parent { id } } }
                fragment G on Device { parent { parent { id } } }
                """));
        Assert.Equal(["1,2,5", "3,99", "4"], _calls);
    }

    [Fact]
    public async Task A_resolver_that_went_on_elsewhere_may_still_load() =>
        Assert.Equal("""{"data":{"devices":[{"again":{"name":"a"}},{"again":{"name":"b"}},{"again":{"name":"c"}}]}}""",
            await Answer("{ devices { again { name } } }"));

    [Fact]
    public async Task A_load_that_fails_fails_each_field_that_asked_and_tells_its_extensions()
    {
        var answer = await Answer("{ device(id: 13) { name }    b: device(id: 2) { name } }");
        const string message = """{"message":"13 is out of luck","locations":[{"line":1,"column":""";
        const string extensions = ""","extensions":{"code":"UNLUCKY","n":13}}""";
        Assert.Equal("""{"errors":[""" + message + """3}],"path":["device"]""" + extensions + "," +
            message + """30}],"path":["b"]""" + extensions + """],"data":{"device":null,"b":null}}""", answer);
    }

    [Fact]
    public async Task Fields_of_a_query_run_side_by_side()
    {
        TaskCompletionSource<int> left = new(), right = new();
        var bindings = new Bindings()
            .Field("Query.left", _ =>
            {
                left.SetResult(1);
                return right.Task;
            })
            .Field("Query.right", _ =>
            {
                right.SetResult(2);
                return left.Task;
            });
        var result = await new Engine(Schema.Parse("type Query { left: Int right: Int }", bindings))
            .Execute(new GraphQLRequest("{ left right }")).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("""{"data":{"left":2,"right":1}}""", Encoding.UTF8.GetString(result.ToUtf8()));
    }

    [Fact]
    public async Task Many_executions_at_once_all_end_whatever_threads_their_resolvers_go_to()
    {
        var batch = new Batch<int, int>(async (keys, _, _) =>
        {
            if (keys.Count % 2 == 0)
                await Task.Yield();
            return keys.ToDictionary(key => key, key => key * 10);
        });
        var bindings = new Bindings()
            .Field("Query.all", _ => Enumerable.Range(0, 20))
            .Field("Item.near", context => context.Load(batch, (int)context.Source! % 7))
            .Field("Item.far", context => Task.Run(() => context.Load(batch, (int)context.Source!)));
        var engine = new Engine(Schema.Parse("type Query { all: [Item] } type Item { near: Int far: Int }", bindings));
        var results = await Task.WhenAll(Enumerable.Range(0, 2_000).Select(_ =>
            engine.Execute(new GraphQLRequest("{ all { near far } }")))).WaitAsync(TimeSpan.FromMinutes(2));
        var expected = string.Join(',', Enumerable.Range(0, 20).Select(i => $$"""{"near":{{i % 7 * 10}},"far":{{i * 10}}}"""));
        Assert.All(results, result =>
            Assert.Equal($$$"""{"data":{"all":[{{{expected}}}]}}""", Encoding.UTF8.GetString(result.ToUtf8())));
    }

    [Fact]
    public async Task Mutations_run_one_after_the_other() =>
        Assert.Equal("""{"data":{"a":1,"b":3,"c":6}}""", await Answer("mutation { a: add(n: 1) b: add(n: 2) c: add(n: 3) }"));

    [Fact]
    public async Task What_an_exception_says_is_for_the_server_only()
    {
        Assert.Equal("""
            {"errors":[{"message":"Internal error.","locations":[{"line":1,"column":3}],"path":["boom"]}],"data":{"boom":null}}
            """, await Answer("{ boom }"));
        Assert.Equal("the password is secret", Assert.Single(_failures).Message);
    }

    [Theory]
    [InlineData("{ d(x: \"format\") }", "Expected value of type \"Odd\", found \"format\"; not so")]
    [InlineData("{ d(x: \"graphql\") }", "So not")]
    [InlineData("{ d(x: \"other\") }", "Expected value of type \"Odd\", found \"other\".")]
    [InlineData("{ d(x: \"null\") }", "Expected value of type \"Odd\", found \"null\".")]
    [InlineData("query ($v: Odd) { d(x: $v) }", "Variable \"$v\" got invalid value \"other\"; Expected type \"Odd\".", "other")]
    [InlineData("query ($v: Odd) { d(x: $v) }", "Variable \"$v\" got invalid value \"format\"; Expected type \"Odd\". not so", "format")]
    public async Task What_a_scalar_throws_refuses_the_value(string query, string message, string variable = "")
    {
        var bindings = new Bindings().Scalar("Odd", value => value switch
        {
            "format" => throw new FormatException("not so"),
            "graphql" => throw new GraphQLError("So not"),
            "other" => throw new InvalidOperationException("the password is secret"),
            _ => null,
        }, value => value);
        var engine = new Engine(Schema.Parse("type Query { d(x: Odd): Int } scalar Odd", bindings));
        var result = await engine.Execute(new GraphQLRequest(query, null, new Dictionary<string, object?> { ["v"] = variable }));
        Assert.Equal([message], result.Errors.Select(e => e.Message));
    }

    [Fact]
    public void A_default_value_is_read_and_shown_by_its_scalar()
    {
        const string sdl = "type Query {\n  a(on: Date = \"2026-11-29\"): Int\n}\n\nscalar Date";
        static Bindings Dates() =>
            new Bindings().Scalar("Date", value => DateOnly.Parse((string)value, null), value => ((DateOnly)value).ToString("O"));
        Assert.Equal(sdl, Schema.Parse(sdl, Dates()).Print());
        var error = Assert.Throws<SchemaException>(() => Schema.Parse(sdl.Replace("29", "31", StringComparison.Ordinal), Dates()));
        Assert.Equal(["The default value \"2026-11-31\" of \"on\" is not of type \"Date\"."], error.Errors.Select(e => e.Message));
    }

    [Fact]
    public async Task A_cancelled_request_ends()
    {
        using var stop = new CancellationTokenSource();
        var running = _engine.Execute(new GraphQLRequest("{ slow }"), null, stop.Token);
        await _started.Task;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task State_classes_scalars_enums_and_paths_reach_resolvers_and_results()
    {
        Assert.Equal("""{"data":{"who":"me","thing":{"__typename":"Device","name":"d"},"at":"2026-11-30","sum":6,"none":null}}""",
            await Answer("{ who thing { __typename ... on Device { name } } at sum(of: [1, 2, 3]) none: sum }", "me"));
        Assert.Equal("""{"data":{"path":[{"where":"path/0/where"},{"where":"path/1/where"}]}}""", await Answer("{ path { where } }"));
        var colors = await Answer("{ devices { color } }");
        Assert.Contains("""{"devices":[{"color":"Red"},{"color":"Green"},{"color":null}]}""", colors, StringComparison.Ordinal);
        Assert.Contains("Enum \\\"Color\\\" cannot represent value: Blue", colors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_without_code_is_an_error_of_the_server()
    {
        var engine = new Engine(Schema.Parse("type Query { a: Int }"), null, _failures.Add);
        var result = await engine.Execute(new GraphQLRequest("{ a }"));
        Assert.Equal(["Internal error."], result.Errors.Select(e => e.Message));
        Assert.Equal("no code is bound to Query.a, and its source is no map", Assert.Single(_failures).Message);
    }

    [Theory]
    [InlineData("{ device(id: 1) { parent { parent { parent { name } } } } }", "The operation is 5 fields deep; at most 4 are allowed.")]
    [InlineData("{ device(id: 1) { ...A } } fragment A on Device { parent { ...B } } fragment B on Device { parent { parent { id } } }",
        "The operation is 5 fields deep; at most 4 are allowed.")]
    [InlineData("{ a: who b: who c: who d: who }", "The operation has 4 aliases; at most 3 are allowed.")]
    [InlineData("{ ...A x: device(id: 1) { ...B } y: device(id: 1) { ...B } } fragment A on Query { who } fragment B on Device { z: id }",
        "The operation has 4 aliases; at most 3 are allowed.")]
    [InlineData("{ devices { id name parent { id name } } }", "The operation costs 61; at most 60 is allowed.")]
    [InlineData("{ boom boom2: who }", "The operation costs 61; at most 60 is allowed.")]
    [InlineData("{ __type(name: \"Query\") { ...A } } fragment A on __Type { fields { type { ...B } } } fragment B on __Type { " +
        "possibleTypes { interfaces { name } } }", "Maximum introspection depth exceeded.")]
    public async Task Too_much_is_refused_with_a_number(string query, string message)
    {
        var bindings = new Bindings().Cost("Query.boom", 60);
        var limits = new Limits { Depth = 4, Aliases = 3, Cost = 60, ListSize = 12 };
        if (query.Contains("__type", StringComparison.Ordinal))
            limits = new Limits();
        var engine = new Engine(Schema.Parse(Sdl, bindings), limits);
        var result = await engine.Execute(new GraphQLRequest(query));
        Assert.Equal([message], result.Errors.Select(e => e.Message));
        Assert.False(result.HasData);
    }

    [Fact]
    public void What_a_list_costs_goes_by_the_argument_that_bounds_it()
    {
        var schema = Schema.Parse("""
            type Query implements Some { all(first: Int, limit: Int): [Query!] a: Int some: Some } interface Some { a: Int }
            """, new Bindings().Cost("Some.a", 9));
        var engine = new Engine(schema, new Limits { Cost = 0 });
        string Cost(string fields) => engine.Prepare(new GraphQLRequest($"query ($n: Int) {fields}", null,
            new Dictionary<string, object?> { ["n"] = 7L })).Errors[0].Message;
        Assert.Equal("The operation costs 18; at most 0 is allowed.", Cost("{ some { a } all(first: $n) { a } }"));
        Assert.Equal("The operation costs 8; at most 0 is allowed.", Cost("{ all(first: $n) { a } }"));
        Assert.Equal("The operation costs 41; at most 0 is allowed.", Cost("{ all(limit: 5) { all(limit: $n) { a } } }"));
        Assert.Equal("The operation costs 1; at most 0 is allowed.", Cost("{ all(limit: -5) { all(limit: $n) { a } } }"));
    }
}
