namespace Holm.Node.Instances;

/// <summary>What happened to an instance, in LXD's words for its lifecycle events; pure.</summary>
public static class Lifecycle
{
    /// <summary>The event of a power that was asked for and is reached.</summary>
    public static string Of(PowerAction action, bool force) => action switch
    {
        PowerAction.Start => "instance-started",
        PowerAction.Stop => force ? "instance-stopped" : "instance-shutdown",
        PowerAction.Restart => "instance-restarted",
        PowerAction.Freeze => "instance-paused",
        _ => "instance-resumed",
    };

    /// <summary>The event that leads from one observed state to the next, and its context; null: nothing to tell.</summary>
    public static (string Action, string Reason)? Between(ObservedInstance before, ObservedInstance after) => (before.Presence,
        after.Presence) switch
    {
        (not Presence.Running, Presence.Running) => ("instance-started", ""),
        (Presence.Running, Presence.Ended) when after.Stop is null => ("instance-shutdown", after.Ending?.Reason ?? ""),
        (Presence.Running, Presence.Ended) => ("instance-stopped", ""),
        (Presence.Starting, Presence.Ended) => ("instance-stopped", after.Ending?.Reason ?? ""),
        (Presence.Running, Presence.Running) when before.Frozen != after.Frozen => (after.Frozen ? "instance-paused"
            : "instance-resumed", ""),
        _ => null,
    };
}
