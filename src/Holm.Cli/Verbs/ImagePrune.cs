using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm image prune</c></summary>
internal static class ImagePrune
{
    public static Verb Build()
    {
        var all = Parts.Switch("--all", "also images that have an alias");
        var dry = Parts.Switch("--dry-run", "only say what would be deleted");
        return new("prune", "delete the images that nothing uses", all, dry)
        {
            More = "Deletes images that no app uses and that have no alias, such as those whose alias moved on to a newer one, and what "
                + "came of pulls that were given up. "
                + "Prints a line for each.",
            Examples = ["holm image prune --dry-run"],
            Run = (line, caller) =>
            {
                var unused = caller.Node.Get("/1.0/images?recursion=1", ContractJson.Default.IReadOnlyListImage)
                    .Where(i => i.UsedBy.Count == 0 && (line.GetValue(all) || i.Aliases.Count == 0))
                    .ToDictionary(i => i.Fingerprint, i => $"{Say.Image(i.Fingerprint)}  {Say.Bytes(i.Size)}");
                if (!line.GetValue(dry))
                    caller.Node.Ask("DELETE", "/1.0/images/unfinished");
                if (!line.GetValue(dry))
                    return caller.Each([.. unused.Keys], "deleting image", fingerprint =>
                        caller.Node.Ask("DELETE", Names.Image(fingerprint)),
                        fingerprint => caller.Screen.Line(Visible.Line(unused[fingerprint])));
                foreach (var words in unused.Values)
                    caller.Screen.Line(Visible.Line(words));
                return ExitCodes.Ok;
            },
        };
    }
}
