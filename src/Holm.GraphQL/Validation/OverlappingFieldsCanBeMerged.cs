using System.Runtime.CompilerServices;
using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Validation;

/// <summary>
/// Spec 5.3.2: fields with one response key can be merged into one: the same field, arguments, and shape, also of what is inside.
/// </summary>
/// <remarks>
/// The fields of a selection set are gathered once into a map, its spreads beside them. Then, as in graphql-js:
/// <list type="number">
/// <item>fields of the set are compared with each other,</item>
/// <item>the set's fields with those of each fragment it spreads, at any distance,</item>
/// <item>and each two of those fragments with each other.</item>
/// </list>
/// Fields that are compared have their selection sets compared in the same way. Two sets of fragments that were compared once are not
/// compared again, which also ends cycles. What is left is quadratic in the fields that share a key; it is paid out of a budget, and a
/// document that needs more is refused.
/// </remarks>
internal sealed class OverlappingFieldsCanBeMerged(ValidationContext context, int budget) : Rule(context)
{
    // Whoever makes conflicts by the thousand is not owed a list of them.
    private const int ConflictPrice = 100;

    private readonly Dictionary<SelectionSetNode, FieldMap> _maps = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(FieldMap Map, string Fragment), bool> _mapPairs = [];
    private readonly Dictionary<(string, string), bool> _fragmentPairs = [];
    private readonly Dictionary<ArgumentNode, string> _literals = new(ReferenceEqualityComparer.Instance);
    private int _budget = budget;

    public override bool Enter(Node node)
    {
        if (node is not SelectionSetNode selections || _budget < 0)
            return true;
        List<Conflict> conflicts = [];
        try
        {
            Within(selections, conflicts);
        }
        catch (OutOfBudgetException)
        {
            _budget = -1;
            Context.Report("The document has too many fields that may have to be merged.", selections);
            return true;
        }
        foreach (var conflict in conflicts)
            Context.Report($"Fields \"{conflict.Key}\" conflict because {conflict.Reason}. Use different aliases on the fields to fetch " +
                "both if this was intentional.", conflict.First.Concat(conflict.Second));
        return true;
    }

    private void Within(SelectionSetNode selections, List<Conflict> conflicts)
    {
        var map = Map(selections, Context.Types.Parent);
        foreach (var (key, fields) in map.Fields)
        {
            for (var i = 0; i < fields.Count; i++)
            {
                for (var j = i + 1; j < fields.Count; j++)
                    Compare(key, fields[i], fields[j], false, conflicts);
            }
        }
        for (var i = 0; i < map.Spreads.Count; i++)
        {
            WithFragment(map, map.Spreads[i], false, conflicts);
            for (var j = i + 1; j < map.Spreads.Count; j++)
                Fragments(map.Spreads[i], map.Spreads[j], false, conflicts);
        }
    }

    private void Between(FieldMap first, FieldMap second, bool exclusive, List<Conflict> conflicts)
    {
        foreach (var (key, fields) in first.Fields)
        {
            foreach (var a in fields)
            {
                foreach (var b in second.Fields.GetValueOrDefault(key, []))
                    Compare(key, a, b, exclusive, conflicts);
            }
        }
    }

    private void WithFragment(FieldMap map, string name, bool exclusive, List<Conflict> conflicts)
    {
        Pay();
        if (IsKnown(_mapPairs, (map, name), exclusive) || Context.Fragment(name) is not { } fragment)
            return;
        var other = Map(fragment);
        if (map == other)
            return;
        Between(map, other, exclusive, conflicts);
        foreach (var further in other.Spreads)
            WithFragment(map, further, exclusive, conflicts);
    }

    private void Fragments(string first, string second, bool exclusive, List<Conflict> conflicts)
    {
        Pay();
        if (first == second)
            return;
        var pair = string.CompareOrdinal(first, second) < 0 ? (first, second) : (second, first);
        if (IsKnown(_fragmentPairs, pair, exclusive) || Context.Fragment(first) is not { } a || Context.Fragment(second) is not { } b)
            return;
        var (one, other) = (Map(a), Map(b));
        Between(one, other, exclusive, conflicts);
        foreach (var further in other.Spreads)
            Fragments(first, further, exclusive, conflicts);
        foreach (var further in one.Spreads)
            Fragments(further, second, exclusive, conflicts);
    }

