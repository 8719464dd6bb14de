using System.Text.Json.Serialization;

namespace Holm.Contract;

/// <summary>What points at a blob.</summary>
/// <remarks>OCI image specification 1.1, descriptor.md. What is not listed is not looked at.</remarks>
public sealed record OciDescriptor
{
    /// <summary>What the blob is, for example <c>application/vnd.oci.image.layer.v1.tar+gzip</c>.</summary>
    public string MediaType { get; init; } = "";

    /// <summary><c>sha256:</c> and 64 hex digits.</summary>
    public string Digest { get; init; } = "";

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>For which machine; in an index only.</summary>
    public OciPlatform? Platform { get; init; }

    /// <summary>Free text by key.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

/// <summary>A kind of machine, in Go's words.</summary>
public sealed record OciPlatform
{
    /// <summary>For example <c>amd64</c>, <c>arm64</c>, <c>arm</c>.</summary>
    public string Architecture { get; init; } = "";

    /// <summary><c>linux</c>.</summary>
    public string Os { get; init; } = "";

    /// <summary>For arm: <c>v6</c>, <c>v7</c>; for arm64 <c>v8</c> or nothing.</summary>
    public string? Variant { get; init; }
}

/// <summary>An index (manifest list) or a manifest: the first has <see cref="Manifests"/>, the second <see cref="Layers"/>.</summary>
/// <remarks>OCI image specification 1.1, image-index.md and manifest.md; Docker image manifest version 2, schema 2.</remarks>
public sealed record OciManifest
{
    /// <summary>2; Docker's schema 1 has 1.</summary>
    public int SchemaVersion { get; init; }

    /// <summary>What it is; may be missing, when the registry's Content-Type says it.</summary>
    public string? MediaType { get; init; }

    /// <summary>Of an index.</summary>
    public IReadOnlyList<OciDescriptor>? Manifests { get; init; }

    /// <summary>Of a manifest: the blob that is an <see cref="OciConfig"/>.</summary>
    public OciDescriptor? Config { get; init; }

    /// <summary>Of a manifest, lowest first.</summary>
    public IReadOnlyList<OciDescriptor>? Layers { get; init; }

    /// <summary>Free text by key.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

/// <summary>What an image says of itself.</summary>
/// <remarks>OCI image specification 1.1, config.md.</remarks>
public sealed record OciConfig
{
    /// <summary>RFC 3339.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>As in <see cref="OciPlatform"/>.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>As in <see cref="OciPlatform"/>.</summary>
    public string Os { get; init; } = "";

    /// <summary>As in <see cref="OciPlatform"/>.</summary>
    public string? Variant { get; init; }

    /// <summary>How it is run.</summary>
    public OciRun? Config { get; init; }

    /// <summary>Its layers.</summary>
    public OciRootfs? Rootfs { get; init; }
}

/// <summary>The layers by what is in them.</summary>
public sealed record OciRootfs
{
    /// <summary><c>layers</c>.</summary>
    public string Type { get; init; } = "";

    /// <summary>sha256 of each layer's unpacked tar, lowest first.</summary>
    [JsonPropertyName("diff_ids")]
    public IReadOnlyList<string>? DiffIds { get; init; }
}

/// <summary>How an image is run.</summary>
public sealed record OciRun
{
    /// <summary>Name or number, with or without <c>:group</c>.</summary>
    [JsonPropertyName("User")]
    public string? User { get; init; }

    /// <summary><c>80/tcp</c> and so on.</summary>
    [JsonPropertyName("ExposedPorts")]
    public IReadOnlyDictionary<string, OciNothing>? ExposedPorts { get; init; }

    /// <summary><c>NAME=VALUE</c> each.</summary>
    [JsonPropertyName("Env")]
    public IReadOnlyList<string>? Env { get; init; }

    /// <summary>First words of the command.</summary>
    [JsonPropertyName("Entrypoint")]
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>The words after them, unless the caller has some.</summary>
    [JsonPropertyName("Cmd")]
    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>Folders that hold data.</summary>
    [JsonPropertyName("Volumes")]
    public IReadOnlyDictionary<string, OciNothing>? Volumes { get; init; }

    /// <summary>Where it starts.</summary>
    [JsonPropertyName("WorkingDir")]
    public string? WorkingDir { get; init; }

    /// <summary>Free text by key.</summary>
    [JsonPropertyName("Labels")]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Name or number.</summary>
    [JsonPropertyName("StopSignal")]
    public string? StopSignal { get; init; }
}

/// <summary>One image in what <c>docker save</c> writes.</summary>
public sealed record DockerImage
{
    /// <summary>File of the config.</summary>
    [JsonPropertyName("Config")]
    public string? Config { get; init; }

    /// <summary>Names it goes by.</summary>
    [JsonPropertyName("RepoTags")]
    public IReadOnlyList<string>? RepoTags { get; init; }

    /// <summary>Files of its layers, lowest first.</summary>
    [JsonPropertyName("Layers")]
    public IReadOnlyList<string>? Layers { get; init; }
}

/// <summary>An empty object: how the specification writes sets.</summary>
public sealed record OciNothing;

/// <summary>What a token server answers.</summary>
/// <remarks>Distribution, "Token Authentication Specification".</remarks>
public sealed record RegistryToken
{
    /// <summary>The token, in Docker's word.</summary>
    public string? Token { get; init; }

    /// <summary>The token, in OAuth's word.</summary>
    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }
}

/// <summary>Credentials as docker and podman keep them: <c>auth.json</c>, <c>~/.docker/config.json</c>.</summary>
/// <remarks>containers-auth.json(5).</remarks>
public sealed record RegistryAuths
{
    /// <summary>By registry, or registry and path.</summary>
    public IReadOnlyDictionary<string, RegistryAuth>? Auths { get; init; }
}

/// <summary>One of them.</summary>
public sealed record RegistryAuth
{
    /// <summary>Base64 of <c>USER:PASSWORD</c>.</summary>
    public string? Auth { get; init; }

    /// <summary>An OAuth refresh token, instead of a password.</summary>
    [JsonPropertyName("identitytoken")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? IdentityToken { get; init; }
}

/// <summary>JSON of images and registries.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(OciManifest))]
[JsonSerializable(typeof(OciConfig))]
[JsonSerializable(typeof(IReadOnlyList<DockerImage>))]
[JsonSerializable(typeof(RegistryToken))]
[JsonSerializable(typeof(RegistryAuths))]
public sealed partial class OciJson : JsonSerializerContext;
