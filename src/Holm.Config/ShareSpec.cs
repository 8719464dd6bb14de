using System.Collections.Immutable;
using Holm.Contract;

namespace Holm.Config;

/// <summary>
/// A file or folder of the host, or a volume of a storage pool, that an app sees: a device of type disk with a source, read and
/// checked. Keys are LXD's
/// (<c>doc/reference/devices_disk.md</c>); <c>shift</c> is true unless said otherwise.
/// </summary>
/// <param name="Device">Name of the device.</param>
/// <param name="Source">Name of a volume (<see cref="Pool"/>), or absolute path without <c>..</c>, <c>.</c> and extra slashes.</param>
/// <param name="Path">Absolute path inside, in the same form; not <c>/</c>, not <c>/proc</c> or below.</param>
/// <param name="ReadOnly">True: the app can change nothing below it.</param>
/// <param name="Required">True: the app is not started while the source is missing.</param>
/// <param name="Recursive">True: what is mounted below the source on the host is seen too.</param>
/// <param name="Shift">True: the ids of an unprivileged app are the host's, so that its root's files are the host root's.</param>
public sealed record ShareSpec(string Device, string Source, string Path, bool ReadOnly, bool Required, bool Recursive, bool Shift)
{
    /// <summary>The storage pool in which <see cref="Source"/> is the name of a volume; null: it is a path.</summary>
    public string? Pool { get; init; }

    /// <summary>Keys of a share.</summary>
    public static IReadOnlyList<string> KeysOf { get; } = ["type", "pool", "source", "path", "readonly", "required", "recursive", "shift"];

    /// <summary>Longest path, bytes of UTF-8; PATH_MAX without its NUL.</summary>
    private const int LongestPath = 4095;

    /// <summary>True for the keys of a share: a disk that is not a root.</summary>
    public static bool IsShare(ImmutableSortedDictionary<string, string> keys) =>
        keys.GetValueOrDefault("type") == "disk" && (keys.ContainsKey("source") || keys.GetValueOrDefault("path") != "/");

    /// <summary>Reads and checks a device.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static ShareSpec Read(string device, ImmutableSortedDictionary<string, string> keys)
    {
        if (keys.Keys.FirstOrDefault(k => !KeysOf.Contains(k)) is { } other)
            throw new Refusal(400, $"device {device}: key {Names.Show(other)} is not known for a disk other than the root; it takes " +
                string.Join(", ", KeysOf));
        var pool = keys.GetValueOrDefault("pool");
        var source = keys.GetValueOrDefault("source") is { Length: > 0 } written
            ? pool is null ? PathOf(device, "source", written) : VolumeOf(device, pool, written)
            : pool is not null ? throw new Refusal(400, $"device {device}: say which volume of pool {Names.Show(pool)} it is: source=NAME")
            : throw new Refusal(400, $"device {device}: say which file or folder of the host it is: source=/PATH");
        var path = keys.GetValueOrDefault("path") is { Length: > 0 } inside ? PathOf(device, "path", inside)
            : throw new Refusal(400, $"device {device}: say where the app sees it: path=/PATH");
        if (path == "/")
            throw new Refusal(400, $"device {device}: a share cannot take the place of the root; choose a path below /");
        if (path == "/proc" || path.StartsWith("/proc/", StringComparison.Ordinal))
            throw new Refusal(
                400, $"device {device}: nothing can be shared at {Names.Show(path)}: /proc is the kernel's; choose another path");
        return new ShareSpec(device, source, path, Bool(device, keys, "readonly", false), Bool(device, keys, "required", true),
            Bool(device, keys, "recursive", false), Bool(device, keys, "shift", true))
        { Pool = pool };
    }

    /// <summary>The shares among the devices of one instance, those above before those below them.</summary>
    /// <exception cref="Refusal">400: one is not allowed, or two have one path.</exception>
    public static IReadOnlyList<ShareSpec> Of(IEnumerable<KeyValuePair<string, ImmutableSortedDictionary<string, string>>> devices)
    {
        var shares = devices.Where(d => IsShare(d.Value)).Select(d => Read(d.Key, d.Value))
            .OrderBy(s => s.Path, StringComparer.Ordinal).ToList();
        foreach (var (one, two) in shares.Zip(shares.Skip(1)))
            if (one.Path == two.Path)
                throw new Refusal(400, $"devices {one.Device} and {two.Device} have one path, {Names.Show(one.Path)}; give each its own");
        return shares;
    }

    /// <summary>True when this share lies below another.</summary>
    public bool IsBelow(ShareSpec other) => Path.StartsWith(other.Path + "/", StringComparison.Ordinal);

    /// <summary>Accepts an absolute path of the host that is written as it is.</summary>
    /// <exception cref="Refusal">400.</exception>
    internal static void CheckPath(string what, string text)
    {
        if (text == "/" || PathOf(what, text) != text)
            throw new Refusal(400, $"{what} {Names.Show(text)} is not allowed: write it without '.', without '/' at its end or twice, " +
                "and not / itself");
    }

    private static string VolumeOf(string device, string pool, string volume)
    {
        PoolConfig.CheckName("storage pool", pool, $"device {device}: ");
        PoolConfig.CheckName("storage volume", volume, $"device {device}: ");
        return volume;
    }

    private static string PathOf(string device, string key, string text) => PathOf($"device {device}: {key}", text);

    private static string PathOf(string what, string text)
    {
        var parts = text.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var broken =
            !text.StartsWith('/') ? "it must begin with /" :
            parts.Contains("..") ? "'..' is not allowed" :
            text.Any(char.IsControl) ? "it holds a control character" :
            System.Text.Encoding.UTF8.GetByteCount(text) > LongestPath ? $"it is longer than {LongestPath} bytes" :
            null;
        if (broken is not null)
            throw new Refusal(400, $"{what} {Names.Show(text)} is not allowed: {broken}");
        return "/" + string.Join('/', parts.Where(p => p != "."));
    }

    private static bool Bool(string device, ImmutableSortedDictionary<string, string> keys, string key, bool otherwise) =>
        keys.GetValueOrDefault(key) is not { Length: > 0 } text ? otherwise
            : Keys.IsBool(text) ? Keys.IsTrue(text)
            : throw new Refusal(400, $"device {device}: {key} {Names.Show(text)} is not allowed; it takes true or false");
}
