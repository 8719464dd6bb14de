using Holm.GraphQL.Language;

namespace Holm.GraphQL.Types;

/// <summary>The rules that hold between types ("Type Validation" of spec 3.3, 3.6 to 3.10, 3.13). Worded as graphql-js has them.</summary>
internal sealed class SchemaCheck
{
    private readonly Schema _schema;
    private readonly List<GraphQLError> _errors = [];

    private SchemaCheck(Schema schema) => _schema = schema;

    /// <summary>Everything that is wrong; empty: it is a schema.</summary>
    public static IReadOnlyList<GraphQLError> Errors(Schema schema)
    {
        var check = new SchemaCheck(schema);
        check.Roots();
        foreach (var directive in schema.Directives.Values)
        {
            check.Name(directive.Name, directive.Node);
            check.Arguments($"@{directive.Name}", directive.Arguments, false);
        }
        foreach (var type in schema.Types.Values.Where(type => !BuiltIn.Types.Contains(type)))
        {
            check.Name(type.Name, type.Nodes[0]);
            check.Type(type);
        }
        check.InputCycles();
        if (check._errors.Count == 0)
            check.Defaults();
        return check._errors;
    }

    private void Report(string message, params IEnumerable<Node> nodes) =>
        _errors.Add(new GraphQLError(message) { Locations = _schema.Source.At(nodes) });

    private void Name(string name, Node node)
    {
        if (name.StartsWith("__", StringComparison.Ordinal))
            Report($"Name \"{name}\" must not begin with \"__\", which is reserved by GraphQL introspection.", node);
    }

    private void Roots()
    {
        if (_schema.Query is null)
            Report("Query root type must be provided.", _schema.Nodes.Where(node => !node.Extends));
        foreach (var kind in Enum.GetValues<OperationKind>())
        {
            if (_schema.Root(kind) is not { } root || root is ObjectType)
                continue;
            var named = _schema.Nodes.SelectMany(node => node.Operations).FirstOrDefault(o => o.Kind == kind)?.Type;
            Report($"{kind} root type must be Object type{(kind == OperationKind.Query ? "" : " if provided")}, it cannot be {root}.",
                (Node?)named ?? root.Nodes[0]);
        }
    }

    private void Type(NamedType type)
    {
        switch (type)
        {
            case FieldsType fields:
                Fields(fields);
                Interfaces(fields);
                break;
            case UnionType union:
                Members(union);
                break;
            case EnumType { Values.Count: 0 }:
                Report($"Enum type {type} must define one or more values.", type.Nodes);
                break;
            case EnumType values:
                foreach (var value in values.Values.Values)
                    Name(value.Name, value.Node);
                break;
            case InputObjectType { Fields.Count: 0 }:
                Report($"Input Object type {type} must define one or more fields.", type.Nodes);
                break;
            case InputObjectType input:
                foreach (var field in input.Fields.Values)
                {
                    Name(field.Name, field.Node);
                    if (!field.Type.Named.IsInput)
                        Report($"The type of {type}.{field.Name} must be Input Type but got: {field.Type}.", field.Node.Type);
                    if (field is { IsRequired: true, Deprecated: not null })
                        Report($"Required input field {type}.{field.Name} cannot be deprecated.", Deprecation(field), field.Node.Type);
                }
                break;
        }
    }

    private void Fields(FieldsType type)
    {
        if (type.Fields.Count == 0)
            Report($"Type {type} must define one or more fields.", type.Nodes);
        foreach (var field in type.Fields.Values)
        {
            Name(field.Name, field.Node);
            if (!field.Type.Named.IsOutput)
                Report($"The type of {type}.{field.Name} must be Output Type but got: {field.Type}.", field.Node.Type);
            Arguments($"{type}.{field.Name}", field.Arguments, true);
        }
    }

    private void Arguments(string of, IReadOnlyList<InputValue> arguments, bool atType)
    {
        foreach (var argument in arguments)
        {
            Name(argument.Name, argument.Node);
            if (!argument.Type.Named.IsInput)
                Report($"The type of {of}({argument.Name}:) must be Input Type but got: {argument.Type}.",
                    atType ? argument.Node.Type : argument.Node);
            if (argument is { IsRequired: true, Deprecated: not null })
                Report($"Required argument {of}({argument.Name}:) cannot be deprecated.", Deprecation(argument), argument.Node.Type);
        }
    }

    private static DirectiveNode Deprecation(InputValue value) => value.Node.Directives.First(d => d.Name.Value == "deprecated");

