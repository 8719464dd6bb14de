using Holm.Images.Roots;

namespace Holm.Node.Instances;

/// <summary>What runs in an instance that is no system: the program of an image from the OCI world, or what launches bring.</summary>
public sealed record ProcessSpec
{
    /// <summary>The program and its arguments; empty: launches bring programs.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Its environment, without what its user adds.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Where it starts.</summary>
    public string Folder { get; init; } = "/";

    /// <summary>Folders that the image says hold data of its own; made where they are missing, as docker and podman do.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>Who it is, as <see cref="RootUsers.Find"/> takes it; empty: root.</summary>
    public string User { get; init; } = "";

    /// <summary>Signal that asks it to end.</summary>
    public required int StopSignal { get; init; }

    /// <summary>False: the program itself is process 1, and nobody reaps or passes on signals.</summary>
    public bool HasInit { get; init; } = true;

    /// <summary>True: it goes on when a program that was launched in it has ended.</summary>
    public bool Stays { get; init; }

    /// <summary>True: the program that was launched in it goes on without its caller, and moves to the next one's terminal.</summary>
    public bool IsJoined { get; init; }

    /// <summary>True: it has the host's network.</summary>
    public bool HostNetwork { get; init; }

    /// <summary>Its host name; null: the instance's name.</summary>
    public string? HostName { get; init; }

    /// <summary>What is written into its root, then mounted there, before it runs.</summary>
    public IReadOnlyList<RootMount> Mounts { get; init; } = [];

    /// <summary>What launched it; null: it is configured.</summary>
    public LaunchedBy? Launched { get; init; }

    /// <summary>True: launches bring programs.</summary>
    public bool TakesLaunches => Arguments.Count == 0;

    /// <summary>Arguments of holm-init, the program's name first.</summary>
    public IReadOnlyList<string> InitArguments =>
    [
        Engines.OciContainer.InitInside, HasInit ? TakesLaunches ? "launch" : "app" : "exec",
        .. IsJoined ? ["attach"] : Stays ? ["stay"] : Array.Empty<string>(),
    ];
}
