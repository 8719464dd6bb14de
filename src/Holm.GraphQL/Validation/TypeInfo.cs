using Holm.GraphQL.Language;
using Holm.GraphQL.Types;

namespace Holm.GraphQL.Validation;

/// <summary>The types at the node that a walk has come to; null where the document names what the schema does not have.</summary>
internal sealed class TypeInfo(Schema schema)
{
    private readonly Stack<GraphType?> _types = [];
    private readonly Stack<NamedType?> _parents = [];
    private readonly Stack<GraphType?> _inputs = [];
    private readonly Stack<Field?> _fields = [];
    private readonly Stack<bool> _defaults = [];

    /// <summary>Of the field, operation or fragment.</summary>
    public GraphType? Type => Top(_types);

    /// <summary>What the innermost selection set selects from.</summary>
    public NamedType? Parent => Top(_parents);

    /// <summary>What a value here has to be.</summary>
    public GraphType? Input => Top(_inputs);

    /// <summary>What the list or object around it has to be.</summary>
    public GraphType? ParentInput => _inputs.Count > 1 ? _inputs.ElementAt(1) : null;

    /// <summary>True where the schema has a value for want of another.</summary>
    public bool HasDefault => Top(_defaults);

    public Field? Field => Top(_fields);

    public Directive? Directive { get; private set; }

    public InputValue? Argument { get; private set; }

    public void Enter(Node node)
    {
        switch (node)
        {
            case SelectionSetNode:
                _parents.Push(Type?.Named is { IsComposite: true } parent ? parent : null);
                break;
            case FieldNode field:
                var definition = Parent is null ? null : schema.Field(Parent, field.Name.Value);
                _fields.Push(definition);
                _types.Push(definition?.Type);
                break;
            case DirectiveNode directive:
                Directive = schema.Directives.GetValueOrDefault(directive.Name.Value);
                break;
            case OperationNode operation:
                _types.Push(schema.Root(operation.Kind));
                break;
            case InlineFragmentNode { Condition: null }:
                _types.Push(Type?.Named);
                break;
            case InlineFragmentNode fragment:
                PushOutput(fragment.Condition!);
                break;
            case FragmentNode fragment:
                PushOutput(fragment.Condition);
                break;
            case VariableDefinitionNode variable:
                PushInput(schema.Find(variable.Type));
                break;
            case ArgumentNode argument:
                Argument = (Directive?.Arguments ?? Field?.Arguments)?.FirstOrDefault(a => a.Name == argument.Name.Value);
                PushInput(Argument?.Type);
                _defaults.Push(Argument?.HasDefault == true);
                break;
            case ListNode:
                PushInput(Input?.Nullable is ListType list ? list.Of : Input?.Nullable);
                _defaults.Push(false);
                break;
            case ObjectFieldNode field:
                var value = (Input?.Named as InputObjectType)?.Fields.GetValueOrDefault(field.Name.Value);
                PushInput(value?.Type);
                _defaults.Push(value?.HasDefault == true);
                break;
        }
    }

    public void Leave(Node node)
    {
        switch (node)
        {
            case SelectionSetNode:
                _parents.Pop();
                break;
            case FieldNode:
                _fields.Pop();
                _types.Pop();
                break;
            case DirectiveNode:
                Directive = null;
                break;
            case OperationNode or InlineFragmentNode or FragmentNode:
                _types.Pop();
                break;
            case VariableDefinitionNode:
                _inputs.Pop();
                break;
            case ArgumentNode or ListNode or ObjectFieldNode:
                Argument = node is ArgumentNode ? null : Argument;
                _inputs.Pop();
                _defaults.Pop();
                break;
        }
    }

    private void PushOutput(TypeNode node) => _types.Push(schema.Find(node) is { Named.IsOutput: true } type ? type : null);

    private void PushInput(GraphType? type) => _inputs.Push(type?.Named.IsInput == true ? type : null);

    private static T? Top<T>(Stack<T> stack) => stack.TryPeek(out var top) ? top : default;
}
