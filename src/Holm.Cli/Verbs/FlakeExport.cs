using Holm.Cli.Help;
using Holm.Cli.Output;

namespace Holm.Cli.Verbs;

/// <summary><c>holm flake export NAME</c></summary>
internal static class FlakeExport
{
    public static Verb Build()
    {
        var name = Parts.One("NAME", "name of the flake", LiveNames.Flakes);
        return new("export", "print a flake as YAML", name)
        {
            More = "What holm flake import takes, on this node or another. Drop-ins are merged in; images and includes are named, not "
                + "contained.",
            Examples = ["holm flake export aws > aws.yaml", "holm flake export aws | ssh other holm flake import -"],
            Run = (line, caller) =>
            {
                caller.Node.Download($"{Names.Flake(line.GetRequiredValue(name))}?format=yaml",
                    piece => Screen.Write(caller.Screen.Output, piece.Span));
                return ExitCodes.Ok;
            },
        };
    }
}
