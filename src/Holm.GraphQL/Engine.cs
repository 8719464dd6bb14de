using System.Runtime.CompilerServices;
using Holm.GraphQL.Execution;
using Holm.GraphQL.Language;
using Holm.GraphQL.Types;
using Holm.GraphQL.Validation;

namespace Holm.GraphQL;

/// <summary>Executes requests against a schema (spec 6). One engine serves all requests; it keeps nothing of them.</summary>
/// <param name="schema">The schema, bound.</param>
/// <param name="limits">How much a request may ask for.</param>
/// <param name="failed">Told of each exception of a resolver that was no <see cref="GraphQLError"/>; no client hears what it says.</param>
public sealed class Engine(Schema schema, Limits? limits = null, Action<Exception>? failed = null)
{
    private readonly Limits _limits = limits ?? new Limits();

    /// <summary>The schema.</summary>
    public Schema Schema { get; } = schema;

    /// <summary>Parses, validates, picks the operation, measures it, and coerces its variables. Runs nothing.</summary>
    public PreparedOperation Prepare(GraphQLRequest request)
    {
        DocumentNode document;
        try
        {
            document = Parser.Parse(request.Query, _limits);
        }
        catch (GraphQLError error)
        {
            return new PreparedOperation { Errors = [error] };
        }
        var operation = Pick(document, request.OperationName, out var unknown);
        var errors = Validator.Errors(Schema, document, _limits);
        if (errors.Count == 0 && operation is null)
            errors = [new GraphQLError(unknown)];
        if (errors.Count > 0)
            return new PreparedOperation { Errors = errors, Operation = operation };
        var (variables, unfit) = new Coercion(Schema, document.Source, _limits.Errors).Variables(operation!, request.Variables
            ?? new Dictionary<string, object?>());
        if (unfit.Count == 0 && Complexity.Excess(Schema, document, operation!, variables, _limits) is { } excess)
            unfit = [excess];
        return new PreparedOperation { Document = document, Operation = operation, Variables = variables, Errors = unfit };
    }

    /// <summary>Executes a query or mutation; of one that has errors, these are the result.</summary>
    /// <param name="prepared">The operation.</param>
    /// <param name="state">Handed to resolvers as <see cref="FieldContext.State"/>.</param>
    /// <param name="ct">Ends it; the task is then cancelled.</param>
    public Task<ExecutionResult> Execute(PreparedOperation prepared, object? state = null, CancellationToken ct = default) =>
        prepared.Errors.Count > 0
            ? Task.FromResult(new ExecutionResult(prepared.Errors))
            : new Run(Schema, prepared, state, failed, ct).Execute(null);

    /// <summary><see cref="Prepare"/>, then <see cref="Execute(PreparedOperation, object?, CancellationToken)"/>.</summary>
    public Task<ExecutionResult> Execute(GraphQLRequest request, object? state = null, CancellationToken ct = default) =>
        Execute(Prepare(request), state, ct);

    /// <summary>
    /// Executes a subscription: a result for each event (spec 6.2.3), until the events end or <paramref name="ct"/> does. What the source
    /// of events throws is the last result.
    /// </summary>
    public async IAsyncEnumerable<ExecutionResult> Subscribe(PreparedOperation prepared, object? state = null,
        [EnumeratorCancellation] CancellationToken ct = default)
    {
        if (prepared.Errors.Count > 0)
        {
            yield return new ExecutionResult(prepared.Errors);
            yield break;
        }
        var run = new Run(Schema, prepared, state, failed, ct);
        var (events, error) = run.Events();
        await using var each = events?.GetAsyncEnumerator(ct);
        while (error is null && each is not null)
        {
            try
            {
                if (!await each.MoveNextAsync())
                    yield break;
            }
            catch (Exception thrown) when (!run.IsCancellation(thrown))
            {
                error = run.Describe(thrown);
                break;
            }
            yield return await new Run(Schema, prepared, state, failed, ct).Execute(each.Current);
        }
        if (error is not null)
            yield return new ExecutionResult([error]);
    }

    // GetOperation of spec 6.1.
    private static OperationNode? Pick(DocumentNode document, string? name, out string unknown)
    {
        var operations = document.Definitions.OfType<OperationNode>().ToList();
        unknown = name is not null ? $"Unknown operation named \"{name}\"."
            : operations.Count > 1 ? "Must provide operation name if query contains multiple operations."
            : "Must provide an operation.";
        return name is not null ? operations.FindLast(o => o.Name?.Value == name) : operations.Count == 1 ? operations[0] : null;
    }
}
