using Holm.Config;
using Holm.Contract;
using Holm.Node.Instances;

namespace Holm.Node.Api;

/// <summary>Storage pools and volumes on the disk.</summary>
public sealed record StorageFace
{
    /// <summary>The folders of pools.</summary>
    public required PoolFolders Pools { get; init; }

    /// <summary>Custom volumes.</summary>
    public required VolumeFolders Volumes { get; init; }

    /// <summary>Snapshots and copies of them.</summary>
    public required VolumeSnapshots VolumeSnapshots { get; init; }

    /// <summary>Does something while none of these instances writes.</summary>
    public Func<IReadOnlyList<string>, Action, CancellationToken, Task> WhileStill { get; init; } = (_, work, ct) => Task.Run(work, ct);

    /// <summary>Does something while none of these instances runs; throws <see cref="Refusal"/> where one does.</summary>
    public Func<IReadOnlyList<string>, Action, CancellationToken, Task> WhileStopped { get; init; } = (_, work, ct) => Task.Run(work, ct);
}

/// <summary>The verbs of snapshots and copies. All throw <see cref="Refusal"/> for an expected no; instances exist.</summary>
public sealed record SnapshotFace
{
    /// <summary>All of an instance, the oldest first.</summary>
    public Func<string, IReadOnlyList<StoredSnapshot>> List { get; init; } = _ => [];

    /// <summary>Instance, name; bytes done go to the third argument.</summary>
    public Func<string, string, Action<long>, CancellationToken, Task> Create { get; init; } = (_, _, _, _) => None();

    /// <summary>Instance, name.</summary>
    public Func<string, string, CancellationToken, Task> Delete { get; init; } = (_, _, _) => None();

    /// <summary>Instance, old name, new name.</summary>
    public Func<string, string, string, CancellationToken, Task> Rename { get; init; } = (_, _, _, _) => None();

    /// <summary>Instance, name; bytes done go to the third argument.</summary>
    public Func<string, string, Action<long>, CancellationToken, Task> Restore { get; init; } = (_, _, _, _) => None();

    /// <summary>Instance, image as it is to be written, fingerprint of that image.</summary>
    public Func<string, string, string, CancellationToken, Task> Rebuild { get; init; } = (_, _, _, _) => None();

    /// <summary>Instance, its snapshot or null, the new instance, whether it gets the other's snapshots; bytes done.</summary>
    public Func<string, string?, InstanceConfig, bool, Action<long>, CancellationToken, Task> Copy { get; init; } =
        (_, _, _, _, _, _) => None();

    /// <summary>Instance, its snapshot or null, the copy, whether it gets the other's snapshots; bytes done.</summary>
    public Func<string, string?, string, bool, Action<long>, CancellationToken, Task> Refresh { get; init; } = (_, _, _, _, _, _) => None();

    /// <summary>Instance, the pool its root goes to, whether its snapshots go with it; bytes done.</summary>
    public Func<string, string, bool, Action<long>, CancellationToken, Task> Move { get; init; } = (_, _, _, _, _) => None();

    private static Task None() => throw new Refusal(501, "this node has no snapshots");
}
