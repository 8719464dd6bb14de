using Holm.Contract;
using Holm.Images;
using Holm.Images.Roots;
using Holm.Linux;
using Holm.Node.Config;
using Holm.Node.Metadata;

namespace Holm.Node.Instances;

/// <summary>What an image made of an instance says of itself.</summary>
/// <param name="Properties">Free text by key; null: as its image.</param>
/// <param name="ExpiresAt">When it is out of date; year 1: never.</param>
public sealed record PublishedAs(IReadOnlyDictionary<string, string>? Properties, DateTimeOffset ExpiresAt);

/// <summary>Makes images of instances that do not run, and of snapshots: layers of their image and what was written, as one.</summary>
/// <param name="control">Keeps an instance from being started meanwhile.</param>
/// <param name="snapshots">Those there are.</param>
/// <param name="reader">Knows what its root is made of.</param>
/// <param name="roots">Mount it.</param>
/// <param name="images">Where the image goes.</param>
/// <param name="config">The document.</param>
/// <param name="clock">For the date of creation.</param>
public sealed class Publishing(
    InstanceControl control, SnapshotFolders snapshots, SpecReader reader, Roots roots, ImageStore images, ConfigStore config,
    TimeProvider clock)
{
    /// <summary>Makes one.</summary>
    /// <param name="name">The instance.</param>
    /// <param name="snapshot">Its snapshot; null: as it is now.</param>
    /// <param name="said">What the image says of itself.</param>
    /// <param name="ct">Gives up; nothing is left.</param>
    /// <exception cref="Refusal">400: it runs, or keeps nothing that could be packed.</exception>
    public Task<StoredImage> Publish(string name, string? snapshot, PublishedAs said, CancellationToken ct) => snapshot is null
        ? control.WhileStopped(name, "Cannot export a running instance as an image", () => Pack(name, null, said, ct), ct)
        : control.WhileHeld(name, () => Pack(name, snapshots.Find(name, snapshot), said, ct), ct);

    private async Task<StoredImage> Pack(string name, StoredSnapshot? snapshot, PublishedAs said, CancellationToken ct)
    {
        var document = config.Current;
        var instance = snapshot?.Instance ?? document.Instances.GetValueOrDefault(name) ?? throw new Refusal(404, "Instance not found");
        var image = images.Find(instance.Image) ?? throw new Refusal(404, $"publish {name}: its image is not on this node");
        if (image.Oci is not null)
            throw new Refusal(400, $"publish {name}: it is of an image of a registry, whose command and user LXD's images cannot " +
                "say; build such an image anew instead");
        var root = snapshot is null ? reader.PlainRoot(document, instance, image) : reader.StillRoot(snapshot, image);
        if (snapshot is null && root.KeptFolder is null)
            throw new Refusal(400, $"publish {name}: what it writes is in memory (pool ram) and gone when it does not run; give its " +
                "root pool default");
        var metadata = Describe(image, said);
        Fd? top = null;
        // As the disk has them: ids of the container's own.
        using var space = roots.Mount(root, r => top = Fd.OpenInRoot(r, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY));
        using (top)
            return await images.Publish(
                top!, metadata, MetadataYaml.Write(metadata), image.Lxd?.Templates ?? new Dictionary<string, string>(),
                !image.HasInit, ct).ConfigureAwait(false);
    }

    private ImageMetadata Describe(StoredImage image, PublishedAs said) => (image.Lxd?.Metadata ?? new ImageMetadata()) with
    {
        Architecture = image.Architecture,
        CreationDate = clock.GetUtcNow().ToUnixTimeSeconds(),
        ExpiryDate = said.ExpiresAt.Year > 1 ? Math.Max(0, said.ExpiresAt.ToUnixTimeSeconds()) : 0,
        Properties = said.Properties ?? image.Properties,
    };
}
