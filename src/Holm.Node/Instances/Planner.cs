namespace Holm.Node.Instances;

/// <summary>When a run that ended is started again.</summary>
public static class RestartPolicy
{
    /// <summary>First pause; it doubles with every quick end.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    /// <summary>A run of this length makes the earlier failures forgotten.</summary>
    public static readonly TimeSpan LongRun = TimeSpan.FromMinutes(5);

    /// <summary>After this many quick ends in a row nothing more is tried.</summary>
    public const int FastFailuresMax = 10;

    /// <summary>The pause before the start that follows the n-th quick end.</summary>
    public static TimeSpan Pause(int fastFailures) =>
        TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Clamp(fastFailures - 1, 0, 10)));
}

/// <summary>Compares what should run with what runs, and says what to do next. Pure: no clock, disk or kernel.</summary>
/// <remarks>
/// <code>
///              MountRoot SetLimits SetNetwork Create Start     Halt, at the deadline Kill
///     Absent ------------------------------------> Running ---------------------------------> Ended
///        ^        any of them fails: Ended            |  ^   ends by itself: Ended              |
///        |                                     Freeze |  | Unfreeze                     TearDown
///        |                                            v  |                                      |
///        |                                          Frozen                                      v
///        '--- StartAgain (pause) or StayOff ------------------------------- Absent, with an Ending
/// </code>
/// Steps of different instances are carried out side by side, those of one instance in order; while they are, it is Busy and left alone.
/// </remarks>
public static class Planner
{
    /// <summary>The next steps, instance by instance. No step: nothing to do before <see cref="NextTime"/>.</summary>
    /// <param name="desired">Every configured instance.</param>
    /// <param name="observed">Every instance of which anything is known; one that is not configured any more is taken down.</param>
    /// <param name="now">The time; <see cref="MachineClock"/>.</param>
    /// <param name="partitionBytes">Memory of partition <c>apps</c>.</param>
    public static IReadOnlyList<Step> Plan(
        IReadOnlyList<DesiredInstance> desired, IReadOnlyList<ObservedInstance> observed, TimeSpan now, long partitionBytes) =>
        Division.Admit(Plan(Division.Divide(desired, observed, partitionBytes), observed, now), desired, observed, partitionBytes);

    private static IReadOnlyList<Step> Plan(
        IReadOnlyList<DesiredInstance> desired, IReadOnlyList<ObservedInstance> observed, TimeSpan now)
    {
        var wanted = desired.ToDictionary(d => d.Name, StringComparer.Ordinal);
        var present = observed.ToDictionary(o => o.Name, StringComparer.Ordinal);
        var claims = PortClaims.Of(wanted, observed);
        return
        [
            .. observed.Where(o => !o.Busy && !(o.NotBefore > now)).SelectMany(o => Next(wanted.GetValueOrDefault(o.Name), o, claims, now)),
            .. desired.Where(d => !present.ContainsKey(d.Name))
                .SelectMany(d => Next(d, new ObservedInstance { Name = d.Name }, claims, now)),
        ];
    }

    /// <summary>When to look again though nothing happens; null: never.</summary>
    public static TimeSpan? NextTime(
        IReadOnlyList<DesiredInstance> desired, IReadOnlyList<ObservedInstance> observed, TimeSpan now)
    {
        var on = desired.Where(d => d.Wanted != Wanted.Off).Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        return observed
            .Where(o => !o.Busy)
            .SelectMany(o => (TimeSpan?[])
            [
                o.Presence is Presence.Running or Presence.Starting ? o.Stop?.Deadline : null,
                o.Presence is Presence.Running ? o.Refused?.NotBefore : null,
                o.Presence is Presence.Running ? o.RefusedNics?.NotBefore : null,
                o.Presence is Presence.Running ? o.RefusedShares?.NotBefore : null,
                o.Presence is Presence.Running ? o.RefusedProxies?.NotBefore : null,
                o.Presence is Presence.Absent && !on.Contains(o.Name) ? null : o.NotBefore,
            ])
            .Where(t => t > now)
            .Min();
    }

    private static IEnumerable<Step> Next(DesiredInstance? desired, ObservedInstance observed, PortClaims claims, TimeSpan now) =>
        observed.Presence switch
        {
            Presence.Ended => [new TearDown(observed.Name)],
            Presence.Absent => WhenAbsent(desired, observed, claims, now),
            _ => WhenPresent(desired, observed, now),
        };

