using System.Text;
using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Flakes;

/// <summary>What a flake may say. Whatever way it came, it is checked here before it is written or used.</summary>
public static class FlakeRules
{
    private const int ManyMax = 256, PathBytesMax = 4095;
    private static readonly string[] Lives = ["one-shot", "resume", "attach"], Networks = ["host", "nat", "none"],
        HostFiles = ["resolv.conf", "hosts", "localtime", "ca-certificates"],
        Options = ["progress", "interactive", "remove", "ignore_sync_error", "ignore_missing_volume_path"];

    /// <summary>Accepts a flake, or refuses it by name, member and value.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static void Check(Flake flake)
    {
        CheckName(flake.Name);
        RefuseNulls(flake);
        try
        {
            CheckImages(flake);
            CheckCommands(flake);
            CheckSettings(flake);
            CheckWords(flake);
            CheckPaths(flake);
            CheckWho(flake);
        }
        catch (Refusal refusal)
        {
            throw new Refusal(refusal.Code, $"flake {flake.Name}: {refusal.Message}", refusal);
        }
    }

    /// <summary>1–63 ASCII letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; a letter or digit first, no dash or dot last.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static void CheckName(string name)
    {
        if (name.Length is 0 or > 63 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) ||
            !char.IsAsciiLetterOrDigit(name[0]) || name[^1] is '-' or '.')
            throw new Refusal(400, $"Invalid flake name: {Names.Show(name)}: 1 to 63 letters, digits, '-', '_' and '.' are allowed, a " +
                "letter or digit first, no '-' or '.' last");
    }

    /// <summary>
    /// An absolute path without <c>.</c>, <c>..</c>, doubled slashes and control characters, which does not end with a slash.
    /// </summary>
    /// <exception cref="Refusal">400.</exception>
    public static void CheckPath(string what, string path)
    {
        var why = path.Length == 0 ? "it is empty" :
            path[0] != '/' ? "it is not absolute" :
            Encoding.UTF8.GetByteCount(path) > PathBytesMax ? $"it is longer than {PathBytesMax} bytes" :
            !Words.IsWellFormed(path) || path.Any(char.IsControl) ? "it holds a control character" :
            path.Length > 1 && path[1..].Split('/').Any(p => p is "" or "." or "..") ? "it has a part that is empty, '.' or '..'" : null;
        if (why is not null)
            throw new Refusal(400, $"{what} {Names.Show(path)}: {why}");
    }

    /// <summary>JSON may hold a null where no member of a list is ever null.</summary>
    private static void RefuseNulls(Flake flake)
    {
        var words = flake.Layers.Concat(flake.IncludeTar).Concat(flake.IncludePath).Concat(flake.Commands.Values).Concat(flake.Arguments)
            .Concat(flake.Environment.Values).Concat(flake.Pass).Concat(flake.Tmpfs).Concat(flake.Without).Concat(flake.PilotOptions)
            .Concat(flake.Allow);
        if (words.Contains(null!) || flake.Mounts.Contains(null!))
            throw new Refusal(400, $"flake {flake.Name}: a list of it holds a null");
    }

    private static void CheckImages(Flake flake)
    {
        foreach (var image in (string[])[flake.Image, .. flake.Layers, .. flake.Base is null ? Array.Empty<string>() : [flake.Base]])
            Names.CheckImage(image);
        if (flake.Layers.Count > 0 && flake.Base is null)
            throw new Refusal(400, "layers lie between a base and the image, and there is no base");
        Few("layers", flake.Layers.Count);
    }

    private static void CheckCommands(Flake flake)
    {
        if (flake.Commands.Count == 0)
            throw new Refusal(400, "it has no command; --app PATH says where on this host one is to be");
        Few("commands", flake.Commands.Count);
        foreach (var (host, target) in flake.Commands)
        {
            CheckPath("command", host);
            if (host == "/" || ((string[])["/proc/", "/sys/", "/dev/"]).Any(p => host.StartsWith(p, StringComparison.Ordinal)))
                throw new Refusal(400, $"command {Names.Show(host)}: no command can be there");
            CheckPath($"target of {host}", target);
        }
    }

    private static void CheckSettings(Flake flake)
    {
        OneOf("life", flake.Life, Lives);
        OneOf("network", flake.Network, Networks);
        foreach (var file in flake.Without)
            OneOf("without", file, HostFiles);
        foreach (var (member, key, value) in ((string, string, string?)[])[("memory", "limits.memory", flake.Memory),
            ("cpus", "limits.cpu", flake.Cpus)])
            if (value is not null && !Keys.Find(key)!.Accepts(value))
                throw new Refusal(400, $"{member} {Names.Show(value)} is not allowed; it takes {Keys.Find(key)!.Type}");
        if (flake.HostName is { } host && (host.Length is 0 or > 63 || host[0] == '-' || host[^1] == '-' ||
            host.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.'))))
            throw new Refusal(400, $"host name {Names.Show(host)}: 1 to 63 letters, digits, '-' and '.' are allowed");
        foreach (var option in flake.PilotOptions)
            if (option is not ['%', ..] || !Options.Contains(option[1..].Split(':')[0]) || option.Any(char.IsControl))
                throw new Refusal(400,
                    $"pilot option {Names.Show(option)} is not known; known are {string.Join(", ", Options.Select(o => $"%{o}"))}");
    }

    private static void CheckWords(Flake flake)
    {
        Few("arguments", flake.Arguments.Count);
        Few("variables", flake.Environment.Count + flake.Pass.Count);
        foreach (var argument in flake.Arguments)
            Keys.CheckText("argument", argument, manyLines: true);
        foreach (var (name, value) in flake.Environment)
        {
            CheckVariable(name);
            Keys.CheckText($"variable {name}", value, manyLines: true);
        }
        foreach (var name in flake.Pass)
            CheckVariable(name.EndsWith('*') ? name[..^1] : name);
    }

    private static void CheckVariable(string name)
    {
        if (name.Length is 0 or > 255 || name.Any(c => c is <= ' ' or > '~' or '=' or '*'))
            throw new Refusal(400, $"variable {Names.Show(name)}: 1 to 255 printable characters without '=' are allowed");
    }

    private static void CheckPaths(Flake flake)
    {
        Few("paths", flake.Mounts.Count + flake.Tmpfs.Count + flake.IncludeTar.Count + flake.IncludePath.Count);
        foreach (var path in flake.IncludeTar)
            CheckPath("include", path);
        foreach (var path in flake.IncludePath)
            if (path == "/")
                throw new Refusal(400, "include \"/\": the whole host cannot be put into an image");
            else
                CheckPath("include", path);
        foreach (var mount in flake.Mounts)
        {
            CheckPath("mount of", mount.Source);
            CheckInside("mount at", mount.Path);
        }
        foreach (var path in flake.Tmpfs)
            CheckInside("tmpfs at", path);
        if (flake.WorkingDirectory is { } cwd)
            CheckPath("working directory", cwd);
    }

    private static void CheckInside(string what, string path)
    {
        CheckPath(what, path);
        if (path == "/")
            throw new Refusal(400, $"{what} \"/\": the root is the image's");
    }

    private static void CheckWho(Flake flake)
    {
        if (flake.User is { } user && (user.Split(':') is not { Length: 1 or 2 } parts || !parts.All(IsAccount)))
            throw new Refusal(400, $"user {Names.Show(user)} is not USER or USER:GROUP, by names or numbers");
        Few("who is allowed", flake.Allow.Count);
        foreach (var who in flake.Allow)
            if (who != "*" && !IsAccount(who.StartsWith('@') ? who[1..] : who))
                throw new Refusal(400, $"allow {Names.Show(who)} is no user name, no @group and not *");
    }

    private static bool IsAccount(string name) =>
        name.Length is > 0 and <= 63 && name[0] != '-' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '$');

    private static void OneOf(string what, string value, string[] allowed)
    {
        if (!allowed.Contains(value))
            throw new Refusal(400, $"{what} {Names.Show(value)} is not known; known are {string.Join(", ", allowed)}");
    }

    private static void Few(string what, int count)
    {
        if (count > ManyMax)
            throw new Refusal(400, $"{what}: {count} are too many; {ManyMax} are allowed");
    }
}
