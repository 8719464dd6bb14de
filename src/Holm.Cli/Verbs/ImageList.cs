using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm image list</c></summary>
internal static class ImageList
{
    public static Verb Build()
    {
        var format = Parts.ListFormat();
        return new("list", "list the images of this node", format)
        {
            Examples = ["holm image list"],
            Run = (line, caller) => Run(caller, line.GetRequiredValue(format)),
        };
    }

    /// <summary>Prints them.</summary>
    public static int Run(Caller caller, string format) =>
        caller.Show(format, "/1.0/images?recursion=1", ContractJson.Default.IReadOnlyListImage, Rows);

    private static Table Rows(IReadOnlyList<Image> images)
    {
        var table = new Table("ALIAS", "FINGERPRINT", "ARCHITECTURE", "SIZE", "USED BY", "UPLOADED", "DESCRIPTION");
        foreach (var image in images.OrderBy(i => i.Aliases.Count > 0 ? i.Aliases[0].Name : "~", StringComparer.Ordinal))
            table.Add(string.Join(' ', image.Aliases.Select(a => a.Name)), Say.Image(image.Fingerprint), image.Architecture,
                Say.Bytes(image.Size),
                string.Join(' ', image.UsedBy.Select(Names.Last)),
                Say.Time(image.UploadedAt), image.Properties.GetValueOrDefault("description", ""));
        return table;
    }
}
