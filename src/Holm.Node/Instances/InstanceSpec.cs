using Holm.Config;
using Holm.Config.Lxc;
using Holm.Images.Roots;
using Holm.Node.Limits;
using Holm.Node.Metadata;
using Holm.Node.Shares;

namespace Holm.Node.Instances;

/// <summary>What a person wants of an instance's power. Kept apart from its config.</summary>
public enum Wanted
{
    /// <summary>Not running.</summary>
    Off,
    /// <summary>Running.</summary>
    On,
    /// <summary>Running, but frozen.</summary>
    Frozen,
}

/// <summary>One instance, checked and complete: everything a start needs, nothing that has to be looked up.</summary>
public sealed record InstanceSpec
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Fingerprint of the image that the next start runs.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Its root.</summary>
    public required RootSpec Root { get; init; }

    /// <summary>Its limits.</summary>
    public required LimitSpec Limits { get; init; }

    /// <summary>How it is connected.</summary>
    public IReadOnlyList<Nic> Nics { get; init; } = [];

    /// <summary>What it sees of the host's files, those above before those below.</summary>
    public IReadOnlyList<ShareSpec> Shares { get; init; } = [];

    /// <summary>Part of the machine that it has to have and that is not there, as a sentence; null: none.</summary>
    public string? Absent { get; init; }

    /// <summary>Which connections are carried between it and the host.</summary>
    public IReadOnlyList<ProxySpec> Proxies { get; init; } = [];

    /// <summary>Program and arguments of init.</summary>
    public required IReadOnlyList<string> Init { get; init; }

    /// <summary>Where init starts; null: /.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Environment of init, and the ground of every exec's.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>How much liblxc tells of it in its log: syslog's levels.</summary>
    public int LogLevel { get; init; } = 5;

    /// <summary>Signal that asks init to power off.</summary>
    public required int HaltSignal { get; init; }

    /// <summary>Signal that asks init to reboot.</summary>
    public required int RebootSignal { get; init; }

    /// <summary>True: an end that was not asked for is followed by a new start (boot.autorestart).</summary>
    public bool AutoRestart { get; init; }

    /// <summary>True: it may make containers of its own (security.nesting).</summary>
    public bool Nests { get; init; }

    /// <summary>Lines of liblxc's configuration besides Holm's own, checked.</summary>
    public IReadOnlyList<LxcLine> Raw { get; init; } = [];

    /// <summary>What its image's templates make of it.</summary>
    public TemplateFiles Templates { get; init; } = TemplateFiles.None;

    /// <summary>What holm-init runs in it; null: it is a system, with an init of its own.</summary>
    public ProcessSpec? Process { get; init; }
}

/// <summary>What should be: one instance.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Wanted">Its wanted power.</param>
/// <param name="Spec">How to start it; null: it cannot be started as it is written.</param>
/// <param name="Waiting">Why it is not started as things are, as a sentence; empty: it can be.</param>
/// <param name="Reserved">True: it has a part of partition <c>apps</c> whether it runs or not, because it is enabled.</param>
public sealed record DesiredInstance(string Name, Wanted Wanted, InstanceSpec? Spec, string Waiting, bool Reserved = false);

/// <summary>A stop that was asked for.</summary>
/// <param name="Deadline">When asking turns into killing; <see cref="MachineClock"/>.</param>
/// <param name="Asked">True once init has got its signal.</param>
public sealed record StopRequest(TimeSpan Deadline, bool Asked);

/// <summary>Limits that a running instance did not fit into.</summary>
/// <param name="Limits">Which.</param>
/// <param name="Reason">Why, as a sentence.</param>
/// <param name="NotBefore">When they are tried again; <see cref="MachineClock"/>.</param>
public sealed record RefusedLimits(LimitSpec Limits, string Reason, TimeSpan NotBefore);

/// <summary>Nics that a running instance could not be given, not all of them.</summary>
/// <param name="Nics">Which it should have.</param>
/// <param name="Reason">Why, as a sentence; empty: it is booting again from inside, and is given them once it has an init.</param>
/// <param name="NotBefore">When they are tried again; <see cref="MachineClock"/>.</param>
public sealed record RefusedNics(IReadOnlyList<Nic> Nics, string Reason, TimeSpan NotBefore);

/// <summary>Shares that a running instance could not be given.</summary>
/// <param name="Shares">Which.</param>
/// <param name="Reason">Why, as a sentence; empty: it is booting again from inside, and is given them once it has an init.</param>
/// <param name="NotBefore">When they are tried again; <see cref="MachineClock"/>.</param>
public sealed record RefusedShares(IReadOnlyList<ShareSpec> Shares, string Reason, TimeSpan NotBefore);