    private void Members(UnionType union)
    {
        if (union.Members.Count == 0)
            Report($"Union type {union} must define one or more member types.", union.Nodes);
        foreach (var group in union.Members.GroupBy(member => member.Name))
        {
            var nodes = union.Nodes.SelectMany(node => node.Members).Where(member => member.Name.Value == group.Key);
            foreach (var _ in group.Skip(1))
                Report($"Union type {union} can only include type {group.Key} once.", nodes);
            if (group.First() is not ObjectType)
                Report($"Union type {union} can only include Object types, it cannot include {group.Key}.", nodes);
        }
    }

    private void Interfaces(FieldsType type)
    {
        HashSet<NamedType> seen = [];
        foreach (var implemented in type.Interfaces)
        {
            if (implemented is not InterfaceType iface)
                Report($"Type {type} must only implement Interface types, it cannot implement {implemented}.", Names(type, implemented));
            else if (iface == type)
                Report($"Type {type} cannot implement itself because it would create a circular reference.", Names(type, iface));
            else if (!seen.Add(iface))
                Report($"Type {type} can only implement {iface} once.", Names(type, iface));
            else
                Implements(type, iface);
        }
    }

    private static IEnumerable<NamedTypeNode> Names(FieldsType type, NamedType implemented) =>
        type.Nodes.SelectMany(node => node.Interfaces).Where(name => name.Name.Value == implemented.Name);

    // IsValidImplementation of spec 3.6.
    private void Implements(FieldsType type, InterfaceType iface)
    {
        foreach (var further in iface.Interfaces.OfType<InterfaceType>().Where(further => !type.Interfaces.Contains(further)))
            Report(further == type
                ? $"Type {type} cannot implement {iface} because it would create a circular reference."
                : $"Type {type} must implement {further} because it is implemented by {iface}.",
                Names(iface, further).Concat(Names(type, iface)));
        foreach (var wanted in iface.Fields.Values)
        {
            if (type.Field(wanted.Name) is not { } field)
            {
                Report($"Interface field {iface}.{wanted.Name} expected but {type} does not provide it.", [wanted.Node, .. type.Nodes]);
                continue;
            }
            if (!field.Type.IsSubTypeOf(wanted.Type))
                Report($"Interface field {iface}.{wanted.Name} expects type {wanted.Type} but {type}.{wanted.Name} is type {field.Type}.",
                    wanted.Node.Type, field.Node.Type);
            ImplementsArguments($"{iface}.{wanted.Name}", wanted, $"{type}.{wanted.Name}", field);
        }
    }

    private void ImplementsArguments(string of, Field wanted, string at, Field field)
    {
        foreach (var argument in wanted.Arguments)
        {
            if (field.Argument(argument.Name) is not { } own)
                Report($"Interface field argument {of}({argument.Name}:) expected but {at} does not provide it.",
                    argument.Node, field.Node);
            else if (!own.Type.Same(argument.Type))
                Report($"Interface field argument {of}({argument.Name}:) expects type {argument.Type} but {at}({argument.Name}:) " +
                    $"is type {own.Type}.", argument.Node.Type, own.Node.Type);
        }
        foreach (var more in field.Arguments.Where(a => a.IsRequired && wanted.Argument(a.Name) is null))
            Report($"Object field {at} includes required argument {more.Name} that is missing from the Interface field {of}.",
                more.Node, wanted.Node);
    }

    // Spec 3.10: an input object that needs itself can never be written.
    private void InputCycles()
    {
        HashSet<InputObjectType> visited = [];
        List<InputValue> path = [];
        Dictionary<InputObjectType, int> open = [];
        foreach (var type in _schema.Types.Values.OfType<InputObjectType>())
            Visit(type);

        void Visit(InputObjectType type)
        {
            if (!visited.Add(type))
                return;
            open[type] = path.Count;
            foreach (var field in type.Fields.Values)
            {
                if (field.Type is not NonNullType { Of: InputObjectType next })
                    continue;
                path.Add(field);
                if (open.TryGetValue(next, out var start))
                    Report($"Cannot reference Input Object \"{next}\" within itself through a series of non-null fields: " +
                        $"\"{string.Join('.', path.Skip(start).Select(f => f.Name))}\".", path.Skip(start).Select(f => f.Node));
                else
                    Visit(next);
                path.RemoveAt(path.Count - 1);
            }
            open.Remove(type);
        }
    }

    // Spec 3.6.1: a default value is one of its type.
    private void Defaults()
    {
        var values = _schema.Directives.Values.SelectMany(d => d.Arguments)
            .Concat(_schema.Types.Values.OfType<InputObjectType>().SelectMany(t => t.Fields.Values))
            .Concat(_schema.Types.Values.OfType<FieldsType>().SelectMany(t => t.Fields.Values).SelectMany(f => f.Arguments));
        foreach (var value in values)
        {
            try
            {
                _ = value.Default;
            }
            catch (GraphQLError error)
            {
                Report(error.Message, value.Node.Default!);
            }
        }
    }
}
