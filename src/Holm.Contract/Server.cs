namespace Holm.Contract;

/// <summary><c>GET /1.0</c>.</summary>
public sealed record Server
{
    /// <summary>Server settings: <c>core.https_address</c>, where it is set.</summary>
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();

    /// <summary>What this server can do, in LXD's names.</summary>
    public IReadOnlyList<string> ApiExtensions { get; init; } = [];

    /// <summary>Always <c>stable</c>.</summary>
    public string ApiStatus { get; init; } = "stable";

    /// <summary>Always <c>1.0</c>.</summary>
    public string ApiVersion { get; init; } = "1.0";

    /// <summary>
    /// <c>trusted</c>: the socket's permissions are the login, or a certificate is. Who is not sees <see cref="PublicServer"/>.
    /// </summary>
    public string Auth { get; init; } = "trusted";

    /// <summary>Always false.</summary>
    public bool Public { get; init; }

    /// <summary>Always <c>tls</c>.</summary>
    public IReadOnlyList<string> AuthMethods { get; init; } = ["tls"];

    /// <summary>Facts about the node.</summary>
    public ServerEnvironment Environment { get; init; } = new();
}

/// <summary>Facts about the node.</summary>
public sealed record ServerEnvironment
{
    /// <summary>Where it answers by TLS, <c>ADDRESS:PORT</c> each; empty: nowhere.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Its certificate as PEM; empty: it answers nowhere by TLS.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>SHA-256 of the certificate's DER form, hex.</summary>
    public string CertificateFingerprint { get; init; } = "";

    /// <summary>Always <c>holm</c>.</summary>
    public string Server { get; init; } = "holm";

    /// <summary>Host name.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>Version of LXD's API spoken.</summary>
    public string ServerVersion { get; init; } = "5.0.2";

    /// <summary>Version of Holm.</summary>
    public string HolmVersion { get; init; } = "";

    /// <summary>Process id of the daemon.</summary>
    public int ServerPid { get; init; }

    /// <summary>Always <c>default</c>.</summary>
    public string Project { get; init; } = "default";

    /// <summary><c>dir</c>.</summary>
    public string Storage { get; init; } = "dir";

    /// <summary><c>lxc</c>.</summary>
    public string Driver { get; init; } = "lxc";

    /// <summary>Version of liblxc.</summary>
    public string DriverVersion { get; init; } = "";

    /// <summary><c>Linux</c>.</summary>
    public string Kernel { get; init; } = "Linux";

    /// <summary>Kernel name of the machine.</summary>
    public string KernelArchitecture { get; init; } = "";

    /// <summary>Release of the kernel.</summary>
    public string KernelVersion { get; init; } = "";

    /// <summary>Machines whose images run here.</summary>
    public IReadOnlyList<string> Architectures { get; init; } = [];

    /// <summary>From <c>/etc/os-release</c>.</summary>
    public string OsName { get; init; } = "";

    /// <summary>From <c>/etc/os-release</c>.</summary>
    public string OsVersion { get; init; } = "";

    /// <summary>This node's <c>HOLM_STATE</c>.</summary>
    public string StateDirectory { get; init; } = "";

    /// <summary>This node's <c>HOLM_RUN</c>.</summary>
    public string RunDirectory { get; init; } = "";

    /// <summary>First host id of this node's id range.</summary>
    public long IdmapBase { get; init; }
}

/// <summary>One line of <c>holm checkconfig</c>, from <c>GET /1.0/checkconfig</c> (Holm's own).</summary>
public sealed record Check
{
    /// <summary>What was looked at, for example <c>idmapped SquashFS</c>.</summary>
    public string Feature { get; init; } = "";

    /// <summary><c>yes</c>, <c>no</c> or <c>missing</c> (no: Holm has another way; missing: something will not work).</summary>
    public string Found { get; init; } = "";

    /// <summary>What Holm does with it or instead, and the mend where there is one.</summary>
    public string Holm { get; init; } = "";
}

/// <summary>A profile: config and devices that instances share.</summary>
public sealed record Profile
{
    /// <summary>Keys.</summary>
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();

    /// <summary>Free text.</summary>
    public string Description { get; init; } = "";

    /// <summary>Devices.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Devices { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>URLs of the instances that use it.</summary>
    public IReadOnlyList<string> UsedBy { get; init; } = [];
}

/// <summary>Body of <c>POST</c>, <c>PUT</c> and <c>PATCH</c> on profiles.</summary>
public sealed record ProfilePut
{
    /// <summary>The name: new (POST on the list), or the new name (POST on a profile).</summary>
    public string? Name { get; set; }

    /// <summary>Keys.</summary>
    public Dictionary<string, string>? Config { get; set; }

    /// <summary>Free text.</summary>
    public string? Description { get; set; }

    /// <summary>Devices.</summary>
    public Dictionary<string, Dictionary<string, string>>? Devices { get; set; }
}
