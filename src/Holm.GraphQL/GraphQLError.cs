namespace Holm.GraphQL;

/// <summary>A place in a document; line and column count from 1 (spec 7.1.2).</summary>
/// <param name="Line">The line.</param>
/// <param name="Column">The column, in UTF-16 units.</param>
public readonly record struct SourceLocation(int Line, int Column);

/// <summary>
/// What a client is told went wrong (spec 7.1.2). Resolvers and scalars throw it: its message and extensions reach the client as they are,
/// while those of any other exception do not.
/// </summary>
/// <param name="message">For a person; starts with a capital as the spec's own examples do.</param>
/// <param name="extensions">More for programs, for example a <c>code</c>; written as JSON.</param>
/// <param name="cause">What led to it; never shown to a client.</param>
public sealed class GraphQLError(string message, IReadOnlyDictionary<string, object?>? extensions = null, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>Where in the document; empty when it is about the request as a whole.</summary>
    public IReadOnlyList<SourceLocation> Locations { get; internal init; } = [];

    /// <summary>Where in the result: response keys (string) and list indices (int); null before execution.</summary>
    public IReadOnlyList<object>? Path { get; internal init; }

    /// <summary>More for programs; null: nothing.</summary>
    public IReadOnlyDictionary<string, object?>? Extensions { get; } = extensions;

    /// <summary>The same error at a place; where it has places already it keeps them.</summary>
    internal GraphQLError At(IReadOnlyList<SourceLocation> locations, IReadOnlyList<object>? path) =>
        new(Message, Extensions, InnerException)
        {
            Locations = Locations.Count > 0 ? Locations : locations,
            Path = Path ?? path,
        };
}