/// <summary>Proxies that a running instance could not be given, not all of them.</summary>
/// <param name="Proxies">Which it should have.</param>
/// <param name="Reason">Why, as a sentence; empty: it is booting again from inside, and is given them once it has an init.</param>
/// <param name="NotBefore">When they are tried again; <see cref="MachineClock"/>.</param>
public sealed record RefusedProxies(IReadOnlyList<ProxySpec> Proxies, string Reason, TimeSpan NotBefore);

/// <summary>How the last run ended.</summary>
/// <param name="Reason">As a sentence.</param>
/// <param name="StartFailed">True: init never ran.</param>
/// <param name="PoweredOff">True: init ended well or powered off, from inside.</param>
public sealed record Ending(string Reason, bool StartFailed, bool PoweredOff);

/// <summary>Where an instance stands.</summary>
public enum Presence
{
    /// <summary>Nothing of it is there.</summary>
    Absent,
    /// <summary>Its monitor runs, init not yet.</summary>
    Starting,
    /// <summary>Init runs.</summary>
    Running,
    /// <summary>The monitor is gone; something it used may be left.</summary>
    Ended,
}

/// <summary>What is: one instance, as the kernel shows it, and what was tried with it.</summary>
public sealed record ObservedInstance
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands.</summary>
    public Presence Presence { get; init; }

    /// <summary>True while its processes are frozen.</summary>
    public bool Frozen { get; init; }

    /// <summary>True once the monitor of this run has ended.</summary>
    public bool MonitorGone { get; init; }

    /// <summary>True while steps are being carried out for it.</summary>
    public bool Busy { get; init; }

    /// <summary>A stop on its way.</summary>
    public StopRequest? Stop { get; init; }

    /// <summary>How the last run ended, until the planner has drawn its conclusion.</summary>
    public Ending? Ending { get; init; }

    /// <summary>The limits that hold; null: none yet, or set by an earlier daemon.</summary>
    public LimitSpec? Limits { get; init; }

    /// <summary>Bytes that it holds of the memory of partition <c>apps</c>; null: it is not in it.</summary>
    public long? Part { get; init; }

    /// <summary>What its start waits for, as a sentence; empty: for nothing.</summary>
    public string Waiting { get; init; } = "";

    /// <summary>Limits that could not be set as things are, and when they are tried again; null: none.</summary>
    public RefusedLimits? Refused { get; init; }

    /// <summary>How it is connected; null: not yet, or by an earlier daemon that has not said how.</summary>
    public IReadOnlyList<Nic>? Nics { get; init; }

    /// <summary>Nics that it could not be given as things are, and when they are tried again; null: none.</summary>
    public RefusedNics? RefusedNics { get; init; }

    /// <summary>What it sees of the host's files, and by which mounts; null: nothing, for it is not there.</summary>
    public IReadOnlyList<AppliedShare>? Shares { get; init; }

    /// <summary>True: something has happened on the host since, which its shares have to follow.</summary>
    public bool SharesStale { get; init; }

    /// <summary>Shares that could not be given as things are, and when they are tried again; null: none.</summary>
    public RefusedShares? RefusedShares { get; init; }

    /// <summary>Which connections are carried for it; null: none yet.</summary>
    public IReadOnlyList<ProxySpec>? Proxies { get; init; }

    /// <summary>True: one has ended since, or an earlier daemon has left some.</summary>
    public bool ProxiesStale { get; init; }

    /// <summary>Proxies that it could not be given as things are, and when they are tried again; null: none.</summary>
    public RefusedProxies? RefusedProxies { get; init; }

    /// <summary>When it came up, as the wall clock said then: to be shown.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it came up; <see cref="MachineClock"/>: to be reckoned with.</summary>
    public TimeSpan? UpSince { get; init; }

    /// <summary>Ends in a row that came within <see cref="RestartPolicy.LongRun"/> of the start.</summary>
    public int FastFailures { get; init; }

    /// <summary>No step is taken before this, <see cref="MachineClock"/>; null: any time.</summary>
    public TimeSpan? NotBefore { get; init; }

    /// <summary>Why it is not running, or could not be frozen …: a sentence for people; empty when all is well.</summary>
    public string Reason { get; init; } = "";

    /// <summary>True: <see cref="Reason"/> is an error, not a report.</summary>
    public bool Failed { get; init; }

    /// <summary>What was asked for and has no effect on this machine, as a sentence; null: nothing.</summary>
    public string? Unfelt { get; init; }

    /// <summary>What a running one should have and could not be given, as a sentence; empty: nothing.</summary>
    public string Lacks => Presence != Presence.Running ? "" : string.Join("; ", new[]
    {
        Refused?.Reason, RefusedNics?.Reason, RefusedShares?.Reason, RefusedProxies?.Reason,
    }.Where(reason => reason is { Length: > 0 }));
}
