using System.Runtime.CompilerServices;

namespace Holm.GraphQL.Language;

/// <summary>
/// Tokens to a tree, by recursive descent; each method is one rule of the grammar and has its name (spec 2). Length, tokens and nesting
/// are bounded before any stack is. Errors are worded as graphql-js words them.
/// </summary>
internal sealed partial class Parser
{
    private readonly Lexer _lexer;
    private readonly Limits _limits;
    private Token _token;
    private int _tokens, _nesting;

    private Parser(Source source, Limits limits)
    {
        (_lexer, _limits) = (new Lexer(source), limits);
        _token = _lexer.Read(0);
    }

    /// <summary>A whole document: operations, fragments and type system definitions in any mixture.</summary>
    /// <exception cref="GraphQLError">It is none, or larger than the limits let it be.</exception>
    public static DocumentNode Parse(string text, Limits limits)
    {
        if (text.Length > limits.Length)
            throw new GraphQLError($"Syntax Error: The document is longer than {limits.Length} characters.");
        var source = new Source(text);
        return new DocumentNode(source, new Parser(source, limits).Document());
    }

    private List<DefinitionNode> Document()
    {
        List<DefinitionNode> definitions = [];
        do
            definitions.Add(Definition());
        while (_token.Kind != TokenKind.End);
        return definitions;
    }

    private DefinitionNode Definition()
    {
        if (Peek(TokenKind.BraceOpen))
            return Operation();
        var described = Peek(TokenKind.String) || Peek(TokenKind.BlockString);
        var keyword = described ? _lexer.Read(_token.End) : _token;
        if (keyword.Kind == TokenKind.Name && TypeSystemDefinition(keyword.Value!) is { } definition)
            return definition;
        if (described && keyword.Kind == TokenKind.Name)
            throw _lexer.Fail(_token.Start, "Unexpected description, descriptions are supported only on type definitions.");
        return keyword.Value switch
        {
            "query" or "mutation" or "subscription" when keyword.Kind == TokenKind.Name => Operation(),
            "fragment" when keyword.Kind == TokenKind.Name => Fragment(),
            "extend" when keyword.Kind == TokenKind.Name => Extension(),
            _ => throw Unexpected(keyword),
        };
    }

    private OperationNode Operation()
    {
        var start = _token.Start;
        if (Peek(TokenKind.BraceOpen))
            return new OperationNode(start, OperationKind.Query, null, [], [], SelectionSet());
        var kind = OperationType();
        var name = Peek(TokenKind.Name) ? Name() : null;
        return new OperationNode(start, kind, name, OptionalMany(TokenKind.ParenOpen, VariableDefinition, TokenKind.ParenClose),
            Directives(false), SelectionSet());
    }

    private OperationKind OperationType()
    {
        var token = Expect(TokenKind.Name);
        return token.Value switch
        {
            "query" => OperationKind.Query,
            "mutation" => OperationKind.Mutation,
            "subscription" => OperationKind.Subscription,
            _ => throw Unexpected(token),
        };
    }

    private VariableDefinitionNode VariableDefinition()
    {
        var (start, variable) = (_token.Start, Variable());
        Expect(TokenKind.Colon);
        return new VariableDefinitionNode(start, variable, Type(), Take(TokenKind.Equals) ? Value(true) : null, Directives(true));
    }

    private VariableNode Variable() => new(Expect(TokenKind.Dollar).Start, Name());

    private SelectionSetNode SelectionSet() => new(_token.Start, Many(TokenKind.BraceOpen, Selection, TokenKind.BraceClose));

    private SelectionNode Selection() => Peek(TokenKind.Spread) ? Spread() : Field();

    private FieldNode Field()
    {
        var (start, name) = (_token.Start, Name());
        var alias = Take(TokenKind.Colon) ? name : null;
        if (alias is not null)
            name = Name();
        return new FieldNode(start, alias, name, Arguments(false), Directives(false), Peek(TokenKind.BraceOpen) ? SelectionSet() : null);
    }

    private List<ArgumentNode> Arguments(bool constant) => OptionalMany(TokenKind.ParenOpen, () =>
    {
        var (start, name) = (_token.Start, Name());
        Expect(TokenKind.Colon);
        return new ArgumentNode(start, name, Value(constant));
    }, TokenKind.ParenClose);

    private SelectionNode Spread()
    {
        var start = Expect(TokenKind.Spread).Start;
        var conditional = TakeKeyword("on");
        if (!conditional && Peek(TokenKind.Name))
            return new SpreadNode(start, FragmentName(), Directives(false));
        return new InlineFragmentNode(start, conditional ? NamedType() : null, Directives(false), SelectionSet());
    }

    private FragmentNode Fragment()
    {
        var start = _token.Start;
        ExpectKeyword("fragment");
        var name = FragmentName();
        ExpectKeyword("on");
        return new FragmentNode(start, name, NamedType(), Directives(false), SelectionSet());
    }

    private NameNode FragmentName() => _token.Value == "on" ? throw Unexpected(_token) : Name();