    private void Compare(string key, Candidate first, Candidate second, bool parentsExclusive, List<Conflict> conflicts)
    {
        Pay();
        var (a, b) = (first.Node, second.Node);
        // Fields of two object types never meet in one result, so only their shapes have to agree.
        var exclusive = parentsExclusive || (first.Parent != second.Parent && first.Parent is ObjectType && second.Parent is ObjectType);
        string? reason = null;
        if (!exclusive && a.Name.Value != b.Name.Value)
            reason = $"\"{a.Name.Value}\" and \"{b.Name.Value}\" are different fields";
        else if (!exclusive && !SameArguments(a, b))
            reason = "they have differing arguments";
        else if (first.Type is { } typeA && second.Type is { } typeB && DifferInShape(typeA, typeB))
            reason = $"they return conflicting types \"{typeA}\" and \"{typeB}\"";
        if (reason is not null)
        {
            Pay(ConflictPrice);
            conflicts.Add(new Conflict(key, reason, [a], [b]));
        }
        else if (a.Selections is not null && b.Selections is not null)
        {
            List<Conflict> inner = [];
            Selections(Map(a.Selections, first.Type?.Named), Map(b.Selections, second.Type?.Named), exclusive, inner);
            if (inner.Count > 0)
                conflicts.Add(new Conflict(key,
                    string.Join(" and ", inner.Select(c => $"subfields \"{c.Key}\" conflict because {c.Reason}")),
                    [a, .. inner.SelectMany(c => c.First)], [b, .. inner.SelectMany(c => c.Second)]));
        }
    }

    private void Selections(FieldMap first, FieldMap second, bool exclusive, List<Conflict> conflicts)
    {
        Between(first, second, exclusive, conflicts);
        foreach (var name in second.Spreads)
            WithFragment(first, name, exclusive, conflicts);
        foreach (var name in first.Spreads)
            WithFragment(second, name, exclusive, conflicts);
        foreach (var a in first.Spreads)
        {
            foreach (var b in second.Spreads)
                Fragments(a, b, exclusive, conflicts);
        }
    }

    private bool SameArguments(FieldNode a, FieldNode b) => a.Arguments.Count == b.Arguments.Count
        && a.Arguments.All(one => b.Arguments.LastOrDefault(other => other.Name.Value == one.Name.Value) is { } other
            && Literal(one) == Literal(other));

    private string Literal(ArgumentNode node) =>
        _literals.TryGetValue(node, out var known) ? known : _literals[node] = Print.Sorted(node.Value);

    // SameResponseShape.
    private static bool DifferInShape(GraphType a, GraphType b) => (a, b) switch
    {
        (ListType x, ListType y) => DifferInShape(x.Of, y.Of),
        (ListType, _) or (_, ListType) => true,
        (NonNullType x, NonNullType y) => DifferInShape(x.Of, y.Of),
        (NonNullType, _) or (_, NonNullType) => true,
        _ => (a.Named.IsLeaf || b.Named.IsLeaf) && !ReferenceEquals(a, b),
    };

    private FieldMap Map(FragmentNode fragment) => Map(fragment.Selections, Context.Schema.Find(fragment.Condition) as NamedType);

    private FieldMap Map(SelectionSetNode selections, NamedType? parent)
    {
        if (!_maps.TryGetValue(selections, out var map))
            Gather(selections, parent, _maps[selections] = map = new FieldMap());
        return map;
    }

    private void Gather(SelectionSetNode selections, NamedType? parent, FieldMap map)
    {
        foreach (var item in selections.Items)
        {
            switch (item)
            {
                case FieldNode field:
                    if (!map.Fields.TryGetValue(field.Key, out var same))
                        map.Fields.Add(field.Key, same = []);
                    same.Add(new Candidate(parent, field, parent?.Field(field.Name.Value)?.Type));
                    break;
                case SpreadNode spread when map.SpreadNames.Add(spread.Name.Value):
                    map.Spreads.Add(spread.Name.Value);
                    break;
                case InlineFragmentNode fragment:
                    var type = fragment.Condition is null ? parent : Context.Schema.Find(fragment.Condition) as NamedType;
                    Gather(fragment.Selections, type, map);
                    break;
            }
        }
    }

    // What was found while everything could meet holds also for what is exclusive, but not the other way round.
    private static bool IsKnown<TPair>(Dictionary<TPair, bool> pairs, TPair pair, bool exclusive) where TPair : notnull
    {
        if (pairs.TryGetValue(pair, out var before) && (exclusive || !before))
            return true;
        pairs[pair] = exclusive;
        return false;
    }

    private void Pay(int price = 1)
    {
        if ((_budget -= price) < 0 || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new OutOfBudgetException();
    }

    private sealed record Candidate(NamedType? Parent, FieldNode Node, GraphType? Type);

    private sealed record Conflict(string Key, string Reason, IReadOnlyList<Node> First, IReadOnlyList<Node> Second);

    private sealed class FieldMap
    {
        public OrderedDictionary<string, List<Candidate>> Fields { get; } = [];
        public List<string> Spreads { get; } = [];
        public HashSet<string> SpreadNames { get; } = [];
    }

    private sealed class OutOfBudgetException : Exception;
}
