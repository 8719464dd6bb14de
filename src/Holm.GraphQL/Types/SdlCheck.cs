using Holm.GraphQL.Language;

namespace Holm.GraphQL.Types;

/// <summary>
/// What has to hold of a type system document before types can be made of it: names that are once, known, and of the right kind (spec 3).
/// </summary>
internal sealed class SdlCheck
{
    private readonly DocumentNode _document;
    private readonly List<GraphQLError> _errors = [];
    private readonly Dictionary<string, TypeDefinitionNode> _types = [];
    private readonly List<DirectiveDefinitionNode> _directives;

    private SdlCheck(DocumentNode document)
    {
        _document = document;
        foreach (var node in Of<TypeDefinitionNode>().Where(node => !node.Extends))
            _types.TryAdd(node.Name.Value, node);
        _directives = [.. Of<DirectiveDefinitionNode>(), .. BuiltIn.Directives.Select(d => d.Node)];
    }

    /// <summary>Everything that is wrong; empty: types can be made.</summary>
    public static IReadOnlyList<GraphQLError> Errors(DocumentNode document)
    {
        var check = new SdlCheck(document);
        check.Roots();
        check.Types();
        check.Members();
        foreach (var directive in check.Of<DirectiveDefinitionNode>())
            check.Arguments($"@{directive.Name.Value}", directive.Arguments);
        check.Once(check.Of<DirectiveDefinitionNode>(), d => d.Name, name => $"There can be only one directive named \"@{name}\".");
        foreach (var (node, location, directives) in check.Places())
            check.Directives(node, location, directives);
        return check._errors;
    }

    private IEnumerable<T> Of<T>() => _document.Definitions.OfType<T>();

    private void Report(string message, params IEnumerable<Node> nodes) =>
        _errors.Add(new GraphQLError(message) { Locations = _document.Source.At(nodes) });

    private void Once<T>(IEnumerable<T> items, Func<T, NameNode> name, Func<string, string> message, bool all = false)
    {
        foreach (var group in items.Select(name).GroupBy(n => n.Value).Where(g => g.Count() > 1))
        {
            if (all)
                Report(message(group.Key), group);
            else
                foreach (var again in group.Skip(1))
                    Report(message(group.Key), group.First(), again);
        }
    }

    private void Roots()
    {
        foreach (var executable in _document.Definitions.Where(d => d is OperationNode or FragmentNode))
            Report("An operation or fragment is no part of a schema.", executable);
        foreach (var again in Of<SchemaNode>().Where(node => !node.Extends).Skip(1))
            Report("Must provide only one schema definition.", again);
        foreach (var kind in Of<SchemaNode>().SelectMany(node => node.Operations).GroupBy(o => o.Kind))
        {
            foreach (var again in kind.Skip(1))
                Report($"There can be only one {kind.Key.ToString().ToLowerInvariant()} type in schema.", kind.First(), again);
        }
        foreach (var operation in Of<SchemaNode>().SelectMany(node => node.Operations))
            Known(operation.Type);
    }

    private void Types()
    {
        var builtIn = ScalarType.BuiltIn.Keys.Concat(BuiltIn.Types.Select(t => t.Name)).ToHashSet();
        Once(Of<TypeDefinitionNode>().Where(t => !t.Extends), t => t.Name, name => $"There can be only one type named \"{name}\".");
        foreach (var type in _types.Values.Where(type => builtIn.Contains(type.Name.Value)))
            Report($"Type \"{type.Name.Value}\" is built in. It cannot be redefined.", type.Name);
        foreach (var extension in Of<TypeDefinitionNode>().Where(type => type.Extends))
        {
            var name = extension.Name.Value;
            if (!_types.TryGetValue(name, out var type))
                Report($"Cannot extend type \"{name}\" because it is not defined.{Suggest.DidYouMean(name, _types.Keys)}", extension.Name);
            else if (type.Kind != extension.Kind)
                Report($"Cannot extend non-{Word(extension.Kind)} type \"{name}\".", type, extension);
        }
    }

    private void Members()
    {
        foreach (var type in Of<TypeDefinitionNode>().GroupBy(type => type.Name.Value))
        {
            Once(type.SelectMany(t => t.Fields.Select(f => f.Name).Concat(t.InputFields.Select(f => f.Name))), name => name,
                name => $"Field \"{type.Key}.{name}\" can only be defined once.");
            Once(type.SelectMany(t => t.Values), value => value.Name,
                name => $"Enum value \"{type.Key}.{name}\" can only be defined once.");
        }
        foreach (var type in Of<TypeDefinitionNode>())
        {
            foreach (var named in type.Interfaces.Concat(type.Members))
                Known(named);
            foreach (var field in type.InputFields)
                Known(field.Type);
            foreach (var field in type.Fields)
            {
                Known(field.Type);
                Arguments($"{type.Name.Value}.{field.Name.Value}", field.Arguments);
            }
        }
    }