    private static IEnumerable<Step> WhenAbsent(DesiredInstance? desired, ObservedInstance observed, PortClaims claims, TimeSpan now)
    {
        if (desired is null || desired.Wanted == Wanted.Off)
            return observed.Ending is null ? [] : [new StayOff(observed.Name, "", Failed: false)];
        if (observed.Ending is { } ending)
            return [Conclude(desired, observed, ending, now)];
        if (desired.Spec is not { } spec || observed.FastFailures >= RestartPolicy.FastFailuresMax)
            return [];
        if ((desired.Waiting.Length > 0 ? desired.Waiting : claims.Waits(desired.Name, spec.Nics)) is { } reason)
            return observed.Waiting == reason ? [] : [new Wait(desired.Name, reason)];
        claims.Add(desired.Name, spec.Nics);
        IReadOnlyList<Step> start = [new MountRoot(spec), new SetLimits(spec), new SetNetwork(spec), new Create(spec), new Start(spec)];
        return spec.Proxies.Count > 0 ? [.. start, new SetProxies(spec)] : start;
    }

    private static IEnumerable<Step> WhenPresent(DesiredInstance? desired, ObservedInstance observed, TimeSpan now)
    {
        if (observed.Stop is { } stop && now >= stop.Deadline)
            return [new Kill(observed.Name)];
        if (observed.Stop is { Asked: true })
            return [];
        if (observed.Stop is not null || desired is null || desired.Wanted == Wanted.Off)
            return observed.Frozen ? [new Unfreeze(observed.Name), new Halt(observed.Name)] : [new Halt(observed.Name)];
        return (desired.Wanted, observed.Frozen) switch
        {
            (Wanted.On, true) => [new Unfreeze(observed.Name)],
            (Wanted.Frozen, false) when observed.Presence == Presence.Running && !observed.Failed => [new Freeze(observed.Name)],
            // Changed while it runs: one thing after the other, and what is refused holds up nothing else.
            _ when desired.Spec is { } spec && HasOtherLimits(spec, observed, now) => [new SetLimits(spec)],
            _ when desired.Spec is { } spec && observed.Presence == Presence.Running && HasOtherNics(spec, observed, now) =>
                [new SetNetwork(spec)],
            _ when desired.Spec is { } spec && observed.Presence == Presence.Running && HasOtherShares(spec, observed, now) =>
                [new SetShares(spec)],
            _ when desired.Spec is { } spec && observed.Presence == Presence.Running && HasOtherProxies(spec, observed, now) =>
                [new SetProxies(spec)],
            _ => [],
        };
    }

    // What is not wanted any more is no longer refused: the step that finds nothing to do takes the reason away.
    private static bool HasOtherLimits(InstanceSpec spec, ObservedInstance observed, TimeSpan now) =>
        (spec.Limits != observed.Limits || observed.Refused is not null) &&
        !(observed.Refused is { } refused && refused.Limits == spec.Limits && refused.NotBefore > now);

    private static bool HasOtherNics(InstanceSpec spec, ObservedInstance observed, TimeSpan now) =>
        (!spec.Nics.SequenceEqual(observed.Nics ?? []) || observed.RefusedNics is not null) &&
        !(observed.RefusedNics is { } refused && refused.Nics.SequenceEqual(spec.Nics) && refused.NotBefore > now);

    private static bool HasOtherShares(InstanceSpec spec, ObservedInstance observed, TimeSpan now) =>
        (observed.SharesStale || !spec.Shares.SequenceEqual((observed.Shares ?? []).Select(s => s.Share))) &&
        !(observed.RefusedShares is { } refused && refused.Shares.SequenceEqual(spec.Shares) && refused.NotBefore > now);

    private static bool HasOtherProxies(InstanceSpec spec, ObservedInstance observed, TimeSpan now) =>
        (observed.ProxiesStale || !spec.Proxies.SequenceEqual(observed.Proxies ?? [])) &&
        !(observed.RefusedProxies is { } refused && refused.Proxies.SequenceEqual(spec.Proxies) && refused.NotBefore > now);

    /// <summary>It ended though it was wanted: start it again, or let it be.</summary>
    private static Step Conclude(DesiredInstance desired, ObservedInstance observed, Ending ending, TimeSpan now)
    {
        if (desired.Spec?.AutoRestart != true || ending.PoweredOff)
            return new StayOff(observed.Name, ending.Reason, ending.StartFailed);
        var quick = observed.UpSince is not { } started || now - started < RestartPolicy.LongRun;
        var failures = quick ? observed.FastFailures + 1 : 1;
        return failures >= RestartPolicy.FastFailuresMax
            ? new StayOff(observed.Name, $"{ending.Reason}; given up after {failures} quick failures in a row", Failed: true)
            : new StartAgain(observed.Name, now + RestartPolicy.Pause(failures), failures, ending.Reason);
    }
}
