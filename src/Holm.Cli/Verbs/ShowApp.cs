using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm show app [NAME]</c></summary>
internal static class ShowApp
{
    public static Verb Build()
    {
        var name = Parts.Maybe("NAME", "an app, to be shown with all that is known of it", LiveNames.Instances);
        return new("app", "list apps and their state, or show one", name,
            new Verb("image", "list images")
            {
                Own = true,
                Examples = ["holm show app image"],
                Run = (_, caller) => ImageList.Run(caller, "table"),
            })
        {
            Own = true,
            More = "The list has the columns of lxc-ls -f.",
            Examples = ["holm show app", "holm show app web"],
            Run = (line, caller) => line.GetValue(name) is { } app ? AppShow.Run(caller, app, "text") : List(caller),
        };
    }

    private static int List(Caller caller)
    {
        var table = LxcLsTable.Render(caller.Node.Get("/1.0/instances?recursion=2", ContractJson.Default.IReadOnlyListInstance));
        if (table.Length > 0)
            caller.Screen.Line(table);
        return ExitCodes.Ok;
    }
}
