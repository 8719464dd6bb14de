using System.Runtime.CompilerServices;
using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Validation;

/// <summary>Spec 5.5.1.1.</summary>
internal sealed class UniqueFragmentNames(ValidationContext context) : Rule(context)
{
    private readonly Dictionary<string, NameNode> _names = [];

    public override bool Enter(Node node)
    {
        if (node is FragmentNode { Name: var name } && !_names.TryAdd(name.Value, name))
            Context.Report($"There can be only one fragment named \"{name.Value}\".", _names[name.Value], name);
        return node is DocumentNode;
    }
}

/// <summary>Spec 5.5.1.2, and of variables 5.8.2: types that are named exist.</summary>
internal sealed class KnownTypeNames(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        if (node is NamedTypeNode { Name.Value: var name } && !Context.Schema.Types.ContainsKey(name))
            Context.Report($"Unknown type \"{name}\".{Suggest.DidYouMean(name, Context.Schema.Types.Keys)}", node);
        return true;
    }
}

/// <summary>Spec 5.5.1.3.</summary>
internal sealed class FragmentsOnCompositeTypes(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        var (condition, who) = node switch
        {
            InlineFragmentNode inline => (inline.Condition, "Fragment"),
            FragmentNode fragment => (fragment.Condition, $"Fragment \"{fragment.Name.Value}\""),
            _ => (null, ""),
        };
        if (condition is not null && Context.Schema.Find(condition) is { Named.IsComposite: false })
            Context.Report($"{who} cannot condition on non composite type \"{condition}\".", condition);
        return true;
    }
}

/// <summary>Spec 5.5.1.4.</summary>
internal sealed class NoUnusedFragments(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node) => node is DocumentNode;

    public override void Leave(Node node)
    {
        if (node is not DocumentNode document)
            return;
        var used = document.Definitions.OfType<OperationNode>().SelectMany(Context.Reached).Select(f => f.Name.Value).ToHashSet();
        foreach (var fragment in document.Definitions.OfType<FragmentNode>().Where(f => !used.Contains(f.Name.Value)))
            Context.Report($"Fragment \"{fragment.Name.Value}\" is never used.", fragment);
    }
}

/// <summary>Spec 5.5.2.1.</summary>
internal sealed class KnownFragmentNames(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        if (node is SpreadNode { Name: var name } && Context.Fragment(name.Value) is null)
            Context.Report($"Unknown fragment \"{name.Value}\".", name);
        return true;
    }
}

/// <summary>Spec 5.5.2.2: no fragment spreads itself, however far round.</summary>
internal sealed class NoFragmentCycles(ValidationContext context) : Rule(context)
{
    private readonly HashSet<string> _visited = [];
    private readonly List<SpreadNode> _path = [];
    private readonly Dictionary<string, int> _open = [];

    public override bool Enter(Node node)
    {
        if (node is FragmentNode fragment)
            Visit(fragment);
        return node is DocumentNode;
    }

    private void Visit(FragmentNode fragment)
    {
        var name = fragment.Name.Value;
        if (!_visited.Add(name))
            return;
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            Context.Report("The fragments are too deep within each other.", fragment.Name);
            return;
        }
        _open[name] = _path.Count;
        foreach (var spread in Context.Spreads(fragment.Selections))
        {
            _path.Add(spread);
            if (_open.TryGetValue(spread.Name.Value, out var start))
                Report(spread.Name.Value, _path[start..]);
            else if (Context.Fragment(spread.Name.Value) is { } next)
                Visit(next);
            _path.RemoveAt(_path.Count - 1);
        }
        _open.Remove(name);
    }

    private void Report(string name, List<SpreadNode> cycle)
    {
        var via = string.Join(", ", cycle.SkipLast(1).Select(spread => $"\"{spread.Name.Value}\""));
        Context.Report($"Cannot spread fragment \"{name}\" within itself{(via.Length > 0 ? $" via {via}" : "")}.", cycle);
    }
}

/// <summary>Spec 5.5.2.3: what is spread can be there at all.</summary>
internal sealed class PossibleFragmentSpreads(ValidationContext context) : Rule(context)
{
    public override bool Enter(Node node)
    {
        var (type, who) = node switch
        {
            InlineFragmentNode => (Context.Types.Type as NamedType, "Fragment"),
            SpreadNode spread when Context.Fragment(spread.Name.Value) is { } fragment =>
                (Context.Schema.Find(fragment.Condition) as NamedType, $"Fragment \"{spread.Name.Value}\""),
            _ => (null, ""),
        };
        if (type is { IsComposite: true } && Context.Types.Parent is { } parent && !Context.Schema.Overlap(type, parent))
            Context.Report($"{who} cannot be spread here as objects of type \"{parent}\" can never be of type \"{type}\".", node);
        return true;
    }
}
