using System.Text.Json;
using System.Text.Json.Nodes;
using Holm.GraphQL;
using Holm.GraphQL.Execution;
using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace GraphQL.Tests;

/// <summary>One schema and one fixture, on our side and on graphql-js's, with resolvers that do the same.</summary>
public sealed class Fixture : IAsyncLifetime
{
    private const string Name = "cases";

    public Peer Peer { get; } = new();

    public Engine Engine { get; private set; } = null!;

    public Schema Schema => Engine.Schema;

    public async ValueTask InitializeAsync()
    {
        var (sdl, json) = (Read("schema.graphql"), Read("fixture.json"));
        var data = JsonResult.Map(JsonDocument.Parse(json).RootElement);
        Engine = new Engine(Schema.Parse(sdl, Bind(sdl, data)), new Limits { Cost = long.MaxValue });
        var answer = await Peer.Ask("schema", new JsonObject { ["name"] = Name, ["sdl"] = sdl, ["fixture"] = JsonNode.Parse(json) });
        Assert.Null(answer!["errors"]);
    }

    public ValueTask DisposeAsync()
    {
        Peer.Dispose();
        return ValueTask.CompletedTask;
    }

    public static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Cases", file));

    /// <summary>What each side answers, in a form that can be compared as text.</summary>
    public async Task<(string Ours, string Theirs)> Both(Case one)
    {
        var request = new GraphQLRequest(one.Query, one.OperationName, one.Variables is null
            ? null : JsonResult.Map(JsonDocument.Parse(one.Variables).RootElement));
        var ours = JsonNode.Parse((await Engine.Execute(request)).ToUtf8());
        var theirs = await Peer.Ask("run", new JsonObject
        {
            ["name"] = Name,
            ["query"] = one.Query,
            ["operationName"] = one.OperationName,
            ["variables"] = one.Variables is null ? null : JsonNode.Parse(one.Variables),
        });
        // Its rule for subscriptions evaluates conditions before the rule for values has judged them, and falls over those that are wrong.
        if (theirs!["fell"] is not null && ours!["errors"] is not null)
            return ("refused", "refused");
        return (Canonical.Text(ours), Canonical.Text(theirs));
    }

    // The same as in peer.cjs: what a member says is done, not shown.
    private static Bindings Bind(string sdl, Dictionary<string, object?> data)
    {
        var bindings = new Bindings();
        var types = Parser.Parse(sdl, Limits.Trusted).Definitions.OfType<TypeDefinitionNode>().Where(t => t.Kind == TypeKind.Object);
        foreach (var type in types)
        {
            foreach (var field in type.Fields.Select(f => f.Name.Value))
                bindings.Resolve($"{type.Name.Value}.{field}", context =>
                    Resolve((IReadOnlyDictionary<string, object?>)(context.Source ?? data), field, context));
        }
        return bindings;
    }

    private static async ValueTask<object?> Resolve(IReadOnlyDictionary<string, object?> source, string field, FieldContext context)
    {
        var value = source.GetValueOrDefault(field);
        if (value is not IReadOnlyDictionary<string, object?> map)
            return value;
        if (map.TryGetValue("$error", out var message))
            throw new GraphQLError((string)message!);
        if (map.ContainsKey("$echo"))
            return context.Arguments;
        if (!map.TryGetValue("$later", out var later))
            return map;
        await Task.Yield();
        return later;
    }
}

/// <summary>One document of a file of cases.</summary>
/// <param name="Query">The document.</param>
/// <param name="OperationName">Which of its operations.</param>
/// <param name="Variables">JSON.</param>
public sealed record Case(string Query, string? OperationName = null, string? Variables = null)
{
    /// <summary>
    /// Documents are separated by lines <c>---</c>; before each there may be lines <c>%operation NAME</c> and <c>%variables JSON</c>.
    /// </summary>
    public static IReadOnlyList<Case> In(string file) => [.. Fixture.Read(file).Split("---\n").Select(Parse)];

    private static Case Parse(string text)
    {
        var lines = text.Split('\n');
        string? Option(string name) => lines.FirstOrDefault(l => l.StartsWith($"%{name} ", StringComparison.Ordinal))?[(name.Length + 2)..];
        var query = string.Join('\n', lines.Where(l => !l.StartsWith('%')));
        return new Case(query, Option("operation"), Option("variables"));
    }
}

/// <summary>Answers as text: errors sorted, numbers by value, members of objects in their order.</summary>
public static class Canonical
{
    // What introspection says of what is built in is described in everybody's own words.
    private static readonly string[] BuiltIn = ["Int", "Float", "String", "Boolean", "ID", "skip", "include", "deprecated", "specifiedBy"];

    public static string Text(JsonNode? answer)
    {
        var errors = (answer!["errors"] as JsonArray ?? []).Select(e => Write(e)).Order(StringComparer.Ordinal);
        var data = answer.AsObject().ContainsKey("data") ? $"data: {Write(answer["data"])}" : "no data";
        return string.Join('\n', errors.Append(data));
    }

    public static string Write(JsonNode? node, bool builtIn = false) => node switch
    {
        null => "null",
        JsonArray array => $"[{string.Join(", ", array.Where(item => !IsYounger(item)).Select(item => Write(item, builtIn)))}]",
        JsonObject map => Write(map, builtIn || IsBuiltIn(map)),
        _ when node.GetValueKind() == JsonValueKind.Number => Print.Number(node.GetValue<JsonElement>().GetDouble()),
        _ => node.ToJsonString(),
    };

    private static string Write(JsonObject map, bool builtIn) =>
        $"{{{string.Join(", ", map.Where(m => !builtIn || m.Key != "description").Select(m => $"{m.Key}: {Write(m.Value, builtIn)}"))}}}";

    private static bool IsBuiltIn(JsonObject map) => map["name"] is JsonValue name && name.GetValueKind() == JsonValueKind.String
        && (BuiltIn.Contains(name.GetValue<string>()) || name.GetValue<string>().StartsWith("__", StringComparison.Ordinal));

    // OneOf input objects came after the edition of the specification that is built.
    private static bool IsYounger(JsonNode? node) => node is JsonObject map && map["name"] is JsonValue name
        && name.GetValueKind() == JsonValueKind.String && name.GetValue<string>() == "isOneOf";
}
