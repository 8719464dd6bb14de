using Holm.Contract;

namespace Holm.Config.Language;

/// <summary>The lines that apps and profiles have in common, but for shares.</summary>
internal static class PartLines
{
    public static IReadOnlyList<Line> Of(PlaceKind place) =>
    [
        new(place, "cmd PATH:program [ARGUMENT:argument...]", "program to run as process 1", Command),
        new(place, "no cmd", "back to /sbin/init", (draft, _) => draft.Unset("init.cmd")),
        new(place, "description TEXT:text...", "free text for people", Describe),
        new(place, "no description", "no text", (draft, _) => draft.Describe("")),
        new(place, "enable", "start it with the device, and as soon as this is activated",
            (draft, _) => draft.Set("boot.autostart", "true")),
        new(place, "no enable", "do not start it; stop it as soon as this is activated",
            (draft, _) => draft.Set("boot.autostart", "false")),
        new(place, "environment NAME:variable [VALUE:value]", "environment variable of process 1; without a value it is set but empty",
            (draft, a) => draft.Set(ConfigText.EnvironmentPrefix + a.Of("variable"), a["value"] ?? "")),
        new(place, "no environment [NAME:variable]", "remove an environment variable, or all", NoEnvironment),
        new(place, "loglevel LEVEL:level", "how much LXC tells of it in its log: 0 little, 7 everything, 5 by itself",
            (draft, a) => draft.Set(LogLevel, a.Of("level"))),
        new(place, "no loglevel", "back to 5", (draft, _) => draft.Unset(LogLevel)),
        new(place, "config KEY:key VALUE:value", "set any config key", (draft, a) => draft.Set(a.Of("key"), a.Of("value"))),
        new(place, "no config KEY:key", "unset a config key", NoConfig),
        new(place, "device NAME:device TYPE:type [KEY=VALUE:pair...]", "give a device with these keys, in place of one of that name",
            SetDevice),
        new(place, "no device NAME:device", "take a device away", NoDevice),
        End(place),
    ];

    /// <summary>Key of the line <c>loglevel</c>.</summary>
    public const string LogLevel = "log.level";

    /// <summary>The line that goes one level up.</summary>
    public static Line End(PlaceKind place) => new(place, "end", "go one level up", (draft, _) => draft.Leave());

    private static Draft Command(Draft draft, Arguments arguments) => draft.Set("init.cmd",
        arguments.All("argument") is { Count: > 0 } more
            ? string.Join(' ', more.Prepend(arguments.Of("program")).Select(Words.Quote))
            : arguments.Of("program"));

    public static Draft Describe(Draft draft, Arguments arguments)
    {
        var text = string.Join(' ', arguments.All("text"));
        Keys.CheckText("description", text);
        return draft.Describe(text);
    }

    private static Draft NoEnvironment(Draft draft, Arguments arguments)
    {
        var all = draft.Config.Keys.Where(k => k.StartsWith(ConfigText.EnvironmentPrefix, StringComparison.Ordinal)).ToList();
        if (arguments["variable"] is not { } name)
            return draft.With(draft.Config.RemoveRange(all));
        return all.Contains(ConfigText.EnvironmentPrefix + name) ? draft.Unset(ConfigText.EnvironmentPrefix + name)
            : throw new Refusal(404, $"{draft.What} has no environment variable {Names.Show(name)}; " +
                ObjectLines.There("it has", all.Select(k => k[ConfigText.EnvironmentPrefix.Length..]), "it has none"));
    }

    public static Draft NoConfig(Draft draft, Arguments arguments)
    {
        var key = arguments.Of("key");
        if (Keys.Find(key) is null && !draft.Config.ContainsKey(key))
            Keys.Check(key, "");
        return draft.Unset(key);
    }

    private static Draft SetDevice(Draft draft, Arguments arguments)
    {
        var name = arguments.Of("device");
        var device = Maps.Of(("type", arguments.Of("type")));
        foreach (var pair in arguments.All("pair"))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at < 1)
                throw new Refusal(400, $"device {name}: {Names.Show(pair)} is not KEY=VALUE");
            device = device.SetItem(pair[..at], pair[(at + 1)..]);
        }
        Config.Devices.Check(name, device);
        return draft.With(draft.Devices.SetItem(name, device));
    }

    private static Draft NoDevice(Draft draft, Arguments arguments)
    {
        var name = arguments.Of("device");
        return draft.Devices.ContainsKey(name) ? draft.With(draft.Devices.Remove(name))
            : throw new Refusal(404, $"{draft.What} has no device {Names.Show(name)}; {ObjectLines.There("it has", draft.Devices.Keys,
                "it has none")}");
    }
}
