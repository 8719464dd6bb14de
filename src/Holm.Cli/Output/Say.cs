using System.Globalization;
using Holm.Contract;

namespace Holm.Cli.Output;

/// <summary>Numbers and times in the words of the tables.</summary>
internal static class Say
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Bytes: <c>512B</c>, <c>1.5MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        double value = bytes;
        var unit = 0;
        for (; value >= 1024 && unit < Units.Length - 1; unit++)
            value /= 1024;
        return value.ToString(unit == 0 || value >= 100 ? "0" : "0.0", CultureInfo.InvariantCulture) + Units[unit];
    }

    /// <summary>Processor time: <c>1.25s</c>.</summary>
    public static string Seconds(long nanoseconds) => (nanoseconds / 1e9).ToString("0.00", CultureInfo.InvariantCulture) + "s";

    /// <summary>A moment in UTC, to the second; empty for never (year 1).</summary>
    public static string Time(DateTimeOffset time) =>
        time.Year <= 1 ? "" : time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>An image as people call it: its alias, or the first 12 digits of its fingerprint.</summary>
    public static string Image(string name) => name.Length == 64 && name.All(char.IsAsciiHexDigit) ? name[..12] : name;

    /// <summary>
    /// An app's addresses of a family, <c>inet</c> or <c>inet6</c>: not loopback and link-local, which do not tell how to reach it.
    /// </summary>
    public static IEnumerable<string> Addresses(Instance app, string family) =>
        (app.State?.Network ?? new Dictionary<string, NetworkState>()).Values
            .Where(n => n.Type != "loopback")
            .SelectMany(n => n.Addresses)
            .Where(a => a.Family == family && a.Scope == "global")
            .Select(a => a.Address);

    /// <summary>Who uses something, by URLs: <c>web, profile small, volume data, snapshot web/before</c>.</summary>
    public static string Users(IEnumerable<string> urls) => string.Join(", ", urls.Select(url => url.Split('/') switch
    {
        [.., "profiles", var name] => $"profile {Uri.UnescapeDataString(name)}",
        [.., "volumes", _, var name] => $"volume {Uri.UnescapeDataString(name)}",
        [.., var app, "snapshots", var name] => $"snapshot {Uri.UnescapeDataString(app)}/{Uri.UnescapeDataString(name)}",
        _ => Names.Last(url),
    }));

    /// <summary><c>yes</c> or <c>no</c>.</summary>
    public static string YesNo(bool value) => value ? "yes" : "no";

    /// <summary>True as LXD's keys spell it: <c>true</c>, <c>1</c>, <c>yes</c>, <c>on</c>.</summary>
    public static bool IsTrue(this IReadOnlyDictionary<string, string> config, string key) =>
        config.GetValueOrDefault(key, "").ToLowerInvariant() is "true" or "1" or "yes" or "on";
}
