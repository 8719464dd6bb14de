using System.Text.Json.Serialization;

namespace Holm.Contract;

/// <summary>
/// A flake: commands on the host's PATH that run in a container of an image. Body of <c>POST /1.0/flakes</c>, and what
/// <c>GET /1.0/flakes/NAME</c> answers.
/// </summary>
/// <remarks>Members are set, not init: of those, the generated reader makes null what JSON leaves out, not what is usual.</remarks>
public sealed record Flake
{
    /// <summary>Its name: that of its first command, unless it was given another.</summary>
    public string Name { get; set; } = "";

    /// <summary>The image, by alias, shorter name or fingerprint; looked up at each launch, pulled when it is not here.</summary>
    public string Image { get; set; } = "";

    /// <summary>The image below, of which <see cref="Image"/> holds the difference; null: none.</summary>
    public string? Base { get; set; }

    /// <summary>Images between base and image, lowest first.</summary>
    public IReadOnlyList<string> Layers { get; set; } = [];

    /// <summary>Absolute paths of tar files on the host that are unpacked on top.</summary>
    public IReadOnlyList<string> IncludeTar { get; set; } = [];

    /// <summary>Absolute paths of files and folders of the host that are put on top under the same path.</summary>
    public IReadOnlyList<string> IncludePath { get; set; } = [];

    /// <summary>True: what the images' list <c>/systemfiles</c> names is taken from the host, read-only.</summary>
    public bool HostDependencies { get; set; }

    /// <summary>Absolute path on the host → program in the image; <c>/</c>: what the image itself says (Entrypoint).</summary>
    public IReadOnlyDictionary<string, string> Commands { get; set; } = new Dictionary<string, string>();

    /// <summary>
    /// One of <c>one-shot</c>: each call is an instance, gone at its end; <c>resume</c>: the instance is kept, and each call is a program
    /// in it; <c>attach</c>: the command goes on without its caller, and the next call joins it.
    /// </summary>
    public string Life { get; set; } = "one-shot";

    /// <summary>
    /// One of <c>host</c>: the host's own; <c>nat</c>: one of its own that reaches what the host reaches, seen as the host; <c>none</c>: a
    /// loopback.
    /// </summary>
    public string Network { get; set; } = "host";

    /// <summary>True: the caller's working directory is there under the same path, and the command starts in it.</summary>
    public bool ShareCwd { get; set; }

    /// <summary>True: the caller's home directory is there under the same path, and is HOME.</summary>
    public bool ShareHome { get; set; }

    /// <summary>Who the command is inside, <c>USER[:GROUP]</c> by name or number; null: what the image says.</summary>
    public string? User { get; set; }

    /// <summary>Where it starts; null: what the image says.</summary>
    public string? WorkingDirectory { get; set; }

    /// <summary>Memory it may use, as key <c>limits.memory</c>; null: no limit.</summary>
    public string? Memory { get; set; }

    /// <summary>Processors it may use, as key <c>limits.cpu</c>; null: all.</summary>
    public string? Cpus { get; set; }

    /// <summary>Host name inside; null: the host's own with its network, else the instance's name.</summary>
    public string? HostName { get; set; }

    /// <summary>Words between the target and the caller's own.</summary>
    public IReadOnlyList<string> Arguments { get; set; } = [];

    /// <summary>Variables that are set, over the image's.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; set; } = new Dictionary<string, string>();

    /// <summary>Variables of the caller that reach it, by name; <c>NAME*</c>: all that begin so. TERM always does.</summary>
    public IReadOnlyList<string> Pass { get; set; } = [];

    /// <summary>What of the host it sees besides.</summary>
    public IReadOnlyList<FlakeMount> Mounts { get; set; } = [];

    /// <summary>Absolute paths inside that are memory.</summary>
    public IReadOnlyList<string> Tmpfs { get; set; } = [];

    /// <summary>
    /// Files of the host's that are not given to it, of <c>resolv.conf</c>, <c>hosts</c>, <c>localtime</c>, <c>ca-certificates</c>.
    /// </summary>
    public IReadOnlyList<string> Without { get; set; } = [];

    /// <summary>Words that lead each call: <c>%name</c> or <c>%name:value</c>.</summary>
    public IReadOnlyList<string> PilotOptions { get; set; } = [];

    /// <summary>Who besides root and group holm may launch it: user names, <c>@group</c>, or <c>*</c> for everyone.</summary>
    public IReadOnlyList<string> Allow { get; set; } = [];

    /// <summary>In answers: the file of its record. A caller's is not looked at.</summary>
    public string? File { get; set; }

    /// <summary>In answers: what is wrong with it, a sentence; null: nothing. A caller's is not looked at.</summary>
    public string? Problem { get; set; }
}

/// <summary>What became of the text of a flake; metadata of the answer to <c>POST /1.0/flakes</c> with YAML.</summary>
public sealed record FlakeImport
{
    /// <summary>The flake.</summary>
    public Flake Flake { get; init; } = new();

    /// <summary>Of a text of flake-pilot's: keys that were taken.</summary>
    public IReadOnlyList<string> Taken { get; init; } = [];

    /// <summary>Keys that were not taken, each with the reason.</summary>
    public IReadOnlyList<string> NotTaken { get; init; } = [];
}

/// <summary>A flake's command as <c>flake-ctl list --format json</c> prints it.</summary>
/// <param name="Name">Name of the flake.</param>
/// <param name="Engine">What flake-pilot calls what runs containers: <c>podman</c>.</param>
/// <param name="Target">Program in the image.</param>
/// <param name="HostAppPath">The command.</param>
/// <param name="Config">File of the flake's record.</param>
/// <remarks>Source: flake-pilot 3.1.44, <c>flake-ctl/src/app.rs</c>, FlakeInfo.</remarks>
public sealed record PilotFlake(string Name, string Engine, string Target, string HostAppPath, string Config);

/// <summary>An instance of a flake as <c>flake-ctl podman show --format json</c> prints it.</summary>
/// <param name="Name">Name of the flake, and <c>@NAME</c> where the call gave one.</param>
/// <param name="User">Who called.</param>
/// <param name="Id">Name of the instance.</param>
/// <param name="Status">Its status in small letters.</param>
/// <param name="Image">Fingerprint of the image.</param>
/// <param name="Config">File of the flake's record.</param>
public sealed record FlakeInstance(string Name, string User, string Id, string Status, string Image, string Config);

/// <summary>A file or folder of the host in a flake.</summary>
public sealed record FlakeMount
{
    /// <summary>Absolute path on the host.</summary>
    public string Source { get; set; } = "";

    /// <summary>Absolute path inside.</summary>
    public string Path { get; set; } = "";

    /// <summary>True: nothing can be written through it.</summary>
    [JsonPropertyName("readonly")]
    public bool ReadOnly { get; set; }
}
