using System.Globalization;
using System.Text;
using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm image show IMAGE</c></summary>
internal static class ImageShow
{
    public static Verb Build()
    {
        var image = Parts.One("IMAGE", "alias, fingerprint or the first digits of one", LiveNames.Images);
        var format = Parts.ShowFormat();
        return new("show", "show an image", image, format)
        {
            Examples = ["holm image show netbox"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format),
                Names.Image(Names.Fingerprint(caller, line.GetRequiredValue(image))), ContractJson.Default.Image, Words),
        };
    }

    private static string Words(Image image)
    {
        var text = new StringBuilder(new Facts()
            .Add("Fingerprint", image.Fingerprint)
            .Add("Aliases", string.Join(' ', image.Aliases.Select(a => a.Name)))
            .Add("Architecture", image.Architecture)
            .Add("Size", $"{Say.Bytes(image.Size)} ({image.Size.ToString(CultureInfo.InvariantCulture)} bytes)")
            .Add("File", image.Filename)
            .Add("Made", Say.Time(image.CreatedAt))
            .Add("Uploaded", Say.Time(image.UploadedAt))
            .Add("Used by", string.Join(' ', image.UsedBy.Select(Names.Last)))
            .Add("Layers", string.Join(' ', image.Layers))
            .ToString());
        if (image.Properties.Count > 0)
            text.Append("\n\nProperties\n").Append(Settings.Config(image.Properties));
        return text.ToString();
    }
}
