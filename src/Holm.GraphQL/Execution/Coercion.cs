using Holm.GraphQL.Language;
using Holm.GraphQL.Types;
using Holm.GraphQL.Validation;

namespace Holm.GraphQL.Execution;

/// <summary>Variables and arguments before execution (spec 6.1.2 and 6.4.1). Worded as graphql-js words it.</summary>
internal sealed class Coercion(Schema schema, Source source, int errorsMax)
{
    private readonly List<GraphQLError> _errors = [];

    /// <summary>True for whatever a scalar throws at a value: it cannot take it.</summary>
    public static bool IsUnfit(Exception error) => error is not (TooManyErrorsException or OperationCanceledException);

    /// <summary>What a scalar threw, after what was expected: only errors about values are repeated to a client.</summary>
    public static string Because(Exception error, string expected, string separator) => error switch
    {
        GraphQLError => error.Message,
        FormatException or OverflowException or ArgumentException => $"{expected}{separator} {error.Message}",
        _ => $"{expected}.",
    };

    /// <summary>The variables that were given or have a default, each of its type; and what is wrong with them.</summary>
    public (IReadOnlyDictionary<string, object?> Values, IReadOnlyList<GraphQLError> Errors) Variables(
        OperationNode operation, IReadOnlyDictionary<string, object?> given)
    {
        Dictionary<string, object?> values = [];
        try
        {
            foreach (var node in operation.Variables)
                Variable(node, given, values);
        }
        catch (TooManyErrorsException)
        {
            // The last error says so.
        }
        return (values, _errors);
    }

    /// <summary>The arguments that were given or have a default.</summary>
    /// <exception cref="GraphQLError">One is missing, or null where it may not be.</exception>
    public static IReadOnlyDictionary<string, object?> Arguments(IReadOnlyList<InputValue> definitions, IReadOnlyList<ArgumentNode> given,
        Node node, IReadOnlyDictionary<string, object?> variables, Source source)
    {
        if (definitions.Count == 0)
            return System.Collections.Immutable.ImmutableDictionary<string, object?>.Empty;
        Dictionary<string, object?> values = new(definitions.Count);
        foreach (var definition in definitions)
        {
            var literal = given.FirstOrDefault(a => a.Name.Value == definition.Name)?.Value;
            var variable = (literal as VariableNode)?.Name.Value;
            if (literal is null || (variable is not null && !variables.ContainsKey(variable)))
            {
                if (definition.HasDefault)
                    values[definition.Name] = definition.Default;
                else if (definition.IsRequired)
                    throw Fail(literal ?? node, $"Argument \"{definition.Name}\" of required type \"{definition.Type}\" was "
                        + (variable is null ? "not provided."
                            : $"provided the variable \"${variable}\" which was not provided a runtime value."));
                continue;
            }
            if (definition.Type.IsNonNull && (literal is NullNode || (variable is not null && variables[variable] is null)))
                throw Fail(literal, $"Argument \"{definition.Name}\" of non-null type \"{definition.Type}\" must not be null.");
            values[definition.Name] = Literals.TryCoerce(literal, definition.Type, variables, out var value)
                ? value : throw Fail(literal, $"Argument \"{definition.Name}\" has invalid value {Print.Literal(literal)}.");
        }
        return values;

        GraphQLError Fail(Node at, string message) => new(message) { Locations = [source.At(at.Start)] };
    }

    private void Variable(VariableDefinitionNode node, IReadOnlyDictionary<string, object?> given, Dictionary<string, object?> values)
    {
        var name = node.Variable.Name.Value;
        if (schema.Find(node.Type) is not { Named.IsInput: true } type)
            Report($"Variable \"${name}\" expected value of type \"{node.Type}\" which cannot be used as an input type.", node.Type);
        else if (given.TryGetValue(name, out var value))
            values[name] = Given(node, type, value);
        else if (node.Default is not null && Literals.TryCoerce(node.Default, type, null, out value))
            values[name] = value;
        else if (type.IsNonNull)
            Report($"Variable \"${name}\" of required type \"{type}\" was not provided.", node);
    }

    private object? Given(VariableDefinitionNode node, GraphType type, object? value)
    {
        var name = node.Variable.Name.Value;
        if (value is not null || !type.IsNonNull)
            return Coerce(value, type, name, (bad, path, message) => Report($"Variable \"${name}\" got invalid value " +
                $"{Print.Value(bad)}{(path.Length > name.Length ? $" at \"{path}\"" : "")}; {message}", node));
        Report($"Variable \"${name}\" of non-null type \"{type}\" must not be null.", node);
        return null;
    }

    // Path is the variable's name and what follows it: input.list[2].name.
    private static object? Coerce(object? value, GraphType type, string path, Action<object?, string, string> report)
    {
        if (type is NonNullType nonNull)
        {
            if (value is not null)
                return Coerce(value, nonNull.Of, path, report);
            report(value, path, $"Expected non-nullable type \"{type}\" not to be null.");
            return null;
        }
        return (type, value) switch
        {
            (_, null) => null,
            (ListType list, IReadOnlyList<object?> items) =>
                items.Select((item, i) => Coerce(item, list.Of, $"{path}[{i}]", report)).ToList(),
            (ListType list, _) => new List<object?> { Coerce(value, list.Of, path, report) },
            (InputObjectType input, IReadOnlyDictionary<string, object?> map) => Object(map, input, path, report),
            (InputObjectType input, _) => Refused($"Expected type \"{input}\" to be an object."),
            _ => Leaf(value),
        };

        object? Refused(string message)
        {
            report(value, path, message);
            return null;
        }

        object? Leaf(object given)
        {
            try
            {
                return (type is EnumType values ? values.ParseValue(given) : ((ScalarType)type).Parse(given))
                    ?? Refused($"Expected type \"{type}\".");
            }
            catch (Exception error) when (IsUnfit(error))
            {
                return Refused(Because(error, $"Expected type \"{type}\"", "."));
            }
        }
    }

    private static Dictionary<string, object?> Object(IReadOnlyDictionary<string, object?> given, InputObjectType type, string path,
        Action<object?, string, string> report)
    {
        Dictionary<string, object?> values = [];
        foreach (var field in type.Fields.Values)
        {
            if (given.TryGetValue(field.Name, out var value))
                values[field.Name] = Coerce(value, field.Type, $"{path}.{field.Name}", report);
            else if (field.HasDefault)
                values[field.Name] = field.Default;
            else if (field.IsRequired)
                report(given, path, $"Field \"{field.Name}\" of required type \"{field.Type}\" was not provided.");
        }
        foreach (var name in given.Keys.Where(name => !type.Fields.ContainsKey(name)))
            report(given, path, $"Field \"{name}\" is not defined by type \"{type}\".{Suggest.DidYouMean(name, type.Fields.Keys)}");
        return values;
    }

    private void Report(string message, Node node)
    {
        if (_errors.Count < errorsMax)
        {
            _errors.Add(new GraphQLError(message) { Locations = [source.At(node.Start)] });
            return;
        }
        _errors.Add(new GraphQLError("Too many errors processing variables, error limit reached. Execution aborted."));
        throw new TooManyErrorsException();
    }
}
