using Holm.GraphQL.Language;

namespace Holm.GraphQL.Types;

/// <summary>What every schema has without saying so: directives (spec 3.13) and the types of introspection (spec 4.2).</summary>
internal static class BuiltIn
{
    private const string Sdl = """"
        "Leaves a field or fragment out unless the argument is true."
        directive @include("Whether it is there." if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT

        "Leaves a field or fragment out when the argument is true."
        directive @skip("Whether it is left out." if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT

        "Marks what should no longer be used."
        directive @deprecated("Why, and what to use in its place; Markdown." reason: String = "No longer supported")
          on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE

        "Says where the notation of a scalar is described."
        directive @specifiedBy("The URL of that description." url: String!) on SCALAR

        "A schema: its types, its directives, and where each kind of operation starts."
        type __Schema {
          description: String
          types: [__Type!]!
          queryType: __Type!
          mutationType: __Type
          subscriptionType: __Type
          directives: [__Directive!]!
        }

        "A type; which of its fields are null depends on its kind."
        type __Type {
          kind: __TypeKind!
          name: String
          description: String
          specifiedByURL: String
          fields(includeDeprecated: Boolean = false): [__Field!]
          interfaces: [__Type!]
          possibleTypes: [__Type!]
          enumValues(includeDeprecated: Boolean = false): [__EnumValue!]
          inputFields(includeDeprecated: Boolean = false): [__InputValue!]
          ofType: __Type
        }

        "What a type is."
        enum __TypeKind { SCALAR OBJECT INTERFACE UNION ENUM INPUT_OBJECT LIST NON_NULL }

        "A field of an object or interface."
        type __Field {
          name: String!
          description: String
          args(includeDeprecated: Boolean = false): [__InputValue!]!
          type: __Type!
          isDeprecated: Boolean!
          deprecationReason: String
        }

        "An argument, or a field of an input object."
        type __InputValue {
          name: String!
          description: String
          type: __Type!
          "As it would be written in a document."
          defaultValue: String
          isDeprecated: Boolean!
          deprecationReason: String
        }

        "A value of an enum."
        type __EnumValue {
          name: String!
          description: String
          isDeprecated: Boolean!
          deprecationReason: String
        }

        "A directive, and where it may stand."
        type __Directive {
          name: String!
          description: String
          isRepeatable: Boolean!
          locations: [__DirectiveLocation!]!
          args(includeDeprecated: Boolean = false): [__InputValue!]!
        }

        "Where a directive may stand."
        enum __DirectiveLocation {
          QUERY MUTATION SUBSCRIPTION FIELD FRAGMENT_DEFINITION FRAGMENT_SPREAD INLINE_FRAGMENT VARIABLE_DEFINITION SCHEMA SCALAR OBJECT
          FIELD_DEFINITION ARGUMENT_DEFINITION INTERFACE UNION ENUM ENUM_VALUE INPUT_OBJECT INPUT_FIELD_DEFINITION
        }

        "The fields that every query, or every object, has besides its own."
        type __Meta {
          __schema: __Schema!
          __type(name: String!): __Type
          __typename: String!
        }
        """";

    private static readonly TypeTable Table = new(Parser.Parse(Sdl, Limits.Trusted), ScalarType.BuiltIn.Values);

    static BuiltIn()
    {
        foreach (var (name, resolver) in Introspection.Resolvers)
            ((FieldsType)Table.Types[name.Split('.')[0]]).Fields[name.Split('.')[1]].Resolver = resolver;
        // These are shared by all schemas and threads; so what is made at its first use is made here.
        var arguments = Table.Types.Values.OfType<ObjectType>().SelectMany(type => type.Fields.Values).SelectMany(f => f.Arguments);
        foreach (var argument in arguments.Concat(Table.Directives.SelectMany(directive => directive.Arguments)))
            _ = argument.Default;
    }

    public static IReadOnlyList<Directive> Directives => Table.Directives;

    public static Directive Skip { get; } = Table.Directives.Single(d => d.Name == "skip");

    public static Directive Include { get; } = Table.Directives.Single(d => d.Name == "include");

    /// <summary>The types that begin with two underscores.</summary>
    public static IEnumerable<NamedType> Types => Table.Types.Values.Where(type => type is not ScalarType && type.Name != "__Meta");

    /// <summary><c>__schema</c>, <c>__type</c> or <c>__typename</c>.</summary>
    public static Field Meta(string name) => ((ObjectType)Table.Types["__Meta"]).Fields[name];
}
