using System.CommandLine;
using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Linux;
using Holm.Linux.Terminals;

namespace Holm.Cli.Verbs;

/// <summary><c>holm save IMAGE… [-o FILE]</c></summary>
internal static class Save
{
    /// <summary>How long the node may pack one layer before it sends.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(30);

    public static Verb Build()
    {
        var images = Parts.Some("IMAGE", "names, aliases, or first digits of fingerprints", LiveNames.Images);
        var output = new Option<string?>("--output", "-o") { Description = "file to write; else standard output", HelpName = "FILE" };
        LiveNames.Offer(output.CompletionSources, LiveNames.AnyFile);
        var force = Parts.Switch("--force", "replace a file that exists");
        var format = new Option<string?>("--format") { Description = "oci-archive, the only one", HelpName = "oci-archive" };
        format.AcceptOnlyFromAmong("oci-archive");
        return new("save", "write images to an archive for docker, podman, skopeo or another node", images, output, force, format)
        {
            More = "An OCI image layout in a tar. Each layer is packed anew from what is stored, so an image's digest in the archive is "
                + "another than where it came from, with the same contents; saved again, by this node or one that loaded it, it stays the "
                + "same. Layers that images share are in it once. An image has the name there by which it is asked for, by a fingerprint "
                + "none. A cut leaves no file.",
            Examples = ["holm save netbox -o netbox.tar", "holm save docker.io/library/busybox:latest | podman load",
                "holm save web db | ssh other holm load -"],
            Run = (line, caller) =>
            {
                var asked = line.GetRequiredValue(images);
                var target = "/1.0/archive?" + string.Join('&', asked.Select(i => "image=" + Uri.EscapeDataString(i)));
                if (line.GetValue(output) is { } path && path != "-")
                    ImageExport.Whole($"save {asked[0]}", path, line.GetValue(force), file => Fetch(file));
                else if (Terminal.Is(caller.Screen.Output))
                    throw new UsageError("an archive is nothing for a terminal; say --output FILE, or redirect standard output");
                else
                    Fetch(caller.Screen.Output);
                return ExitCodes.Ok;

                void Fetch(Fd into) => caller.Node.Download(target, piece => Screen.Write(into, piece.Span), Silence);
            },
        };
    }
}
