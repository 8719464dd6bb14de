using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Holm.Config.Language;

/// <summary>A nic as <c>share veth</c> makes it. Its device is called like its guest end.</summary>
/// <param name="Host">Name of the host end.</param>
/// <param name="Guest">Name inside.</param>
/// <param name="Bridge">The bridge whose port the host end is; null: an interface of its own.</param>
/// <param name="Untagged">VLAN of untagged frames, or <c>none</c>; null: nothing is said.</param>
/// <param name="Tagged">VLANs of tagged frames; null: nothing is said.</param>
internal sealed record VethShare(string Host, string Guest, string? Bridge = null, string? Untagged = null, string? Tagged = null)
{
    /// <summary>Keys of the device.</summary>
    public ImmutableSortedDictionary<string, string> Keys => Maps.Of(
    [
        ("type", "nic"), ("nictype", Bridge is null ? "p2p" : "bridged"), ("host_name", Host), ("name", Guest),
        .. Shares.Pair("parent", Bridge), .. Shares.Pair("vlan", Untagged), .. Shares.Pair("vlan.tagged", Tagged),
    ]);

    /// <summary>The line that makes it.</summary>
    public IReadOnlyList<string> Line =>
    [
        "share", "veth", Host, "as", Guest, .. Shares.Words("bridge", Bridge), .. Shares.Words("untagged", Untagged),
        .. Shares.Words("tagged", Tagged),
    ];

    /// <summary>The device read back; null when a line cannot say just this. Address and services of the host end are left aside.</summary>
    public static VethShare? Of(string name, ImmutableSortedDictionary<string, string> device)
    {
        if (device.GetValueOrDefault("host_name") is not { } host || device.GetValueOrDefault("name") is not { } guest)
            return null;
        var read = new VethShare(host, guest, device.GetValueOrDefault("parent"), device.GetValueOrDefault("vlan"),
            device.GetValueOrDefault("vlan.tagged"));
        return name == Shares.DeviceOf(guest) && (read.Bridge is not null || (read.Untagged ?? read.Tagged) is null) &&
            Shares.Same(read.Keys, device.RemoveRange(IfaceKeys.All)) && (read.Bridge is null || !IfaceKeys.All.Any(device.ContainsKey))
            ? read : null;
    }
}

/// <summary>A nic as <c>share port</c> makes it. Its device is called like its name inside.</summary>
/// <param name="Port">Name of the port on the host.</param>
/// <param name="Guest">Name inside.</param>
internal sealed record PortShare(string Port, string Guest)
{
    /// <summary>Keys of the device.</summary>
    public ImmutableSortedDictionary<string, string> Keys =>
        Maps.Of(("type", "nic"), ("nictype", "physical"), ("parent", Port), ("name", Guest));

    /// <summary>The line that makes it.</summary>
    public IReadOnlyList<string> Line => ["share", "port", Port, "as", Guest];

    /// <summary>The device read back; null when a line cannot say just this.</summary>
    public static PortShare? Of(string name, ImmutableSortedDictionary<string, string> device) =>
        device.GetValueOrDefault("parent") is { } port && device.GetValueOrDefault("name") is { } guest &&
        new PortShare(port, guest) is var read && name == Shares.DeviceOf(guest) && Shares.Same(read.Keys, device) ? read : null;
}

/// <summary>A disk as <c>share path</c> makes it. Its device is called after its place inside.</summary>
/// <param name="Source">Path on the host.</param>
/// <param name="Target">Path inside.</param>
/// <param name="ReadOnly">The app cannot write there.</param>
/// <param name="Optional">The app starts also while it is missing.</param>
/// <param name="Recursive">What is mounted below it on the host is seen, too.</param>
/// <param name="Shift">Owners are mapped: what root owns on the host, root owns inside.</param>
internal sealed record PathShare(
    string Source, string Target, bool ReadOnly = false, bool Optional = false, bool Recursive = false, bool Shift = true)
{
    /// <summary>Keys of the device.</summary>
    public ImmutableSortedDictionary<string, string> Keys => Maps.Of(
    [
        ("type", "disk"), ("source", Source), ("path", Target), ("shift", Shift ? "true" : "false"),
        .. Shares.Pair("readonly", ReadOnly ? "true" : null), .. Shares.Pair("required", Optional ? "false" : null),
        .. Shares.Pair("recursive", Recursive ? "true" : null),
    ]);

    /// <summary>The line that makes it.</summary>
    public IReadOnlyList<string> Line =>
    [
        "share", "path", Source, "as", Target, .. ReadOnly ? (string[])["ro"] : [], .. Optional ? (string[])["optional"] : [],
        .. Recursive ? (string[])["recursive"] : [], .. Shift ? [] : (string[])["no-shift"],
    ];

    /// <summary>Name of its device.</summary>
    public string Device => NameOf(Target);

    /// <summary>Name of the device of a path: <c>path-mnt</c> for <c>/mnt</c>, <c>path-etc-motd</c> for <c>/etc/motd</c>.</summary>
    public static string NameOf(string target)
    {
        var plain = target.Length is > 1 and <= 58 && target.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '.');
        // A path that the name could not give back, or not alone, is named by its digest.
        return plain ? "path" + target.Replace('/', '-')
            : "path:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(target)))[..16];
    }

    /// <summary>The device read back; null when a line cannot say just this.</summary>
    public static PathShare? Of(string name, ImmutableSortedDictionary<string, string> device) =>
        device.GetValueOrDefault("source") is { } source && device.GetValueOrDefault("path") is { } target &&
        new PathShare(source, target, device.ContainsKey("readonly"), device.ContainsKey("required"),
            device.ContainsKey("recursive"), device.GetValueOrDefault("shift") == "true") is var read &&
        name == read.Device && IsPlain(source) && IsPlain(target) && Shares.Same(read.Keys, device) ? read : null;

    /// <summary>True for a path that a line leaves as it is.</summary>
    private static bool IsPlain(string path) =>
        path.StartsWith('/') && path.Split('/').Skip(1).All(part => part is not ("" or "." or ".."));
}

/// <summary>What the three kinds of shares have in common.</summary>
internal static class Shares
{
    /// <summary>Name of the device of a nic that is called so inside.</summary>
    public static string DeviceOf(string guest) =>
        guest.All(c => char.IsAsciiLetterOrDigit(c) || "-_.:".Contains(c, StringComparison.Ordinal)) ? guest
            : "nic:" + string.Concat(Encoding.UTF8.GetBytes(guest).Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));

    public static bool Same(ImmutableSortedDictionary<string, string> one, ImmutableSortedDictionary<string, string> other) =>
        one.Count == other.Count && one.All(p => other.GetValueOrDefault(p.Key) == p.Value);

    public static (string, string)[] Pair(string key, string? value) => value is null ? [] : [(key, value)];

    public static string[] Words(string word, string? value) => value is null ? [] : [word, value];
}
