using System.Text;
using Holm.GraphQL;
using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace GraphQL.Tests;

/// <summary>Whatever comes in, an answer goes out: no crash, no endless work, no other exception.</summary>
public sealed class HostileTests(Fixture fixture) : IClassFixture<Fixture>
{
    private const int Fuzzed = 20_000;

    private readonly Engine _engine = new(fixture.Schema);

    private static string Times(int count, string text) => new StringBuilder(text.Length * count).Insert(0, text, count).ToString();

    private static string Each(int count, Func<int, string> text) => string.Concat(Enumerable.Range(0, count).Select(text));

    public static TheoryData<string, string> Bombs => new()
    {
        { Times(100_000, "{"), "Expected Name, found \"{\"." },
        { Times(100_000, "("), "Unexpected \"(\"." },
        { Times(40_000, "{a"), "The document is nested more than 200 deep." },
        { "{ args { any(arg: " + Times(100_000, "["), "The document is nested more than 200 deep." },
        { "{ args { any(arg: " + Times(30_000, "{a:"), "The document is nested more than 200 deep." },
        { "query ($a: " + Times(100_000, "["), "The document is nested more than 200 deep." },
        { "{" + Times(30_000, "...{"), "The document is nested more than 200 deep." },
        { "{" + Times(20_000, " a") + "}", "The document has more than 15000 tokens." },
        { Times(200_000, " "), "The document is longer than 131072 characters." },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public async Task What_is_too_large_to_read_is_one_syntax_error(string document, string message)
    {
        var error = Assert.Single((await _engine.Execute(new GraphQLRequest(document))).Errors);
        Assert.Equal($"Syntax Error: {message}", error.Message);
    }

    public static TheoryData<string, string> Tangles => new()
    {
        // Each of these is within the size that is read, and quadratic or worse where it is taken literally.
        { "one field, often", "{ dog {" + Times(7_000, " name") + " } }" },
        { "one object, often", "{" + Times(3_000, " dog { name }") + " }" },
        { "different fields under one name", "{ dog {" + Each(1_400, i => $" x: {(i % 2 == 0 ? "name" : "nickname")}") + " } }" },
        { "arguments that differ", "{ args {" + Each(1_400, i => $" int(arg: {i})") + " } }" },
        { "deep and wide", "{" + Times(200, " dog { mother { mother { mother { mother { name nickname id } } } } }") + " }" },
        { "fragments that double", "{ ...F0 }" + Each(500, i => $" fragment F{i} on Query {{ dog {{ name }} ...F{i + 1} ...F{i + 1} }}")
            + " fragment F500 on Query { dog { name } }" },
        { "fields that double", "{ dog { ...F0 } }"
            + Each(500, i => $" fragment F{i} on Dog {{ a: mother {{ ...F{i + 1} }} b: mother {{ ...F{i + 1} }} }}")
            + " fragment F500 on Dog { name }" },
        { "a chain of fragments", "{ dog { ...F0 } }" + Each(1_000, i => $" fragment F{i} on Dog {{ mother {{ ...F{i + 1} }} }}")
            + " fragment F1000 on Dog { name }" },
        { "a chain without fields", "{ dog { ...F0 } }" + Each(1_500, i => $" fragment F{i} on Dog {{ ...F{i + 1} }}")
            + " fragment F1500 on Dog { name }" },
        { "a ring", "{ dog { ...F0 } }" + Each(1_000, i => $" fragment F{i} on Dog {{ mother {{ ...F{(i + 1) % 1_000} }} }}") },
        { "all to all", "{ dog { ...F0 } }"
            + Each(60, i => $" fragment F{i} on Dog {{ mother {{ name {Each(60, j => $"...F{j} ")} }} }}") },
        { "operations and fragments", Each(400, i => $" query Q{i}($v: Int) {{ ...F0 args {{ int(arg: $v) }} }}")
            + Each(400, i => $" fragment F{i} on Query {{ dog {{ name }} ...F{i + 1} }}") + " fragment F400 on Query { cat { name } }" },
        { "variables", "query (" + Each(2_000, i => $"$v{i}: Int ") + ") { args {" + Each(900, i => $" a{i}: int(arg: $v{i})") + " } }" },
        { "unknown names", "{" + Each(4_000, i => $" {Times(20, "x")}{i}") + " }" },
        { "aliases", "{" + Each(1_500, i => $" a{i}: dog {{ name }}") + " }" },
        { "directives", "{ dog" + Times(4_000, " @many") + " { name } }" },
        { "directives that are not there", "{ dog" + Times(7_000, " @x") + " { name } }" },
        { "one argument, often", "{ args { int(" + Times(3_000, "arg: 1 ") + ") } }" },
        { "one input field, often", "{ args { deep(arg: {" + Times(3_000, "name: \"x\" ") + "}) } }" },
        { "lists in lists", "{ args { any(arg: " + Times(150, "[") + Times(150, "]") + ") } }" },
        { "a ring of one", "{ dog { ...F } } fragment F on Dog { mother { ...F ...F } ...F }" },
    };

    /// <summary>Each ends within its budget of work; the runner's own limit is the only clock.</summary>
    [Theory]
    [MemberData(nameof(Tangles))]
    public async Task What_would_be_too_much_work_ends(string what, string document)
    {
        // As on a thread of a pool, where the stack is small.
        var request = new GraphQLRequest(document, document.StartsWith(" query Q0", StringComparison.Ordinal) ? "Q1" : null);
        var result = await Task.Run(() => _engine.Execute(request));
        Assert.True(result.HasData || result.Errors.Count is > 0 and <= 101, what);
        Assert.InRange(result.ToUtf8().Length, 1, 4 * 1024 * 1024);
    }

    public static TheoryData<string> Towers =>
    [
        Times(100_000, "{a"),
        Times(5_000, "{dog") + Times(5_000, "}"),
        Times(5_000, "{dog{...on Dog") + "{name" + Times(10_001, "}"),
        "{ dog " + Times(5_000, "{ mother ") + "{ name" + Times(5_002, "}"),
        "{ args { any(arg: " + Times(100_000, "["),
        "{ args { any(arg: " + Times(5_000, "[") + Times(5_000, "]") + ") } }",
        "{ args { any(arg: " + Times(5_000, "{a:") + "1" + Times(5_000, "}") + ") } }",
        "query ($a: " + Times(100_000, "[") + ") { dog }",
        "query ($a: " + Times(5_000, "[") + "Int" + Times(5_000, "]") + ") { args { any(arg: $a) } }",
        "{ ...F0 }" + Each(30_000, i => $" fragment F{i} on Query {{ ...F{i + 1} }}") + " fragment F30000 on Query { __typename }",
        "subscription { ...F0 }" + Each(30_000, i => $" fragment F{i} on Subscription {{ ...F{i + 1} }}")
            + " fragment F30000 on Subscription { ticks }",
        "{ dog { ...F0 } }" + Each(30_000, i => $" fragment F{i} on Dog {{ mother {{ ...F{i + 1} }} }}")
            + " fragment F30000 on Dog { name }",
        "{ dog { ...F0 } }" + Each(30_000, i => $" fragment F{i} on Dog {{ mother {{ ...F{(i + 1) % 30_000} }} }}"),
        "{ dog { ...F0 ...F1 } }" + Each(20_000, i => $" fragment F{i} on Dog {{ mother {{ name ...F{i + 1} }} ...F{i + 2} }}")
            + " fragment F20000 on Dog { name } fragment F20001 on Dog { name }",
    ];

    [Theory]
    [MemberData(nameof(Towers))]
    public async Task Without_limits_the_stack_is_one(string document)
    {
        var engine = new Engine(fixture.Schema, new Limits
        {
            Length = int.MaxValue,
            Tokens = int.MaxValue,
            Nesting = int.MaxValue,
            Depth = int.MaxValue,
            Cost = long.MaxValue,
        });
        var result = await Task.Run(() => engine.Execute(new GraphQLRequest(document)));
        Assert.True(result.HasData || result.Errors.Count is > 0 and <= 101);
    }

    [Fact]
    public async Task What_is_executed_is_as_deep_as_the_stack_and_JSON_bear()
    {
        var self = new Dictionary<string, object?>();
        self["self"] = new List<object?> { self };
        var schema = Schema.Parse("type Query { self: [Query!]! }", new Bindings().Field("Query.self", _ => self["self"]));
        async Task<ExecutionResult> Deep(int depth) => await Task.Run(() => new Engine(schema, new Limits
        {
            Depth = int.MaxValue,
            Nesting = int.MaxValue,
            ListSize = 1,
        }).Execute(new GraphQLRequest(Times(depth, "{ self ") + "{ __typename" + Times(depth + 1, "}"))));
        var result = await Deep(Limits.DepthMax - 1);
        Assert.Empty(result.Errors);
        Assert.Contains("\"__typename\":\"Query\"", Encoding.UTF8.GetString(result.ToUtf8()), StringComparison.Ordinal);
        var error = Assert.Single((await Deep(Limits.DepthMax)).Errors);
        Assert.Equal("The operation is 201 fields deep; at most 200 are allowed.", error.Message);
    }

    [Fact]
    public async Task Large_variables_are_answered()
    {
        var items = Enumerable.Range(0, 10_000).Select(i => (object?)$"x{i}").ToList();
        var result = await _engine.Execute(new GraphQLRequest("query ($a: [Int!]!) { args { nonNullInts(arg: $a) } }", null,
            new Dictionary<string, object?> { ["a"] = items }));
        Assert.Equal(101, result.Errors.Count);
        Assert.StartsWith("Too many errors processing variables", result.Errors[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_value_is_not_sent_back_for_each_error()
    {
        var map = Enumerable.Range(0, 20_000).ToDictionary(i => $"x{i}", i => (object?)i);
        var result = await _engine.Execute(new GraphQLRequest("query ($a: Complex) { args { complex(arg: $a) } }", null,
            new Dictionary<string, object?> { ["a"] = map }));
        Assert.Equal(101, result.Errors.Count);
        Assert.InRange(result.ToUtf8().Length, 100_000, 400_000);
    }

    [Theory]
    [InlineData(400, null)]
    [InlineData(500, "The document has too many fields that may have to be merged.")]
    public async Task Fields_of_one_name_are_compared_up_to_a_bound(int fields, string? message)
    {
        var result = await _engine.Execute(new GraphQLRequest("{ dog {" + Times(fields, " name") + " } }"));
        Assert.Equal(message, result.Errors.SingleOrDefault()?.Message);
    }

    [Fact]
    public async Task Whatever_bytes_come_only_GraphQL_errors_go()
    {
        var random = new Random(42);
        var cases = DifferentialTests.Files.SelectMany(file => Case.In(file.Data)).ToList();
        var (parsed, data) = (0, 0);
        for (var i = 0; i < Fuzzed; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(cases[random.Next(cases.Count)].Query);
            for (var changes = random.Next(1, 6); changes > 0 && bytes.Length > 0; changes--)
                bytes = Changed(bytes, random);
            // Half as a server reads it, half with each byte a unit, surrogates too.
            var text = random.Next(2) == 0 ? Encoding.UTF8.GetString(bytes)
                : string.Concat(bytes.Select(b => (char)(b < 0xF0 ? b : 0xC900 + (b << 4))));
            var prepared = _engine.Prepare(new GraphQLRequest(text, null, new Dictionary<string, object?> { ["a"] = null }));
            var result = prepared.Kind == OperationKind.Subscription
                ? await _engine.Subscribe(prepared).FirstAsync() : await _engine.Execute(prepared);
            parsed += result.Errors.Any(e => e.Message.StartsWith("Syntax Error", StringComparison.Ordinal)) ? 0 : 1;
            data += result.HasData ? 1 : 0;
            // No events are bound in this schema.
            Assert.True(prepared.Kind == OperationKind.Subscription || result.Errors.All(e => e.Message != "Internal error."));
            Assert.InRange(result.ToUtf8().Length, 1, 4 * 1024 * 1024);
        }
        // It reached every part of the way.
        Assert.InRange(parsed, Fuzzed / 50, Fuzzed);
        Assert.InRange(data, 20, parsed);
    }

    private static byte[] Changed(byte[] bytes, Random random)
    {
        var at = random.Next(bytes.Length);
        return random.Next(5) switch
        {
            0 => [.. bytes[..at], .. bytes[(at + 1)..]],
            1 => [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]],
            2 => [.. bytes[..at], (byte)"{}()[]:!$@|&=.\"\\#,\n0-eu"[random.Next(23)], .. bytes[(at + 1)..]],
            3 => [.. bytes[..at], .. bytes[random.Next(at + 1)..]],
            _ => bytes[..at],
        };
    }
}
