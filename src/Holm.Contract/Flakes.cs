using System.Text.Json.Serialization;

namespace Holm.Contract;

/// <summary>
/// A flake: commands on the host's PATH that run in a container of an image. Body of <c>POST /1.0/flakes</c>, and what
/// <c>GET /1.0/flakes/NAME</c> answers.
/// </summary>
public sealed record Flake
{
    /// <summary>Its name: that of its first command, unless it was given another.</summary>
    public string Name { get; init; } = "";

    /// <summary>The image, by alias, shorter name or fingerprint; looked up at each launch, pulled when it is not here.</summary>
    public string Image { get; init; } = "";

    /// <summary>The image below, of which <see cref="Image"/> holds the difference; null: none.</summary>
    public string? Base { get; init; }

    /// <summary>Images between base and image, lowest first.</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];

    /// <summary>Absolute paths of tar files on the host that are unpacked on top.</summary>
    public IReadOnlyList<string> IncludeTar { get; init; } = [];

    /// <summary>Absolute paths of files and folders of the host that are put on top under the same path.</summary>
    public IReadOnlyList<string> IncludePath { get; init; } = [];

    /// <summary>True: what the images' list <c>/systemfiles</c> names is taken from the host, read-only.</summary>
    public bool HostDependencies { get; init; }

    /// <summary>Absolute path on the host → program in the image; <c>/</c>: what the image itself says (Entrypoint).</summary>
    public IReadOnlyDictionary<string, string> Commands { get; init; } = new Dictionary<string, string>();

    /// <summary>One of <c>one-shot</c>, <c>resume</c>, <c>attach</c>.</summary>
    public string Life { get; init; } = "one-shot";

    /// <summary>
    /// One of <c>host</c>: the host's own; <c>nat</c>: one of its own that reaches what the host reaches, seen as the host; <c>none</c>: a
    /// loopback.
    /// </summary>
    public string Network { get; init; } = "host";

    /// <summary>True: the caller's working directory is there under the same path, and the command starts in it.</summary>
    public bool ShareCwd { get; init; }

    /// <summary>True: the caller's home directory is there under the same path, and is HOME.</summary>
    public bool ShareHome { get; init; }

    /// <summary>Who the command is inside, <c>USER[:GROUP]</c> by name or number; null: what the image says.</summary>
    public string? User { get; init; }

    /// <summary>Where it starts; null: what the image says.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Memory it may use, as key <c>limits.memory</c>; null: no limit.</summary>
    public string? Memory { get; init; }

    /// <summary>Processors it may use, as key <c>limits.cpu</c>; null: all.</summary>
    public string? Cpus { get; init; }

    /// <summary>Host name inside; null: the host's own with its network, else the instance's name.</summary>
    public string? HostName { get; init; }

    /// <summary>False: the command itself is process 1.</summary>
    public bool Init { get; init; } = true;

    /// <summary>Words between the target and the caller's own.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Variables that are set, over the image's.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables of the caller that reach it, by name; <c>NAME*</c>: all that begin so. TERM always does.</summary>
    public IReadOnlyList<string> Pass { get; init; } = [];

    /// <summary>What of the host it sees besides.</summary>
    public IReadOnlyList<FlakeMount> Mounts { get; init; } = [];

    /// <summary>Absolute paths inside that are memory.</summary>
    public IReadOnlyList<string> Tmpfs { get; init; } = [];

    /// <summary>
    /// Files of the host's that are not given to it, of <c>resolv.conf</c>, <c>hosts</c>, <c>localtime</c>, <c>ca-certificates</c>.
    /// </summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>Words that lead each call: <c>%name</c> or <c>%name:value</c>.</summary>
    public IReadOnlyList<string> PilotOptions { get; init; } = [];

    /// <summary>Who besides root and group holm may launch it: user names, <c>@group</c>, or <c>*</c> for everyone.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];
}

/// <summary>A file or folder of the host in a flake.</summary>
public sealed record FlakeMount
{
    /// <summary>Absolute path on the host.</summary>
    public string Source { get; init; } = "";

    /// <summary>Absolute path inside.</summary>
    public string Path { get; init; } = "";

    /// <summary>True: nothing can be written through it.</summary>
    [JsonPropertyName("readonly")]
    public bool ReadOnly { get; init; }
}
