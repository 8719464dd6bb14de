using Holm.Cli.Help;

namespace Holm.Cli.Verbs;

/// <summary><c>holm operation delete ID…</c></summary>
internal static class OperationDelete
{
    public static Verb Build()
    {
        var ids = Parts.Some("ID", "ids of operations", LiveNames.Operations);
        return new("delete", "cancel operations", ids)
        {
            Examples = ["holm operation delete 0a2f8c1e-5d1b-4d7e-9a35-6c0f0e3b7c11"],
            Run = (line, caller) =>
                caller.Each(line.GetRequiredValue(ids), "cancelling", id => caller.Node.Ask("DELETE", Names.Operation(id))),
        };
    }
}
