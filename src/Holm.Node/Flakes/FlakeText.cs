using System.Globalization;
using System.Text;
using Holm.Config;
using Holm.Contract;
using YamlDotNet.RepresentationModel;

namespace Holm.Node.Flakes;

/// <summary>A flake as it came out of its texts.</summary>
/// <param name="Flake">All of them, each over those before it.</param>
/// <param name="Conflicts">Where two drop-ins say different things of the same: a sentence each; the later one counts.</param>
public sealed record FlakeReading(Flake Flake, IReadOnlyList<string> Conflicts);

/// <summary>
/// The YAML of flakes: the members of <see cref="Flake"/> under their names on the wire, what is as usual left out. Pure.
/// </summary>
/// <remarks>
/// Texts lie over each other: a word or switch replaces the one below, mappings are merged entry by entry, lists are added to, mounts are
/// merged by their path inside, and null (<c>~</c>) brings back what is usual, so that a list can be begun anew.
/// </remarks>
public static class FlakeText
{
    private sealed record Key(string Name, Func<Flake, YamlNode?, string, Flake> Lay, Func<Flake, string?> Write);

    private static readonly Flake Usual = new();

    private static readonly Key[] Keys =
    [
        Word("name", f => f.Name, (f, v) => f with { Name = v ?? "" }),
        Word("image", f => f.Image, (f, v) => f with { Image = v ?? "" }),
        Word("base", f => f.Base, (f, v) => f with { Base = v }),
        List("layers", f => f.Layers, (f, v) => f with { Layers = v }),
        List("include_tar", f => f.IncludeTar, (f, v) => f with { IncludeTar = v }),
        List("include_path", f => f.IncludePath, (f, v) => f with { IncludePath = v }),
        Switch("host_dependencies", f => f.HostDependencies, (f, v) => f with { HostDependencies = v }),
        Map("commands", f => f.Commands, (f, v) => f with { Commands = v }),
        Word("life", f => f.Life, (f, v) => f with { Life = v ?? Usual.Life }),
        Word("network", f => f.Network, (f, v) => f with { Network = v ?? Usual.Network }),
        Switch("share_cwd", f => f.ShareCwd, (f, v) => f with { ShareCwd = v }),
        Switch("share_home", f => f.ShareHome, (f, v) => f with { ShareHome = v }),
        Word("user", f => f.User, (f, v) => f with { User = v }),
        Word("working_directory", f => f.WorkingDirectory, (f, v) => f with { WorkingDirectory = v }),
        Word("memory", f => f.Memory, (f, v) => f with { Memory = v }),
        Word("cpus", f => f.Cpus, (f, v) => f with { Cpus = v }),
        Word("host_name", f => f.HostName, (f, v) => f with { HostName = v }),
        List("arguments", f => f.Arguments, (f, v) => f with { Arguments = v }),
        Map("environment", f => f.Environment, (f, v) => f with { Environment = v }),
        List("pass", f => f.Pass, (f, v) => f with { Pass = v }),
        new("mounts", LayMounts, WriteMounts),
        List("tmpfs", f => f.Tmpfs, (f, v) => f with { Tmpfs = v }),
        List("without", f => f.Without, (f, v) => f with { Without = v }),
        List("pilot_options", f => f.PilotOptions, (f, v) => f with { PilotOptions = v }),
        List("allow", f => f.Allow, (f, v) => f with { Allow = v }),
    ];

    /// <summary>Reads one text; its documents after the first lie over it as drop-ins do.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="where">Name for messages.</param>
    /// <exception cref="Refusal">
    /// 400: no YAML, or an unknown key; line and key are named. Values are for <see cref="FlakeRules"/>.
    /// </exception>
    public static Flake Read(string text, string where) => Read([(where, text)]).Flake;

    /// <summary>Reads texts that lie over each other, the drop-ins after the flake's own.</summary>
    /// <inheritdoc cref="Read(string, string)"/>
    public static FlakeReading Read(IReadOnlyList<(string Where, string Text)> texts)
    {
        var flake = Usual;
        var said = new Dictionary<string, (string Where, string Value)>(StringComparer.Ordinal);
        var conflicts = new List<string>();
        var isFirst = true;
        foreach (var (where, text) in texts)
            foreach (var document in Yaml.Load(text, where))
            {
                flake = Lay(flake, document, where, isFirst);
                foreach (var (what, value) in isFirst ? [] : Words(document))
                {
                    if (said.TryGetValue(what, out var other) && other.Value != value)
                        conflicts.Add($"{other.Where} and {where} say different things of {what}: {Names.Show(value)} of {where} counts");
                    said[what] = (where, value);
                }
                isFirst = false;
            }
        return new(flake, conflicts);
    }

    /// <summary>The text of which <see cref="Read(string, string)"/> makes an equal flake.</summary>
    public static string Write(Flake flake)
    {
        var text = new StringBuilder();
        foreach (var key in Keys)
            if (key.Write(flake) is { } value)
                text.Append(key.Name).Append(':').Append(value).Append('\n');
        return text.ToString();
    }

