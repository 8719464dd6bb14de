using System.Globalization;
using Holm.Contract;

namespace Holm.Config;

/// <summary>
/// Options of <c>podman run</c> as flake-pilot's registrations hold them, taken into a flake: those that have an equal there. All others
/// are refused by name. Pure.
/// </summary>
/// <remarks>
/// flake-pilot replaces <c>%NAME</c> in them by the caller's variable at each launch. Here values are fixed when they are registered, but
/// for the two that are meant by it: a volume <c>%HOME:%HOME</c> shares the caller's home, <c>%PWD:%PWD</c> and workdir <c>%PWD</c> the
/// caller's working directory. Any other is refused.
/// </remarks>
public static class PodmanOptions
{
    private sealed record Option(string[] Names, Func<Flake, string, Flake>? Take, Func<Flake, bool, Flake>? Switch = null);

    private static readonly Option[] All =
    [
        new(["--env", "-e"], Variable),
        new(["--volume", "-v"], Volume),
        new(["--workdir", "-w"], (f, v) => v == "%PWD" ? f with { ShareCwd = true } : f with { WorkingDirectory = v }),
        new(["--user", "-u"], (f, v) => f with { User = v }),
        new(["--hostname", "-h"], (f, v) => f with { HostName = v }),
        new(["--tmpfs"], (f, v) => f with { Tmpfs = [.. f.Tmpfs, Plain("--tmpfs", v, ["rw", "nosuid", "nodev", "noexec"])] }),
        new(["--network", "--net"], (f, v) => f with { Network = Network(v) }),
        new(["--memory", "-m"], (f, v) => f with { Memory = Memory(v) }),
        new(["--cpus"], (f, v) => f with { Cpus = Cpus(v) }),
        new(["--cpuset-cpus"], (f, v) => f with { Cpus = v.AsSpan().ContainsAny('-', ',') ? v : $"{v}-{v}" }),
        new(["--entrypoint"], EntryPoint),
        new(["--no-hosts"], null, (f, on) => on ? f with { Without = [.. f.Without.Append("hosts").Distinct()] } : f),
        new(["--init"], null, (f, on) => on ? f : throw Refuse("--init=false", "a flake's streams come from Holm's init")),
        // A flake is as these say: gone at its end, with the caller's input and terminal.
        new(["--rm"], null, (f, on) => on ? f : throw Refuse("--rm=false", "a flake is gone at its end; --resume keeps one")),
        new(["--interactive", "-i", "--tty", "-t", "-it", "-ti"], null, (f, _) => f),
        new(["--privileged"], null, (f, on) => on ? throw Refuse("--privileged", "a flake is never privileged") : f),
    ];

    /// <summary>What the words of one option add to a flake.</summary>
    /// <param name="flake">The flake so far.</param>
    /// <param name="text">
    /// <c>--opt VALUE</c>, <c>--opt=VALUE</c> or <c>-o VALUE</c>; a backslash before the dash, which keeps it from flake-ctl's own parser,
    /// is dropped.
    /// </param>
    /// <exception cref="FormatException">It is none of those that are taken; the sentence names it and the reason.</exception>
    public static Flake Add(Flake flake, string text)
    {
        text = text.Trim();
        if (text.StartsWith("\\-", StringComparison.Ordinal))
            text = text[1..];
        var end = text.IndexOfAny([' ', '=']);
        var (name, value) = end < 0 ? (text, null) : (text[..end], text[(end + 1)..].Trim());
        if (All.FirstOrDefault(o => o.Names.Contains(name)) is not { } option)
            throw Refuse(name, "it has no equal in a flake");
        if (option.Switch is { } flip)
            return flip(flake, value?.ToLowerInvariant() switch
            {
                null or "true" => true,
                "false" => false,
                _ => throw Refuse(text, "it takes true or false"),
            });
        if (value is null or "")
            throw Refuse(name, "its value is missing");
        if (HasVariable(value) && !(name is "--workdir" or "-w" && value == "%PWD") && name is not ("--volume" or "-v"))
            throw NoVariables(text);
        return option.Take!(flake, value);
    }

