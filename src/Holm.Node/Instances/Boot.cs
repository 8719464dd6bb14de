using System.Collections.Immutable;
using System.Globalization;
using Holm.Config;
using Holm.Node.Config;

namespace Holm.Node.Instances;

/// <summary>What happens once: at the first daemon since boot, and when the host goes down.</summary>
public sealed class Boot(
    ConfigStore config, WantedPower power, DesiredState desired, Loop loop, InstanceControl control, NodePaths paths, TimeProvider clock,
    Action<string> tell)
{
    /// <summary>
    /// Says which instances should run: <c>boot.autostart</c>, or, where that is unset, what ran last. Higher
    /// <c>boot.autostart.priority</c>
    /// first; <c>boot.autostart.delay</c> seconds pass between one and the next. No clock and no network is needed for any of it.
    /// </summary>
    public void Autostart()
    {
        var document = config.Change("give instances their id ranges", d => IdRanges.Assign(d, paths.IdmapBase), Saving.Volatile);
        var at = TimeSpan.Zero;
        var now = clock.SinceBoot();
        foreach (var (instance, keys) in document.Instances.Values
            .Select(i => (Instance: i, Keys: Expansion.Expand(document, i).Config))
            .Where(i => StartsAtBoot(i.Keys))
            .OrderByDescending(i => Number(i.Keys, "boot.autostart.priority")))
        {
            power.Set(instance.Name, Wanted.On);
            if (at > TimeSpan.Zero)
            {
                var notBefore = now + at;
                loop.Of(instance.Name).Update(o => o with { NotBefore = notBefore });
            }
            at += TimeSpan.FromSeconds(Number(keys, "boot.autostart.delay"));
        }
        loop.Wake();
    }

    /// <summary>
    /// Stops every running instance, higher <c>boot.stop.priority</c> first, each with its <c>boot.host_shutdown_timeout</c>. What was
    /// wanted is not changed: the next boot decides as the last one did. One that does not end holds up the others for its own time and
    /// <see cref="ShutdownGrace"/>, no longer.
    /// </summary>
    public async Task StopAll()
    {
        desired.GoDown();
        loop.Wake();
        var document = config.Current;
        var running = document.Instances.Values
            .Where(i => loop.Find(i.Name)?.Observed is { } o && (o.Presence != Presence.Absent || o.Busy))
            .Select(i => (i.Name, Keys: Expansion.Expand(document, i).Config))
            .GroupBy(i => Number(i.Keys, "boot.stop.priority"))
            .OrderByDescending(g => g.Key);
        foreach (var group in running)
            await Task.WhenAll(group.Select(i => Stop(i.Name, i.Keys))).ConfigureAwait(false);
    }

    /// <summary>What killing and taking down may take once an app's own time is over.</summary>
    private static readonly TimeSpan ShutdownGrace = TimeSpan.FromSeconds(15);

    private async Task Stop(string name, ImmutableSortedDictionary<string, string> keys)
    {
        var timeout = keys.ContainsKey("boot.host_shutdown_timeout")
            ? TimeSpan.FromSeconds(Number(keys, "boot.host_shutdown_timeout")) : InstanceControl.StopDeadline;
        using var longest = new CancellationTokenSource(timeout + ShutdownGrace, clock);
        try
        {
            await control.StopForShutdown(name, timeout, longest.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            tell($"{name} did not end within {timeout + ShutdownGrace}; it is left behind");
        }
    }

    private static bool StartsAtBoot(IReadOnlyDictionary<string, string> keys) =>
        keys.GetValueOrDefault("boot.autostart") is { } said ? Keys.IsTrue(said)
            : keys.GetValueOrDefault(InstanceControl.LastPowerKey) == "RUNNING";

    private static int Number(IReadOnlyDictionary<string, string> keys, string key) =>
        int.TryParse(keys.GetValueOrDefault(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