    private static Flake Lay(Flake flake, YamlMappingNode document, string where, bool isFirst)
    {
        foreach (var (name, node) in Yaml.Entries(document, where))
        {
            var key = Keys.FirstOrDefault(k => k.Name == name) ?? throw Yaml.Wrong(where, node.Start,
                $"key {Names.Show(name)} is not known; known are {string.Join(", ", Keys.Select(k => k.Name))}");
            if (name == "name" && !isFirst)
                throw Yaml.Wrong(where, node.Start, "a flake's name cannot be changed by what lies over it");
            // The registration makes the links; what lies over it may lead a command to another program, not add or drop one.
            if (name == "commands" && !isFirst && (Yaml.IsNull(node) || Yaml.Entries(node, where)
                .Any(c => !flake.Commands.ContainsKey(c.Key) || Yaml.IsNull(c.Value))))
                throw Yaml.Wrong(where, node.Start, "commands are added and dropped by a registration, not by what lies over it");
            flake = key.Lay(flake, Yaml.IsNull(node) ? null : node, where);
        }
        return flake;
    }

    /// <summary>What a document says of single things: <c>memory</c>, <c>environment.LANG</c>.</summary>
    private static IEnumerable<(string What, string Value)> Words(YamlMappingNode document)
    {
        foreach (var (key, value) in document.Children)
            if (value is YamlScalarNode word)
                yield return ($"{key}", word.Value ?? "");
            else if (value is YamlMappingNode map)
                foreach (var (name, entry) in map.Children)
                    yield return ($"{key}.{name}", (entry as YamlScalarNode)?.Value ?? "");
    }

    private static Key Word(string name, Func<Flake, string?> get, Func<Flake, string?, Flake> set) => new(name,
        (flake, node, where) => set(flake, node is null ? null : Yaml.Word(node, where)),
        flake => get(flake) == get(Usual) ? null : " " + Quote(get(flake)!));

    private static Key Switch(string name, Func<Flake, bool> get, Func<Flake, bool, Flake> set) => new(name,
        (flake, node, where) => set(flake, node is null ? get(Usual) : Yaml.Switch(node, where)),
        flake => get(flake) == get(Usual) ? null : get(flake) ? " true" : " false");

    private static Key List(string name, Func<Flake, IReadOnlyList<string>> get, Func<Flake, IReadOnlyList<string>, Flake> set) => new(name,
        (flake, node, where) => set(flake, node is null ? [] : [.. get(flake), .. Yaml.Words(node, where)]),
        flake => get(flake).Count == 0 ? null : string.Concat(get(flake).Select(v => $"\n  - {Quote(v)}")));

    private static Key Map(
        string name, Func<Flake, IReadOnlyDictionary<string, string>> get, Func<Flake, IReadOnlyDictionary<string, string>, Flake> set) =>
        new(name, (flake, node, where) =>
        {
            if (node is null)
                return set(flake, new Dictionary<string, string>());
            var all = new SortedDictionary<string, string>(get(flake).ToDictionary(), StringComparer.Ordinal);
            foreach (var (key, value) in Yaml.Entries(node, where))
                if (Yaml.IsNull(value))
                    all.Remove(key);
                else
                    all[key] = Yaml.Word(value, where);
            return set(flake, all);
        }, flake => get(flake).Count == 0 ? null : string.Concat(
            get(flake).OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"\n  {Quote(e.Key)}: {Quote(e.Value)}")));

    private static Flake LayMounts(Flake flake, YamlNode? node, string where)
    {
        if (node is null)
            return flake with { Mounts = [] };
        var all = flake.Mounts.ToList();
        foreach (var item in Yaml.Items(node, where))
        {
            var mount = new FlakeMount();
            foreach (var (key, value) in Yaml.Entries(item, where))
                mount = key switch
                {
                    "source" => mount with { Source = Yaml.Word(value, where) },
                    "path" => mount with { Path = Yaml.Word(value, where) },
                    "readonly" => mount with { ReadOnly = Yaml.Switch(value, where) },
                    _ => throw Yaml.Wrong(where, value.Start,
                        $"key {Names.Show(key)} of a mount is not known; source, path and readonly are"),
                };
            all.RemoveAll(m => m.Path == mount.Path);
            all.Add(mount);
        }
        return flake with { Mounts = all };
    }

    private static string? WriteMounts(Flake flake) => flake.Mounts.Count == 0 ? null : string.Concat(flake.Mounts.Select(m =>
        $"\n  - source: {Quote(m.Source)}\n    path: {Quote(m.Path)}{(m.ReadOnly ? "\n    readonly: true" : "")}"));

    /// <summary>The word as YAML: bare where no reader takes it for anything else, else between double quotes.</summary>
    internal static string Quote(string word)
    {
        var isBare = word.Length > 0 && (char.IsAsciiLetter(word[0]) || (word[0] == '/' && word.Length > 1))
            && word.All(c => char.IsAsciiLetterOrDigit(c) || "/_.-+@=".Contains(c, StringComparison.Ordinal))
            && word.ToLowerInvariant() is not ("true" or "false" or "yes" or "no" or "on" or "off" or "null" or "y" or "n");
        if (isBare)
            return word;
        var quoted = new StringBuilder("\"");
        foreach (var c in word)
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                < ' ' or (>= '\x7f' and < '\xa0') or '\u2028' or '\u2029' or '\ufeff' =>
                    quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => quoted.Append(c),
            };
        return quoted.Append('"').ToString();
    }
}
