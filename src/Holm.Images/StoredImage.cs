using System.Text.Json.Serialization;
using Holm.Contract;
using Holm.Images.Lxd;
using Holm.Images.Oci;
using Holm.Linux.Files;

namespace Holm.Images;

/// <summary>An image as the store keeps it: <c>images/FINGERPRINT.json</c>. Its bytes never change; properties may.</summary>
public sealed record StoredImage
{
    /// <summary>sha256 of what export sends.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Its layers, lowest first, by sha256.</summary>
    public required IReadOnlyList<string> Layers { get; init; }

    /// <summary>Bytes of all its layers.</summary>
    public required long Size { get; init; }

    /// <summary>Kernel name of the machine it is for.</summary>
    public required string Architecture { get; init; }

    /// <summary>Name of the file it came from.</summary>
    public required string Filename { get; init; }

    /// <summary>True when it is a system: /sbin/init was there and checked.</summary>
    public required bool HasInit { get; init; }

    /// <summary>Signal that asks its init to power off.</summary>
    public required int HaltSignal { get; init; }

    /// <summary>Signal that asks its init to reboot.</summary>
    public required int RebootSignal { get; init; }

    /// <summary>Free text by key.</summary>
    public required IReadOnlyDictionary<string, string> Properties { get; init; }

    /// <summary>When it was made, by its superblock.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it came here.</summary>
    public required DateTimeOffset UploadedAt { get; init; }

    /// <summary>Of an image from the OCI world: what it said of itself; else null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StoredOci? Oci { get; init; }

    /// <summary>Of an image of LXD's: its other half; else null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StoredLxd? Lxd { get; init; }

    /// <summary>Profiles of instances that name none; null: <c>default</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Profiles { get; init; }

    /// <summary>When it is out of date, for people to see; null: never.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A name for an image.</summary>
/// <param name="Target">Fingerprint.</param>
/// <param name="Description">Free text.</param>
public sealed record StoredAlias(string Target, string Description);

/// <summary>What to take in.</summary>
/// <param name="Path">A file of this machine.</param>
/// <param name="Filename">The name it is shown under; null: the path's last part.</param>
/// <param name="NoInit">True: the image is no system.</param>
/// <param name="Properties">Free text by key; over what the image says of itself.</param>
/// <param name="Upload">That file, when it was staged in <see cref="ImageStore.StagingFolder"/>; who staged it disposes it.</param>
public sealed record ImportRequest(string Path, string? Filename = null, bool NoInit = false,
    IReadOnlyDictionary<string, string>? Properties = null, StagedFile? Upload = null)
{
    /// <summary>Of a split image of LXD's: the half that is not its root, staged as <see cref="Upload"/> is.</summary>
    public StagedFile? Metadata { get; init; }

    /// <summary>Reads the metadata.yaml of such an image, with its templates by name, or refuses it.</summary>
    public Func<string, IReadOnlyDictionary<string, string>, ImageMetadata> Describe { get; init; } =
        (_, _) => throw new Refusal(501, "images of LXD's are not read here");

    /// <summary>Profiles of instances that name none; null: <c>default</c>.</summary>
    public IReadOnlyList<string>? Profiles { get; init; }

    /// <summary>What a person knows it by.</summary>
    internal string Shown => Upload is null || Filename is null or "" ? Path : Filename;
}

/// <summary>JSON of the store's files.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(StoredImage))]
[JsonSerializable(typeof(StoredOci))]
[JsonSerializable(typeof(SortedDictionary<string, StoredAlias>))]
internal sealed partial class StoreJson : JsonSerializerContext;
