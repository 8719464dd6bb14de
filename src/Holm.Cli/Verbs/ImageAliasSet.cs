using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm image alias set ALIAS IMAGE</c></summary>
internal static class ImageAliasSet
{
    public static Verb Build()
    {
        var alias = Parts.One("ALIAS", "the name; one that exists moves", LiveNames.Aliases);
        var image = Parts.One("IMAGE", "alias, fingerprint or the first digits of one", LiveNames.Images);
        var description = Parts.Value("--description", "TEXT", "free text");
        return new("set", "name an image", alias, image, description)
        {
            More = "Apps that follow the alias take the image it names now at their next start.",
            Examples = ["holm image alias set netbox 3f2a91c07b5e"],
            Run = (line, caller) =>
            {
                var target = Names.Fingerprint(caller, line.GetRequiredValue(image));
                Set(caller, line.GetRequiredValue(alias), target, line.GetValue(description));
                return ExitCodes.Ok;
            },
        };
    }

    /// <summary>Makes the alias, or moves it when it names another image.</summary>
    public static void Set(Caller caller, string alias, string fingerprint, string? description)
    {
        ImageAlias now;
        try
        {
            now = caller.Node.Get(Names.Alias(alias), ContractJson.Default.ImageAlias);
        }
        catch (Refusal refusal) when (refusal.Code == 404)
        {
            var made = new ImageAlias { Name = alias, Target = fingerprint, Description = description ?? "", Type = "container" };
            caller.Finish(caller.Node.Send("POST", "/1.0/images/aliases", made, ContractJson.Default.ImageAlias), $"naming image {alias}");
            return;
        }
        if (now.Target == fingerprint && (description is null || description == now.Description))
            return;
        var moved = new ImageAliasPut { Target = fingerprint, Description = description ?? now.Description };
        caller.Finish(caller.Node.Send("PUT", Names.Alias(alias), moved, ContractJson.Default.ImageAliasPut), $"naming image {alias}");
    }
}
