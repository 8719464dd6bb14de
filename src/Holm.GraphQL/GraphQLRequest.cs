using Holm.GraphQL.Language;

namespace Holm.GraphQL;

/// <summary>What a client asks.</summary>
/// <param name="Query">The document.</param>
/// <param name="OperationName">Which of its operations; null: it has one.</param>
/// <param name="Variables">As JSON has them: null, string, bool, long, double, list of object, map of string to object.</param>
public sealed record GraphQLRequest(string Query, string? OperationName = null, IReadOnlyDictionary<string, object?>? Variables = null);

/// <summary>A request that was read and judged: either it has errors, or it can be executed.</summary>
public sealed class PreparedOperation
{
    /// <summary>Why it cannot be executed; empty: it can.</summary>
    public IReadOnlyList<GraphQLError> Errors { get; internal init; } = [];

    /// <summary>What it does; null where the document does not say.</summary>
    public OperationKind? Kind => Operation?.Kind;

    internal DocumentNode? Document { get; init; }

    internal OperationNode? Operation { get; init; }

    internal IReadOnlyDictionary<string, object?> Variables { get; init; } = new Dictionary<string, object?>();
}
