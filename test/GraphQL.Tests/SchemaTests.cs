using System.Text.Json.Nodes;
using Holm.GraphQL;
using Holm.GraphQL.Types;

namespace GraphQL.Tests;

/// <summary>Schemas are refused for what graphql-js refuses them for, and are printed as it prints them.</summary>
public sealed class SchemaTests(Fixture fixture) : IClassFixture<Fixture>
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Schemas");

    public static TheoryData<string> Wrong => [.. Read("wrong.txt")];

    public static TheoryData<string> Right => [.. Read("right.txt")];

    private static string[] Read(string file) => File.ReadAllText(Path.Combine(Folder, file)).Split("---\n");

    private async Task<JsonNode> Theirs(string sdl) =>
        (await fixture.Peer.Ask("schema", new JsonObject { ["name"] = "tried", ["sdl"] = sdl, ["fixture"] = new JsonObject() }))!;

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_is_wrong_is_told_as_graphql_js_tells_it(string sdl)
    {
        var theirs = (await Theirs(sdl))["errors"]!.AsArray().Select(e => Canonical.Write(e)).Order(StringComparer.Ordinal);
        var error = Record.Exception(() => Schema.Parse(sdl));
        var errors = error is SchemaException several ? several.Errors : [Assert.IsType<GraphQLError>(error)];
        var ours = JsonNode.Parse(new ExecutionResult(errors).ToUtf8())!["errors"]!.AsArray().Select(e => Canonical.Write(e))
            .Order(StringComparer.Ordinal);
        Assert.Equal(string.Join('\n', theirs), string.Join('\n', ours));
    }

    [Theory]
    [MemberData(nameof(Right))]
    public async Task A_schema_is_printed_as_graphql_js_prints_it_and_read_again_the_same(string sdl)
    {
        var theirs = await Theirs(sdl);
        var ours = Schema.Parse(sdl).Print();
        Assert.Equal(theirs["printed"]?.GetValue<string>() ?? theirs.ToJsonString(), ours);
        Assert.Equal(ours, Schema.Parse(ours).Print());
    }

    [Fact]
    public async Task The_schema_of_the_cases_is_printed_as_graphql_js_prints_it() =>
        Assert.Equal((await Theirs(Fixture.Read("schema.graphql")))["printed"]!.GetValue<string>(), fixture.Schema.Print());

    [Theory]
    [InlineData("mutation { a }")]
    [InlineData("mutation M { ...F b { c } } fragment F on Query { a }")]
    [InlineData("subscription { a { b } }")]
    public async Task An_operation_without_a_root_is_answered_as_graphql_js_answers_it(string query)
    {
        const string sdl = "type Query { a: Int }";
        await Theirs(sdl);
        var theirs = await fixture.Peer.Ask("run", new JsonObject { ["name"] = "tried", ["query"] = query });
        var ours = await new Engine(Schema.Parse(sdl)).Execute(new GraphQLRequest(query));
        Assert.Equal(Canonical.Text(theirs), Canonical.Text(JsonNode.Parse(ours.ToUtf8())));
    }

    [Theory]
    [InlineData("type Query { a(x: Int = \"x\"): Int }", "The default value \"x\" of \"x\" is not of type \"Int\".")]
    [InlineData("type Query { a(x: E = B): Int } enum E { A }", "The default value B of \"x\" is not of type \"E\".")]
    [InlineData("type Query { a(x: I = {y: 1}): Int } input I { x: Int }", "The default value {y: 1} of \"x\" is not of type \"I\".")]
    [InlineData("type Query { a(x: I): Int } input I { i: I = {} }", "The default value of \"i\" needs itself.")]
    [InlineData("type Query { a: Int } subscription S { a }", "An operation or fragment is no part of a schema.")]
    [InlineData("type Query { a: Int } scalar Int", "Type \"Int\" is built in. It cannot be redefined.")]
    public void What_graphql_js_lets_pass_is_refused(string sdl, string message) =>
        Assert.Equal([message], Assert.Throws<SchemaException>(() => Schema.Parse(sdl)).Errors.Select(e => e.Message));

    [Theory]
    [InlineData("Query.b")]
    [InlineData("Missing.a")]
    [InlineData("I.a")]
    [InlineData("Query")]
    public void A_binding_to_what_is_not_there_is_refused_by_name(string name)
    {
        var bindings = new Bindings().Field("Query.a", _ => 1).Field(name, _ => 2);
        var error = Assert.Throws<SchemaException>(() => Schema.Parse("type Query { a: Int } interface I { a: Int }", bindings));
        Assert.Equal([$"The schema has no \"{name}\" to bind code to."], error.Errors.Select(e => e.Message));
    }
}
