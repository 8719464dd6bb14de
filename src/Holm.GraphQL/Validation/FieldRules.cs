using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Validation;

/// <summary>Spec 5.3.1: a field is one of its type's.</summary>
internal sealed class FieldsOnCorrectType(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        if (node is FieldNode field && Context.Types is { Parent: { } parent, Field: null })
        {
            var suggestion = Suggest.DidYouMean(TypesWith(parent, field.Name.Value), "to use an inline fragment on");
            if (suggestion.Length == 0 && parent is FieldsType fields)
                suggestion = Suggest.DidYouMean(field.Name.Value, fields.Fields.Keys);
            Context.Report($"Cannot query field \"{field.Name.Value}\" on type \"{parent}\".{suggestion}", node);
        }
        return true;
    }

    // Of an abstract type: what it may be that has the field; interfaces that most of those share come first.
    private List<string> TypesWith(NamedType parent, string field)
    {
        if (!parent.IsAbstract)
            return [];
        OrderedDictionary<NamedType, int> uses = [];
        foreach (var type in Context.Schema.Possible(parent).Where(type => type.Field(field) is not null))
        {
            uses[type] = 1;
            foreach (var shared in type.Interfaces.Where(shared => shared.Field(field) is not null))
                uses[shared] = uses.GetValueOrDefault(shared) + 1;
        }
        // The comparison is no order (super types come first, all else goes by name), so the way of sorting matters: it is V8's.
        List<NamedType> sorted = [];
        foreach (var type in uses.Keys)
        {
            var (from, to) = (0, sorted.Count);
            while (from < to)
            {
                var middle = (from + to) / 2;
                (from, to) = Compare(type, sorted[middle]) < 0 ? (from, middle) : (middle + 1, to);
            }
            sorted.Insert(from, type);
        }
        return [.. sorted.Select(type => type.Name)];

        int Compare(NamedType a, NamedType b) => uses[b] != uses[a] ? uses[b] - uses[a]
            : a is InterfaceType && b.IsSubTypeOf(a) ? -1
            : b is InterfaceType && a.IsSubTypeOf(b) ? 1
            : Suggest.CompareNaturally(a.Name, b.Name);
    }
}

/// <summary>Spec 5.3.3: leaves have no selections, everything else has.</summary>
internal sealed class ScalarLeafs(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        if (node is not FieldNode field || Context.Types.Type is not { } type)
            return true;
        var name = field.Name.Value;
        if (type.Named.IsLeaf && field.Selections is not null)
            Context.Report($"Field \"{name}\" must not have a selection since type \"{type}\" has no subfields.", field.Selections);
        else if (!type.Named.IsLeaf && field.Selections is null)
            Context.Report($"Field \"{name}\" of type \"{type}\" must have a selection of subfields. " +
                $"Did you mean \"{name} {{ ... }}\"?", node);
        return true;
    }
}