    private ValueNode Value(bool constant)
    {
        var token = _token;
        switch (token.Kind)
        {
            case TokenKind.BracketOpen:
                return new ListNode(token.Start, Any(TokenKind.BracketOpen, () => Value(constant), TokenKind.BracketClose));
            case TokenKind.BraceOpen:
                return new ObjectNode(token.Start, Any(TokenKind.BraceOpen, () => ObjectField(constant), TokenKind.BraceClose));
            case TokenKind.Int:
                return new IntNode(token.Start, Advance().Value!);
            case TokenKind.Float:
                return new FloatNode(token.Start, Advance().Value!);
            case TokenKind.String or TokenKind.BlockString:
                return new StringNode(token.Start, Advance().Value!, token.Kind == TokenKind.BlockString);
            case TokenKind.Name:
                return Advance().Value switch
                {
                    "true" => new BooleanNode(token.Start, true),
                    "false" => new BooleanNode(token.Start, false),
                    "null" => new NullNode(token.Start),
                    var name => new EnumNode(token.Start, name!),
                };
            case TokenKind.Dollar when !constant:
                return Variable();
            case TokenKind.Dollar:
                Advance();
                throw Peek(TokenKind.Name)
                    ? _lexer.Fail(token.Start, $"Unexpected variable \"${_token.Value}\" in constant value.") : Unexpected(token);
            default:
                throw Unexpected(token);
        }
    }

    private ObjectFieldNode ObjectField(bool constant)
    {
        var (start, name) = (_token.Start, Name());
        Expect(TokenKind.Colon);
        return new ObjectFieldNode(start, name, Value(constant));
    }

    private List<DirectiveNode> Directives(bool constant)
    {
        if (!Peek(TokenKind.At))
            return [];
        List<DirectiveNode> directives = [];
        while (Peek(TokenKind.At))
            directives.Add(new DirectiveNode(Advance().Start, Name(), Arguments(constant)));
        return directives;
    }

    private TypeNode Type()
    {
        var start = _token.Start;
        TypeNode type;
        if (Take(TokenKind.BracketOpen))
        {
            Enter();
            type = new ListTypeNode(start, Type());
            Expect(TokenKind.BracketClose);
            _nesting--;
        }
        else
        {
            type = NamedType();
        }
        return Take(TokenKind.Bang) ? new NonNullTypeNode(start, type) : type;
    }

    private NamedTypeNode NamedType() => new(_token.Start, Name());

    private NameNode Name()
    {
        var token = Expect(TokenKind.Name);
        return new NameNode(token.Start, token.Value!);
    }

    private bool Peek(TokenKind kind) => _token.Kind == kind;

    private bool PeekKeyword(string word) => _token.Kind == TokenKind.Name && _token.Value == word;

    private bool Take(TokenKind kind)
    {
        if (_token.Kind != kind)
            return false;
        Advance();
        return true;
    }

    private bool TakeKeyword(string word) => PeekKeyword(word) && Take(TokenKind.Name);

    private Token Expect(TokenKind kind) => _token.Kind == kind
        ? Advance() : throw _lexer.Fail(_token.Start, $"Expected {Token.Describe(kind)}, found {_token}.");

    private void ExpectKeyword(string word)
    {
        if (!TakeKeyword(word))
            throw _lexer.Fail(_token.Start, $"Expected \"{word}\", found {_token}.");
    }

    // The token that was there; the next one is read.
    private Token Advance()
    {
        var token = _token;
        _token = _lexer.Read(token.End);
        if (_token.Kind != TokenKind.End && ++_tokens > _limits.Tokens)
            throw _lexer.Fail(_token.Start, $"The document has more than {_limits.Tokens} tokens.");
        return token;
    }

    private void Enter()
    {
        if (++_nesting > _limits.Nesting || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw _lexer.Fail(_token.Start, $"The document is nested more than {Math.Min(_nesting - 1, _limits.Nesting)} deep.");
    }

    private GraphQLError Unexpected(Token token) => _lexer.Fail(token.Start, $"Unexpected {token}.");

    // Zero or more between two marks.
    private List<T> Any<T>(TokenKind open, Func<T> item, TokenKind close)
    {
        Expect(open);
        Enter();
        List<T> items = [];
        while (!Take(close))
            items.Add(item());
        _nesting--;
        return items;
    }

    // One or more between two marks.
    private List<T> Many<T>(TokenKind open, Func<T> item, TokenKind close)
    {
        Expect(open);
        Enter();
        List<T> items = [];
        do
            items.Add(item());
        while (!Take(close));
        _nesting--;
        return items;
    }

    private List<T> OptionalMany<T>(TokenKind open, Func<T> item, TokenKind close) => Peek(open) ? Many(open, item, close) : [];

    // One or more with a mark between them, and perhaps before the first.
    private List<T> Delimited<T>(TokenKind mark, Func<T> item)
    {
        Take(mark);
        List<T> items = [];
        do
            items.Add(item());
        while (Take(mark));
        return items;
    }
}
