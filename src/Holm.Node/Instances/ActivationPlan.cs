using System.Collections.Immutable;
using Holm.Config;

namespace Holm.Node.Instances;

/// <summary>What a change of the configuration means for an app.</summary>
public enum Turn
{
    /// <summary>It is not configured any more: ended, and taken away.</summary>
    Remove,
    /// <summary>It is not enabled any more.</summary>
    Stop,
    /// <summary>It is enabled, and does not run.</summary>
    Start,
    /// <summary>It runs with a setting that is felt only at a start.</summary>
    Restart,
    /// <summary>It runs, and what was changed is set while it does.</summary>
    Live,
}

/// <summary>What an app does as its configuration changes.</summary>
/// <param name="Up">It runs, or is on its way.</param>
/// <param name="Failed">It should run and cannot, or has been given up.</param>
public readonly record struct AppNow(bool Up, bool Failed);

/// <summary>What is done to one app.</summary>
/// <param name="Name">The app.</param>
/// <param name="Turn">What.</param>
/// <param name="Because">For a restart: the settings that ask for it, in the words of the console.</param>
public sealed record AppTurn(string Name, Turn Turn, IReadOnlyList<string> Because)
{
    /// <summary>As a sentence; empty for what nobody needs to be told.</summary>
    public override string ToString() => Turn switch
    {
        Turn.Remove => $"{Name} is stopped and removed",
        Turn.Stop => $"{Name} is stopped",
        Turn.Start => $"{Name} is started",
        Turn.Restart => $"{Name} is restarted: {string.Join(", ", Because)} changed",
        _ => "",
    };
}

/// <summary>Compares two documents and says what is to be done to apps. Pure.</summary>
/// <remarks>
/// Power is not an edit: an app that a person has stopped stays so, unless it is enabled anew. One that failed is tried again when it was
/// changed. A changed setting is never ignored: what a running app cannot take is followed by a restart.
/// </remarks>
public static class ActivationPlan
{
    /// <summary>The apps to which something is to be done, by name.</summary>
    /// <param name="before">What held.</param>
    /// <param name="after">What holds from now on.</param>
    /// <param name="now">What an app does.</param>
    public static IReadOnlyList<AppTurn> Of(Document before, Document after, Func<string, AppNow> now) =>
    [
        .. before.Instances.Keys.Where(n => !after.Instances.ContainsKey(n)).Select(n => new AppTurn(n, Turn.Remove, [])),
        .. after.Instances.Values.Select(app => Of(before, after, app, now(app.Name))).OfType<AppTurn>(),
    ];

    private static AppTurn? Of(Document before, Document after, InstanceConfig app, AppNow now)
    {
        var keys = Expansion.Expand(after, app);
        var on = Keys.IsTrue(keys["boot.autostart"]);
        if (!before.Instances.TryGetValue(app.Name, out var old))
            return on ? new AppTurn(app.Name, Turn.Start, []) : null;
        var oldKeys = Expansion.Expand(before, old);
        var (was, said) = (oldKeys["boot.autostart"], keys["boot.autostart"]);
        if (said is not null && !on && (was is null || Keys.IsTrue(was)))
            return now.Up || now.Failed ? new AppTurn(app.Name, Turn.Stop, []) : null;
        var changed = Changed(old, oldKeys, app, keys);
        if (now.Up)
            return changed.Late.Count > 0 ? new AppTurn(app.Name, Turn.Restart, changed.Late)
                : changed.Live ? new AppTurn(app.Name, Turn.Live, []) : null;
        return on && (!Keys.IsTrue(was) || (now.Failed && (changed.Live || changed.Late.Count > 0)))
            ? new AppTurn(app.Name, Turn.Start, []) : null;
    }

    private static (bool Live, IReadOnlyList<string> Late) Changed(
        InstanceConfig old, Expanded oldKeys, InstanceConfig app, Expanded keys)
    {
        var config = Different(oldKeys.Config, keys.Config, string.Equals);
        var devices = Different(oldKeys.Devices, keys.Devices, (a, b) => a is not null && b is not null && a.SequenceEqual(b));
        IEnumerable<string> late =
        [
            .. old.Image != app.Image ? (string[])["image"] : [],
            .. config.Where(k => Keys.Find(k) is { Effect: Effect.NextStart }).Select(Word),
            .. devices.Where(d => !IsLive(oldKeys.Devices.GetValueOrDefault(d)) || !IsLive(keys.Devices.GetValueOrDefault(d)))
                .Select(d => $"device {d}"),
        ];
        var live = config.Any(k => !k.StartsWith("volatile.", StringComparison.Ordinal)) || devices.Count > 0;
        return (live, [.. late.Distinct()]);
    }

    private static List<string> Different<T>(
        ImmutableSortedDictionary<string, T> before, ImmutableSortedDictionary<string, T> after, Func<T?, T?, bool> same) =>
        [.. before.Keys.Union(after.Keys).Where(k => !same(before.GetValueOrDefault(k), after.GetValueOrDefault(k)))];

    /// <summary>Nics and paths come and go while an app runs; its root does not.</summary>
    private static bool IsLive(ImmutableSortedDictionary<string, string>? device) => device?.GetValueOrDefault("type") switch
    {
        null or "none" or "nic" => true,
        "disk" => device.GetValueOrDefault("path") != "/",
        _ => false,
    };

    /// <summary>A key in the words of the console.</summary>
    private static string Word(string key) => key switch
    {
        "init.cmd" => "cmd",
        "log.level" => "loglevel",
        _ when key.StartsWith("environment.", StringComparison.Ordinal) => "environment",
        _ => key,
    };
}
