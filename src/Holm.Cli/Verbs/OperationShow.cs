using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm operation show ID</c></summary>
internal static class OperationShow
{
    public static Verb Build()
    {
        var id = Parts.One("ID", "id of the operation", LiveNames.Operations);
        var format = Parts.ShowFormat();
        return new("show", "show an operation", id, format)
        {
            More = "A finished operation can be shown for a few seconds.",
            Examples = ["holm operation show 0a2f8c1e-5d1b-4d7e-9a35-6c0f0e3b7c11"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), Names.Operation(line.GetRequiredValue(id)),
                ContractJson.Default.Operation, Words),
        };
    }

    private static string Words(Operation operation)
    {
        var facts = new Facts()
            .Add("Id", operation.Id)
            .Add("Description", operation.Description)
            .Add("Status", operation.Err.Length > 0 ? $"{operation.Status}: {operation.Err}" : operation.Status)
            .Add("On", OperationList.On(operation))
            .Add("May cancel", Say.YesNo(operation.MayCancel))
            .Add("Created", Say.Time(operation.CreatedAt))
            .Add("Updated", Say.Time(operation.UpdatedAt));
        // Results may hold the secrets of websockets; in words only progress is shown.
        foreach (var (key, value) in operation.Metadata ?? new Dictionary<string, System.Text.Json.JsonElement>())
            if (key.EndsWith("_progress", StringComparison.Ordinal))
                facts.Add("Progress", value.ToString());
        return facts.ToString();
    }
}
