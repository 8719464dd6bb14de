using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Holm.GraphQL.Http;

/// <summary>What an answer may look like.</summary>
internal enum AnswerKind { Json, GraphQLJson, Events }

/// <summary>Media types of requests and answers (GraphQL over HTTP, "Media Types").</summary>
internal static class MediaTypes
{
    /// <summary>A result whose status says how it went.</summary>
    public const string GraphQLJson = "application/graphql-response+json";

    /// <summary>A result as old clients know it: 200 for whatever is a GraphQL answer.</summary>
    public const string Json = "application/json";

    /// <summary>A stream of results.</summary>
    public const string Events = "text/event-stream";

    /// <summary>The answer a client wants most; without a wish, plain JSON as in old times; null: none that there is.</summary>
    public static AnswerKind? Negotiate(StringValues accept)
    {
        if (StringValues.IsNullOrEmpty(accept))
            return AnswerKind.Json;
        if (!MediaTypeHeaderValue.TryParseList(accept, out var wanted))
            return null;
        return wanted.Where(type => IsUtf8(type) && type.Quality is not 0).OrderByDescending(type => type.Quality ?? 1)
            .Select(type => type.MediaType.Value?.ToLowerInvariant() switch
            {
                GraphQLJson => AnswerKind.GraphQLJson,
                Json or "*/*" or "application/*" => AnswerKind.Json,
                Events or "text/*" => AnswerKind.Events,
                _ => (AnswerKind?)null,
            }).FirstOrDefault(kind => kind is not null);
    }

    /// <summary>True for a body that can be read: JSON in UTF-8.</summary>
    public static bool IsReadable(string? contentType) => MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals(Json, StringComparison.OrdinalIgnoreCase) && IsUtf8(type);

    private static bool IsUtf8(MediaTypeHeaderValue type) =>
        !type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase);
}
