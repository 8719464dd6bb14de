using System.Text.Json.Serialization;

namespace Holm.Contract;

/// <summary>An image as <c>GET /1.0/images/FINGERPRINT</c> shows it.</summary>
/// <remarks>LXD 5.0's object plus <see cref="UsedBy"/> and <see cref="Layers"/>.</remarks>
public sealed record Image
{
    /// <summary>Always false: nothing fetches it again by itself.</summary>
    public bool AutoUpdate { get; init; }

    /// <summary>Free text by key, for example <c>os</c>, <c>release</c>, <c>description</c>.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>Always false.</summary>
    public bool Public { get; init; }

    /// <summary>When it is out of date, for people to see; year 1: never.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Profiles of instances made from it without naming any.</summary>
    public IReadOnlyList<string> Profiles { get; init; } = ["default"];

    /// <summary>Names it goes by.</summary>
    public IReadOnlyList<ImageAlias> Aliases { get; init; } = [];

    /// <summary>Kernel name of the machine, for example <c>x86_64</c>.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>Always false.</summary>
    public bool Cached { get; init; }

    /// <summary>Name of the file it came from.</summary>
    public string Filename { get; init; } = "";

    /// <summary>sha256, 64 hex digits, of what export sends.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>Bytes stored.</summary>
    public long Size { get; init; }

    /// <summary>Always <c>container</c>.</summary>
    public string Type { get; init; } = "container";

    /// <summary>When it was made, by its metadata.yaml or its superblock.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Year 1: not recorded, flash is not written for it.</summary>
    public DateTimeOffset LastUsedAt { get; init; }

    /// <summary>When it came to this node.</summary>
    public DateTimeOffset UploadedAt { get; init; }

    /// <summary>URLs of the instances that use it.</summary>
    public IReadOnlyList<string> UsedBy { get; init; } = [];

    /// <summary>Its SquashFS layers, lowest first, by sha256.</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];
}

/// <summary>A name for an image.</summary>
public sealed record ImageAlias
{
    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Free text.</summary>
    public string Description { get; init; } = "";

    /// <summary>Fingerprint it stands for; left out inside an image.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Target { get; init; }

    /// <summary><c>container</c>; left out inside an image.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Type { get; init; }
}

/// <summary>JSON body of <c>POST /1.0/images</c>: the node reads a file of its own machine (root and group holm only).</summary>
/// <remarks>A body of any other content type is the image file itself.</remarks>
public sealed record ImagesPost
{
    /// <summary>Where it comes from.</summary>
    public ImageSource Source { get; set; } = new();

    /// <summary>Name shown as <see cref="Image.Filename"/>.</summary>
    public string? Filename { get; set; }

    /// <summary>Aliases to set once it is stored.</summary>
    public List<ImageAlias>? Aliases { get; set; }

    /// <summary>Free text by key.</summary>
    public Dictionary<string, string>? Properties { get; set; }

    /// <summary>Of an instance: true is refused, see <see cref="ImagePut.Public"/>.</summary>
    public bool Public { get; set; }

    /// <summary>Of an instance: when the image is out of date, for people to see.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>Of an instance: not used; images are kept as SquashFS, packed with zstd.</summary>
    public string? CompressionAlgorithm { get; set; }

    /// <summary>True: the image is no system, <c>/sbin/init</c> is not asked for.</summary>
    [JsonPropertyName("no-init")]
    public bool NoInit { get; set; }
}

/// <summary>Where an image comes from.</summary>
public sealed record ImageSource
{
    /// <summary><c>file</c>, <c>archive</c> (a file with images in it), <c>registry</c>, or <c>instance</c>.</summary>
    public string Type { get; set; } = "file";

    /// <summary>Of a file or an archive: absolute path on the node.</summary>
    public string Path { get; set; } = "";

    /// <summary>Of a registry: <c>[REGISTRY/]PATH[:TAG][@sha256:DIGEST]</c>. Of an instance: its name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; set; }

    /// <summary>Of a registry: for which machine, <c>amd64</c>, <c>arm64</c> or <c>arm/v7</c>; null: the node's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Architecture { get; set; }

    /// <summary>Of a registry: who asks, by host; null: who the node is there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Dictionary<string, RegistryLogin>? Logins { get; set; }

    /// <summary>Of a registry: seconds after which it is given up, to go on another time; null: never.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Timeout { get; set; }
}

/// <summary>Body of <c>PUT /1.0/registries/HOST</c>: who this node is there.</summary>
public sealed record RegistryLogin
{
    /// <summary>User name.</summary>
    public string User { get; set; } = "";

    /// <summary>Password or token.</summary>
    public string Password { get; set; } = "";

    /// <summary>An OAuth refresh token in place of a password.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? IdentityToken { get; set; }
}

/// <summary>Body of <c>PUT</c> and <c>PATCH /1.0/images/FINGERPRINT</c>.</summary>
public sealed record ImagePut
{
    /// <summary>True is refused: nothing fetches it again by itself.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? AutoUpdate { get; set; }

    /// <summary>True is refused: nobody who is not trusted is answered.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Public { get; set; }

    /// <summary>When it is out of date, for people to see; null: as it is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>Profiles of instances that name none; null: as they are.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public List<string>? Profiles { get; set; }

    /// <summary>Free text by key.</summary>
    public Dictionary<string, string>? Properties { get; set; }
}

/// <summary>Body of <c>PUT</c> and <c>PATCH /1.0/images/aliases/NAME</c>, and of <c>POST</c> (rename: <see cref="Name"/>).</summary>
public sealed record ImageAliasPut
{
    /// <summary>The new name.</summary>
    public string? Name { get; set; }

    /// <summary>Free text.</summary>
    public string? Description { get; set; }

    /// <summary>Fingerprint it stands for.</summary>
    public string? Target { get; set; }
}

/// <summary>One layer of an image on its way, in an operation's <c>layers</c>.</summary>
public sealed record PullLayer
{
    /// <summary>First digits of the blob's sha256.</summary>
    public string Digest { get; init; } = "";

    /// <summary>Bytes of the blob.</summary>
    public long Size { get; init; }

    /// <summary>Bytes of it that are here.</summary>
    public long Here { get; init; }

    /// <summary>One of <see cref="PullState"/>'s names, in lower case.</summary>
    public string State { get; init; } = "";
}

/// <summary>One image of an archive, in an operation's <c>loaded</c>.</summary>
public sealed record LoadedImage
{
    /// <summary>The image.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>Names it got.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];
}

/// <summary>How far a layer is.</summary>
public enum PullState
{
    /// <summary>Not begun.</summary>
    Waiting,
    /// <summary>Its blob comes.</summary>
    Fetching,
    /// <summary>Its blob is whole.</summary>
    Fetched,
    /// <summary>It becomes a SquashFS.</summary>
    Converting,
    /// <summary>It is here.</summary>
    Done,
}
