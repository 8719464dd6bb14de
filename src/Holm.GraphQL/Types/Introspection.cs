namespace Holm.GraphQL.Types;

/// <summary>What stands behind the fields of introspection (spec 4): the schema's own objects.</summary>
internal static class Introspection
{
    public static IEnumerable<(string Field, Resolver Resolver)> Resolvers =>
    [
        Of<object>("__Meta.__typename", (_, context) => context.ParentType),
        Of<object>("__Meta.__schema", (_, context) => context.Schema),
        Of<object>("__Meta.__type", (_, context) => context.Schema.Types.GetValueOrDefault(context.Argument<string>("name")!)),

        Of<Schema>("__Schema.description", (schema, _) => schema.Description),
        Of<Schema>("__Schema.types", (schema, _) => schema.Types.Values.ToList()),
        Of<Schema>("__Schema.queryType", (schema, _) => schema.Query),
        Of<Schema>("__Schema.mutationType", (schema, _) => schema.Mutation),
        Of<Schema>("__Schema.subscriptionType", (schema, _) => schema.Subscription),
        Of<Schema>("__Schema.directives", (schema, _) => schema.Directives.Values.ToList()),

        Of<GraphType>("__Type.kind", (type, _) => Kind(type)),
        Of<GraphType>("__Type.name", (type, _) => (type as NamedType)?.Name),
        Of<GraphType>("__Type.description", (type, _) => (type as NamedType)?.Description),
        Of<GraphType>("__Type.specifiedByURL", (type, _) => (type as ScalarType)?.SpecifiedBy),
        Of<GraphType>("__Type.fields", (type, context) =>
            (type as FieldsType)?.Fields.Values.Where(f => Shown(f.Deprecated, context)).ToList()),
        Of<GraphType>("__Type.interfaces", (type, _) => (type as FieldsType)?.Interfaces),
        Of<GraphType>("__Type.possibleTypes", (type, context) =>
            type is NamedType { IsAbstract: true } named ? context.Schema.Possible(named) : null),
        Of<GraphType>("__Type.enumValues", (type, context) =>
            (type as EnumType)?.Values.Values.Where(v => Shown(v.Deprecated, context)).ToList()),
        Of<GraphType>("__Type.inputFields", (type, context) =>
            (type as InputObjectType)?.Fields.Values.Where(f => Shown(f.Deprecated, context)).ToList()),
        Of<GraphType>("__Type.ofType", (type, _) => (type as ListType)?.Of ?? (type as NonNullType)?.Of),

        Of<Field>("__Field.name", (of, _) => of.Name),
        Of<Field>("__Field.description", (of, _) => of.Node.Description),
        Of<Field>("__Field.args", (of, context) => of.Arguments.Where(a => Shown(a.Deprecated, context)).ToList()),
        Of<Field>("__Field.type", (of, _) => of.Type),
        Of<Field>("__Field.isDeprecated", (of, _) => of.Deprecated is not null),
        Of<Field>("__Field.deprecationReason", (of, _) => of.Deprecated),

        Of<InputValue>("__InputValue.name", (value, _) => value.Name),
        Of<InputValue>("__InputValue.description", (value, _) => value.Node.Description),
        Of<InputValue>("__InputValue.type", (value, _) => value.Type),
        Of<InputValue>("__InputValue.defaultValue", (value, _) =>
            value.HasDefault ? SchemaPrinter.Value(value.Default, value.Type) : null),
        Of<InputValue>("__InputValue.isDeprecated", (value, _) => value.Deprecated is not null),
        Of<InputValue>("__InputValue.deprecationReason", (value, _) => value.Deprecated),

        Of<EnumValue>("__EnumValue.name", (value, _) => value.Name),
        Of<EnumValue>("__EnumValue.description", (value, _) => value.Node.Description),
        Of<EnumValue>("__EnumValue.isDeprecated", (value, _) => value.Deprecated is not null),
        Of<EnumValue>("__EnumValue.deprecationReason", (value, _) => value.Deprecated),

        Of<Directive>("__Directive.name", (directive, _) => directive.Name),
        Of<Directive>("__Directive.description", (directive, _) => directive.Node.Description),
        Of<Directive>("__Directive.isRepeatable", (directive, _) => directive.Node.Repeatable),
        Of<Directive>("__Directive.locations", (directive, _) => directive.Locations.ToList()),
        Of<Directive>("__Directive.args", (directive, context) => directive.Arguments.Where(a => Shown(a.Deprecated, context)).ToList()),
    ];

    private static (string, Resolver) Of<T>(string field, Func<T, FieldContext, object?> resolve) =>
        (field, context => ValueTask.FromResult(resolve((T)context.Source!, context)));

    private static bool Shown(string? deprecated, FieldContext context) =>
        deprecated is null || context.Argument<bool>("includeDeprecated");

    private static string Kind(GraphType type) => type switch
    {
        NonNullType => "NON_NULL",
        ListType => "LIST",
        ScalarType => "SCALAR",
        ObjectType => "OBJECT",
        InterfaceType => "INTERFACE",
        UnionType => "UNION",
        EnumType => "ENUM",
        _ => "INPUT_OBJECT",
    };
}
