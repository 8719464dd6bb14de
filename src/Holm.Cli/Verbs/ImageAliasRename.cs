using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm image alias rename OLD NEW</c></summary>
internal static class ImageAliasRename
{
    public static Verb Build()
    {
        var old = Parts.One("OLD", "the alias", LiveNames.Aliases);
        var next = Parts.One("NEW", "its new name");
        return new("rename", "rename an alias", old, next)
        {
            Examples = ["holm image alias rename netbox netbox-old"],
            Run = (line, caller) =>
            {
                var name = line.GetRequiredValue(old);
                var body = new ImageAliasPut { Name = line.GetRequiredValue(next) };
                caller.Finish(caller.Node.Send("POST", Names.Alias(name), body, ContractJson.Default.ImageAliasPut),
                    $"renaming alias {name}");
                return ExitCodes.Ok;
            },
        };
    }
}
