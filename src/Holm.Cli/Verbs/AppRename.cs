using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm app rename OLD NEW</c></summary>
internal static class AppRename
{
    public static Verb Build()
    {
        var old = Parts.One("OLD", "name of the app", Help.LiveNames.Instances);
        var next = Parts.One("NEW", "its new name");
        return new("rename", "give an app another name", old, next)
        {
            More = "Only a stopped app can be renamed.",
            Examples = ["holm app rename web www"],
            Run = (line, caller) =>
            {
                var body = new InstancePost { Name = line.GetRequiredValue(next) };
                var name = line.GetRequiredValue(old);
                caller.Finish(caller.Node.Send("POST", Names.Instance(name), body, ContractJson.Default.InstancePost), $"renaming {name}");
                return ExitCodes.Ok;
            },
        };
    }
}
