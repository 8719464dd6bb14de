using System.Globalization;
using Holm.Config;
using Holm.Contract;
using Holm.Node.Instances;

namespace Holm.Node.Api;

/// <summary><c>POST /1.0/images</c> with a source of type <c>instance</c> or <c>snapshot</c>: <c>lxc publish</c>.</summary>
internal static class ImagePublish
{
    private static readonly string[] Packers = ["none", "gzip", "bzip2", "lzma", "xz", "zstd", "squashfs"];

    public static Task Begin(Call call, ImageSource source, ImagesPost body)
    {
        var (name, snapshot) = (source.Type == "snapshot", (source.Name ?? "").Split('/')) switch
        {
            (false, [var one]) => (one, null),
            (true, [{ Length: > 0 } one, { Length: > 0 } two]) => (one, two),
            _ => throw new Refusal(400, $"source name {Names.Show(source.Name ?? "")} is no " +
                (source.Type == "snapshot" ? "INSTANCE/SNAPSHOT" : "INSTANCE; a snapshot is of type snapshot")),
        };
        if (!call.Document.Instances.ContainsKey(name))
            throw new Refusal(404, $"Instance not found: {Names.Show(name)}");
        if (snapshot is not null && call.Node.Snapshots.List(name).All(s => s.Name != snapshot))
            throw new Refusal(404, $"Instance snapshot not found: {Names.Show($"{name}/{snapshot}")}");
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
            var image = await node.Images.Publish(name, snapshot, said, ct).ConfigureAwait(false);
            foreach (var alias in body.Aliases ?? [])
                node.Images.SetAlias(alias.Name, image.Fingerprint, alias.Description ?? "");
            run.Tell("size", image.Size.ToString(CultureInfo.InvariantCulture));
            run.Tell("fingerprint", image.Fingerprint);
            node.Events.Lifecycle("image-created", ImageRoutes.Url(image.Fingerprint));
        }));
    }
}
