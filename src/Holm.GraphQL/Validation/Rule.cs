using Holm.GraphQL.Language;

namespace Holm.GraphQL.Validation;

/// <summary>One rule of spec 5, which sees the nodes of a document go by, with their types in <paramref name="context"/>.</summary>
internal abstract class Rule(ValidationContext context)
{
    protected ValidationContext Context { get; } = context;

    /// <summary>Before what is inside a node.</summary>
    /// <returns>False: this rule does not want to see what is inside.</returns>
    public virtual bool Enter(Node node) => true;

    /// <summary>After what is inside a node.</summary>
    public virtual void Leave(Node node)
    {
    }
}
