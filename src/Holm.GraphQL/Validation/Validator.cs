using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Validation;

/// <summary>All rules of spec 5 over one document.</summary>
internal static class Validator
{
    /// <summary>What is wrong, in the order of the document; empty: it may be executed.</summary>
    public static IReadOnlyList<GraphQLError> Errors(Schema schema, DocumentNode document, Limits limits)
    {
        var context = new ValidationContext(schema, document, limits.Errors);
        try
        {
            new Walk(context.Types, Rules(context, limits)).Through(document);
        }
        catch (TooManyErrorsException)
        {
            // The last error says so.
        }
        return context.Errors;
    }

    // The order decides which of two errors at one node comes first; it is graphql-js's.
    private static Rule[] Rules(ValidationContext context, Limits limits) =>
    [
        new ExecutableDefinitions(context),
        new UniqueOperationNames(context),
        new LoneAnonymousOperation(context),
        new SingleFieldSubscriptions(context),
        new KnownTypeNames(context),
        new FragmentsOnCompositeTypes(context),
        new VariablesAreInputTypes(context),
        new ScalarLeafs(context),
        new FieldsOnCorrectType(context),
        new UniqueFragmentNames(context),
        new KnownFragmentNames(context),
        new NoUnusedFragments(context),
        new PossibleFragmentSpreads(context),
        new NoFragmentCycles(context),
        new UniqueVariableNames(context),
        new NoUndefinedVariables(context),
        new NoUnusedVariables(context),
        new KnownDirectives(context),
        new UniqueDirectivesPerLocation(context),
        new KnownArgumentNames(context),
        new UniqueArgumentNames(context),
        new ValuesOfCorrectType(context),
        new ProvidedRequiredArguments(context),
        new VariablesInAllowedPosition(context),
        new OverlappingFieldsCanBeMerged(context, limits.Comparisons),
        new UniqueInputFieldNames(context),
    ];
}
