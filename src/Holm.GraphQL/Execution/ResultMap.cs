namespace Holm.GraphQL.Execution;

/// <summary>An object of a result: its keys in the order of the document, and their values.</summary>
internal sealed class ResultMap(IReadOnlyList<string> keys, object?[] values)
{
    /// <summary>Stands where a field is null that may not be: it takes what is around it along, up to what may be (spec 6.4.4).</summary>
    public static object Bubble { get; } = new();

    public IReadOnlyList<string> Keys { get; } = keys;

    public IReadOnlyList<object?> Values { get; } = values;
}

/// <summary>Where in a result; made at each step, spelt out only for an error.</summary>
internal sealed record ResultPath(ResultPath? Before, object Key)
{
    public IReadOnlyList<object> ToList()
    {
        List<object> keys = [];
        for (var path = this; path is not null; path = path.Before)
            keys.Add(path.Key);
        keys.Reverse();
        return keys;
    }
}
