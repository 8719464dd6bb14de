namespace Holm.GraphQL;

/// <summary>
/// How much a document may ask for. Every bound has its own clear error. Where they are set too high, the stack is the bound, and that is
/// an error of the document too.
/// </summary>
public sealed record Limits
{
    /// <summary>No more than this is executed, whatever <see cref="Depth"/> says.</summary>
    public const int DepthMax = 200;

    /// <summary>UTF-16 units of a document.</summary>
    public int Length { get; init; } = 128 * 1024;

    /// <summary>Tokens of a document, comments left out.</summary>
    public int Tokens { get; init; } = 15_000;

    /// <summary>Braces, brackets and parentheses within each other, in the text.</summary>
    public int Nesting { get; init; } = 200;

    /// <summary>Fields within each other, fragments spread out; at most <see cref="DepthMax"/>.</summary>
    public int Depth { get; init; } = 50;

    /// <summary>What all fields together may cost, fragments spread out (see <see cref="Bindings.Cost"/>).</summary>
    public long Cost { get; init; } = 100_000;

    /// <summary>Items that a list is thought to have where no <c>first</c>, <c>last</c> or <c>limit</c> says so.</summary>
    public int ListSize { get; init; } = 10;

    /// <summary>Fields with an alias, fragments spread out.</summary>
    public int Aliases { get; init; } = 500;

    /// <summary>Pairs of fields that are compared to find out whether they can be merged (spec 5.3.2).</summary>
    public int Comparisons { get; init; } = 100_000;

    /// <summary>Errors after which validation, or coercion of variables, gives up.</summary>
    public int Errors { get; init; } = 100;

    /// <summary>For documents of the server's own, such as its schema.</summary>
    public static Limits Trusted { get; } = new() { Length = int.MaxValue, Tokens = int.MaxValue };
}