    private void Arguments(string of, IReadOnlyList<InputValueNode> arguments)
    {
        Once(arguments, a => a.Name, name => $"Argument \"{of}({name}:)\" can only be defined once.", all: true);
        foreach (var argument in arguments)
            Known(argument.Type);
    }

    private void Known(TypeNode node)
    {
        while (node is not NamedTypeNode)
            node = node is ListTypeNode list ? list.Of : ((NonNullTypeNode)node).Of;
        var name = ((NamedTypeNode)node).Name.Value;
        IEnumerable<string> builtIn = ScalarType.BuiltIn.Keys.Concat(BuiltIn.Types.Select(type => type.Name));
        if (!_types.ContainsKey(name) && !builtIn.Contains(name))
            Report($"Unknown type \"{name}\".{Suggest.DidYouMean(name, builtIn.Concat(_types.Keys))}", node);
    }

    // All that directives stand on, with the name of the place (spec 3.13).
    private IEnumerable<(Node Node, string Location, IReadOnlyList<DirectiveNode> Directives)> Places()
    {
        foreach (var schema in Of<SchemaNode>())
            yield return (schema, "SCHEMA", schema.Directives);
        foreach (var type in Of<TypeDefinitionNode>())
        {
            yield return (type, Word(type.Kind).Replace(' ', '_').ToUpperInvariant(), type.Directives);
            foreach (var value in type.Values)
                yield return (value, "ENUM_VALUE", value.Directives);
            foreach (var field in type.InputFields)
                yield return (field, "INPUT_FIELD_DEFINITION", field.Directives);
            foreach (var field in type.Fields)
            {
                yield return (field, "FIELD_DEFINITION", field.Directives);
                foreach (var argument in field.Arguments)
                    yield return (argument, "ARGUMENT_DEFINITION", argument.Directives);
            }
        }
        foreach (var argument in Of<DirectiveDefinitionNode>().SelectMany(directive => directive.Arguments))
            yield return (argument, "ARGUMENT_DEFINITION", argument.Directives);
    }

    private void Directives(Node node, string location, IReadOnlyList<DirectiveNode> directives)
    {
        foreach (var directive in directives)
        {
            var name = directive.Name.Value;
            if (_directives.Find(d => d.Name.Value == name) is not { } definition)
            {
                Report($"Unknown directive \"@{name}\".", directive);
                continue;
            }
            if (definition.Locations.All(l => l.Value != location))
                Report($"Directive \"@{name}\" may not be used on {location}.", directive);
            foreach (var argument in directive.Arguments.Where(a => definition.Arguments.All(d => d.Name.Value != a.Name.Value)))
                Report($"Unknown argument \"{argument.Name.Value}\" on directive \"@{name}\"."
                    + Suggest.DidYouMean(argument.Name.Value, definition.Arguments.Select(a => a.Name.Value)), argument);
            foreach (var argument in definition.Arguments.Where(a => a is { Type: NonNullTypeNode, Default: null }
                && directive.Arguments.All(d => d.Name.Value != a.Name.Value)))
                Report($"Directive \"@{name}\" argument \"{argument.Name.Value}\" of type \"{argument.Type}\" is required, " +
                    "but it was not provided.", directive);
            Once(directive.Arguments, a => a.Name, argument => $"There can be only one argument named \"{argument}\".", all: true);
        }
        // The extensions of a type stand where the type stands.
        if (node is TypeDefinitionNode { Extends: true } or SchemaNode { Extends: true })
            return;
        IEnumerable<DirectiveNode> here = node switch
        {
            TypeDefinitionNode type => Of<TypeDefinitionNode>().Where(t => t.Name.Value == type.Name.Value).SelectMany(t => t.Directives),
            SchemaNode => Of<SchemaNode>().SelectMany(schema => schema.Directives),
            _ => directives,
        };
        foreach (var again in here.GroupBy(d => d.Name.Value).Where(g => _directives.Exists(d => d.Name.Value == g.Key && !d.Repeatable)))
        {
            foreach (var directive in again.Skip(1))
                Report($"The directive \"@{again.Key}\" can only be used once at this location.", again.First(), directive);
        }
    }

    private static string Word(TypeKind kind) => kind == TypeKind.InputObject ? "input object" : kind.ToString().ToLowerInvariant();
}
