using Holm.Cli.Output;
using Holm.Config;
using Holm.Config.Language;
using Device = System.Collections.Immutable.ImmutableSortedDictionary<string, string>;

namespace Holm.Cli.Console;

/// <summary>What <c>show</c> prints inside the configuration: an app as WeOS shows it, other places as the lines that make them.</summary>
internal static class PlaceView
{
    private const int TypeWidth = 6, NameWidth = 18, OptionsWidth = 9;
    private const int DefaultLogLevel = 5;
    private const string Order = "path port veth";

    /// <summary>A row of the table of what is shared.</summary>
    private sealed record Shared(string Type, string Host, string Guest, string Options);

    /// <summary>Renders the place of a draft; no line end after the last line.</summary>
    public static string Render(Draft draft) => draft.Place.Kind switch
    {
        PlaceKind.App => App(draft.App),
        PlaceKind.Config => ConfigText.Write(draft.Document).TrimEnd('\n'),
        PlaceKind.Iface or PlaceKind.InetDhcp => Iface(draft),
        PlaceKind.Profile => ConfigText.Block(draft.Document, $"profile {Words.Quote(draft.Place.Name)}").TrimEnd('\n'),
        _ => ConfigText.Block(draft.Document, $"network {draft.Place.Name}").TrimEnd('\n'),
    };

    private static string App(InstanceConfig app)
    {
        var facts = new Facts()
            .Add("Status", Config.Keys.IsTrue(app.Config.GetValueOrDefault("boot.autostart")) ? "Enabled" : "Disabled")
            .Add("Name", app.Name)
            .Add("Description", app.Description)
            .Add("Image", app.Image)
            .Add("Init cmd", app.Config.GetValueOrDefault("init.cmd", "/sbin/init"));
        if (app.Config.GetValueOrDefault("log.level") is { } level && level != $"{DefaultLogLevel}")
            facts.Add("Loglevel", level);
        const int width = TypeWidth + NameWidth + NameWidth + OptionsWidth;
        string[] lines =
        [
            facts.ToString(),
            "".PadRight(width),
            "Shared Resources".PadRight(width),
            Line(new("TYPE", "HOST", "GUEST", "OPTS")).PadRight(width),
            .. app.Devices.Values.Select(Row).OfType<Shared>().OrderBy(s => Order.IndexOf(s.Type, StringComparison.Ordinal))
                .Select(s => Visible.Line(Line(s)).TrimEnd()),
        ];
        return string.Join('\n', lines);
    }

    // Each column ends in a space, however long what stands in it.
    private static string Line(Shared row) =>
        $"{row.Type.PadRight(TypeWidth - 1)} {row.Host.PadRight(NameWidth - 1)} {row.Guest.PadRight(NameWidth - 1)} {row.Options}";

    /// <summary>A device as a row; null for what is no share: the root, and what takes a profile's device away.</summary>
    private static Shared? Row(Device device) => device.GetValueOrDefault("type") switch
    {
        "nic" when device.GetValueOrDefault("nictype") == "physical" => new("port", Of(device, "parent"), Of(device, "name"), ""),
        "nic" when device.GetValueOrDefault("nictype") is "p2p" or "bridged" || device.ContainsKey("network") =>
            new("veth", Of(device, "host_name"), Of(device, "name"), VethOptions(device)),
        "nic" => new(Of(device, "nictype"), Of(device, "parent"), Of(device, "name"), ""),
        "disk" when device.ContainsKey("source") => new("path", Of(device, "source"), Of(device, "path"), PathOptions(device)),
        "disk" or "none" or null => null,
        var type => new(type, Of(device, "source"), Of(device, "path"), ""),
    };

    private static string Of(Device device, string key) => device.GetValueOrDefault(key, "");

    private static string PathOptions(Device device) => string.Join(' ', (string[])
    [
        .. Config.Keys.IsTrue(Of(device, "readonly")) ? (string[])["ro"] : [],
        .. Of(device, "required") is "false" or "0" or "no" or "off" ? (string[])["optional"] : [],
        .. Config.Keys.IsTrue(Of(device, "shift")) ? [] : (string[])["no-shift"],
    ]);

    private static string VethOptions(Device device) => string.Join(' ', (string[])
    [
        .. Option(device, "bridge", "parent"), .. Option(device, "bridge", "network"), .. Option(device, "untagged", "vlan"),
        .. Option(device, "tagged", "vlan.tagged"),
    ]);

    private static string[] Option(Device device, string word, string key) =>
        device.TryGetValue(key, out var value) ? [$"{word} {value}"] : [];

    // The block of an interface stands behind that of its app.
    private static string Iface(Draft draft)
    {
        var name = draft.Place.Name;
        var lines = ConfigText.Block(draft.Document, $"app {draft.Place.App}").Split('\n').SkipWhile(l => l != $"iface {name}").ToList();
        var end = lines.IndexOf("end");
        return end < 0 ? $"iface {name}\nend" : string.Join('\n', lines.Take(end + 1));
    }
}
