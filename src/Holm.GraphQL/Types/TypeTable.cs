using Holm.GraphQL.Language;

namespace Holm.GraphQL.Types;

/// <summary>Types and directives made from a document that is known to name only what there is.</summary>
internal sealed class TypeTable
{
    public const string NoReason = "No longer supported";

    /// <param name="document">The definitions.</param>
    /// <param name="others">Types that they may name.</param>
    public TypeTable(DocumentNode document, IEnumerable<NamedType> others)
    {
        foreach (var type in others)
            Types.Add(type.Name, type);
        // First the names, then what refers to them.
        var nodes = document.Definitions.OfType<TypeDefinitionNode>().ToLookup(node => node.Name.Value);
        List<NamedType> own = [.. document.Definitions.OfType<TypeDefinitionNode>().Where(node => !node.Extends)
            .Select(node => Begin(node, [node, .. nodes[node.Name.Value].Where(other => other.Extends)]))];
        foreach (var type in own)
            Types[type.Name] = type;
        foreach (var type in own)
            Fill(type);
        Directives = [.. document.Definitions.OfType<DirectiveDefinitionNode>().Select(node =>
            new Directive(node, [.. node.Arguments.Select(Input)]))];
    }

    public OrderedDictionary<string, NamedType> Types { get; } = [];

    public IReadOnlyList<Directive> Directives { get; }

    private static NamedType Begin(TypeDefinitionNode node, IReadOnlyList<TypeDefinitionNode> all) => node.Kind switch
    {
        TypeKind.Scalar => new ScalarType(node.Name.Value, all, Text(all.SelectMany(n => n.Directives), "specifiedBy", "url", null)),
        TypeKind.Object => new ObjectType(node.Name.Value, all),
        TypeKind.Interface => new InterfaceType(node.Name.Value, all),
        TypeKind.Union => new UnionType(node.Name.Value, all),
        TypeKind.Enum => new EnumType(node.Name.Value, all),
        _ => new InputObjectType(node.Name.Value, all),
    };

    private void Fill(NamedType type)
    {
        foreach (var node in type.Nodes)
        {
            switch (type)
            {
                case FieldsType fields:
                    fields.Interfaces.AddRange(node.Interfaces.Select(i => Types[i.Name.Value]));
                    foreach (var field in node.Fields)
                        fields.Fields.TryAdd(field.Name.Value, Output(field));
                    break;
                case UnionType union:
                    union.Members.AddRange(node.Members.Select(member => Types[member.Name.Value]));
                    break;
                case EnumType values:
                    foreach (var value in node.Values)
                        values.Values.TryAdd(value.Name.Value, new EnumValue(value, Deprecation(value.Directives)));
                    break;
                case InputObjectType input:
                    foreach (var field in node.InputFields)
                        input.Fields.TryAdd(field.Name.Value, Input(field));
                    break;
            }
        }
    }

    private Field Output(FieldDefinitionNode node) =>
        new(node, Resolve(node.Type), [.. node.Arguments.Select(Input)], Deprecation(node.Directives));

    private InputValue Input(InputValueNode node) => new(node, Resolve(node.Type), Deprecation(node.Directives));

    private GraphType Resolve(TypeNode node) => node switch
    {
        NonNullTypeNode type => new NonNullType(Resolve(type.Of)),
        ListTypeNode type => new ListType(Resolve(type.Of)),
        NamedTypeNode type => Types[type.Name.Value],
        _ => throw new InvalidOperationException($"{node.GetType().Name} is no type"),
    };

    private static string? Deprecation(IEnumerable<DirectiveNode> directives) => Text(directives, "deprecated", "reason", NoReason);

    // The text that a directive gives; its default if it gives none; null without the directive.
    private static string? Text(IEnumerable<DirectiveNode> directives, string name, string argument, string? otherwise) =>
        directives.FirstOrDefault(d => d.Name.Value == name) is { } directive
            ? directive.Arguments.FirstOrDefault(a => a.Name.Value == argument)?.Value is StringNode text ? text.Value : otherwise
            : null;
}
