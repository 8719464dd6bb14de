using System.Runtime.CompilerServices;
using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Execution;

/// <summary>The fields of a document that become one field of a result (spec 6.3.2).</summary>
internal sealed class FieldGroup(string key)
{
    public string Key { get; } = key;
    public List<FieldNode> Nodes { get; } = [];
}

/// <summary>What is selected from an object, by response key, in the order of the document.</summary>
internal sealed class FieldSet(IEnumerable<FieldGroup> groups)
{
    public IReadOnlyList<FieldGroup> Groups { get; } = [.. groups];

    public IReadOnlyList<string> Keys => field ??= [.. Groups.Select(g => g.Key)];
}

/// <summary>
/// CollectFields (spec 6.3.2): fragments spread out, <c>@skip</c> and <c>@include</c> obeyed; once for each type and field.
/// </summary>
internal sealed class Selections
{
    private readonly Schema _schema;
    private readonly Source _source;
    private readonly IReadOnlyDictionary<string, object?> _variables;
    private readonly Dictionary<string, FragmentNode> _fragments = [];
    private readonly Dictionary<(FieldGroup, ObjectType), FieldSet> _known = [];

    public Selections(Schema schema, DocumentNode document, IReadOnlyDictionary<string, object?> variables)
    {
        (_schema, _source, _variables) = (schema, document.Source, variables);
        foreach (var fragment in document.Definitions.OfType<FragmentNode>())
            _fragments[fragment.Name.Value] = fragment;
    }

    /// <exception cref="GraphQLError">A condition is null.</exception>
    public FieldSet Of(OperationNode operation, ObjectType root) => Collect([operation.Selections], root);

    /// <summary>What is selected from the value of a field, if it is of this type.</summary>
    /// <exception cref="GraphQLError">A condition is null.</exception>
    public FieldSet Of(FieldGroup group, ObjectType type) => _known.TryGetValue((group, type), out var known)
        ? known : _known[(group, type)] = Collect(group.Nodes.Select(node => node.Selections).OfType<SelectionSetNode>(), type);

    private FieldSet Collect(IEnumerable<SelectionSetNode> sets, ObjectType type)
    {
        OrderedDictionary<string, FieldGroup> groups = [];
        HashSet<string> spread = [];
        foreach (var selections in sets)
            Collect(selections, type, groups, spread);
        return new FieldSet(groups.Values);
    }

    private void Collect(SelectionSetNode selections, ObjectType type, OrderedDictionary<string, FieldGroup> groups, HashSet<string> seen)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new GraphQLError("The fragments are too deep within each other.");
        foreach (var item in selections.Items)
        {
            if (item is SpreadNode again && seen.Contains(again.Name.Value))
                continue;
            if (!IsIncluded(item))
                continue;
            switch (item)
            {
                case FieldNode field:
                    if (!groups.TryGetValue(field.Key, out var group))
                        groups.Add(field.Key, group = new FieldGroup(field.Key));
                    group.Nodes.Add(field);
                    break;
                case InlineFragmentNode fragment when Applies(fragment.Condition, type):
                    Collect(fragment.Selections, type, groups, seen);
                    break;
                case SpreadNode spread when seen.Add(spread.Name.Value) && _fragments[spread.Name.Value] is var fragment
                    && Applies(fragment.Condition, type):
                    Collect(fragment.Selections, type, groups, seen);
                    break;
            }
        }
    }

    private bool Applies(NamedTypeNode? condition, ObjectType type) =>
        condition is null || type.IsSubTypeOf(_schema.Types[condition.Name.Value]);

    private bool IsIncluded(SelectionNode node) =>
        node.Directives.Count == 0 || (If(BuiltIn.Skip, node) != true && If(BuiltIn.Include, node) != false);

    private bool? If(Directive directive, SelectionNode node) =>
        node.Directives.FirstOrDefault(d => d.Name.Value == directive.Name) is { } here
            ? (bool?)Coercion.Arguments(directive.Arguments, here.Arguments, here, _variables, _source)["if"] : null;
}
