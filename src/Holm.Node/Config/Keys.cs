using System.Globalization;
using System.Text;
using Holm.Contract;
using Holm.Linux.Processes;

namespace Holm.Node.Config;

/// <summary>When a changed key takes effect on a running instance.</summary>
public enum Effect
{
    /// <summary>At once.</summary>
    Live,
    /// <summary>At the next start.</summary>
    NextStart,
}

/// <summary>One config key, or a family of them.</summary>
/// <param name="Name">The key; a name that ends in <c>.*</c> stands for all keys that begin so.</param>
/// <param name="Type">What a value looks like, for people.</param>
/// <param name="Default">What holds where the key is unset.</param>
/// <param name="Effect">When a change is felt.</param>
/// <param name="Accepts">True for a value that is one; length and control characters have been checked before.</param>
/// <param name="Help">A sentence for people.</param>
public sealed record Key(string Name, string Type, string Default, Effect Effect, Func<string, bool> Accepts, string Help)
{
    /// <summary>True when newlines and tabs may stand in a value.</summary>
    public bool ManyLines => Name is "environment.*" or "user.*";
}

/// <summary>
/// The one table of config keys of instances and profiles. A key that is not here is refused by name; one that is here is enforced.
/// </summary>
/// <remarks>Names and values are LXD's (<c>doc/reference/instance_options.md</c>); <c>init.*</c> is Holm's own.</remarks>
public static class Keys
{
    /// <summary>Longest value, bytes of UTF-8.</summary>
    public const int LongestValue = 64 * 1024;

    private const string Bool = "true or false", Seconds = "seconds", Number = "whole number", Text = "text", Path = "absolute path",
        Signal = "signal such as SIGTERM or SIGRTMIN+3";

    /// <summary>Every key there is.</summary>
    public static IReadOnlyList<Key> All { get; } =
    [
        new("boot.autorestart", Bool, "false", Effect.Live, IsBool, "start it again when it fails"),
        new("boot.autostart", Bool, "", Effect.Live, IsBool, "start it with the node; unset brings back what ran before"),
        new("boot.autostart.delay", Seconds, "0", Effect.Live, IsSeconds,
            "how long to wait after starting it before the next one is started"),
        new("boot.autostart.priority", Number, "0", Effect.Live, IsNumber, "higher ones are started first"),
        new("boot.host_shutdown_timeout", Seconds, "30", Effect.Live, IsSeconds, "how long a clean stop may take before it is killed"),
        new("boot.stop.priority", Number, "0", Effect.Live, IsNumber, "higher ones are stopped first"),
        new("environment.*", Text, "", Effect.NextStart, _ => true, "environment variable of init and of commands run by exec"),
        new("image.*", Text, "", Effect.Live, _ => true, "property of the image it was made from; written by Holm"),
        new("init.cmd", Path + " and arguments", "/sbin/init", Effect.NextStart, IsCommand, "program to run as process 1"),
        new("init.cwd", Path, "/", Effect.NextStart, IsPath, "folder in which process 1 starts"),
        new("init.signal.halt", Signal, "the image's", Effect.NextStart, IsSignal, "signal that asks process 1 for a clean stop"),
        new("init.signal.reboot", Signal, "the image's", Effect.NextStart, IsSignal, "signal that asks process 1 to reboot"),
        new("limits.cpu", "count or set such as 2 or 0-3", "all", Effect.Live, v => CpuSet.TryParse(v) is not null,
            "processors it may use"),
        new("limits.memory", "size such as 64MiB, or 25%", "all", Effect.Live, IsMemory, "memory it may use"),
        new("limits.processes", Number + ", 1 or more", "the node's", Effect.Live, IsCount, "processes and threads it may have"),
        new("security.idmap.isolated", Bool, "false", Effect.NextStart, IsBool, "give it a range of user ids that no other instance has"),
        new("security.privileged", Bool, "false", Effect.NextStart, IsBool, "root inside is root outside"),
        new("user.*", Text, "", Effect.Live, _ => true, "free text for people and programs"),
        new("volatile.*", Text, "", Effect.Live, _ => true, "written by Holm, accepted back unchanged"),
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
            throw new Refusal(400, $"config key {Names.Show(name)} is not known{Nearest(name)}");
        CheckName(key, name);
        CheckText($"config key {name}", value, key.ManyLines);
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
        var nearest = All.Select(k => (k.Name, Distance: Spelling.Distance(name, k.Name))).OrderBy(p => p.Distance).Take(3).ToList();
        return nearest[0].Distance <= Math.Max(2, name.Length / 3)
            ? $"; did you mean {nearest[0].Name}"
            : $"; the nearest there are: {string.Join(", ", nearest.Select(p => p.Name))}";
    }

    private static bool IsBool(string v) => v.ToLowerInvariant() is "true" or "1" or "yes" or "on" or "false" or "0" or "no" or "off";

    private static bool IsSeconds(string v) => int.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out var s) && s <= 86400;

    private static bool IsNumber(string v) => int.TryParse(v, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    private static bool IsCount(string v) => int.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0;

    private static bool IsMemory(string v) => Size.TryPercent(v) is not null || Size.TryParse(v) > 0;

    private static bool IsPath(string v) => v.StartsWith('/') && v.Length <= 4095 && !v.Split('/').Contains("..");

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
