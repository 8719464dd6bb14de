namespace Holm.Node.Instances;

/// <summary>One thing to do to one instance. The whole list of what this node can do stands on this page.</summary>
/// <param name="Name">The instance.</param>
public abstract record Step(string Name);

/// <summary>Mounts the layers and the writable root in a namespace of its own.</summary>
/// <param name="Spec">What to start.</param>
public sealed record MountRoot(InstanceSpec Spec) : Step(Spec.Name);

/// <summary>Makes its control group and sets its limits.</summary>
/// <param name="Spec">What to start.</param>
public sealed record SetLimits(InstanceSpec Spec) : Step(Spec.Name);

/// <summary>Connects it: takes ports, makes links and their host ends, with their addresses and services.</summary>
/// <param name="Spec">What to start, or how a running one should be connected.</param>
public sealed record SetNetwork(InstanceSpec Spec) : Step(Spec.Name);

/// <summary>Makes a running one see those of the host's files that it should.</summary>
/// <param name="Spec">How it should be.</param>
public sealed record SetShares(InstanceSpec Spec) : Step(Spec.Name);

/// <summary>Has the connections of a running one carried that should be, and no others.</summary>
/// <param name="Spec">How it should be.</param>
public sealed record SetProxies(InstanceSpec Spec) : Step(Spec.Name);

/// <summary>Writes what the engine has to know.</summary>
/// <param name="Spec">What to start.</param>
public sealed record Create(InstanceSpec Spec) : Step(Spec.Name);

/// <summary>Starts init and waits until it runs.</summary>
/// <param name="Spec">What to start.</param>
public sealed record Start(InstanceSpec Spec) : Step(Spec.Name);

/// <summary>It is to be started and waits.</summary>
/// <param name="Name">The instance.</param>
/// <param name="Reason">What for, as a sentence.</param>
public sealed record Wait(string Name, string Reason) : Step(Name);

/// <summary>Asks init to power off.</summary>
/// <param name="Name">The instance.</param>
public sealed record Halt(string Name) : Step(Name);

/// <summary>Ends init and its monitor now.</summary>
/// <param name="Name">The instance.</param>
public sealed record Kill(string Name) : Step(Name);

/// <summary>Freezes all its processes.</summary>
/// <param name="Name">The instance.</param>
public sealed record Freeze(string Name) : Step(Name);

/// <summary>Thaws them.</summary>
/// <param name="Name">The instance.</param>
public sealed record Unfreeze(string Name) : Step(Name);

/// <summary>Takes away everything an ended run used: processes, control groups, mounts, records.</summary>
/// <param name="Name">The instance.</param>
public sealed record TearDown(string Name) : Step(Name);

/// <summary>It ended and stays off.</summary>
/// <param name="Name">The instance.</param>
/// <param name="Reason">Why, as a sentence.</param>
/// <param name="Failed">True: that is an error.</param>
public sealed record StayOff(string Name, string Reason, bool Failed) : Step(Name);

/// <summary>It ended and is to be started again, not before a time.</summary>
/// <param name="Name">The instance.</param>
/// <param name="NotBefore">The time; <see cref="MachineClock"/>.</param>
/// <param name="FastFailures">Quick ends in a row, this one included.</param>
/// <param name="Reason">Why it ended, as a sentence.</param>
public sealed record StartAgain(string Name, TimeSpan NotBefore, int FastFailures, string Reason) : Step(Name);
