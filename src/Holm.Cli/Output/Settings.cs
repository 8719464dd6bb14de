using System.Text;

namespace Holm.Cli.Output;

/// <summary>Config and devices in words, for apps and profiles alike.</summary>
internal static class Settings
{
    /// <summary>Adds both, each under a heading, where there are any.</summary>
    public static void Append(
        StringBuilder text,
        IReadOnlyDictionary<string, string> config,
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> devices)
    {
        if (config.Count > 0)
            text.Append("\n\nConfig\n").Append(Config(config));
        if (devices.Count > 0)
            text.Append("\n\nDevices\n").Append(Devices(devices).Columns());
    }

    /// <summary><c>key=value</c> lines in order.</summary>
    public static string Config(IReadOnlyDictionary<string, string> config) =>
        string.Join('\n', config.OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => Visible.Line($"{k.Key}={k.Value}")));

    /// <summary>Name, type and the other keys of each device.</summary>
    public static Table Devices(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> devices)
    {
        var table = new Table("DEVICE", "TYPE", "KEYS");
        foreach (var (name, keys) in devices.OrderBy(d => d.Key, StringComparer.Ordinal))
            table.Add(name, keys.GetValueOrDefault("type", ""),
                string.Join(' ', keys.Where(k => k.Key != "type").OrderBy(k => k.Key, StringComparer.Ordinal)
                    .Select(k => $"{k.Key}={k.Value}")));
        return table;
    }
}
