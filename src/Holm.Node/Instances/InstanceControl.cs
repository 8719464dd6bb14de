using Holm.Contract;

namespace Holm.Node.Instances;

/// <summary>What a person can do to an instance's power.</summary>
public enum PowerAction
{
    /// <summary>Bring it up.</summary>
    Start,
    /// <summary>Ask it to end; kill it at the deadline.</summary>
    Stop,
    /// <summary>Stop, then start.</summary>
    Restart,
    /// <summary>Hold all its processes.</summary>
    Freeze,
    /// <summary>Let them go on.</summary>
    Unfreeze,
}

/// <summary>How an instance is.</summary>
/// <param name="Code">Stopped, Starting, Running, Frozen, Stopping or Error.</param>
/// <param name="Reason">Why, as a sentence; empty when there is nothing to say.</param>
/// <param name="LastUsedAt">When it was last started; year 1 if never.</param>
public sealed record InstanceStatus(StatusCode Code, string Reason, DateTimeOffset LastUsedAt);
