using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Holm.Config.Language;
using DeviceMap = System.Collections.Immutable.ImmutableSortedDictionary<
    string, System.Collections.Immutable.ImmutableSortedDictionary<string, string>>;

namespace Holm.Config;

/// <summary>Writes the lines of one object. A device is a line of <c>share</c> where one says just what it is.</summary>
internal static class BlockWriter
{
    private static readonly DeviceMap NoDevices = Maps.Empty<ImmutableSortedDictionary<string, string>>();

    public static void Write(StringBuilder text, Document document, string name)
    {
        switch (Words.Split(name))
        {
            case ["resources"] when document.Resources != Resources.Default:
                Line(text, 0, ["resources", .. document.Resources.Words]);
                break;
            case ["https"] when document.Https is { } https:
                Line(text, 0, ["https", https.ToString()]);
                break;
            case ["registry", var registry] when document.Registries.TryGetValue(registry, out var found):
                Line(text, 0, ["registry", registry, .. found.Search ? ["search"] : (string[])[],
                    .. found.Insecure ? ["insecure"] : (string[])[],
                    .. found.Mirrors.Count > 0 ? ["mirrors", string.Join(',', found.Mirrors)] : (string[])[]]);
                break;
            case ["profile", var profile] when document.Profiles.TryGetValue(profile, out var found):
                Line(text, 0, ["profile", profile]);
                WriteParts(text, found.Description, found.Config, found.Devices, withIface: false);
                Line(text, 0, ["end"]);
                break;
            case ["network", var network] when document.Networks.TryGetValue(network, out var found):
                Line(text, 0, ["network", network, .. found.IsBridge ? (string[])[] : [found.Type]]);
                WriteParts(text, found.Description, found.Config, NoDevices, withIface: false);
                Line(text, 0, ["end"]);
                break;
            case ["pool", var pool] when document.Pools.TryGetValue(pool, out var found):
                Line(text, 0, ["pool", pool, found.Driver]);
                WriteParts(text, found.Description, found.Config, NoDevices, withIface: false);
                Line(text, 0, ["end"]);
                break;
            case ["app", var app] when document.Instances.TryGetValue(app, out var found):
                Write(text, found);
                break;
            default:
                break;
        }
    }

    private static void Write(StringBuilder text, InstanceConfig app)
    {
        Line(text, 0, ["app", app.Name, app.Image]);
        if (!NewApp.IsWithin(app))
            Line(text, 1, ["bare"]);
        if (app.CreatedAt != default)
            Line(text, 1, ["created", app.CreatedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)]);
        if (app.Ephemeral)
            Line(text, 1, ["ephemeral"]);
        WriteParts(text, app.Description, app.Config, app.Devices, withIface: true);
        if (app.Profiles.Count == 0)
            Line(text, 1, ["no", "profile"]);
        foreach (var profile in app.Profiles)
            Line(text, 1, ["profile", profile]);
        Line(text, 0, ["end"]);
        foreach (var (name, device) in app.Devices)
            WriteIface(text, name, device, app.Devices);
    }

    private static void WriteParts(
        StringBuilder text, string description, ImmutableSortedDictionary<string, string> config, DeviceMap devices, bool withIface)
    {
        if (description.Length > 0)
            Line(text, 1, ["description", description]);
        foreach (var (key, value) in config)
            Line(text, 1, (key, value) switch
            {
                ("boot.autostart", "true") => ["enable"],
                ("boot.autostart", "false") => ["no", "enable"],
                ("init.cmd", _) => ["cmd", value],
                (PartLines.LogLevel, _) => ["loglevel", value],
                _ when key.StartsWith(ConfigText.EnvironmentPrefix, StringComparison.Ordinal) =>
                    ["environment", key[ConfigText.EnvironmentPrefix.Length..], value],
                _ => ["config", key, value],
            });
        foreach (var (name, device) in devices)
            Line(text, 1, ShareOf(name, device, devices, withIface) ?? [
                "device", name, device.GetValueOrDefault("type", ""),
                .. device.Where(k => k.Key != "type").Select(k => $"{k.Key}={k.Value}")]);
    }

    private static void WriteIface(StringBuilder text, string name, ImmutableSortedDictionary<string, string> device, DeviceMap all)
    {
        if (ShareOf(name, device, all, withIface: true) is not ["share", "veth", var host, ..] ||
            IfaceKeys.Lines(device) is not { Count: > 0 } lines)
            return;
        Line(text, 0, ["iface", host]);
        foreach (var (depth, words) in lines)
            Line(text, depth, words);
        Line(text, 0, ["end"]);
    }

    /// <summary>The line of <c>share</c> that says just what this device is; null: none does.</summary>
    /// <param name="name">The device.</param>
    /// <param name="device">Its keys.</param>
    /// <param name="all">All devices of its owner: where two have a host end in common, a line could mean either.</param>
    /// <param name="withIface">True: address and services of a host end are told by a block of their own.</param>
    private static IReadOnlyList<string>? ShareOf(
        string name, ImmutableSortedDictionary<string, string> device, DeviceMap all, bool withIface)
    {
        if (VethShare.Of(name, device) is { } veth)
            return (withIface ? IfaceKeys.Lines(device) is not null : !IfaceKeys.All.Any(device.ContainsKey)) ? veth.Line : null;
        if (PortShare.Of(name, device) is { } port)
            return HasAlone("parent", port.Port) ? port.Line : null;
        return PathShare.Of(name, device) is { } path && HasAlone("path", path.Target) ? path.Line : null;

        bool HasAlone(string key, string value) => all.Values.Count(d => d.GetValueOrDefault(key) == value) == 1;
    }

    private static void Line(StringBuilder text, int depth, IReadOnlyList<string> words)
    {
        text.Append(' ', 4 * depth);
        for (var i = 0; i < words.Count; i++)
            text.Append(i == 0 ? "" : " ").Append(Words.Quote(words[i]));
        text.Append('\n');
    }
}
