using System.Globalization;
using System.Text;
using Holm.Config.Lxc;
using Holm.Contract;
using Holm.Linux.Processes;

namespace Holm.Config;

/// <summary>When a changed key takes effect on a running instance.</summary>
public enum Effect
{
    /// <summary>At once.</summary>
    Live,
    /// <summary>At the next start.</summary>
    NextStart,
}

/// <summary>One config key, or a family of them.</summary>
/// <param name="Name">As <see cref="ConfigKey.Name"/>, where the words for people stand.</param>
/// <param name="Effect">When a change is felt.</param>
/// <param name="Accepts">True for a value that is one; length and control characters have been checked before.</param>
public sealed record Key(string Name, Effect Effect, Func<string, bool> Accepts)
{
    /// <summary>What a value looks like, for people.</summary>
    public string Type { get; } = ConfigKey.All.First(k => k.Name == Name).Type;

    /// <summary>True when newlines and tabs may stand in a value.</summary>
    public bool ManyLines => Name is "environment.*" or "raw.lxc" or "user.*";
}

/// <summary>
/// The rules of the config keys of instances and profiles. A key that is not here is refused by name; one that is here is enforced.
/// </summary>
/// <remarks>What they mean to people stands in <see cref="ConfigKey"/>.</remarks>
public static class Keys
{
    /// <summary>Longest value, bytes of UTF-8.</summary>
    public const int LongestValue = 64 * 1024;

    /// <summary>Every key there is.</summary>
    public static IReadOnlyList<Key> All { get; } =
    [
        new("boot.autorestart", Effect.Live, IsBool),
        new("boot.autostart", Effect.Live, IsBool),
        new("boot.autostart.delay", Effect.Live, IsSeconds),
        new("boot.autostart.priority", Effect.Live, IsNumber),
        new("boot.host_shutdown_timeout", Effect.Live, IsSeconds),
        new("boot.stop.priority", Effect.Live, IsNumber),
        new("environment.*", Effect.NextStart, _ => true),
        new("image.*", Effect.Live, _ => true),
        new("init.cmd", Effect.NextStart, IsCommand),
        new("init.cwd", Effect.NextStart, IsPath),
        new("init.signal.halt", Effect.NextStart, IsSignal),
        new("init.signal.reboot", Effect.NextStart, IsSignal),
        new("limits.cpu", Effect.Live, v => CpuSet.TryParse(v) is not null),
        new("limits.memory", Effect.Live, IsMemory),
        new("limits.partition", Effect.NextStart, v => v is "apps" or "none"),
        new("limits.processes", Effect.Live, IsCount),
        new("log.level", Effect.NextStart, v => v is [>= '0' and <= '7']),
        new("oci.init", Effect.NextStart, v => v is "holm" or "none"),
        new("oci.user", Effect.NextStart, IsUser),
        new("raw.lxc", Effect.NextStart, _ => true),
        new("security.idmap.isolated", Effect.NextStart, IsBool),
        new("security.privileged", Effect.NextStart, IsBool),
        new("user.*", Effect.Live, _ => true),
        new("volatile.*", Effect.Live, _ => true),
    ];

    /// <summary>The key's entry in the table, or null.</summary>
    public static Key? Find(string name) => All.FirstOrDefault(k => k.Name.EndsWith(".*", StringComparison.Ordinal)
        ? name.Length > k.Name.Length - 1 && name.StartsWith(k.Name[..^1], StringComparison.Ordinal)
        : k.Name == name);

    /// <summary>Accepts a key and its value, or refuses it by name.</summary>
    /// <exception cref="Refusal">400: the key is unknown, or the value is none.</exception>
    public static void Check(string name, string value)
    {
        if (Find(name) is not { } key)
            throw new Refusal(400, $"config key {Names.Show(name)} is not known" + (name.StartsWith("snapshots.", StringComparison.Ordinal)
                ? ": snapshots are made when they are asked for, and stay until they are deleted" : Nearest(name)));
        CheckName(key, name);
        CheckText($"config key {name}", value, key.ManyLines);
        if (key.Name == "raw.lxc")
            RawLxc.Read(value);
        if (!key.Accepts(value))
            throw new Refusal(400, $"config key {name}: {Names.Show(value)} is not allowed; it takes {key.Type}");
    }

    /// <summary>Accepts text that may be stored: bounded, with a UTF-8 form, no control character.</summary>
    /// <param name="what">What it is the value of, for the message.</param>
    /// <param name="value">The text.</param>
    /// <param name="manyLines">True: newline and tab are allowed.</param>
    /// <exception cref="Refusal">400.</exception>
    public static void CheckText(string what, string value, bool manyLines = false)
    {
        if (value.Length > LongestValue || Encoding.UTF8.GetByteCount(value) > LongestValue)
            throw new Refusal(400, $"{what}: the value is longer than {LongestValue / 1024} KiB");
        if (!Words.IsWellFormed(value) || value.Any(c => char.IsControl(c) && !(manyLines && c is '\n' or '\t')))
            throw new Refusal(400, $"{what}: {Names.Show(value)} holds a control character");
    }

    /// <summary>Reads a value that was checked: LXD takes true, 1, yes and on.</summary>
    public static bool IsTrue(string? value) => value?.ToLowerInvariant() is "true" or "1" or "yes" or "on";

    private static void CheckName(Key key, string name)
    {
        var rest = name[(key.Name.Length - 1)..];
        if (key.Name == "environment.*" && !(char.IsAsciiLetter(rest[0]) || rest[0] == '_') ||
            key.Name == "environment.*" && !rest.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            throw new Refusal(400,
                $"environment variable {Names.Show(rest)} has no allowed name; letters, digits and _ are, no digit first");
        if (name.Length > 255 || name.Any(c => c is <= ' ' or > '~'))
            throw new Refusal(400, $"config key {Names.Show(name)} is not allowed: at most 255 printable ASCII characters without spaces");
    }

    private static string Nearest(string name)
    {
        if (name.Length > 64)
            return "";
        var nearest = All.Select(k => k.Name).OrderBy(k => Spelling.Distance(name, k)).Take(3).ToList();
        return Spelling.Distance(name, nearest[0]) <= Math.Max(2, name.Length / 3)
            ? $"; did you mean {nearest[0]}"
            : $"; the nearest there are: {string.Join(", ", nearest)}";
    }

    internal static bool IsBool(string v) => v.ToLowerInvariant() is "true" or "1" or "yes" or "on" or "false" or "0" or "no" or "off";

    private static bool IsSeconds(string v) => int.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out var s) && s <= 86400;

    private static bool IsNumber(string v) => int.TryParse(v, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    private static bool IsCount(string v) => int.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0;

    private static bool IsMemory(string v) => Size.TryPercent(v) is not null || Size.TryParse(v) > 0;

    private static bool IsPath(string v) => v.StartsWith('/') && v.Length <= 4095 && !v.Split('/').Contains("..");

    private static bool IsUser(string v) =>
        v.Length is > 0 and <= 128 && v.Count(c => c == ':') <= 1 && !v.StartsWith(':') && v.All(c => c is > ' ' and <= '~' and not ',');

    private static bool IsSignal(string v) => Signals.Parse(v) is not null;

    private static bool IsCommand(string v)
    {
        try
        {
            return Words.Split(v) is [var program, ..] words && IsPath(program) &&
                !words.Any(w => w.Contains('\0', StringComparison.Ordinal));
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
