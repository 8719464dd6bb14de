using System.Globalization;
using Holm.Config;
using Holm.Contract;
using Holm.Node.Instances;

namespace Holm.Node.Api;

/// <summary><c>POST /1.0/images</c> with a source of type <c>instance</c>: <c>lxc publish</c>.</summary>
internal static class ImagePublish
{
    private static readonly string[] Packers = ["none", "gzip", "bzip2", "lzma", "xz", "zstd", "squashfs"];

    public static Task Begin(Call call, string name, ImagesPost body)
    {
        if (!call.Document.Instances.ContainsKey(name))
            throw new Refusal(404, $"Instance not found: {Names.Show(name)}");
        if (body.Public)
            throw ImageRoutes.NotPublic();
        var packer = (body.CompressionAlgorithm ?? "").Split(' ')[0];
        if (packer.Length > 0 && !Packers.Contains(packer))
            throw new Refusal(400, $"compression algorithm {Names.Show(packer)} is not known; {string.Join(", ", Packers)} are");
        foreach (var alias in body.Aliases ?? [])
            Names.CheckImage(alias?.Name ?? "");
        var properties = body.Properties is { Count: > 0 } given ? Maps.From(given) : null;
        ImageRoutes.CheckProperties(properties ?? Maps.From(new Dictionary<string, string>()));
        var (node, said) = (call.Node, new PublishedAs(properties, body.ExpiresAt));
        var plan = new OperationPlan("Downloading image", "images") { MayCancel = true };
        return call.Began(call.Operations.Start(plan, async (run, ct) =>
        {
            if (packer.Length > 0)
                run.Tell("create_image_from_container_progress", $"images are kept as SquashFS, packed with zstd: {packer} is not used");
            var image = await node.Images.Publish(name, said, ct).ConfigureAwait(false);
            foreach (var alias in body.Aliases ?? [])
                node.Images.SetAlias(alias.Name, image.Fingerprint, alias.Description ?? "");
            run.Tell("size", image.Size.ToString(CultureInfo.InvariantCulture));
            run.Tell("fingerprint", image.Fingerprint);
            node.Events.Lifecycle("image-created", ImageRoutes.Url(image.Fingerprint));
        }));
    }
}
