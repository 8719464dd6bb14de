using System.Globalization;
using Holm.Node.Limits;

namespace Holm.Node.Instances;

/// <summary>Divides the memory of partition <c>apps</c> among its instances. Pure.</summary>
/// <remarks>
/// <code>
///     part = memory of the partition ÷ instances in it that are enabled or run (or should)
///
///     holds more than its part      shrinks at once; what does not fit in keeps what it has, and is tried again
///     holds less                    grows when there is room for all of its part, else keeps what it has
///     is to be started              starts when there is room for its part, else waits and says why
/// </code>
/// Room is what nobody holds. An instance holds what the kernel lets it use, from the plan that gives it to the end of its teardown: so
/// what is held never grows beyond the whole, whatever order the steps are carried out in. A limit of its own only lowers a part.
/// </remarks>
public static class Division
{
    /// <summary>The same instances, with the memory that each in the partition is to have now.</summary>
    /// <param name="desired">Every configured instance.</param>
    /// <param name="observed">Every instance of which anything is known.</param>
    /// <param name="wholeBytes">Memory of the partition.</param>
    public static IReadOnlyList<DesiredInstance> Divide(
        IReadOnlyList<DesiredInstance> desired, IReadOnlyList<ObservedInstance> observed, long wholeBytes)
    {
        var held = Held(observed);
        var part = PartOf(wholeBytes, Count(desired, observed));
        var room = wholeBytes - held.Values.Sum();
        var present = observed.Where(o => o.Presence != Presence.Absent).Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        return [.. desired.Select(d => d.Spec is { } spec ? d with { Spec = spec with { Limits = Limit(spec) } } : d)];

        LimitSpec Limit(InstanceSpec spec)
        {
            var holds = held.TryGetValue(spec.Name, out var bytes);
            // Where it was put it stays until it ends, whatever its key says by now.
            if (present.Contains(spec.Name) ? !holds : !spec.Limits.InPartition)
                return spec.Limits with { InPartition = false };
            var wanted = Math.Min(spec.Limits.MemoryBytes ?? long.MaxValue, part);
            if (present.Contains(spec.Name) && wanted > bytes)
            {
                if (wanted - bytes > room)
                    wanted = bytes;
                room -= wanted - bytes;
            }
            return spec.Limits with { MemoryBytes = wanted, InPartition = true };
        }
    }

    /// <summary>The same steps, but for starts that there is no room for: they become waits.</summary>
    /// <param name="steps">What is planned, with limits that <see cref="Divide"/> gave.</param>
    /// <param name="desired">Every configured instance.</param>
    /// <param name="observed">Every instance of which anything is known.</param>
    /// <param name="wholeBytes">Memory of the partition.</param>
    public static IReadOnlyList<Step> Admit(
        IReadOnlyList<Step> steps, IReadOnlyList<DesiredInstance> desired, IReadOnlyList<ObservedInstance> observed, long wholeBytes)
    {
        var held = Held(observed);
        var starts = steps.OfType<MountRoot>().ToDictionary(s => s.Name, s => s.Spec.Limits, StringComparer.Ordinal);
        var growth = steps.OfType<SetLimits>().Where(s => !starts.ContainsKey(s.Name)).Sum(s => Growth(s, held));
        var room = wholeBytes - held.Values.Sum() - growth;
        var waiting = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, limits) in starts.Where(s => s.Value.InPartition))
        {
            var needed = limits.MemoryBytes ?? 0;
            if (needed <= room)
                room -= needed;
            else
                waiting[name] = Reason(needed, room, PartOf(wholeBytes, Count(desired, observed)), wholeBytes, held);
        }
        if (waiting.Count == 0)
            return steps;
        var said = observed.ToDictionary(o => o.Name, o => o.Waiting, StringComparer.Ordinal);
        return
        [
            .. steps.Where(s => !waiting.ContainsKey(s.Name)),
            .. waiting.Where(w => said.GetValueOrDefault(w.Key) != w.Value).Select(w => new Wait(w.Key, w.Value)),
        ];
    }

    /// <summary>What an instance holds once steps were planned for it: the more of what it has and what it gets.</summary>
    public static long? Reserve(ObservedInstance observed, IReadOnlyList<Step> steps) =>
        steps.OfType<SetLimits>().FirstOrDefault(s => s.Spec.Limits.InPartition) is { Spec.Limits.MemoryBytes: { } given }
            ? Math.Max(observed.Part ?? 0, given)
            : observed.Part;

    /// <summary>Limits of the partition as a whole: never below what its instances hold, so that it grows first and shrinks last.</summary>
    public static PartitionLimits Whole(PartitionLimits wanted, IReadOnlyList<ObservedInstance> observed) =>
        wanted with { MemoryBytes = Math.Max(wanted.MemoryBytes, Held(observed).Values.Sum()) };

    /// <summary>How many instances the memory is divided among.</summary>
    public static int Count(IReadOnlyList<DesiredInstance> desired, IReadOnlyList<ObservedInstance> observed) =>
        observed.Where(o => o.Part is not null).Select(o => o.Name)
            .Union(desired.Where(d => d.Reserved || (d.Wanted != Wanted.Off && d.Spec?.Limits.InPartition == true)).Select(d => d.Name))
            .Count();

    /// <summary>One part: whole pages.</summary>
    public static long PartOf(long wholeBytes, int count) => wholeBytes / Math.Max(count, 1) / PageBytes * PageBytes;

    private const long PageBytes = 4096;

    private static Dictionary<string, long> Held(IReadOnlyList<ObservedInstance> observed) =>
        observed.Where(o => o.Part is not null).ToDictionary(o => o.Name, o => o.Part!.Value, StringComparer.Ordinal);

    private static long Growth(SetLimits step, Dictionary<string, long> held) =>
        step.Spec.Limits is { InPartition: true, MemoryBytes: { } given } ? Math.Max(0, given - held.GetValueOrDefault(step.Name)) : 0;

    private static string Reason(long needed, long room, long part, long whole, Dictionary<string, long> held)
    {
        var larger = string.Join(", ", held.Where(h => h.Value > part).OrderByDescending(h => h.Value).Take(3)
            .Select(h => $"{h.Key} holds {Mebibytes(h.Value)}"));
        return $"no room in partition apps: it needs {Mebibytes(needed)} of {Mebibytes(whole)}, {Mebibytes(Math.Max(0, room))} are free"
            + $"{(larger.Length > 0 ? $" while {larger}" : "")}; it starts by itself when there is room";
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");
}
