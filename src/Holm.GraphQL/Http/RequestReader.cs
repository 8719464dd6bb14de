using System.Text.Json;
using Holm.GraphQL.Execution;
using Microsoft.AspNetCore.Http;

namespace Holm.GraphQL.Http;

/// <summary>A request that cannot be understood, and the status that says so.</summary>
internal sealed class BadRequestException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
}

/// <summary>HTTP to a request (GraphQL over HTTP, "Request").</summary>
internal static class RequestReader
{
    /// <exception cref="BadRequestException">It is none.</exception>
    public static async Task<GraphQLRequest> Read(HttpContext http, int bytesMax)
    {
        try
        {
            return HttpMethods.IsGet(http.Request.Method) ? FromQuery(http.Request.Query) : await FromBody(http, bytesMax);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, escaped, is JSON but no text.
            throw Bad("The request has a string that is no Unicode text.");
        }
    }

    private static async Task<GraphQLRequest> FromBody(HttpContext http, int bytesMax)
    {
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.Headers.Allow = "GET, POST";
            throw new BadRequestException(StatusCodes.Status405MethodNotAllowed, "Only GET and POST are understood here.");
        }
        if (!MediaTypes.IsReadable(http.Request.ContentType))
            throw new BadRequestException(StatusCodes.Status415UnsupportedMediaType, "A request is application/json, in UTF-8.");
        var body = await Body(http, bytesMax);
        using var document = Parse(body);
        return FromJson(document.RootElement);
    }

    private static async Task<ReadOnlyMemory<byte>> Body(HttpContext http, int bytesMax)
    {
        var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await http.Request.Body.ReadAsync(buffer, http.RequestAborted) is var read and > 0)
        {
            body.Write(buffer, 0, read);
            if (body.Length > bytesMax)
                throw new BadRequestException(StatusCodes.Status413PayloadTooLarge, $"A request has at most {bytesMax} bytes.");
        }
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException)
        {
            throw Bad("The request is no JSON.");
        }
    }

    private static GraphQLRequest FromQuery(IQueryCollection query)
    {
        using var variables = query["variables"].ToString() is { Length: > 0 } text
            ? Parse(System.Text.Encoding.UTF8.GetBytes(text)) : null;
        using var extensions = query["extensions"].ToString() is { Length: > 0 } more
            ? Parse(System.Text.Encoding.UTF8.GetBytes(more)) : null;
        Map(extensions?.RootElement, "extensions");
        return query["query"].ToString() is { Length: > 0 } document
            ? new GraphQLRequest(document, query["operationName"].ToString() is { Length: > 0 } name ? name : null,
                Map(variables?.RootElement, "variables"))
            : throw Bad("The parameter \"query\" is missing.");
    }

    private static GraphQLRequest FromJson(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
            throw Bad("Several requests in one are not supported.");
        if (json.ValueKind != JsonValueKind.Object)
            throw Bad("The request is no JSON object.");
        Map(Member(json, "extensions"), "extensions");
        var query = Text(json, "query") ?? throw Bad("The member \"query\" is missing.");
        return new GraphQLRequest(query, Text(json, "operationName"), Map(Member(json, "variables"), "variables"));
    }

    private static JsonElement? Member(JsonElement json, string name) => json.TryGetProperty(name, out var member) ? member : null;

    private static string? Text(JsonElement json, string name) => Member(json, name) switch
    {
        null or { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.String } member => member.GetString(),
        _ => throw Bad($"The member \"{name}\" is no string."),
    };

    private static Dictionary<string, object?>? Map(JsonElement? json, string name) => json switch
    {
        null or { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.Object } map => JsonResult.Map(map),
        _ => throw Bad($"The parameter \"{name}\" is no JSON object."),
    };

    private static BadRequestException Bad(string message) => new(StatusCodes.Status400BadRequest, message);
}
