using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Validation;

/// <summary>A variable where it is used, and what it has to be there.</summary>
internal sealed record Usage(VariableNode Node, GraphType? Type, bool HasDefault);

/// <summary>What rules share: the document, its fragments, the errors so far.</summary>
internal sealed class ValidationContext
{
    private readonly int _errorsMax;
    private readonly List<GraphQLError> _errors = [];
    private readonly Dictionary<string, FragmentNode> _fragments = [];
    private readonly Dictionary<Node, IReadOnlyList<Usage>> _usages = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Node, IReadOnlyList<FragmentNode>> _reached = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<SelectionSetNode, IReadOnlyList<SpreadNode>> _spreads = new(ReferenceEqualityComparer.Instance);

    public ValidationContext(Schema schema, DocumentNode document, int errorsMax)
    {
        (Schema, Document, _errorsMax, Types) = (schema, document, errorsMax, new TypeInfo(schema));
        foreach (var fragment in document.Definitions.OfType<FragmentNode>())
            _fragments[fragment.Name.Value] = fragment;
    }

    public Schema Schema { get; }

    public DocumentNode Document { get; }

    public TypeInfo Types { get; }

    public IReadOnlyList<GraphQLError> Errors => _errors;

    public FragmentNode? Fragment(string name) => _fragments.GetValueOrDefault(name);

    /// <exception cref="TooManyErrorsException">There are enough.</exception>
    public void Report(string message, params IEnumerable<Node> nodes)
    {
        if (_errors.Count < _errorsMax)
        {
            _errors.Add(new GraphQLError(message) { Locations = Document.Source.At(nodes) });
            return;
        }
        _errors.Add(new GraphQLError("Too many validation errors, error limit reached. Validation aborted."));
        throw new TooManyErrorsException();
    }

    /// <summary>The spreads in a selection set, at any depth, in no order that means anything.</summary>
    public IReadOnlyList<SpreadNode> Spreads(SelectionSetNode selections)
    {
        if (_spreads.TryGetValue(selections, out var known))
            return known;
        List<SpreadNode> found = [];
        Stack<SelectionSetNode> open = new([selections]);
        while (open.TryPop(out var set))
        {
            foreach (var item in set.Items)
            {
                if (item is SpreadNode spread)
                    found.Add(spread);
                else if (((item as FieldNode)?.Selections ?? (item as InlineFragmentNode)?.Selections) is { } inner)
                    open.Push(inner);
            }
        }
        return _spreads[selections] = found;
    }

    /// <summary>The fragments that an operation spreads, directly or through others.</summary>
    public IReadOnlyList<FragmentNode> Reached(OperationNode operation)
    {
        if (_reached.TryGetValue(operation, out var known))
            return known;
        List<FragmentNode> reached = [];
        HashSet<string> names = [];
        Stack<SelectionSetNode> open = new([operation.Selections]);
        while (open.TryPop(out var selections))
        {
            foreach (var spread in Spreads(selections))
            {
                if (names.Add(spread.Name.Value) && Fragment(spread.Name.Value) is { } fragment)
                {
                    reached.Add(fragment);
                    open.Push(fragment.Selections);
                }
            }
        }
        return _reached[operation] = reached;
    }

    /// <summary>The variables used in an operation and in the fragments it spreads.</summary>
    public IEnumerable<Usage> Usages(OperationNode operation) => Own(operation).Concat(Reached(operation).SelectMany(Own));

    private IReadOnlyList<Usage> Own(Node definition)
    {
        if (_usages.TryGetValue(definition, out var known))
            return known;
        var types = new TypeInfo(Schema);
        var found = new UsageFinder(this, types);
        new Walk(types, found).Through(definition);
        return _usages[definition] = found.Usages;
    }

    private sealed class UsageFinder(ValidationContext context, TypeInfo types) : Rule(context)
    {
        public List<Usage> Usages { get; } = [];

        public override bool Enter(Node node)
        {
            if (node is VariableNode variable)
                Usages.Add(new Usage(variable, types.Input, types.HasDefault));
            return node is not VariableDefinitionNode;
        }
    }
}

/// <summary>Ends a validation that has found enough.</summary>
internal sealed class TooManyErrorsException : Exception;
