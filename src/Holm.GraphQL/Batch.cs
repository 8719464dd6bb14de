using Holm.GraphQL.Execution;

namespace Holm.GraphQL;

/// <summary>
/// A way to load many things by their keys at once. Resolvers ask for single ones by <see cref="FieldContext.Load"/>; what they ask in one
/// step of an execution becomes one call.
/// </summary>
/// <param name="load">From distinct keys and the request's state to the values that there are.</param>
public sealed class Batch<TKey, TValue>(
    Func<IReadOnlyList<TKey>, object?, CancellationToken, Task<IReadOnlyDictionary<TKey, TValue>>> load) where TKey : notnull
{
    internal Task<IReadOnlyDictionary<TKey, TValue>> Load(IReadOnlyList<TKey> keys, Run run) => load(keys, run.State, run.Cancellation);
}