    private static Flake Variable(Flake flake, string value)
    {
        var equals = value.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? flake with { Pass = [.. flake.Pass, value] } : flake with
        {
            Environment = new Dictionary<string, string>(flake.Environment) { [value[..equals]] = value[(equals + 1)..] },
        };
    }

    private static Flake Volume(Flake flake, string value)
    {
        if (value is "%HOME:%HOME")
            return flake with { ShareHome = true };
        if (value is "%PWD:%PWD")
            return flake with { ShareCwd = true };
        if (HasVariable(value))
            throw NoVariables($"--volume {value}");
        var parts = value.Split(':');
        if (parts.Length is < 2 or > 3 || !parts[0].StartsWith('/') || !parts[1].StartsWith('/'))
            throw Refuse($"--volume {value}", "a flake takes /PATH/ON/HOST:/PATH/INSIDE[:ro]; it has no named volumes");
        string[] marks = parts.Length == 3 ? parts[2].Split(',') : [];
        if (marks.FirstOrDefault(m => m is not ("ro" or "rw" or "z" or "Z")) is { } other)
            throw Refuse($"--volume {value}", $"of the marks after the second colon ro, rw, z and Z are taken, not {other}");
        var mount = new FlakeMount { Source = parts[0], Path = parts[1], ReadOnly = marks.Contains("ro") };
        return flake with { Mounts = [.. flake.Mounts.Where(m => m.Path != mount.Path), mount] };
    }

    private static Flake EntryPoint(Flake flake, string value) => value.StartsWith('/')
        ? flake with { Commands = flake.Commands.ToDictionary(c => c.Key, c => c.Value == "/" ? value : c.Value) }
        : throw Refuse($"--entrypoint {value}", "a flake takes the absolute path of a program");

    private static string Plain(string option, string value, string[] marks)
    {
        var colon = value.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return value;
        return value[(colon + 1)..].Split(',').FirstOrDefault(m => !marks.Contains(m)) is { } other
            ? throw Refuse($"{option} {value}", $"{string.Join(", ", marks)} are taken, not {other}") : value[..colon];
    }

    private static string Network(string value) => value.Split(':')[0] switch
    {
        "host" => "host",
        "none" => "none",
        "bridge" or "private" or "pasta" or "slirp4netns" or "nat" => "nat",
        _ => throw Refuse($"--network {value}", "host, none and bridge are taken"),
    };

    private static string Memory(string value)
    {
        var digits = value.TrimEnd('b', 'k', 'm', 'g', 'B', 'K', 'M', 'G');
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _) || value.Length > digits.Length + 1)
            throw Refuse($"--memory {value}", "podman's amounts are a number and b, k, m or g");
        return value[digits.Length..].ToLowerInvariant() switch
        {
            "k" => digits + "KiB",
            "m" => digits + "MiB",
            "g" => digits + "GiB",
            _ => digits,
        };
    }

    private static string Cpus(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? value : throw Refuse($"--cpus {value}", "a flake takes a whole number of processors");

    /// <summary>flake-pilot's <c>%NAME</c>.</summary>
    private static bool HasVariable(string value)
    {
        for (var at = value.IndexOf('%', StringComparison.Ordinal); at >= 0; at = value.IndexOf('%', at + 1))
            if (at + 1 < value.Length && char.IsAsciiLetterUpper(value[at + 1]))
                return true;
        return false;
    }

    private static FormatException NoVariables(string text) => Refuse(text, "values are fixed when they are registered; for the caller's " +
        "home there is --home share, for the caller's working directory --cwd share, and --opt '--env NAME' passes a variable on");

    private static FormatException Refuse(string option, string why) =>
        new($"podman's option {Names.Show(option)} is not taken: {why}");
}
