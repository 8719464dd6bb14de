namespace Holm.GraphQL.Types;

/// <summary>A schema that is none, with everything that is wrong with it.</summary>
/// <param name="errors">At least one.</param>
public sealed class SchemaException(IReadOnlyList<GraphQLError> errors) : Exception(string.Join('\n', errors.Select(Line)))
{
    /// <summary>What is wrong, each with its places.</summary>
    public IReadOnlyList<GraphQLError> Errors { get; } = errors;

    private static string Line(GraphQLError error) =>
        error.Locations is [var (line, column), ..] ? $"{line}:{column}: {error.Message}" : error.Message;
}
