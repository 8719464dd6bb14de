namespace Holm.GraphQL.Language;

/// <summary>The rules for type systems (spec 3).</summary>
internal sealed partial class Parser
{
    /// <summary>Where a directive may stand (spec 3.13, DirectiveLocation).</summary>
    internal static readonly string[] DirectiveLocations =
    [
        "QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT", "VARIABLE_DEFINITION",
        "SCHEMA", "SCALAR", "OBJECT", "FIELD_DEFINITION", "ARGUMENT_DEFINITION", "INTERFACE", "UNION", "ENUM", "ENUM_VALUE", "INPUT_OBJECT",
        "INPUT_FIELD_DEFINITION",
    ];

    // Null where the keyword begins none.
    private DefinitionNode? TypeSystemDefinition(string keyword)
    {
        if (keyword is not ("schema" or "directive") && KindOf(keyword) is null)
            return null;
        var start = _token.Start;
        var description = Description();
        return keyword switch
        {
            "schema" => Schema(start, description, false),
            "directive" => DirectiveDefinition(start, description),
            _ => TypeDefinition(start, description, false),
        };
    }

    private DefinitionNode Extension()
    {
        var start = _token.Start;
        var keyword = _lexer.Read(_token.End);
        if (keyword.Kind != TokenKind.Name || (keyword.Value != "schema" && KindOf(keyword.Value!) is null))
            throw Unexpected(keyword);
        ExpectKeyword("extend");
        return keyword.Value == "schema" ? Schema(start, null, true) : TypeDefinition(start, null, true);
    }

    private static TypeKind? KindOf(string keyword) => keyword switch
    {
        "scalar" => TypeKind.Scalar,
        "type" => TypeKind.Object,
        "interface" => TypeKind.Interface,
        "union" => TypeKind.Union,
        "enum" => TypeKind.Enum,
        "input" => TypeKind.InputObject,
        _ => null,
    };

    private string? Description() => Peek(TokenKind.String) || Peek(TokenKind.BlockString) ? Advance().Value : null;

    private SchemaNode Schema(int start, string? description, bool extends)
    {
        ExpectKeyword("schema");
        var directives = Directives(true);
        var operations = extends
            ? OptionalMany(TokenKind.BraceOpen, RootOperation, TokenKind.BraceClose)
            : Many(TokenKind.BraceOpen, RootOperation, TokenKind.BraceClose);
        if (extends && directives.Count == 0 && operations.Count == 0)
            throw Unexpected(_token);
        return new SchemaNode(start, extends, description, directives, operations);
    }

    private OperationTypeNode RootOperation()
    {
        var (start, kind) = (_token.Start, OperationType());
        Expect(TokenKind.Colon);
        return new OperationTypeNode(start, kind, NamedType());
    }

    // An extension has to add something (spec 3.4.3); a definition may stay empty here and is refused by the schema's own check.
    private TypeDefinitionNode TypeDefinition(int start, string? description, bool extends)
    {
        var kind = KindOf(Advance().Value!)!.Value;
        var node = new TypeDefinitionNode(start, kind, extends, description, Name())
        {
            Interfaces = kind is TypeKind.Object or TypeKind.Interface && TakeKeyword("implements")
                ? Delimited(TokenKind.Ampersand, NamedType) : [],
            Directives = Directives(true),
            Fields = kind is TypeKind.Object or TypeKind.Interface
                ? OptionalMany(TokenKind.BraceOpen, FieldDefinition, TokenKind.BraceClose) : [],
            InputFields = kind == TypeKind.InputObject ? OptionalMany(TokenKind.BraceOpen, InputValue, TokenKind.BraceClose) : [],
            Members = kind == TypeKind.Union && Take(TokenKind.Equals) ? Delimited(TokenKind.Pipe, NamedType) : [],
            Values = kind == TypeKind.Enum ? OptionalMany(TokenKind.BraceOpen, EnumValue, TokenKind.BraceClose) : [],
        };
        var parts = node.Interfaces.Count + node.Directives.Count + node.Fields.Count + node.InputFields.Count + node.Members.Count
            + node.Values.Count;
        return extends && parts == 0 ? throw Unexpected(_token) : node;
    }

    private FieldDefinitionNode FieldDefinition()
    {
        var (start, description, name) = (_token.Start, Description(), Name());
        var arguments = OptionalMany(TokenKind.ParenOpen, InputValue, TokenKind.ParenClose);
        Expect(TokenKind.Colon);
        return new FieldDefinitionNode(start, description, name, arguments, Type(), Directives(true));
    }

    private InputValueNode InputValue()
    {
        var (start, description, name) = (_token.Start, Description(), Name());
        Expect(TokenKind.Colon);
        return new InputValueNode(start, description, name, Type(), Take(TokenKind.Equals) ? Value(true) : null, Directives(true));
    }

    private EnumValueNode EnumValue()
    {
        var (start, description) = (_token.Start, Description());
        if (PeekKeyword("true") || PeekKeyword("false") || PeekKeyword("null"))
            throw _lexer.Fail(_token.Start, $"{_token} is reserved and cannot be used for an enum value.");
        return new EnumValueNode(start, description, Name(), Directives(true));
    }

    private DirectiveDefinitionNode DirectiveDefinition(int start, string? description)
    {
        ExpectKeyword("directive");
        Expect(TokenKind.At);
        var name = Name();
        var arguments = OptionalMany(TokenKind.ParenOpen, InputValue, TokenKind.ParenClose);
        var repeatable = TakeKeyword("repeatable");
        ExpectKeyword("on");
        return new DirectiveDefinitionNode(start, description, name, arguments, repeatable, Delimited(TokenKind.Pipe, DirectiveLocation));
    }

    private NameNode DirectiveLocation()
    {
        var token = _token;
        var name = Name();
        return DirectiveLocations.Contains(name.Value) ? name : throw Unexpected(token);
    }
}
