using System.Runtime.CompilerServices;
using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Execution;

/// <summary>What a valid operation would do if all of it were executed: how deep, how much, how often under another name.</summary>
internal sealed class Complexity
{
    // What introspection tells lies in memory; it costs only what has to be written.
    private const double IntrospectionCost = 0.05;

    // Types lead to types: what is told of them grows with each of these steps as no other query can make it grow.
    private const int TypeStepsMax = 2;

    private static readonly string[] Sizes = ["first", "last", "limit"];
    private static readonly string[] TypeSteps = ["fields", "inputFields", "interfaces", "possibleTypes"];

    private readonly Schema _schema;
    private readonly IReadOnlyDictionary<string, object?> _variables;
    private readonly int _listSize;
    private readonly Dictionary<string, FragmentNode> _fragments = [];
    private readonly Dictionary<string, Measure> _measured = [];

    private Complexity(Schema schema, DocumentNode document, IReadOnlyDictionary<string, object?> variables, int listSize)
    {
        (_schema, _variables, _listSize) = (schema, variables, listSize);
        foreach (var fragment in document.Definitions.OfType<FragmentNode>())
            _fragments[fragment.Name.Value] = fragment;
    }

    /// <summary>Why it is too much; null: it is not.</summary>
    public static GraphQLError? Excess(Schema schema, DocumentNode document, OperationNode operation,
        IReadOnlyDictionary<string, object?> variables, Limits limits)
    {
        if (schema.Root(operation.Kind) is not { } root)
            return null;
        var measure = new Complexity(schema, document, variables, limits.ListSize).Of(operation.Selections, root);
        var depthMax = Math.Min(limits.Depth, Limits.DepthMax);
        var message =
            measure.Depth > depthMax ? $"is {Shown(measure.Depth)} fields deep; at most {depthMax} are allowed."
            : measure.Cost > limits.Cost ? $"costs {Shown(measure.Cost)}; at most {limits.Cost} is allowed."
            : measure.Aliases > limits.Aliases ? $"has {Shown(measure.Aliases)} aliases; at most {limits.Aliases} are allowed."
            : null;
        if (measure.TypeSteps > TypeStepsMax)
            return new GraphQLError("Maximum introspection depth exceeded.") { Locations = [document.Source.At(operation.Start)] };
        return message is null ? null : new GraphQLError($"The operation {message}") { Locations = [document.Source.At(operation.Start)] };
    }

    private static string Shown(double number) => double.IsFinite(number) && number < 1e15 ? Print.Number(number) : "too many";

    private Measure Of(SelectionSetNode selections, NamedType parent)
    {
        // Nesting in the text is bounded, but a chain of fragments may be longer than the stack.
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            return new Measure(double.PositiveInfinity, 0, 0, 0);
        var sum = new Measure();
        foreach (var item in selections.Items)
        {
            sum = sum.Beside(item switch
            {
                FieldNode field => Of(field, parent),
                InlineFragmentNode fragment => Of(fragment.Selections, fragment.Condition is null ? parent : Named(fragment.Condition)),
                SpreadNode spread => Of(_fragments[spread.Name.Value]),
                _ => sum,
            });
        }
        return sum;
    }

    private Measure Of(FragmentNode fragment) => _measured.TryGetValue(fragment.Name.Value, out var known)
        ? known : _measured[fragment.Name.Value] = Of(fragment.Selections, Named(fragment.Condition));

    private Measure Of(FieldNode node, NamedType parent)
    {
        var field = _schema.Field(parent, node.Name.Value)!;
        var inner = node.Selections is null ? new Measure() : Of(node.Selections, field.Type.Named);
        var own = parent.Name.StartsWith("__", StringComparison.Ordinal) ? IntrospectionCost : field.Cost;
        return new Measure(inner.Depth + 1, own + (Size(node, field, parent) * inner.Cost), inner.Aliases + (node.Alias is null ? 0 : 1),
            inner.TypeSteps + (parent.Name == "__Type" && TypeSteps.Contains(field.Name) ? 1 : 0));
    }

    private double Size(FieldNode node, Field field, NamedType parent)
    {
        if (field.Type.Nullable is not ListType)
            return 1;
        if (parent.Name == "__Schema" && field.Name == "types")
            return _schema.Types.Count;
        var given = node.Arguments.FirstOrDefault(a => Sizes.Contains(a.Name.Value))?.Value;
        var size = given is null ? null : Literals.Plain(given, _variables);
        return size is int or long ? Math.Max(0, Convert.ToDouble(size, System.Globalization.CultureInfo.InvariantCulture)) : _listSize;
    }

    private NamedType Named(NamedTypeNode node) => _schema.Types[node.Name.Value];

    // Doubles, because they grow without wrapping round.
    private readonly record struct Measure(double Depth, double Cost, double Aliases, double TypeSteps)
    {
        public Measure Beside(Measure other) => new(Math.Max(Depth, other.Depth), Cost + other.Cost, Aliases + other.Aliases,
            Math.Max(TypeSteps, other.TypeSteps));
    }
}
